//! Gemini.

use serde_json::{Value, json};
use tower_failover::failure::{Class, Scope};

use crate::case::{CHAT, Case, GEMINI, says};

fn error(code: u16, status: &str, message: &str, details: &Value) -> Case {
    let body = json!({"error": {"code": code, "message": message, "status": status, "details": details}});
    says(GEMINI, code, body.to_string())
}

fn plain(code: u16, status: &str, message: &str) -> Case {
    error(code, status, message, &json!([]))
}

/// A quota that is spent, with the time at which that of the minute is renewed.
fn quota(ids: &[&str]) -> Value {
    let violations: Vec<_> = ids.iter().map(|id| json!({"quotaId": id, "quotaValue": "10"})).collect();
    json!([
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "48.5s"},
    ])
}

const SPENT: &str = "You exceeded your current quota, please check your plan and billing details.";

#[test]
fn a_quota_of_the_minute_a_day_of_one_model_and_a_day_of_all_are_three_things() {
    let spent = |ids: &[&str]| error(429, "RESOURCE_EXHAUSTED", SPENT, &quota(ids));
    let minute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
    let day = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
    let day_of_all = "GenerateRequestsPerDayPerProject";
    spent(&[minute]).is_until(Class::RateLimited, 48_500);
    spent(&[minute, day]).is_of(Class::QuotaExhausted, Scope::Member);
    spent(&[day, day_of_all]).is_of(Class::QuotaExhausted, Scope::Credential);
    plain(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0, model: gemini-pro")
        .is_of(Class::QuotaExhausted, Scope::Member);
    plain(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.").is(Class::QuotaExhausted);
    plain(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota).")
        .is(Class::RateLimited);
    plain(429, "RESOURCE_EXHAUSTED", "Slow down. Please retry in 2.25s.").is_until(Class::RateLimited, 2250);
}

#[test]
fn a_key_that_is_none_is_a_400() {
    let details = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
    error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", &details)
        .is(Class::Auth);
    plain(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.").is(Class::Auth);
    plain(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.").is(Class::Auth);
    plain(403, "PERMISSION_DENIED", "Your API key was reported as leaked.").is(Class::Auth);
    let details = json!([{"reason": "SERVICE_DISABLED"}]);
    error(403, "PERMISSION_DENIED", "Generative Language API has not been used in project 1.", &details)
        .is(Class::Auth);
    plain(400, "FAILED_PRECONDITION", "User location is not supported for the API use.").is(Class::Auth);
    plain(400, "FAILED_PRECONDITION", "Please enable billing on your project.").is(Class::QuotaExhausted);
}

#[test]
fn the_rest_of_its_codes() {
    for (code, status, message, class) in [
        (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", Class::InvalidRequest),
        (
            400,
            "INVALID_ARGUMENT",
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
            Class::ContextOverflow,
        ),
        (400, "INVALID_ARGUMENT", "Invalid CachedContent name: 1.", Class::InvalidRequest),
        (404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta", Class::ModelGone),
        (404, "NOT_FOUND", "Not found: cache content metadata 1.", Class::InvalidRequest),
        (499, "CANCELLED", "The operation was cancelled.", Class::ServerError),
        (
            500,
            "INTERNAL",
            "An internal error has occurred; the input token count is unknown.",
            Class::ServerError,
        ),
        (503, "UNAVAILABLE", "The model is overloaded. Please try again later.", Class::Overloaded),
        (504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", Class::ServerError),
    ] {
        plain(code, status, message).is(class);
        let body = json!([{"error": {"code": code, "message": message, "status": status}}]);
        says(GEMINI, code, body.to_string()).is(class);
    }
    says(GEMINI, 404, "<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>").is(Class::ServerError);
}

#[test]
fn where_it_speaks_as_openai_a_minutes_quota_is_no_empty_balance() {
    let body = json!([{"error": {
        "code": 429, "message": SPENT, "status": "RESOURCE_EXHAUSTED",
    }}]);
    says(CHAT, 429, body.to_string()).is(Class::RateLimited);
}

#[test]
fn a_block_is_an_answer_and_no_failure_of_the_member() {
    let blocked =
        json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}});
    says(GEMINI, 200, blocked.to_string()).is_an_answer();
    let stopped = json!({"candidates": [{"finishReason": "SAFETY", "index": 0}], "usageMetadata": {}});
    says(GEMINI, 200, stopped.to_string()).is_an_answer();
}
