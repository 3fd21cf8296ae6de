//! What the dialect `gemini` answers: read from its members, written for its callers.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod corpora;
mod properties;
mod readers;
mod replay;
mod streams;

use bytes::Bytes;
use serde_json::Value;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::sse::{Frame, RawFrame, Splitter, Tail};
use tower_failover::dialect::{Decode, Dialect, Encode, Reply, Signal};

/// A reply of a member that speaks the dialect itself.
fn own() -> Reply {
    Reply::new("gemini-x", 7).issued_by("gemini")
}

/// A reply of a member that speaks another.
fn foreign() -> Reply {
    Reply::new("claude-x", 7).issued_by("anthropic-messages")
}

/// The frames of a stream in these pieces.
fn frames(pieces: impl IntoIterator<Item = Bytes>) -> Vec<RawFrame> {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    let mut frames = Vec::new();
    for piece in pieces {
        splitter.push(piece);
        while let Some(frame) = splitter.next_frame() {
            frames.push(frame.unwrap());
        }
    }
    if let Tail::Truncated(frame) = splitter.finish() {
        frames.push(frame);
    }
    frames
}

/// What a stream says, event by event; malformed frames as `!`.
fn events(pieces: impl IntoIterator<Item = Bytes>) -> Vec<String> {
    let mut decoder = Gemini.decoder();
    let mut events = Vec::new();
    for frame in frames(pieces) {
        let result = decoder.decode(&frame.parse(), &mut |event| events.push(told(&event)));
        if result.is_err() {
            events.push("!".to_owned());
        }
    }
    events
}

/// An event in short.
fn told(event: &Event<'_>) -> String {
    match event {
        Event::Start { id, model } => {
            format!("start {} {}", id.as_deref().unwrap_or("-"), model.as_deref().unwrap_or("-"))
        }
        Event::Text { text, .. } => format!("text {text}"),
        Event::Reasoning { text, .. } => format!("thought {text}"),
        Event::Signature { signature, .. } => format!("seal {signature}"),
        Event::Redacted { data, .. } => format!("redacted {data}"),
        Event::Refusal { text, .. } => format!("refusal {text}"),
        Event::ToolCall { index, id, name, .. } => format!("call {index} {id} {name}"),
        Event::Arguments { index, json, .. } => format!("arguments {index} {json}"),
        Event::Citation { citation, .. } => {
            format!("cited {:?} {:?}..{:?}", citation.url.as_deref(), citation.start, citation.end)
        }
        Event::Logprobs { value, .. } => format!("logprobs {}", value.get()),
        Event::PartEnd { .. } => ".".to_owned(),
        Event::Finish { reason, .. } => format!("finish {reason:?}"),
        Event::Usage(usage) => format!("usage {:?} {:?}", usage.input, usage.output),
        Event::Error(_) => "error".to_owned(),
        other => format!("{other:?}"),
    }
}

/// What a stream of one chunk per frame says.
fn of_chunks<const N: usize>(chunks: [&str; N]) -> Vec<String> {
    let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
    events([Bytes::from(stream)])
}

/// A stream written from these events, and whether it came to an end.
fn written(events: &[Event<'_>], reply: Reply) -> (String, bool) {
    let mut encoder = Gemini.encoder(reply);
    let mut out = Vec::new();
    for event in events {
        encoder.encode(event, &mut out);
    }
    let is_complete = encoder.finish(&mut out);
    (String::from_utf8(out).unwrap(), is_complete)
}

/// The chunks of a stream, each checked to be the one line of its frame.
fn chunks(stream: &str) -> Vec<Value> {
    let frame = |frame: &str| {
        let data = frame.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {frame}"));
        assert!(!data.contains(['\n', '\r']), "more than one line: {frame}");
        json(data.as_bytes())
    };
    assert!(stream.is_empty() || stream.ends_with("\r\n\r\n"));
    stream.split_terminator("\r\n\r\n").map(frame).collect()
}

fn signal(data: &str) -> String {
    match Gemini.signal(&Frame::of(data.as_bytes())) {
        Signal::Error(_) => "Error".to_owned(),
        signal => format!("{signal:?}"),
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}
