//! Anthropic.

use serde_json::json;
use tower_failover::failure::Class;

use crate::case::{ANTHROPIC, Case, says};

fn error(status: u16, kind: &str, message: &str) -> Case {
    let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"});
    says(ANTHROPIC, status, body.to_string())
}

#[test]
fn every_type_of_error_has_its_class() {
    for (status, kind, message, class) in [
        (400, "invalid_request_error", "max_tokens: Field required", Class::InvalidRequest),
        (401, "authentication_error", "invalid x-api-key", Class::Auth),
        (402, "billing_error", "There is an issue with your billing.", Class::QuotaExhausted),
        (403, "permission_error", "Your API key does not have permission for the resource.", Class::Auth),
        (404, "not_found_error", "model: claude-9", Class::ModelGone),
        (404, "not_found_error", "Not Found", Class::ServerError),
        (404, "not_found_error", "File not found: file_1", Class::InvalidRequest),
        (409, "conflict_error", "Try again.", Class::ServerError),
        (413, "request_too_large", "Request exceeds the maximum size", Class::Unsupported),
        (
            429,
            "rate_limit_error",
            "This request would exceed your organization's rate limit.",
            Class::RateLimited,
        ),
        (500, "api_error", "Internal server error", Class::ServerError),
        (504, "timeout_error", "The request timed out.", Class::ServerError),
        (529, "overloaded_error", "Overloaded", Class::Overloaded),
        (500, "overloaded_error", "Overloaded", Class::Overloaded),
        (503, "api_error", "prompt is too long, said the proxy", Class::Overloaded),
        (500, "invalid_request_error", "prompt is too long: 3 tokens > 2 maximum", Class::ServerError),
        (500, "api_error", "violates our usage policy", Class::ServerError),
    ] {
        error(status, kind, message).is(class);
    }
}

#[test]
fn money_comes_under_several_statuses() {
    let message = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.";
    error(400, "invalid_request_error", message).is(Class::QuotaExhausted);
    let message = "You have reached your specified API usage limits. You will regain access on 2026-12-01.";
    error(400, "invalid_request_error", message).is(Class::QuotaExhausted);
    error(429, "rate_limit_error", "Number of request tokens has exceeded your daily rate limit")
        .is(Class::QuotaExhausted);
    for (status, code) in [(400, "enforced_spend_limit_reached"), (429, "contract_spend_limit_reached")] {
        let body = json!({"type": "error", "error": {
            "type": "rate_limit_error", "message": "Spend limit reached.", "details": {"error_code": code},
        }});
        says(ANTHROPIC, status, body.to_string()).is(Class::QuotaExhausted);
    }
}

#[test]
fn a_rate_says_when_by_retry_after_or_by_the_limit_that_is_spent() {
    let rate = || error(429, "rate_limit_error", "This request would exceed your rate limit.");
    rate().header("retry-after", "17").is_until(Class::RateLimited, 17_000);
    // Long past, and so over: the only moment that a test can name without a clock.
    rate()
        .header("anthropic-ratelimit-tokens-remaining", "0")
        .header("anthropic-ratelimit-tokens-reset", "2024-01-01T00:00:00Z")
        .is_until(Class::RateLimited, 0);
    rate()
        .header("anthropic-ratelimit-tokens-remaining", "40000")
        .header("anthropic-ratelimit-tokens-reset", "2099-01-01T00:00:00Z")
        .is(Class::RateLimited);
    // What is left of a limit says nothing of an outage.
    error(529, "overloaded_error", "Overloaded")
        .header("anthropic-ratelimit-requests-reset", "2099-01-01T00:00:00Z")
        .is(Class::Overloaded);
}

#[test]
fn a_filter_speaks_as_a_wrong_request() {
    error(400, "invalid_request_error", "Output blocked by content filtering policy")
        .is(Class::ContentPolicy);
}

#[test]
fn an_answer_with_retry_after_is_an_answer() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{"type": "text", "text": "hello"}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    });
    says(ANTHROPIC, 200, body.to_string())
        .header("retry-after", "30")
        .header("anthropic-ratelimit-requests-remaining", "0")
        .header("anthropic-ratelimit-requests-reset", "2099-01-01T00:00:00Z")
        .is_an_answer();
}
