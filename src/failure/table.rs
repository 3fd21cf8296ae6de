use http::StatusCode;

use super::{Class, Report, class_of_status};

/// One row of a [`Table`]: all that is set must hold.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The status, exactly; `None` for any 4xx, and for errors that come without a status (inside a stream).
    pub status: Option<u16>,
    /// The provider's error type or code equals one of these.
    pub code: &'static [&'static str],
    /// The message contains one of these, whatever the case.
    pub wording: &'static [&'static str],
    /// Then it is this.
    pub class: Class,
}

/// How one provider words its errors: data, not code, so that a new wording is a new row.
///
/// Rows are read in order and the first that holds decides; where none does, the status does. A status of
/// 500 and above is never overruled by text, except to tell overload from other failures by *code*.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    rules: &'static [Rule],
}

impl Table {
    /// A table of these rows.
    #[must_use]
    pub const fn new(rules: &'static [Rule]) -> Self {
        Self { rules }
    }

    /// What this error is. `status` is `None` for an error event inside a 200 stream.
    #[must_use]
    pub fn class(&self, status: Option<StatusCode>, report: &Report) -> Class {
        let by_rule = self.rules.iter().find(|rule| rule.holds(status, report)).map(|rule| rule.class);
        let by_status = || status.and_then(class_of_status);
        by_rule.or_else(by_status).unwrap_or(Class::ServerError)
    }
}

impl Rule {
    const fn on(status: u16, class: Class) -> Self {
        Self { status: Some(status), code: &[], wording: &[], class }
    }

    const fn any(class: Class) -> Self {
        Self { status: None, code: &[], wording: &[], class }
    }

    const fn code(mut self, code: &'static [&'static str]) -> Self {
        self.code = code;
        self
    }

    const fn wording(mut self, wording: &'static [&'static str]) -> Self {
        self.wording = wording;
        self
    }

    fn holds(&self, status: Option<StatusCode>, report: &Report) -> bool {
        let is_outage = status.is_some_and(|status| status.is_server_error());
        let status_fits = match (self.status, status) {
            (Some(wanted), Some(status)) => wanted == status.as_u16(),
            (Some(_), None) => false,
            (None, _) => !is_outage || (self.wording.is_empty() && self.class == Class::Overloaded),
        };
        status_fits && self.code_fits(report) && self.wording_fits(report)
    }

    fn code_fits(&self, report: &Report) -> bool {
        let is = |field: &Option<String>| field.as_deref().is_some_and(|field| self.code.contains(&field));
        self.code.is_empty() || is(&report.kind) || is(&report.code)
    }

    fn wording_fits(&self, report: &Report) -> bool {
        if self.wording.is_empty() {
            return true;
        }
        let message = report.message.to_ascii_lowercase();
        self.wording.iter().any(|wording| message.contains(wording))
    }
}

/// Context overflow in the words of OpenAI, of Anthropic, and of servers that speak their dialects.
const TOO_LONG: &[&str] = &[
    "maximum context length",
    "context length exceeded",
    "context_length_exceeded",
    "exceeds the context window",
    "exceed context limit",
    "prompt is too long",
    "input is too long",
    "too many tokens",
    "reduce the length of the messages",
    "input token count",
    "max context length",
    "available context size",
    "length of all messages is too long",
    "maximum prompt length",
    "`max_new_tokens` must be <=",
];

