//! A conversation that is too long, in the words of everybody.

use serde_json::json;
use tower_failover::failure::Class;

use crate::case::{ANTHROPIC, CHAT, GEMINI, RESPONSES, says};

const WORDINGS: [&str; 22] = [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
    "Input is too long for requested model.",
    "Input Tokens Exceeded: Number of input tokens exceeds the limit",
    "too many tokens: size limit exceeded by 25836 tokens.",
    "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
    "Please reduce the length of the messages or completion.",
    "The total length of all messages is too long.",
    "prompt too long; exceeded max context length by 1119046 tokens",
    "the request exceeds the available context size. try increasing the context size",
    "The decoder prompt (length 9000) is longer than the maximum model length of 4096.",
    "The input (9000 tokens) is longer than the model's context length (8192 tokens).",
    "The number of tokens to keep from the initial prompt is greater than the context length.",
    "Invalid request: Your request exceeded model token limit: 8192",
    "Range of input length should be [1, 30720]",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097.",
    "Requested token count exceeds the model's maximum context length of 4096 tokens.",
    "Input length (9000) exceeds the maximum allowed length (8192).",
];

fn body(dialect: &str, message: &str) -> String {
    match dialect {
        ANTHROPIC => json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}}),
        GEMINI => json!({"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}),
        _ => json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}}),
    }
    .to_string()
}

#[test]
fn a_400_that_says_so_in_any_words_is_an_overflow() {
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        for wording in WORDINGS {
            says(dialect, 400, body(dialect, wording)).is(Class::ContextOverflow);
            says(dialect, 422, body(dialect, &wording.to_uppercase())).is(Class::ContextOverflow);
        }
    }
}

#[test]
fn an_outage_is_one_whatever_it_says() {
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        for wording in WORDINGS {
            says(dialect, 500, body(dialect, wording)).is(Class::ServerError);
            says(dialect, 503, body(dialect, wording)).is(Class::Overloaded);
        }
    }
}

#[test]
fn a_rate_limit_of_tokens_is_none() {
    for dialect in [CHAT, RESPONSES, ANTHROPIC, GEMINI] {
        says(dialect, 429, body(dialect, "Too many tokens, please wait before trying again."))
            .is(Class::RateLimited);
    }
}
