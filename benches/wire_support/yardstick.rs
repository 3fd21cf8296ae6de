//! The least a typed reader of the same answer can do: parse it with serde_json, and write it again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tower_failover::dialect::AnyDialect;

type Text<'a> = Cow<'a, str>;

/// Parses and writes an answer of this dialect once.
pub(crate) fn parse_and_write(dialect: AnyDialect, body: &[u8], out: &mut Vec<u8>) {
    match dialect {
        AnyDialect::OpenAiChat(_) => typed::<Chat<'_>>(body, out),
        AnyDialect::OpenAiResponses(_) => typed::<Response<'_>>(body, out),
        AnyDialect::AnthropicMessages(_) => typed::<Message<'_>>(body, out),
        _ => typed::<Generated<'_>>(body, out),
    }
}

fn typed<'a, T: Deserialize<'a> + Serialize>(body: &'a [u8], out: &mut Vec<u8>) {
    let value: T = serde_json::from_slice(body).expect("JSON");
    out.clear();
    serde_json::to_writer(out, &value).expect("JSON");
}

#[derive(Deserialize, Serialize)]
struct Chat<'a> {
    id: &'a str,
    model: &'a str,
    created: u64,
    #[serde(borrow)]
    choices: Vec<ChatChoice<'a>>,
}

#[derive(Deserialize, Serialize)]
struct ChatChoice<'a> {
    #[serde(borrow)]
    message: ChatMessage<'a>,
    finish_reason: &'a str,
}

#[derive(Deserialize, Serialize)]
struct ChatMessage<'a> {
    role: &'a str,
    #[serde(borrow)]
    content: Text<'a>,
}

#[derive(Deserialize, Serialize)]
struct Response<'a> {
    id: &'a str,
    model: &'a str,
    created_at: u64,
    status: &'a str,
    #[serde(borrow)]
    output: Vec<Item<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(borrow)]
    content: Vec<Part<'a>>,
}

#[derive(Deserialize, Serialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Text<'a>,
}

#[derive(Deserialize, Serialize)]
struct Message<'a> {
    id: &'a str,
    model: &'a str,
    #[serde(borrow)]
    content: Vec<Part<'a>>,
    stop_reason: &'a str,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Generated<'a> {
    #[serde(borrow)]
    candidates: Vec<Candidate<'a>>,
    model_version: &'a str,
    response_id: &'a str,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Content<'a>,
    finish_reason: &'a str,
}

#[derive(Deserialize, Serialize)]
struct Content<'a> {
    #[serde(borrow)]
    parts: Vec<Part<'a>>,
}