/// OpenAI's errors, and those of servers that speak its dialect.
///
/// Source: the vendor's error-code guide and the error types of its official SDKs.
pub const OPENAI: Table = Table::new(&[
    Rule::any(Class::QuotaExhausted).code(&[
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
    ]),
    Rule::on(429, Class::Overloaded).wording(&["currently overloaded"]),
    Rule::any(Class::RateLimited).code(&["rate_limit_exceeded", "rate_limit_error"]),
    Rule::any(Class::Overloaded).code(&["server_is_overloaded", "overloaded_error", "slow_down"]),
    Rule::any(Class::ServerError).code(&["server_error", "internal_server_error"]),
    Rule::any(Class::ContextOverflow).code(&[
        "context_length_exceeded",
        "string_above_max_length",
        "exceed_context_size_error",
        "too_many_prompt_tokens",
    ]),
    Rule::on(400, Class::ContextOverflow).wording(TOO_LONG),
    // Groq, of what its model called: the model erred, and not the caller.
    Rule::on(400, Class::InvalidOutput).code(&["tool_use_failed"]),
    Rule::any(Class::ContentPolicy).code(&[
        "content_filter",
        "content_policy_violation",
        "image_content_policy_violation",
        "misalignment_policy_violation",
        "bio_policy",
        "cyber_policy",
        "ResponsibleAIPolicyViolation",
        "moderation_blocked",
    ]),
    Rule::any(Class::Auth).code(&["invalid_api_key", "authentication_error", "account_deactivated"]),
    Rule::any(Class::ModelGone).code(&[
        "model_not_found",
        "DeploymentNotFound",
        "model_decommissioned",
        "invalid_model",
    ]),
    Rule::on(400, Class::ModelGone).wording(&["model not exist", "is not a valid model id"]),
    // Of responses that failed, which have no status of their own.
    Rule::any(Class::InvalidRequest).code(&[
        "invalid_prompt",
        "invalid_image",
        "invalid_image_format",
        "invalid_base64_image",
        "invalid_image_url",
        "invalid_image_mode",
        "image_too_large",
        "image_too_small",
        "image_parse_error",
        "image_file_too_large",
        "image_file_not_found",
        "unsupported_image_media_type",
        "empty_image_file",
        "failed_to_download_image",
    ]),
]);

/// Anthropic's errors.
///
/// Source: the vendor's error reference; `error.type` is the stable field, money troubles of a self-set limit
/// come as a 400 with a wording.
pub const ANTHROPIC: Table = Table::new(&[
    Rule::any(Class::QuotaExhausted).code(&[
        "billing_error",
        "enforced_spend_limit_reached",
        "contract_spend_limit_reached",
        "ramp_limit_exceeded",
    ]),
    Rule::on(400, Class::QuotaExhausted).wording(&["credit balance is too low", "usage limits"]),
    Rule::any(Class::Overloaded).code(&["overloaded_error"]),
    Rule::any(Class::RateLimited).code(&["rate_limit_error"]),
    Rule::any(Class::Auth).code(&["authentication_error", "permission_error"]),
    Rule::any(Class::ModelGone).code(&["not_found_error"]),
    Rule::any(Class::ContextOverflow).code(&["request_too_large"]),
    Rule::on(400, Class::ContextOverflow).wording(TOO_LONG),
    Rule::on(400, Class::ContentPolicy).wording(&["content filtering policy", "violates our usage policy"]),
    Rule::any(Class::InvalidRequest).code(&["invalid_request_error"]),
    Rule::any(Class::ServerError).code(&["api_error", "timeout_error", "conflict_error"]),
]);

/// Gemini's errors.
///
/// Source: the vendor's troubleshooting guide and the canonical codes of its RPC framework. `error.status` is
/// the type, the `reason` among the details the code; a key that is none comes as a 400.
pub const GEMINI: Table = Table::new(&[
    Rule::any(Class::Auth).code(&[
        "API_KEY_INVALID",
        "API_KEY_EXPIRED",
        "API_KEY_SERVICE_BLOCKED",
        "SERVICE_DISABLED",
        "CONSUMER_SUSPENDED",
        "ACCESS_TOKEN_EXPIRED",
    ]),
    Rule::any(Class::QuotaExhausted).code(&["BILLING_DISABLED"]),
    Rule::on(400, Class::Auth).wording(&[
        "api key not valid",
        "api key expired",
        "location is not supported",
    ]),
    Rule::on(400, Class::QuotaExhausted).wording(&["billing"]),
    // Of the caller's own making, and not of the key's or the model's: what he has stored is not there.
    Rule::on(403, Class::InvalidRequest).wording(&["cachedcontent", "access the file"]),
    Rule::on(404, Class::InvalidRequest).wording(&["cache content", "cachedcontent"]),
    // Free of charge there is none of this model, today or tomorrow.
    Rule::on(429, Class::QuotaExhausted).wording(&["limit: 0,", "prepayment credits are depleted"]),
    Rule::any(Class::RateLimited).code(&["RESOURCE_EXHAUSTED"]),
    Rule::any(Class::Overloaded).code(&["UNAVAILABLE"]),
    Rule::any(Class::Auth).code(&["PERMISSION_DENIED", "UNAUTHENTICATED"]),
    Rule::any(Class::ModelGone).code(&["NOT_FOUND"]),
    Rule::on(400, Class::ContextOverflow).wording(TOO_LONG),
    Rule::on(400, Class::ContentPolicy).wording(&["responsible ai practices"]),
    // `Function calling is not enabled for models/…`: another model may have it.
    Rule::on(400, Class::Unsupported).wording(&["is not enabled for"]),
    Rule::any(Class::InvalidRequest).code(&["INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"]),
    Rule::any(Class::ServerError).code(&["INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"]),
]);

