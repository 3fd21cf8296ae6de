use super::common::COMMON;
use super::{Rule, Table};
use crate::failure::Class;

/// What Anthropic says of a thread that it does not have, or has no longer.
pub(crate) const THREAD_NOT_FOUND: &str = "thread_not_found";

/// Anthropic's errors.
///
/// Source: the vendor's error reference; `error.type` is the stable field, money troubles of a self-set limit
/// come as a 400 with a wording.
pub const ANTHROPIC: Table = Table::new(RULES).and(COMMON, GENERAL);

const RULES: &[Rule] = &[
    Rule::any(Class::QuotaExhausted).code(&[
        "billing_error",
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "ramp_limit_exceeded",
    ]),
    Rule::on(&[400], Class::QuotaExhausted).wording(&["api usage limits"]),
    Rule::on(&[429], Class::QuotaExhausted).wording(&["daily rate limit"]),
    Rule::any(Class::Overloaded).code(&["overloaded_error"]),
    Rule::any(Class::RateLimited).code(&["rate_limit_error"]),
    // Of the thread, and not of the model: the caller's SDK sends the whole conversation when it is told so.
    Rule::any(Class::InvalidRequest).code(&[
        THREAD_NOT_FOUND,
        "thread_already_continued",
        "thread_continue_in_flight",
        "thread_unsupported_request",
    ]),
];

const GENERAL: &[Rule] = &[
    Rule::any(Class::Auth).code(&["authentication_error", "permission_error"]),
    Rule::any(Class::ModelGone).code(&["not_found_error"]),
    // Too many bytes for this API, of whatever model.
    Rule::any(Class::Unsupported).code(&["request_too_large"]),
    Rule::any(Class::InvalidRequest).code(&["invalid_request_error"]),
    Rule::any(Class::ServerError).code(&["api_error", "timeout_error", "conflict_error"]),
];
