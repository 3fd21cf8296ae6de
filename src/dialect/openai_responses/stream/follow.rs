//! Are the calls of a stream JSON? Their arguments, piece by piece, for those who only look.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::super::response::wire::{self, Item};
use super::decoder::read_response;
use super::fields::{Fields, fields};
use crate::dialect::Untold;
use crate::dialect::openai::leaf::{self, marked};
use crate::dialect::sse::Frame;

/// Made once: making one takes longer than looking through a frame.
static CALL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("function_call"));

/// Follows a frame of content. Nearly none has to be looked at.
pub(in super::super) fn follow(frame: &Frame<'_>, untold: &mut Untold) {
    let may_matter = |event: &[u8]| {
        event.starts_with(b"response.function_call_arguments.") || event.starts_with(b"response.output_item.")
    };
    let Some(data) = frame.data.as_deref().filter(|_| frame.event.is_none_or(may_matter)) else { return };
    if CALL.find(data).is_none() {
        return;
    }
    let Some(fields) = fields(data.trim_ascii()) else { return };
    let number = fields.output_index;
    match super::kind(frame, &fields) {
        Some("response.output_item.added") if call(fields.item).is_some() => untold.begins(0, number),
        Some("response.output_item.done") => {
            if let Some(arguments) = call(fields.item).and_then(|item| item.arguments) {
                untold.adds_up_to(number, &leaf::json_text(arguments));
            }
        }
        Some("response.function_call_arguments.delta") => {
            untold.adds(0, number, &fields.delta.map(marked).unwrap_or_default());
        }
        Some("response.function_call_arguments.done") => {
            untold.adds_up_to(number, &fields.whole.map(marked).unwrap_or_default());
        }
        _ => {}
    }
}

/// Follows the frame that ends the answer, and says all of it once more: what the SDKs make their answer of.
pub(in super::super) fn follow_finish(frame: &Frame<'_>, untold: &mut Untold) {
    let Some(data) = frame.data.as_deref() else { return };
    if !untold.has_calls() && CALL.find(data).is_none() {
        return;
    }
    let Some(fields) = fields(data.trim_ascii()) else { return };
    let is_cut = is_cut(frame, &fields);
    if !is_cut {
        let output = read_response(fields.response).and_then(|response| response.output);
        for item in wire::list(output).into_iter().filter_map(|item| call(Some(item.get()))) {
            untold.begins(0, None);
            untold.adds(0, None, &item.arguments.map(leaf::json_text).unwrap_or_default());
        }
    }
    untold.stops(0, is_cut);
}

/// By its own word, or else by that of its event.
fn is_cut(frame: &Frame<'_>, fields: &Fields<'_>) -> bool {
    let status = read_response(fields.response).and_then(|response| leaf::text(response.status));
    match status.as_deref() {
        Some("completed") => false,
        Some("incomplete") => true,
        _ => super::kind(frame, fields) == Some("response.incomplete"),
    }
}

/// The item, if it is a call of a function.
fn call(item: Option<&str>) -> Option<Item<'_>> {
    let item: Item<'_> = serde_json::from_str(item?).ok()?;
    (leaf::text(item.kind).as_deref() == Some("function_call")).then_some(item)
}
