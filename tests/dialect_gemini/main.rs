//! The dialect `gemini`, as its callers and its members see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod corpora;
mod errors;
mod members;
mod properties;
mod requests;

use serde_json::Value;
use tower_failover::dialect::canonical::Request;
use tower_failover::dialect::{Dialect, Encoded, Target, gemini::Gemini};
use tower_failover::facts::Losses;
use tower_failover::failure::Failure;

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// What a member is sent, and what is lost on the way.
fn encode(request: &Request<'_>, model: &str) -> Result<(Value, String, Encoded), Failure> {
    let mut losses = Losses::new();
    let encoded = Gemini.encode_request(request, &Target::new(model), &mut losses)?;
    Ok((json(&encoded.body), losses.to_string(), encoded))
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        name + &head.to_uppercase() + tail
    })
}

/// One spelling for what the API takes in several: names in camelCase, no nulls, one tool per entry.
fn spelled(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null());
            fields.map(|(name, value)| (camel(name), spelled(value))).collect()
        }
        Value::Array(items) => items.iter().filter(|item| !item.is_null()).map(spelled).collect(),
        other => other.clone(),
    }
}

/// A request in one spelling, without what says nothing.
fn plain(body: &Value) -> Value {
    let mut body = spelled(body);
    let fields = body.as_object_mut().unwrap();
    // It stands in the path.
    fields.remove("model");
    if let Some(Value::Array(tools)) = fields.get_mut("tools") {
        let entries = tools.iter().flat_map(|entry| entry.as_object().unwrap().clone());
        let mut entries: Vec<_> = entries.map(|entry| Value::from_iter([entry])).collect();
        entries.sort_by_key(|entry| entry.get("functionDeclarations").is_none());
        *tools = entries;
    }
    if let Some(parts) = fields.get_mut("systemInstruction").and_then(|system| system.get_mut("parts")) {
        if parts.is_object() {
            *parts = Value::Array(vec![parts.take()]);
        }
    }
    if let Some(Value::Array(contents)) = fields.get_mut("contents") {
        for content in contents {
            let content = content.as_object_mut().unwrap();
            content.entry("role").or_insert("user".into());
        }
    }
    fields.retain(|_, value| {
        !matches!(value, Value::Array(list) if list.is_empty()) && *value != Value::Object(Default::default())
    });
    body
}
