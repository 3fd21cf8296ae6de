//! The dialect `openai-responses`, as its callers ask and its members are asked.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]
#![allow(clippy::needless_pass_by_value, reason = "what `json!` makes is made to be given away")]

mod corpora;
mod errors;
mod grammar;
mod members;
mod properties;
mod requests;

use serde_json::Value;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::Request;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Target};
use tower_failover::facts::Losses;
use tower_failover::failure::Failure;

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// A request as a member of this dialect gets it, and what it lost on the way.
fn encoded(request: &Request<'_>, model: &str) -> Result<(Value, String), Box<Failure>> {
    let mut losses = Losses::new();
    let encoded = OpenAiResponses.encode_request(request, &Target::new(model), &mut losses);
    encoded.map(|encoded| (json(&encoded.body), losses.to_string())).map_err(Box::new)
}

/// A caller's request, read in one dialect and written in this one.
fn from<D>(dialect: &D, body: &Value) -> Result<(Value, String), Box<Failure>>
where
    D: Dialect,
{
    let body = body.to_string();
    encoded(&dialect.decode_request(body.as_bytes()).unwrap(), "member")
}

fn from_chat(body: &Value) -> (Value, String) {
    from(&OpenAiChat, body).unwrap()
}

fn from_anthropic(body: &Value) -> (Value, String) {
    from(&AnthropicMessages, body).unwrap()
}

/// A request of this dialect, read and written again for the same model.
fn again(body: &Value) -> Result<Value, String> {
    let text = body.to_string();
    let request = OpenAiResponses.decode_request(text.as_bytes()).map_err(|invalid| invalid.to_string())?;
    let (again, losses) =
        encoded(&request, &request.model).map_err(|failure| format!("{}", failure.class()))?;
    if losses.is_empty() { Ok(again) } else { Err(losses) }
}

/// Where two values differ, and how.
fn difference(one: &Value, other: &Value, path: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(ones), Value::Object(others)) => {
            let names = ones.keys().chain(others.keys());
            names.into_iter().find_map(|name| match (ones.get(name), others.get(name)) {
                (Some(one), Some(other)) => difference(one, other, &format!("{path}.{name}")),
                (one, other) => Some(format!("{path}.{name}: {one:?} and {other:?}")),
            })
        }
        (Value::Array(ones), Value::Array(others)) if ones.len() == others.len() => {
            let mut pairs = ones.iter().zip(others).enumerate();
            pairs.find_map(|(index, (one, other))| difference(one, other, &format!("{path}[{index}]")))
        }
        (one, other) => (one != other).then(|| format!("{path}: {one} and {other}")),
    }
}
