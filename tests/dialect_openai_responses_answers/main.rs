//! The answers and streams of the dialect `openai-responses`, as its callers and its members see them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]
#![allow(clippy::needless_pass_by_value, reason = "what `json!` makes is made to be given away")]

mod answers;
mod checks;
mod corpora;
#[path = "../dialect_anthropic_messages/frames.rs"]
mod frames;
mod grammar;
mod properties;
mod said;
mod streams;

use bytes::Bytes;
use serde_json::Value;
use tower_failover::dialect::canonical::{Answer, Choice, Content, Event, Finish};
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::sse::Frame;
use tower_failover::dialect::{Decode, Dialect, Encode, Reply, Signal};

use self::frames::frames;

/// What a stream says, as text, event by event.
fn events(pieces: impl IntoIterator<Item = Bytes>) -> Vec<String> {
    let mut decoder = OpenAiResponses.decoder();
    let mut events = Vec::new();
    for frame in frames(pieces).0 {
        let result = decoder.decode(&frame.parse(), &mut |event| events.push(format!("{event:?}")));
        if let Err(error) = result {
            events.push(format!("malformed: {error}"));
        }
    }
    events
}

/// A stream of this dialect written in another one, and whether it came to an end.
fn recode<F: Dialect>(front: &F, stream: &str, reply: Reply) -> (Vec<u8>, bool) {
    recode_from(&OpenAiResponses, front, stream, reply)
}

/// A stream of a member's dialect written in that of a caller, and whether it came to an end.
fn recode_from<M: Dialect, F: Dialect>(member: &M, front: &F, stream: &str, reply: Reply) -> (Vec<u8>, bool) {
    let mut decoder = member.decoder();
    let mut encoder = front.encoder(reply);
    let mut out = Vec::new();
    for frame in frames([Bytes::copy_from_slice(stream.as_bytes())]).0 {
        let _ = decoder.decode(&frame.parse(), &mut |event| encoder.encode(&event, &mut out));
    }
    let is_complete = encoder.finish(&mut out);
    (out, is_complete)
}

/// A stream written from these events, and whether it came to an end.
fn written(events: &[Event<'_>], reply: Reply) -> (Vec<u8>, bool) {
    let mut encoder = OpenAiResponses.encoder(reply);
    let mut out = Vec::new();
    for event in events {
        encoder.encode(event, &mut out);
    }
    let is_complete = encoder.finish(&mut out);
    (out, is_complete)
}

fn signal(frame: &str) -> String {
    match OpenAiResponses.signal(&Frame::parse(frame.as_bytes())) {
        Signal::Error(failure) => format!("Error({})", failure.class()),
        signal => format!("{signal:?}"),
    }
}

/// A frame as the vendor sends it.
fn frame(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap())
}

fn stream(events: &[Value]) -> String {
    events.iter().map(frame).collect()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// Of a member that speaks this dialect.
fn own() -> Reply {
    Reply::new("model", 0).issued_by("openai-responses")
}

/// Of a member that speaks another.
fn foreign() -> Reply {
    Reply::new("claude", 0x10).issued_by("anthropic-messages")
}

fn answer<'a>(parts: Vec<Content<'a>>, finish: Finish<'a>) -> Answer<'a> {
    let choices = vec![Choice { parts, finish: Some(finish), logprobs: None }];
    Answer { choices, ..Answer::default() }
}
