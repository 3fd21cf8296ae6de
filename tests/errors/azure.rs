//! Azure OpenAI.

use serde_json::json;
use tower_failover::failure::Class;

use crate::case::{CHAT, Case, says};

fn error(status: u16, code: &str, message: &str) -> Case {
    says(CHAT, status, json!({"error": {"code": code, "message": message}}).to_string())
}

#[test]
fn its_filter_is_known_by_either_of_its_codes() {
    let body = |code: Option<&str>| {
        json!({"error": {
            "message": "The response was filtered due to the prompt triggering a content filter.",
            "type": null, "param": "prompt", "code": code, "status": 400,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": {"violence": {"filtered": true, "severity": "high"}},
            },
        }})
    };
    for code in [Some("content_filter"), None] {
        says(CHAT, 400, body(code).to_string()).is(Class::ContentPolicy);
    }
    error(400, "BadRequest", "The prompt was blocked by the content management policy.")
        .is(Class::ContentPolicy);
}

#[test]
fn a_deployment_that_is_missing_is_told_from_a_wrong_path() {
    let message = "The API deployment for this resource does not exist. If you created the deployment within the \
                   last 5 minutes, please wait a moment and try again.";
    error(404, "DeploymentNotFound", message).is(Class::ModelGone);
    error(404, "404", "Resource not found").is(Class::ServerError);
    let message = "The chatCompletion operation does not work with the specified model, text-embedding-3.";
    error(400, "OperationNotSupported", message).is(Class::Unsupported);
}

#[test]
fn a_rate_says_when_in_three_ways_and_the_latest_holds() {
    let message = "Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current \
                   OpenAI S0 pricing tier. Please retry after 26 seconds.";
    error(429, "429", message).is_until(Class::RateLimited, 26_000);
    let rate = || error(429, "RateLimitReached", "Too many requests.");
    rate().header("retry-after-ms", "1250").is_until(Class::RateLimited, 1250);
    rate().header("x-ms-retry-after-ms", "980").header("retry-after", "1").is_until(Class::RateLimited, 1000);
    rate().header("retry-after-ms", "0").header("retry-after", "1").is_until(Class::RateLimited, 1000);
    error(429, "NoCapacity", "No capacity.").is(Class::Overloaded);
    let busy = "The system is currently experiencing high demand and cannot process your request.";
    error(429, "too_many_requests", busy).is(Class::Overloaded);
}

#[test]
fn a_key_is_refused_by_name_or_by_number() {
    let message = "Access denied due to invalid subscription key or wrong API endpoint.";
    error(401, "401", message).is(Class::Auth);
    error(401, "PermissionDenied", "Principal does not have access to API/Operation.").is(Class::Auth);
    error(403, "AccessDenied", "Public access is disabled. Please configure private endpoint.")
        .is(Class::Auth);
}

#[test]
fn a_gateway_before_it_times_out() {
    error(408, "Timeout", "The operation was timeout.").is(Class::ServerError);
    error(500, "InternalServerError", "Backend returned unexpected response.").is(Class::ServerError);
    error(503, "ServiceUnavailable", "Back off.")
        .header("retry-after", "3")
        .is_until(Class::Overloaded, 3000);
}
