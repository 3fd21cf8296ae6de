//! Is an answer whole that ends without a reason, and are its calls JSON? What is said of it, piece by piece.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::calls::Fragment;
use super::plain::Plain;
use crate::dialect::Untold;
use crate::dialect::canonical::Text;
use crate::dialect::openai::leaf::marked;
use crate::dialect::openai_chat::response::is_cut;
use crate::dialect::openai_chat::wire::{self, count, text};
use crate::dialect::sse::Frame;
use crate::dialect::untold::Piece;

/// Made once: making one takes longer than looking through a frame.
static CALL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("_call"));
static AUDIO: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("audio"));

/// Follows a frame of content, for those who only look. Most are plain text, and hardly looked at.
pub(crate) fn follow(frame: &Frame<'_>, untold: &mut Untold) {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return };
    // Of tools and of functions; else it can only be text.
    if CALL.find(data).is_none() && AUDIO.find(data).is_none() {
        return untold.said();
    }
    if let Some(plain) = Plain::read(data) {
        only_the_first(u64::from(plain.choice), untold);
        return of_plain(&plain, untold);
    }
    of_chunk(data, untold);
}

/// The frame that says why an answer ends. Where no tool was called there is nothing to be looked for.
pub(crate) fn follow_finish(frame: &Frame<'_>, untold: &mut Untold) {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return };
    if untold.has_calls() || CALL.find(data).is_some() {
        of_chunk(data, untold);
    }
}

fn of_chunk(data: &[u8], untold: &mut Untold) {
    let chunk: Option<wire::Chunk<'_>> = wire::object(data).ok();
    for choice in chunk.and_then(|chunk| chunk.choices).into_iter().flatten() {
        let number = count(choice.index).unwrap_or(0);
        only_the_first(number, untold);
        let number = u32::try_from(number).unwrap_or(0);
        if let Some(delta) = choice.delta.as_ref().or(choice.message.as_ref()) {
            of_message(number, delta, untold);
        }
        if text(choice.finish_reason).is_some() {
            untold.stops(number, is_cut(&choice));
        }
    }
}

/// Of several answers this would have to be known of each.
fn only_the_first(choice: u64, untold: &mut Untold) {
    if choice != 0 {
        untold.lost();
    }
}

pub(super) fn of_plain(plain: &Plain<'_>, untold: &mut Untold) {
    if !plain.text.is_empty() || !plain.thought.is_empty() {
        untold.said();
    }
    if let Some(call) = &plain.call {
        of_call(plain.choice, call, untold);
    }
}

pub(super) fn of_message(choice: u32, delta: &wire::Message<'_>, untold: &mut Untold) {
    let said =
        [delta.content, delta.refusal, delta.reasoning_content, delta.reasoning, delta.reasoning_details];
    if said.into_iter().flatten().any(|leaf| !wire::is_empty(leaf)) {
        untold.said();
    }
    if wire::Audio::read(delta.audio).is_some() {
        untold.said();
    } else if wire::Audio::is_end(delta.audio) {
        untold.closed();
    }
    for call in delta.tool_calls.iter().flatten() {
        if call.custom.is_some() {
            // Its input is text, of which nobody knows.
            untold.lost();
        } else {
            let arguments = call.function.as_ref().map_or_else(Text::default, arguments);
            of_call(choice, &Fragment { arguments, ..Fragment::of(call) }, untold);
        }
    }
    if let Some(call) = delta.function_call.as_ref().filter(|call| call.is_called()) {
        let (is_named, arguments) = (text(call.name).is_some(), arguments(call));
        untold.piece(&Piece { choice, number: Some(0), id: None, is_named, arguments: &arguments });
    }
}

/// What of them is half of a character matters to nobody here.
fn arguments<'a>(function: &wire::Function<'a>) -> Text<'a> {
    function.arguments.map_or_else(Text::default, |json| marked(json.get()))
}

fn of_call(choice: u32, call: &Fragment<'_>, untold: &mut Untold) {
    let Fragment { number, id, name, arguments } = call;
    let (number, id, is_named) = (*number, id.as_deref(), name.is_some());
    untold.piece(&Piece { choice, number, id, is_named, arguments });
}
