use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde_json::value::RawValue;

use super::super::error;
use super::super::wire::Str;
use super::plain::PlainDelta;
use crate::dialect::Signal;
use crate::dialect::sse::Frame;
use crate::dialect::surrogates::mended;

/// A string of which only matters whether it is empty.
#[derive(Default)]
struct Said(bool);

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(SaidVisitor)
    }
}

struct SaidVisitor;

impl Visitor<'_> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Said, E> {
        Ok(Said(!text.is_empty()))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Said, E> {
        Ok(Said(false))
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Str<'a>>,
    text: Said,
    thinking: Said,
    signature: Said,
    partial_json: Said,
    stop_reason: Said,
}

impl Piece<'_> {
    const fn says_something(&self) -> bool {
        self.text.0 || self.thinking.0 || self.signature.0 || self.partial_json.0
    }
}

#[derive(serde::Deserialize)]
struct Payload<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Str<'a>>,
    #[serde(borrow, default)]
    delta: Option<Piece<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Piece<'a>>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// Reads what a frame means to whoever guards the stream.
pub(in super::super) fn signal(frame: &Frame<'_>) -> Signal {
    let Some(data) = frame.data.as_deref() else {
        // An event without data is never dispatched.
        return Signal::Alive;
    };
    if let Some(delta) = PlainDelta::read(data) {
        return content_or(!delta.text.is_empty());
    }
    // Of those that are neither content nor an end only the form matters.
    let plain = match frame.event {
        Some(b"ping") => Some(Signal::Alive),
        Some(b"message_start" | b"content_block_stop") => Some(Signal::Lifecycle),
        Some(b"message_stop") => Some(Signal::End),
        // Whatever stands in it: some servers put plain text there.
        Some(b"error") => return Signal::Error(Box::new(error::decode(None, data))),
        _ => None,
    };
    match plain {
        Some(signal) if is_object(data) => signal,
        Some(_) => Signal::Malformed,
        None => read(data),
    }
}

fn is_object(data: &[u8]) -> bool {
    let first = data.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'{') && serde_json::from_slice::<IgnoredAny>(data).is_ok()
}

fn read(data: &[u8]) -> Signal {
    let Ok(payload) = serde_json::from_slice::<Payload<'_>>(data) else {
        if let Some(mended) = mended(data) {
            return read(&mended);
        }
        // Events that nobody knows yet may look as they like.
        return match serde_json::from_slice::<Unknown<'_>>(data) {
            Ok(Unknown { kind: Str(kind) }) if !is_known(&kind) => Signal::Lifecycle,
            _ => Signal::Malformed,
        };
    };
    let kind = payload.kind.as_ref().map(|Str(kind)| &**kind);
    match kind {
        Some("content_block_delta") => content_or(payload.delta.is_some_and(|delta| delta.says_something())),
        Some("content_block_start") => content_or(payload.content_block.is_some_and(|block| {
            let is_silent = matches!(&block.kind, Some(Str(kind)) if kind == "text" || kind == "thinking");
            !is_silent || block.says_something()
        })),
        Some("message_delta") if payload.delta.is_some_and(|delta| delta.stop_reason.0) => Signal::Finish,
        Some("message_stop") => Signal::End,
        Some("ping") => Signal::Alive,
        Some("error") => Signal::Error(Box::new(error::decode(None, data))),
        None if payload.error.is_some() => Signal::Error(Box::new(error::decode(None, data))),
        None => Signal::Malformed,
        Some(_) => Signal::Lifecycle,
    }
}

#[derive(serde::Deserialize)]
struct Unknown<'a> {
    #[serde(rename = "type", borrow)]
    kind: Str<'a>,
}

fn is_known(kind: &str) -> bool {
    matches!(
        kind,
        "message_start"
            | "content_block_start"
            | "content_block_delta"
            | "content_block_stop"
            | "message_delta"
            | "message_stop"
            | "ping"
            | "error"
    )
}

const fn content_or(says_something: bool) -> Signal {
    if says_something { Signal::Content } else { Signal::Lifecycle }
}
