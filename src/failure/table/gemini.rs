use super::common::COMMON;
use super::{Rule, Table};
use crate::failure::{Class, Scope};

/// Gemini's errors.
///
/// Source: the vendor's troubleshooting guide and the canonical codes of its RPC framework. `error.status` is
/// the type, the `reason` among the details the code; a key that is none comes as a 400.
pub const GEMINI: Table = Table::new(RULES).and(COMMON, GENERAL);

const RULES: &[Rule] = &[
    Rule::any(Class::Auth).code(&[
        "API_KEY_INVALID",
        "API_KEY_EXPIRED",
        "API_KEY_SERVICE_BLOCKED",
        "SERVICE_DISABLED",
        "CONSUMER_SUSPENDED",
        "ACCESS_TOKEN_EXPIRED",
    ]),
    Rule::any(Class::QuotaExhausted).code(&["BILLING_DISABLED"]),
    Rule::on(&[400], Class::Auth).wording(&["location is not supported"]),
    Rule::on(&[400], Class::QuotaExhausted).code(&["FAILED_PRECONDITION"]).wording(&["billing"]),
    // Of the caller's own making, and not of the key's or the model's: what he has stored is not there.
    Rule::on(&[403], Class::InvalidRequest).wording(&["cachedcontent", "access the file"]),
    Rule::on(&[404], Class::InvalidRequest).wording(&["cache content", "cachedcontent"]),
    Rule::on(&[429], Class::QuotaExhausted).wording(&["prepayment credits are depleted"]),
    // Free of charge there is none of this model, today or tomorrow.
    Rule::on(&[429], Class::QuotaExhausted).wording(&["limit: 0,"]).scope(Scope::Member),
    // Of a quota it says the same words in a minute and in a day; the details tell them apart.
    Rule::any(Class::RateLimited).code(&["RESOURCE_EXHAUSTED"]),
    Rule::any(Class::Overloaded).code(&["UNAVAILABLE"]),
    // `Function calling is not enabled for models/…`: another model may have it.
    Rule::on(&[400], Class::Unsupported).wording(&["is not enabled for"]),
];

const GENERAL: &[Rule] = &[
    Rule::any(Class::Auth).code(&["PERMISSION_DENIED", "UNAUTHENTICATED"]),
    Rule::any(Class::ModelGone).code(&["NOT_FOUND"]),
    Rule::any(Class::InvalidRequest).code(&["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"]),
    Rule::any(Class::ServerError).code(&["INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"]),
];
