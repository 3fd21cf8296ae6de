//! Are the calls of a stream JSON? Their arguments, piece by piece, for those who only look.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::super::finish;
use super::super::wire::{Object, Str};
use super::decoder::is_whole;
use crate::dialect::Untold;
use crate::dialect::sse::Frame;

/// Made once: making one takes longer than looking through a frame.
static CALL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"tool_use\""));

#[derive(serde::Deserialize)]
struct Payload<'a> {
    #[serde(rename = "type", borrow)]
    kind: Str<'a>,
    #[serde(default)]
    index: u64,
    #[serde(borrow, default)]
    delta: Option<Object<Delta<'a>>>,
    #[serde(borrow, default)]
    content_block: Option<Object<Start<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow)]
    partial_json: Option<Str<'a>>,
    #[serde(borrow)]
    stop_reason: Option<Str<'a>>,
}

#[derive(serde::Deserialize)]
struct Start<'a> {
    #[serde(rename = "type", borrow)]
    kind: Str<'a>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

/// Follows a frame of content. Before a tool is called none is looked at.
pub(in super::super) fn follow(frame: &Frame<'_>, untold: &mut Untold) {
    let Some(data) = frame.data.as_deref() else { return };
    let may_matter = match frame.event {
        Some(b"content_block_delta") => untold.has_calls(),
        Some(b"content_block_start") | None => untold.has_calls() || CALL.find(data).is_some(),
        Some(_) => false,
    };
    if may_matter {
        read(data, untold);
    }
}

/// Follows the frame that says why the answer ends.
pub(in super::super) fn follow_finish(frame: &Frame<'_>, untold: &mut Untold) {
    if let Some(data) = frame.data.as_deref().filter(|_| untold.has_calls()) {
        read(data, untold);
    }
}

fn read(data: &[u8], untold: &mut Untold) {
    let Ok(Object(payload)) = serde_json::from_slice::<Object<Payload<'_>>>(data) else { return };
    let index = Some(payload.index);
    match (&*payload.kind.0, payload.delta, payload.content_block) {
        ("content_block_delta", Some(Object(Delta { partial_json: Some(Str(json)), .. })), _) => {
            untold.adds(0, index, &json);
        }
        ("content_block_start", _, Some(Object(start))) => {
            // Where the start has the whole input, what follows repeats it.
            let is_followed =
                start.kind.0 == "tool_use" && !start.input.is_some_and(|input| is_whole(input.get()));
            match is_followed {
                true => untold.begins(0, index),
                false => untold.is_another(0, index),
            }
        }
        ("message_delta", Some(Object(Delta { stop_reason: Some(Str(word)), .. })), _) => {
            untold.stops(0, finish::decode(word, None).explains_nothing_said());
        }
        _ => {}
    }
}
