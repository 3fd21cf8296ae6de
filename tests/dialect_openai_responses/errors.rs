//! Errors, of members and for callers.

use http::StatusCode;
use serde_json::{Value, json};
use tower_failover::dialect::Dialect;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::failure::{Class, Failure};

use super::json;

fn class(status: u16, code: &str, message: &str) -> Class {
    let body =
        json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": code}});
    OpenAiResponses.decode_error(StatusCode::from_u16(status).ok(), body.to_string().as_bytes()).class()
}

#[test]
fn errors_of_members_are_told_apart() {
    assert_eq!(class(429, "insufficient_quota", "You exceeded your quota"), Class::QuotaExhausted);
    assert_eq!(class(429, "rate_limit_exceeded", "Rate limit reached"), Class::RateLimited);
    assert_eq!(
        class(400, "context_length_exceeded", "Your input exceeds the context window"),
        Class::ContextOverflow
    );
    assert_eq!(class(401, "invalid_api_key", "Incorrect API key provided"), Class::Auth);
    assert_eq!(class(400, "previous_response_not_found", "not found"), Class::InvalidRequest);
    assert_eq!(class(500, "server_error", "The server had an error"), Class::ServerError);
}

#[test]
fn an_error_has_the_shape_that_the_sdks_expect() {
    let body = br#"{"error":{"message":"Missing required parameter: 'input'.","type":"invalid_request_error","param":"input","code":"missing_required_parameter"}}"#;
    let failure = OpenAiResponses.decode_error(Some(StatusCode::BAD_REQUEST), body);
    let message = &failure.report().unwrap().message;
    let written = OpenAiResponses.encode_error(&failure, StatusCode::BAD_REQUEST, message, None);
    assert_eq!(json(&written), json(body));
    let lost = Failure::new(Class::ServerError);
    let detail = Some(r#"{"attempts":[]}"#);
    let written =
        json(&OpenAiResponses.encode_error(&lost, StatusCode::SERVICE_UNAVAILABLE, "Gone.", detail));
    assert_eq!(written["error"]["message"], "Gone.");
    assert_eq!(written["error"]["failover"], json!({"attempts": []}));
    assert_eq!(written["error"]["param"], Value::Null);
}
