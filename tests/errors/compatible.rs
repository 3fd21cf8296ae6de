//! Vendors that speak as OpenAI does, and have words of their own.

use serde_json::json;
use tower_failover::failure::{Class, Scope};

use crate::case::{CHAT, Case, says};

fn error(status: u16, kind: &str, code: &str, message: &str) -> Case {
    says(
        CHAT,
        status,
        json!({"error": {"message": message, "type": kind, "param": null, "code": code}}).to_string(),
    )
}

#[test]
fn mistral() {
    let flat = |status, kind: &str, code: &str, message: &str| {
        let body = json!({"object": "error", "message": message, "type": kind, "param": null, "code": code});
        says(CHAT, status, body.to_string())
    };
    let capacity = "Service tier capacity exceeded for this model.";
    flat(429, "service_tier_capacity_exceeded", "3505", capacity).is(Class::Overloaded);
    flat(400, "invalid_model", "1500", "Invalid model: mistral-9").is(Class::ModelGone);
    let long = "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length";
    flat(400, "invalid_request_prompt", "3051", long).is(Class::ContextOverflow);
    says(CHAT, 401, r#"{"detail":"Unauthorized"}"#).is(Class::Auth);
    says(CHAT, 429, r#"{"message":"Requests rate limit exceeded"}"#).is(Class::RateLimited);
    let detail = json!({"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "Field required", "type": "missing"}]});
    says(CHAT, 422, detail.to_string()).is(Class::InvalidRequest);
}

#[test]
fn groq() {
    let rate = "Rate limit reached for model `llama-3.3-70b` in organization `org_1` on tokens per day (TPD): Limit \
                100000, Used 99000, Requested 2000. Please try again in 14m24s.";
    error(429, "tokens", "rate_limit_exceeded", rate)
        .header("retry-after", "864")
        .is_until(Class::RateLimited, 864_000);
    let large =
        "Request too large for model `llama-3.1-8b` on tokens per minute (TPM): Limit 6000, Requested 9000";
    error(413, "tokens", "rate_limit_exceeded", large).is_of(Class::RateLimited, Scope::Request);
    let gone = "The model `mixtral-8x7b-32768` has been decommissioned and is no longer supported.";
    error(400, "invalid_request_error", "model_decommissioned", gone).is(Class::ModelGone);
    error(403, "permissions_error", "model_permission_blocked_project", "The model is blocked.")
        .is(Class::ModelGone);
    error(400, "invalid_request_error", "tool_use_failed", "Failed to call a function.")
        .is(Class::InvalidOutput);
    error(400, "invalid_request_error", "json_validate_failed", "Failed to generate JSON.")
        .is(Class::InvalidOutput);
    error(400, "invalid_request_error", "organization_restricted", "Restricted.").is(Class::Auth);
    error(498, "capacity", "capacity_exceeded", "Flex tier capacity exceeded.").is(Class::Overloaded);
}

#[test]
fn deepseek() {
    error(402, "unknown_error", "invalid_request_error", "Insufficient Balance").is(Class::QuotaExhausted);
    error(
        401,
        "authentication_error",
        "invalid_request_error",
        "Authentication Fails, Your api key is invalid",
    )
    .is(Class::Auth);
    error(400, "invalid_request_error", "invalid_request_error", "Model Not Exist").is(Class::ModelGone);
    let image = "Failed to deserialize the JSON body into the target type: messages[0]: unknown variant `image_url`, \
                 expected `text`";
    error(400, "invalid_request_error", "invalid_request_error", image).is(Class::Unsupported);
    let long = "This model's maximum context length is 131072 tokens. However, you requested 150000 tokens.";
    error(400, "invalid_request_error", "invalid_request_error", long).is(Class::ContextOverflow);
    error(400, "invalid_request_error", "invalid_request_error", "No tool output found for tool call.")
        .is(Class::InvalidRequest);
    error(503, "server_error", "", "Server overloaded").is(Class::Overloaded);
}

#[test]
fn xai() {
    let flat = |status, code: &str, error: &str| {
        says(CHAT, status, json!({"code": code, "error": error}).to_string())
    };
    flat(400, "invalid-argument", "Incorrect API key provided: xa***. You can obtain one from the console.")
        .is(Class::Auth);
    flat(400, "invalid-argument", "Model not found: grok-9").is(Class::ModelGone);
    let long = "This model's maximum prompt length is 131072 but the request contains 200000 tokens.";
    flat(400, "invalid-argument", long).is(Class::ContextOverflow);
    let denied = "The caller does not have permission to execute the specified operation";
    flat(403, denied, "Your newly created team doesn't have any credits yet.").is(Class::QuotaExhausted);
    flat(403, denied, "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO")
        .is(Class::ContentPolicy);
    flat(403, denied, "Team is blocked.").is(Class::Auth);
    let spent = "Your team has either used all available credits or reached its monthly spending limit.";
    flat(429, "Some resource has been exhausted", spent).is(Class::QuotaExhausted);
    flat(429, "Some resource has been exhausted", "Too many requests for team 1.").is(Class::RateLimited);
    flat(404, "Some requested entity was not found", "The model grok-9 does not exist.").is(Class::ModelGone);
}

#[test]
fn openrouter() {
    let error = |status: u16, code: u16, message: &str, metadata: serde_json::Value| {
        says(
            CHAT,
            status,
            json!({"error": {"code": code, "message": message, "metadata": metadata}}).to_string(),
        )
    };
    let behind = |raw: &str| json!({"provider_name": "Google", "raw": raw});
    let none = serde_json::Value::Null;
    let poor = "This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens.";
    error(402, 402, poor, none.clone()).is(Class::QuotaExhausted);
    error(429, 429, "Provider returned error", behind("gemini is temporarily rate-limited upstream."))
        .is(Class::RateLimited);
    error(429, 429, "Provider returned error", behind("Please try again in 2s."))
        .is_until(Class::RateLimited, 2000);
    let raw =
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#;
    error(400, 400, "Provider returned error", behind(raw)).is(Class::ContextOverflow);
    error(400, 400, "Provider returned error", behind(r#"{"error":{"message":"bad tool"}}"#))
        .is(Class::InvalidRequest);
    error(502, 502, "Provider returned error", behind("prompt is too long")).is(Class::ServerError);
    let moderated = json!({"reasons": ["violence"], "flagged_input": "…", "provider_name": "Anthropic"});
    error(403, 403, "The model requires moderation. Your input was flagged for \"violence\".", moderated)
        .is(Class::ContentPolicy);
    error(404, 404, "No endpoints found for acme/gone.", none.clone()).is(Class::ModelGone);
    error(404, 404, "No endpoints found that support tool use.", none.clone()).is(Class::Unsupported);
    error(503, 503, "There is no available model provider.", none.clone()).is(Class::Overloaded);
    error(401, 401, "No auth credentials found", none.clone()).is(Class::Auth);
    // With a 200 over it, the number inside is the status.
    error(200, 429, "Rate limit exceeded: free-models-per-min.", none.clone()).is(Class::RateLimited);
    error(200, 502, "Network connection lost.", none.clone()).is(Class::ServerError);
    error(200, 402, "Insufficient credits.", none).is(Class::QuotaExhausted);
}

#[test]
fn together_moonshot_and_others() {
    error(429, "rate_limit", "", "You have reached the rate limit specific to this model.")
        .header("x-ratelimit-reset", "2")
        .is_until(Class::RateLimited, 2000);
    error(402, "credit_limit", "", "Credit limit exceeded.").is(Class::QuotaExhausted);
    error(400, "invalid_request_error", "model_not_available", "Unable to access non-serverless model x.")
        .is(Class::ModelGone);
    let long =
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 + 200";
    error(422, "invalid_request_error", "", long).is(Class::ContextOverflow);
    error(429, "engine_overloaded_error", "", "The engine is currently overloaded, please try again later")
        .is(Class::Overloaded);
    error(429, "exceeded_current_quota_error", "", "Your account is suspended, please check your plan.")
        .is(Class::QuotaExhausted);
    error(
        429,
        "rate_limit_reached_error",
        "",
        "Your account reached max RPM, please try again after 1 seconds",
    )
    .is_until(Class::RateLimited, 1000);
    error(401, "incorrect_api_key_error", "", "Incorrect API key provided").is(Class::Auth);
    error(429, "", "1113", "Insufficient balance or no resource package. Please recharge.")
        .is(Class::QuotaExhausted);
    error(
        400,
        "invalid_request_error",
        "data_inspection_failed",
        "Input data may contain inappropriate content.",
    )
    .is(Class::ContentPolicy);
    error(400, "Arrearage", "Arrearage", "Access denied, please make sure your account is in good standing.")
        .is(Class::QuotaExhausted);
    error(413, "", "tokens_limit_reached", "Request body too large for gpt-5 model. Max size: 8000 tokens.")
        .is(Class::ContextOverflow);
    error(412, "", "", "Account is suspended, possibly due to reaching the monthly spending limit.")
        .is(Class::QuotaExhausted);
    says(CHAT, 429, r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":3600}}"#)
        .is_until(Class::QuotaExhausted, 3_600_000);
}
