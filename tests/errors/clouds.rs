//! Models behind a cloud's own API, as proxies pass its words on.

use serde_json::json;
use tower_failover::failure::{Class, Scope};

use crate::case::{ANTHROPIC, CHAT, says};

#[test]
fn exceptions_are_read_by_status_name_and_words() {
    for dialect in [CHAT, ANTHROPIC] {
        let error =
            |status: u16, message: &str| says(dialect, status, json!({"message": message}).to_string());
        let named = |status: u16, name: &str, message: &str| {
            says(dialect, status, json!({"__type": name, "message": message}).to_string())
        };
        error(429, "Too many requests, please wait before trying again.").is(Class::RateLimited);
        error(429, "Too many tokens, please wait before trying again.").is(Class::RateLimited);
        error(429, "Too many tokens per day, please wait before trying again.")
            .is_of(Class::QuotaExhausted, Scope::Member);
        error(429, "Model is not ready for inference. Wait and try your request again.")
            .is(Class::Overloaded);
        named(429, "ModelNotReadyException", "Try again.").is(Class::Overloaded);
        named(429, "com.amazon.coral.service#ThrottlingException", "Rate exceeded").is(Class::RateLimited);
        error(400, "Input is too long for requested model.").is(Class::ContextOverflow);
        error(400, "The provided model identifier is invalid.").is(Class::ModelGone);
        error(400, "Malformed input request: extraneous key [foo] is not permitted")
            .is(Class::InvalidRequest);
        error(403, "You don't have access to the model with the specified model ID.").is(Class::ModelGone);
        error(403, "The security token included in the request is expired").is(Class::Auth);
        error(404, "This model version has reached the end of its life.").is(Class::ModelGone);
        error(408, "Model has timed out in processing the request.").is(Class::ServerError);
        error(424, "The system encountered an unexpected error during processing.").is(Class::ServerError);
        error(500, "Input is too long, said the monitor").is(Class::ServerError);
        error(503, "Bedrock is unable to process your request.").is(Class::Overloaded);
        named(400, "ServiceQuotaExceededException", "Your request exceeds the service quota.")
            .is(Class::QuotaExhausted);
    }
}
