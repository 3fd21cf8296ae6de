//! Is an answer whole that ends without a reason? What is said of it, piece by piece.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::calls::Fragment;
use super::plain::Plain;
use crate::dialect::Untold;
use crate::dialect::openai_chat::wire::{self, count, text};
use crate::dialect::sse::Frame;

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
    let chunk: Option<wire::Chunk<'_>> = wire::object(data).ok();
    for choice in chunk.and_then(|chunk| chunk.choices).into_iter().flatten() {
        only_the_first(count(choice.index).unwrap_or(0), untold);
        if let Some(delta) = choice.delta.or(choice.message) {
            of_message(&delta, untold);
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
        of_call(call, untold);
    }
}

pub(super) fn of_message(delta: &wire::Message<'_>, untold: &mut Untold) {
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
        }
        of_call(&Fragment::of(call), untold);
    }
    if let Some(call) = delta.function_call.as_ref().filter(|call| call.is_called()) {
        untold.called(0, text(call.name).is_some(), &call.arguments());
    }
}

/// Where nobody numbers them, they come one after the other.
fn of_call(call: &Fragment<'_>, untold: &mut Untold) {
    untold.called(call.number.unwrap_or(0), call.name.is_some(), &call.arguments);
}
