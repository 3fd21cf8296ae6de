//! Whose fault it is: what the caller wrote never shuts anything for others.

use serde_json::{Value, json};
use tower_failover::failure::{Class, Scope};

use crate::case::{ANTHROPIC, CHAT, Case, GEMINI, RESPONSES, says};

/// Words that would rest a member or a key if the provider said them.
const VERDICTS: [&str; 12] = [
    "invalid api key",
    "incorrect api key provided",
    "api key not valid",
    "model not found",
    "has been deprecated",
    "decommissioned",
    "insufficient balance",
    "credit balance",
    "payment required",
    "organization has been disabled",
    "model is not ready",
    "billing usage limits",
];

fn openai(status: u16, message: &str, param: Option<&str>, code: Option<&str>) -> [Case; 2] {
    let error = json!({"message": message, "type": "invalid_request_error", "param": param, "code": code});
    [CHAT, RESPONSES].map(|dialect| says(dialect, status, json!({"error": error}).to_string()))
}

fn vllm(message: &str) -> Case {
    let body =
        json!({"object": "error", "message": message, "type": "BadRequestError", "param": null, "code": 400});
    says(CHAT, 400, body.to_string())
}

fn anthropic(status: u16, kind: &str, message: &str) -> Case {
    says(ANTHROPIC, status, json!({"type": "error", "error": {"type": kind, "message": message}}).to_string())
}

fn gemini(status: &str, message: &str, details: &Value) -> Case {
    let error = json!({"code": 400, "message": message, "status": status, "details": details});
    says(GEMINI, 400, json!({"error": error}).to_string())
}

#[test]
fn what_an_error_quotes_is_no_verdict() {
    for verdict in VERDICTS {
        let value =
            format!("Invalid value: '{verdict}'. Supported values are: 'none', 'auto', and 'required'.");
        for case in openai(400, &value, Some("tool_choice"), Some("invalid_value")) {
            case.is(Class::InvalidRequest);
        }
        for case in openai(400, &value, None, None) {
            case.is(Class::InvalidRequest);
        }
        for nested in [format!("a' {verdict} 'b"), format!("a\" {verdict} \"b"), format!("it's {verdict}")] {
            vllm(&format!("Invalid value: '{nested}'. Supported values are: 'none'."))
                .is(Class::InvalidRequest);
        }
        vllm(&format!(
            "1 validation error for ChatCompletionRequest\ntools.0\n  Field required [type=missing, \
             input_value={{'t': 'why? {verdict}'}}, input_type=dict]"
        ))
        .is(Class::InvalidRequest);
        vllm(&format!("[{{'type': 'missing', 'loc': ('body', 'messages'), 'input': {{'x': '{verdict}'}}}}]"))
            .is(Class::InvalidRequest);
        vllm(&format!("tool_choice: unknown variant `{verdict}`, expected one of `none`, `auto`"))
            .is(Class::InvalidRequest);
        anthropic(400, "invalid_request_error", &format!("tools.0.name: '{verdict}' String should match"))
            .is(Class::InvalidRequest);
        anthropic(400, "invalid_request_error", &format!("tools.0.input_schema.{verdict}: Extra inputs"))
            .is(Class::InvalidRequest);
        let field = "Invalid value at 'generation_config.response_mime_type' (TYPE_STRING), ";
        gemini("INVALID_ARGUMENT", &format!("{field}\"{verdict}\""), &json!([])).is(Class::InvalidRequest);
        let detail =
            json!({"detail": [{"loc": ["body", "tools", 0], "msg": format!("Not a tool: '{verdict}'")}]});
        says(CHAT, 422, detail.to_string()).is(Class::InvalidRequest);
    }
}

#[test]
fn what_is_said_of_a_field_is_no_verdict() {
    let deprecated = "The parameter 'functions' has been deprecated. Use 'tools' instead.";
    for (param, code) in [
        (Some("functions"), Some("unsupported_parameter")),
        (None, Some("unsupported_parameter")),
        (None, None),
    ] {
        for case in openai(400, deprecated, param, code) {
            case.is(Class::InvalidRequest);
        }
    }
    for case in openai(400, "invalid api key in the header of the tool", Some("tools[0].headers"), None) {
        case.is(Class::InvalidRequest);
    }
    let violated = json!([{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
        {"field": "labels", "description": "billing"},
    ]}]);
    gemini("INVALID_ARGUMENT", "The label billing is reserved.", &violated).is(Class::InvalidRequest);
}

#[test]
fn what_a_caller_has_stored_elsewhere_is_not_the_model() {
    for (message, param) in [
        ("Prompt with id 'pmpt_typo' not found.", Some("prompt")),
        ("Prompt with id 'pmpt_typo' not found.", None),
        ("No such skill: 's'.", Some("tools[0].skills")),
    ] {
        for case in openai(404, message, param, None) {
            case.is(Class::InvalidRequest);
        }
    }
    for case in
        openai(424, "Error retrieving tool list from MCP server: 'x'.", Some("tools"), Some("http_error"))
    {
        case.is(Class::InvalidRequest);
    }
}

