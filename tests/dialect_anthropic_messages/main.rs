//! The dialect `anthropic-messages`, as its callers and its members see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answers;
mod corpora;
mod frames;
mod grammar;
mod members;
mod properties;
mod requests;
mod streams;

use bytes::Bytes;
use serde_json::Value;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::sse::Frame;
use tower_failover::dialect::{Decode, Encode, Reply, anthropic_messages::AnthropicMessages};
use tower_failover::dialect::{Dialect, Signal};

use self::frames::frames;

/// What a stream says, as text, event by event.
fn events(pieces: impl IntoIterator<Item = Bytes>) -> Vec<String> {
    let mut decoder = AnthropicMessages.decoder();
    let mut events = Vec::new();
    for frame in frames(pieces).0 {
        let result = decoder.decode(&frame.parse(), &mut |event| events.push(format!("{event:?}")));
        if let Err(error) = result {
            events.push(format!("malformed: {error}"));
        }
    }
    events
}

/// A stream read and written again, and whether it came to an end.
fn recode(stream: &str, reply: Reply) -> (Vec<u8>, bool) {
    let mut decoder = AnthropicMessages.decoder();
    let mut encoder = AnthropicMessages.encoder(reply);
    let mut out = Vec::new();
    for frame in frames([Bytes::copy_from_slice(stream.as_bytes())]).0 {
        let _ = decoder.decode(&frame.parse(), &mut |event| encoder.encode(&event, &mut out));
    }
    let is_complete = encoder.finish(&mut out);
    (out, is_complete)
}

/// A stream written from these events, and whether it came to an end.
fn written(events: &[Event<'_>], reply: Reply) -> (Vec<u8>, bool) {
    let mut encoder = AnthropicMessages.encoder(reply);
    let mut out = Vec::new();
    for event in events {
        encoder.encode(event, &mut out);
    }
    let is_complete = encoder.finish(&mut out);
    (out, is_complete)
}

fn signal(frame: &str) -> String {
    match AnthropicMessages.signal(&Frame::parse(frame.as_bytes())) {
        Signal::Error(failure) => format!("Error({})", failure.class()),
        signal => format!("{signal:?}"),
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}
