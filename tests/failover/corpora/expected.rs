//! What callers of each dialect must read of a recording, and why some must not be served it. Written from the
//! vendors' tables of reasons and counts, not from the crate.

use serde_json::{Value, json};

use super::recording::Recording;
use crate::support::{Api, Reading};

/// Why what the caller gets must not look like an answer.
pub(super) fn exception(recording: &Recording, api: Api, front: Api) -> Option<&'static str> {
    if let Some(reason) = recording.no_answer() {
        return Some(reason);
    }
    if is_malformed(recording) {
        return Some("the model's call of a tool is malformed, and says so");
    }
    if api == front {
        return None;
    }
    if api == Api::Responses && recording.waits_for_its_own_caller() {
        return Some("it calls what only callers of this API can have asked for, and answer");
    }
    if recording.says_nothing() && !recording.is_explained() {
        return Some("there is only sound, or what the provider's own tools did");
    }
    // Those who see but the first are not concerned.
    if front == Api::Gemini && recording.is_stream && recording.has_unfinished_choice() {
        return Some("one of several answers breaks off");
    }
    None
}

/// Gemini's reasons that there is no answer.
fn is_malformed(recording: &Recording) -> bool {
    let finish = recording.reading.as_ref().map_or("", |reading| &reading.finish);
    matches!(
        finish,
        "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE"
            | "MALFORMED_RESPONSE"
            | "OTHER"
    )
}

/// Where a vendor's reason lies, or is missing before the end, it is derived from what was said: calls of tools are
/// `tool_calls`, and a refusal in words is one.
pub(super) fn expected(recording: &Recording, front: Api) -> Reading {
    let mut reading = recording.reading.clone().unwrap_or_default();
    // Streams that end without a reason are whole by themselves, or no answer. Of a whole text nobody knows why it
    // ends, and nobody is told.
    let is_untold = reading.finish.is_empty() && recording.is_stream;
    if is_untold || matches!(&*reading.finish, "eos" | "function_call") {
        "stop".clone_into(&mut reading.finish);
    }
    if matches!(&*reading.finish, "stop" | "") && !reading.tools.is_empty() {
        "tool_calls".clone_into(&mut reading.finish);
    }
    // A turn that waits to be continued, or one of which no reason is known: only its own dialect has the word.
    if matches!(&*reading.finish, "pause_turn" | "NO_IMAGE" | "compaction") {
        let word = if reading.tools.is_empty() { "stop" } else { "tool_calls" };
        word.clone_into(&mut reading.finish);
    }
    // A status that the vendor never documented: no other dialect has a word for it.
    if reading.finish == "complete" {
        "stop".clone_into(&mut reading.finish);
    }
    // Some tell more tokens from the cache than there were. Here the rest is counted, and is not below zero.
    if front == Api::Anthropic {
        reading.cached = reading.cached.min(reading.input);
    }
    // Arguments that were cut off are no object, which is all that some can carry: they stand in one, or the call is left
    // out.
    if front == Api::Gemini {
        reading.tools.retain(|(_, arguments)| !arguments.is_string());
    }
    let takes_objects = front == Api::Anthropic && !recording.is_stream;
    for (_, arguments) in &mut reading.tools {
        // A call takes an object: what some models write for one with nothing in it.
        if arguments.is_null() {
            *arguments = json!({});
        }
        if let (Value::String(cut), true) = (&arguments, takes_objects) {
            *arguments = json!({"_raw": cut});
        }
    }
    reading
}

/// A reading in a form that all fronts share.
pub(super) fn said(mut reading: Reading) -> Reading {
    // Where a dialect has no place for a refusal, it is text.
    if !reading.refusal.is_empty() {
        let refusal = std::mem::take(&mut reading.refusal);
        reading.text.push_str(&refusal);
        "content_filter".clone_into(&mut reading.finish);
    }
    let word = match &*reading.finish {
        "max_tokens" | "model_length" | "model_context_window_exceeded" => Some("length"),
        _ => None,
    };
    if let Some(word) = word {
        word.clone_into(&mut reading.finish);
    }
    // How parts of a thought are told apart is each dialect's own.
    reading.reasoning.retain(|c| !c.is_whitespace());
    reading
}
