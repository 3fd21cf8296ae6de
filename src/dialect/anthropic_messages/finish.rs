//! Why the model stopped, there and back.

use std::borrow::Cow;

use crate::dialect::canonical::{Finish, Text};

/// Reads a `stop_reason`.
pub(super) fn decode<'a>(reason: Text<'a>, sequence: Option<Text<'a>>) -> Finish<'a> {
    match &*reason {
        "end_turn" => Finish::Stop,
        "max_tokens" => Finish::Length,
        "stop_sequence" => Finish::StopSequence(sequence),
        "tool_use" => Finish::ToolCalls,
        "pause_turn" => Finish::Pause,
        "refusal" => Finish::ContentFilter,
        "model_context_window_exceeded" => Finish::ContextWindow,
        _ => Finish::Other(reason),
    }
}

/// What an answer held, as far as it decides what its end is called.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    /// A tool is called.
    pub(super) calls: bool,
    /// The model refused.
    pub(super) refusal: bool,
}

/// The `stop_reason`, and the sequence. Whether tools are called is told by the answer and not by the reason:
/// some providers say `stop` for a call that was forced. `None` for an answer that has no clean end.
pub(super) fn encode<'a>(finish: &'a Finish<'_>, held: Held) -> Option<(&'static str, Option<&'a str>)> {
    let reason = match finish {
        Finish::ContentFilter => "refusal",
        Finish::Length => "max_tokens",
        Finish::ContextWindow => "model_context_window_exceeded",
        Finish::Pause => "pause_turn",
        Finish::StopSequence(sequence) => return Some(("stop_sequence", sequence.as_deref())),
        Finish::Error => return None,
        Finish::Stop | Finish::ToolCalls | Finish::Other(_) if held.refusal => "refusal",
        Finish::Stop | Finish::ToolCalls | Finish::Other(_) if held.calls => "tool_use",
        Finish::Stop | Finish::ToolCalls | Finish::Other(_) => "end_turn",
    };
    Some((reason, None))
}

/// An id as this dialect has them, from that of another.
pub(super) fn message_id<'a>(id: Option<&'a str>, created: u64) -> Cow<'a, str> {
    match id {
        Some(id) if id.starts_with("msg_") => Cow::Borrowed(id),
        Some(id) if !id.is_empty() => Cow::Owned(format!("msg_{id}")),
        _ => Cow::Owned(format!("msg_{created:016x}")),
    }
}
