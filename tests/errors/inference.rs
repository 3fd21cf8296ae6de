//! Servers that one runs oneself, and what stands before them.

use serde_json::json;
use tower_failover::failure::Class;

use crate::case::{ANTHROPIC, CHAT, GEMINI, RESPONSES, says};

#[test]
fn vllm() {
    let flat = |status: u16, kind: &str, message: &str| {
        let body =
            json!({"object": "error", "message": message, "type": kind, "param": null, "code": status});
        says(CHAT, status, body.to_string())
    };
    flat(404, "NotFoundError", "The model `x` does not exist.").is(Class::ModelGone);
    let long = "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens in the messages.";
    flat(400, "BadRequestError", long).is(Class::ContextOverflow);
    let long = "The decoder prompt (length 9000) is longer than the maximum model length of 4096.";
    flat(400, "BadRequestError", long).is(Class::ContextOverflow);
    flat(400, "BadRequestError", "1 validation error for ValidatorIterator").is(Class::InvalidRequest);
    says(CHAT, 401, r#"{"error":"Unauthorized"}"#).is(Class::Auth);
    says(CHAT, 404, r#"{"detail":"Not Found"}"#).is(Class::ServerError);
    says(CHAT, 500, "Internal Server Error").is(Class::ServerError);
}

#[test]
fn ollama() {
    let error = |status, message: &str| {
        let body = json!({"error": {"message": message, "type": "api_error", "param": null, "code": null}});
        says(CHAT, status, body.to_string())
    };
    error(404, "model \"llama9\" not found, try pulling it first").is(Class::ModelGone);
    error(400, "registry.ollama.ai/library/gemma does not support tools").is(Class::Unsupported);
    error(503, "server busy, please try again.  maximum pending requests exceeded").is(Class::Overloaded);
    error(500, "model requires more system memory (9 GiB) than is available (7 GiB)").is(Class::ServerError);
    says(CHAT, 404, "404 page not found").is(Class::ServerError);
}

#[test]
fn llama_cpp_lm_studio_and_sglang() {
    let body = json!({"error": {
        "code": 400, "message": "request (2009 tokens) exceeds the available context size (512 tokens)",
        "type": "exceed_context_size_error", "n_prompt_tokens": 2009, "n_ctx": 512,
    }});
    says(CHAT, 400, body.to_string()).is(Class::ContextOverflow);
    says(CHAT, 503, r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#)
        .is(Class::Overloaded);
    let kept = "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with \
                context length of only 4096 tokens, which is not enough.";
    says(CHAT, 400, json!({"error": kept}).to_string()).is(Class::ContextOverflow);
    let long = "The input (9000 tokens) is longer than the model's context length (8192 tokens).";
    says(CHAT, 400, json!({"object": "error", "message": long}).to_string()).is(Class::ContextOverflow);
}

#[test]
fn proxies_say_it_with_a_page_or_with_nothing() {
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        for status in [502, 504, 520, 521, 522, 523, 524] {
            says(dialect, status, "<html><body>the content policy of this page</body></html>")
                .is(Class::ServerError);
        }
        says(dialect, 503, "").is(Class::Overloaded);
        says(dialect, 503, "").header("retry-after", "2.5").is_until(Class::Overloaded, 2500);
        says(dialect, 529, "").is(Class::Overloaded);
        says(dialect, 429, "").is(Class::RateLimited);
        says(dialect, 404, "").is(Class::ModelGone);
        says(dialect, 404, "<html><center>nginx</center></html>").is(Class::ServerError);
        says(dialect, 405, "<html>Method Not Allowed</html>").is(Class::ServerError);
        says(dialect, 403, "<html>Attention Required!</html>").is(Class::Unsupported);
        says(dialect, 413, "<html>Request Entity Too Large</html>").is(Class::Unsupported);
        says(dialect, 400, "\u{0}\u{1}").is(Class::InvalidRequest);
        says(dialect, 200, "<html>Welcome</html>").is(Class::InvalidOutput);
        says(dialect, 200, "").is(Class::InvalidOutput);
    }
}