#[test]
fn a_verdict_in_the_providers_own_words_is_still_one() {
    let [chat, _] =
        openai(404, "The model `gpt-9` does not exist or you do not have access to it.", None, None);
    chat.is(Class::ModelGone);
    let [chat, _] = openai(404, "The model `gpt-9` does not exist.", Some("model"), Some("model_not_found"));
    chat.is(Class::ModelGone);
    let [chat, _] = openai(400, "The model 'gpt-3' has been deprecated.", Some("model"), None);
    chat.is(Class::ModelGone);
    vllm("Model not found: \"llama\"").is(Class::ModelGone);
    anthropic(400, "invalid_request_error", "This organization has been disabled.").is(Class::Auth);
    let inner = r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low."}}"#;
    let message = format!("litellm.BadRequestError: AnthropicException - b'{inner}'");
    says(
        CHAT,
        400,
        json!({"error": {"message": message, "type": null, "param": "None", "code": "400"}}).to_string(),
    )
    .is(Class::QuotaExhausted);
}

#[test]
fn a_page_of_a_proxy_is_no_verdict_on_the_key() {
    let page = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>";
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        for body in [page, "error code: 1020", "RBAC: access denied", "Forbidden"] {
            says(dialect, 403, body).header("content-type", "text/html").is(Class::Unsupported);
        }
        says(dialect, 400, page).is(Class::Unsupported);
        says(dialect, 400, "").is(Class::Unsupported);
        says(dialect, 403, "").is(Class::Auth);
        says(dialect, 401, page).is(Class::Auth);
        says(dialect, 404, page).is(Class::ServerError);
    }
}

#[test]
fn one_model_that_is_denied_is_not_the_key() {
    for message in [
        "Your organization must be verified to use the model `gpt-5`. Please go to the settings.",
        "Project `p` does not have access to model `gpt-5`",
        "You are not allowed to sample from this model",
    ] {
        for code in [None, Some("forbidden")] {
            for case in openai(403, message, None, code) {
                case.is(Class::ModelGone);
            }
        }
    }
    let denied = json!({"error": {
        "message": "key not allowed to access model.", "type": "key_model_access_denied", "param": "model", "code": "401",
    }});
    says(CHAT, 401, denied.to_string()).is(Class::ModelGone);
    for case in openai(403, "You are not allowed to use this resource.", None, Some("forbidden")) {
        case.is(Class::Auth);
    }
    for case in openai(403, "You may not use this file.", Some("input[0].file_id"), None) {
        case.is(Class::Unsupported);
    }
}

#[test]
fn what_an_account_may_ask_in_a_minute_is_not_the_models_context() {
    let large = "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested \
                 45000. The input or output tokens must be reduced in order to run successfully.";
    let error = |status| {
        let error = json!({"message": large, "type": "tokens", "param": null, "code": "rate_limit_exceeded"});
        says(CHAT, status, json!({"error": error}).to_string())
    };
    for status in [413, 429] {
        error(status).is_of(Class::RateLimited, Scope::Request);
        // The next minute has no more tokens than this one.
        error(status)
            .header("retry-after", "9")
            .header("x-ratelimit-reset-tokens", "6s")
            .is_of(Class::RateLimited, Scope::Request);
    }
    let context =
        json!({"error": {"message": "Request too large for m: maximum context length is 8192 tokens."}});
    says(CHAT, 413, context.to_string()).is(Class::ContextOverflow);
    says(ANTHROPIC, 413, r#"{"error":{"type":"request_too_large","message":"prompt is too long"}}"#)
        .is(Class::ContextOverflow);
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        says(dialect, 413, "").is(Class::Unsupported);
        says(dialect, 413, "<html>413 Request Entity Too Large</html>").is(Class::Unsupported);
    }
    anthropic(413, "request_too_large", "Request exceeds the maximum allowed number of bytes.")
        .is(Class::Unsupported);
}

#[test]
fn what_only_this_member_refuses_is_not_the_callers_fault() {
    let unverified = "Your organization must be verified to stream this model. Please go to the settings.";
    for case in openai(400, unverified, Some("stream"), Some("unsupported_value")) {
        case.is(Class::Unsupported);
    }
    let message = "Budget has been exceeded! Current cost: 1.2, Max budget: 1.0";
    let budget =
        json!({"error": {"message": message, "type": "budget_exceeded", "param": null, "code": "400"}});
    for dialect in [CHAT, RESPONSES, ANTHROPIC] {
        for status in [400, 429] {
            says(dialect, status, budget.to_string()).is(Class::QuotaExhausted);
        }
    }
    for code in ["BadRequest", "404"] {
        let body = json!({"error": {"code": code, "message": "API version not supported"}});
        for status in [400, 404] {
            says(CHAT, status, body.to_string()).is(Class::ServerError);
        }
    }
}