#[cfg(test)]
mod tests {
    use super::*;

    fn read(table: &Table, status: Option<u16>, kind: &str, code: &str, message: &str) -> Class {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let report = Report { kind: some(kind), code: some(code), ..Report::new(message) };
        table.class(status.map(|status| StatusCode::from_u16(status).unwrap()), &report)
    }

    #[test]
    fn an_empty_balance_is_told_from_too_many_requests() {
        let quota = "You exceeded your current quota, please check your plan and billing details.";
        assert_eq!(
            read(&OPENAI, Some(429), "insufficient_quota", "insufficient_quota", quota),
            Class::QuotaExhausted
        );
        assert_eq!(
            read(&OPENAI, Some(429), "tokens", "rate_limit_exceeded", "Rate limit reached"),
            Class::RateLimited
        );
        assert_eq!(
            read(
                &ANTHROPIC,
                Some(400),
                "invalid_request_error",
                "",
                "Your credit balance is too low to access the API"
            ),
            Class::QuotaExhausted
        );
    }

    #[test]
    fn context_overflow_is_told_from_other_bad_requests() {
        let openai =
            "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.";
        assert_eq!(read(&OPENAI, Some(400), "invalid_request_error", "", openai), Class::ContextOverflow);
        let anthropic = "prompt is too long: 210000 tokens > 200000 maximum";
        assert_eq!(
            read(&ANTHROPIC, Some(400), "invalid_request_error", "", anthropic),
            Class::ContextOverflow
        );
        assert_eq!(
            read(&ANTHROPIC, Some(400), "invalid_request_error", "", "max_tokens: Field required"),
            Class::InvalidRequest
        );
    }

    #[test]
    fn text_never_overrules_an_outage() {
        assert_eq!(read(&OPENAI, Some(500), "", "content_filter", "policy"), Class::ServerError);
        assert_eq!(read(&ANTHROPIC, Some(502), "", "", "prompt is too long"), Class::ServerError);
    }

    #[test]
    fn an_overload_is_known_by_its_code_under_any_status_and_inside_a_stream() {
        assert_eq!(read(&ANTHROPIC, Some(500), "overloaded_error", "", "Overloaded"), Class::Overloaded);
        assert_eq!(read(&ANTHROPIC, None, "overloaded_error", "", "Overloaded"), Class::Overloaded);
        assert_eq!(read(&OPENAI, None, "server_error", "", "The server had an error"), Class::ServerError);
    }

    #[test]
    fn a_response_that_failed_says_by_its_code_whose_fault_it_was() {
        assert_eq!(read(&OPENAI, None, "", "invalid_prompt", ""), Class::InvalidRequest);
        assert_eq!(read(&OPENAI, None, "", "image_too_small", ""), Class::InvalidRequest);
        assert_eq!(read(&OPENAI, None, "", "bio_policy", ""), Class::ContentPolicy);
        assert_eq!(read(&OPENAI, None, "", "image_content_policy_violation", ""), Class::ContentPolicy);
        assert_eq!(read(&OPENAI, None, "", "vector_store_timeout", ""), Class::ServerError);
    }

    #[test]
    fn an_error_in_a_stream_that_nobody_knows_is_a_server_error() {
        assert_eq!(read(&OPENAI, None, "novelty", "", ""), Class::ServerError);
    }
}
