//! What is lost on the way from a caller of one dialect to a member of another, and by which name: each row is a
//! request made up for the purpose, and the whole ledger of it.
//!
//! `tests/corpora_requests` asks the same of recorded requests; here stands what was found there.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod paths;
mod schemas;
mod thinking;

use serde_json::{Value, json};
use tower_failover::dialect::{AnyDialect, Dialect, Flavour, Target};
use tower_failover::facts::Losses;

const CHAT: &str = "openai-chat";
const RESPONSES: &str = "openai-responses";
const ANTHROPIC: &str = "anthropic-messages";
const GEMINI: &str = "gemini";

/// What a member with this model is sent, and what is lost.
fn sent(from: &str, asked: &Value, to: &str, model: &str) -> (Value, String) {
    flavoured(from, asked, (to, Flavour::Standard), model)
}

fn flavoured(from: &str, asked: &Value, to: (&str, Flavour), model: &str) -> (Value, String) {
    let (body, losses) = encoded(from, asked, to, model);
    (serde_json::from_slice(&body).unwrap(), losses)
}

fn encoded(from: &str, asked: &Value, (to, flavour): (&str, Flavour), model: &str) -> (Vec<u8>, String) {
    let (front, member): (AnyDialect, AnyDialect) = (from.parse().unwrap(), to.parse().unwrap());
    let text = asked.to_string();
    let request = front.decode_request(text.as_bytes()).unwrap();
    let mut losses = Losses::new();
    let target = Target::new(model).with_flavour(flavour);
    let encoded = member.encode_request(&request, &target, &mut losses);
    let encoded = encoded.unwrap_or_else(|failure| panic!("{asked}: {failure}"));
    (encoded.body, losses.to_string())
}

/// The least that a caller can ask, and these fields.
fn asked(from: &str, fields: &Value) -> Value {
    let mut body = match from {
        CHAT => json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}),
        RESPONSES => json!({"model": "m", "input": "Hi"}),
        ANTHROPIC => {
            json!({"model": "m", "max_tokens": 4000, "messages": [{"role": "user", "content": "Hi"}]})
        }
        _ => json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
    };
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

/// A caller's dialect and fields, a member's dialect and model, and the ledger.
type Row = (&'static str, Value, &'static str, &'static str, &'static str);

fn check(rows: Vec<Row>) {
    for (from, fields, to, model, wanted) in rows {
        let (_, losses) = sent(from, &asked(from, &fields), to, model);
        assert_eq!(losses, wanted, "{from} {fields} to {model}");
    }
}
