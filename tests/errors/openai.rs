//! OpenAI, both of its APIs.

use serde_json::json;
use tower_failover::failure::{Class, Scope};

use crate::case::{CHAT, Case, RESPONSES, says};

fn error(status: u16, kind: &str, code: Option<&str>, message: &str) -> Both {
    let body = json!({"error": {"message": message, "type": kind, "param": null, "code": code}}).to_string();
    Both([CHAT, RESPONSES].map(|dialect| says(dialect, status, &*body)))
}

/// The same, said by either API.
struct Both([Case; 2]);

impl Both {
    #[track_caller]
    fn is(&self, class: Class) {
        for case in &self.0 {
            case.is(class);
        }
    }

    #[track_caller]
    fn is_of(&self, class: Class, scope: Scope) {
        for case in &self.0 {
            case.is_of(class, scope);
        }
    }

    #[track_caller]
    fn is_until(&self, class: Class, millis: u64) {
        for case in &self.0 {
            case.is_until(class, millis);
        }
    }
}

#[test]
fn a_spent_quota_is_told_from_a_rate() {
    let quota = "You exceeded your current quota, please check your plan and billing details.";
    for status in [400, 403, 429] {
        error(status, "insufficient_quota", Some("insufficient_quota"), quota).is(Class::QuotaExhausted);
    }
    error(429, "invalid_request_error", Some("billing_not_active"), "Your account is not active.")
        .is(Class::QuotaExhausted);
    error(
        400,
        "invalid_request_error",
        Some("billing_hard_limit_reached"),
        "Billing hard limit has been reached.",
    )
    .is(Class::QuotaExhausted);
    let rate = "Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Used 29937, \
                Requested 385. Please try again in 644ms.";
    error(429, "tokens", Some("rate_limit_exceeded"), rate).is_until(Class::RateLimited, 644);
    let rate = "Rate limit reached for gpt-5 on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try \
                again in 7m12s.";
    error(429, "requests", Some("rate_limit_exceeded"), rate).is_until(Class::RateLimited, 432_000);
    error(429, "requests", Some("rate_limit_exceeded"), "Slow down.").is(Class::RateLimited);
}

#[test]
fn a_request_that_no_minute_has_tokens_for_does_not_wait_for_the_next() {
    let message = "Request too large for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Requested \
                   41000. The input or output tokens must be reduced in order to run successfully.";
    error(429, "tokens", Some("rate_limit_exceeded"), message).is_of(Class::RateLimited, Scope::Request);
}

#[test]
fn overload_and_outage_are_told_by_the_status_and_not_by_words() {
    let busy = "The server is currently overloaded with other requests. Sorry about that!";
    error(429, "server_error", None, busy).is(Class::Overloaded);
    error(503, "server_error", None, "The engine is currently overloaded.").is(Class::Overloaded);
    error(500, "server_error", Some("server_is_overloaded"), "Try later.").is(Class::Overloaded);
    error(500, "server_error", None, "The server had an error while processing your request.")
        .is(Class::ServerError);
    for message in [
        "content policy service is down",
        "prompt is too long for the backend",
        "maximum context length lookup failed",
        "insufficient balance of healthy replicas",
        "incorrect api key for the key service",
    ] {
        for status in [500, 502, 504] {
            error(status, "server_error", Some("content_filter"), message).is(Class::ServerError);
        }
        error(503, "invalid_request_error", Some("context_length_exceeded"), message).is(Class::Overloaded);
    }
}

#[test]
fn a_key_is_refused_in_many_words() {
    let message = "Incorrect API key provided: sk-abc***xyz. You can find your API key on your account page.";
    error(401, "invalid_request_error", Some("invalid_api_key"), message).is(Class::Auth);
    error(401, "invalid_request_error", None, "You must be a member of an organization to use the API")
        .is(Class::Auth);
    error(403, "request_forbidden", Some("unsupported_country_region_territory"), "Country not supported")
        .is(Class::Auth);
    error(
        429,
        "access_terminated",
        Some("access_terminated"),
        "Your access was terminated due to a violation.",
    )
    .is(Class::Auth);
}

#[test]
fn a_model_that_is_gone_is_told_from_a_wrong_path_and_from_what_was_stored() {
    let gone = "The model `gpt-9` does not exist or you do not have access to it.";
    error(404, "invalid_request_error", Some("model_not_found"), gone).is(Class::ModelGone);
    error(
        400,
        "invalid_request_error",
        Some("model_not_found"),
        "The requested model 'gpt-9' does not exist.",
    )
    .is(Class::ModelGone);
    error(
        403,
        "invalid_request_error",
        Some("model_not_found"),
        "Project `p` does not have access to model `gpt-5`",
    )
    .is(Class::ModelGone);
    error(404, "invalid_request_error", None, "The model `gpt-3` has been deprecated, learn more here.")
        .is(Class::ModelGone);
    error(410, "invalid_request_error", None, "Gone.").is(Class::ModelGone);
    for path in [
        "Invalid URL (POST /v1/v1/chat/completions)",
        "Unknown request URL: POST /chat. Please check the URL.",
    ] {
        error(404, "invalid_request_error", None, path).is(Class::ServerError);
    }
    let item = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.";
    error(404, "invalid_request_error", None, item).is(Class::InvalidRequest);
    let response = "Previous response with id 'resp_1' not found.";
    error(400, "invalid_request_error", Some("previous_response_not_found"), response)
        .is(Class::InvalidRequest);
    error(404, "invalid_request_error", None, response).is(Class::InvalidRequest);
}

#[test]
fn what_a_policy_refuses_is_not_the_same_as_a_wrong_request() {
    let flagged = "Invalid prompt: your prompt was flagged as potentially violating our usage policy.";
    error(400, "invalid_request_error", Some("invalid_prompt"), flagged).is(Class::ContentPolicy);
    error(400, "image_generation_user_error", Some("moderation_blocked"), "Your request was rejected.")
        .is(Class::ContentPolicy);
    error(400, "invalid_request_error", Some("content_policy_violation"), "Rejected by our safety system.")
        .is(Class::ContentPolicy);
    for (message, code) in [
        ("Unsupported parameter: 'temperature' is not supported with this model.", None),
        (
            "Invalid schema for function 'f': 'required' is required to be supplied.",
            Some("invalid_function_parameters"),
        ),
        ("Invalid 'messages': empty array. Expected at least 1.", Some("empty_array")),
    ] {
        error(400, "invalid_request_error", code, message).is(Class::InvalidRequest);
    }
    error(422, "invalid_request_error", None, "Unprocessable.").is(Class::InvalidRequest);
}

#[test]
fn a_response_that_failed_inside_a_200_is_no_answer() {
    let failed = |code: &str, message: &str| {
        let body = json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": "failed", "model": "m", "output": [],
            "error": {"code": code, "message": message}, "incomplete_details": null,
        });
        says(RESPONSES, 200, body.to_string())
    };
    failed("server_error", "The model failed.").is(Class::ServerError);
    failed("rate_limit_exceeded", "Please try again in 1.5s.").is_until(Class::RateLimited, 1500);
    failed("server_is_overloaded", "Busy.").is(Class::Overloaded);
    failed("invalid_prompt", "Your prompt was flagged.").is(Class::ContentPolicy);
}
