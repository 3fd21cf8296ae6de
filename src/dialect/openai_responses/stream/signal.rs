use super::super::response::wire::{self, Item, Part, Parts};
use super::decoder::read_response;
use super::fields::{Fields, fields};
use crate::dialect::Signal;
use crate::dialect::canonical::Text;
use crate::dialect::openai::error::decode;
use crate::dialect::openai::leaf;
use crate::dialect::sse::Frame;
use crate::dialect::surrogates::mended;

/// What a frame is.
pub(in super::super) fn signal(frame: &Frame<'_>) -> Signal {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return Signal::Alive };
    if data.is_empty() {
        return Signal::Alive;
    }
    // Some servers end every stream as those of the older API end. The vendor's SDKs read no further, and so it is no
    // sign of life: where the answer has not been completed before, it never will be.
    if data == super::DONE {
        return Signal::End;
    }
    let Some(fields) = fields(data) else {
        // Whatever stands in it: some servers put plain text there.
        return match frame.event {
            Some(b"error") => error(data),
            _ => Signal::Malformed,
        };
    };
    match super::kind(frame, &fields) {
        Some(kind) => of(kind, &fields, data),
        None if fields.error.is_some() => error(data),
        None => Signal::Malformed,
    }
}

fn of(kind: &str, fields: &Fields<'_>, data: &[u8]) -> Signal {
    let says = |json: Option<&str>| json.is_some_and(|json| json != r#""""#);
    match kind {
        "response.output_text.delta" => content_or(says(fields.delta)),
        "response.output_item.added" => content_or(fields.item.is_some_and(begins_content)),
        "response.output_item.done" => content_or(fields.item.is_some_and(holds_content)),
        "response.completed" | "response.incomplete" | "response.failed" => ending(kind, fields.response),
        "error" => error(data),
        "keepalive" | "ping" => Signal::Alive,
        "response.output_text.annotation.added" => Signal::Content,
        // They repeat what has been said; but where no increments came, they are the first to say it.
        "response.output_text.done"
        | "response.refusal.done"
        | "response.reasoning_text.done"
        | "response.reasoning_summary_text.done"
        | "response.function_call_arguments.done" => content_or(says(fields.whole)),
        // Of whatever kind: more of something that the provider makes.
        kind if kind.ends_with(".delta") => content_or(says(fields.delta)),
        _ => Signal::Lifecycle,
    }
}

/// An answer that holds an error is none, whatever its event is called.
fn ending(kind: &str, response: Option<&str>) -> Signal {
    let error = read_response(response).and_then(|response| response.error);
    if error.is_some() || kind == "response.failed" {
        return Signal::Error(Box::new(wire::failure(error)));
    }
    Signal::Finish
}

/// The beginning of a message or a thought promises nothing, nor does a list of tools; a call is something said.
fn begins_content(item: &str) -> bool {
    let kind = read_item(item, |item| leaf::text(item.kind).map(Text::into_owned));
    !matches!(kind.as_deref(), Some("message" | "reasoning" | "mcp_list_tools" | "additional_tools") | None)
}

fn holds_content(json: &str) -> bool {
    let says = |item: &Item<'_>| match leaf::text(item.kind).as_deref() {
        Some("message" | "reasoning") => Some(
            leaf::text(item.encrypted_content).is_some() || is_said(&item.content) || is_said(&item.summary),
        ),
        _ => None,
    };
    read_item(json, says).unwrap_or_else(|| begins_content(json))
}

/// Reads an item. Half of a character is no reason to lose the others.
fn read_item<T>(json: &str, read: impl Fn(&Item<'_>) -> T) -> T {
    match serde_json::from_str(json) {
        Ok(item) => read(&item),
        Err(_) => {
            let mended = mended(json.as_bytes()).unwrap_or_default();
            read(&serde_json::from_slice(&mended).unwrap_or_default())
        }
    }
}

fn is_said(parts: &Parts<'_>) -> bool {
    let says = |part: &Part<'_>| part.text.0.is_some() || part.refusal.0.is_some();
    match parts {
        Parts::None => false,
        Parts::Text(text) => !text.is_empty(),
        Parts::List(list) => list.iter().any(says),
    }
}

fn error(data: &[u8]) -> Signal {
    Signal::Error(Box::new(decode(None, data)))
}

const fn content_or(says_something: bool) -> Signal {
    if says_something { Signal::Content } else { Signal::Lifecycle }
}
