//! What callers of each dialect must read of a recording, and why some may read something else. Written from the
//! vendors' tables of reasons and counts, not from the crate.

use serde_json::{Value, json};

use super::recording::Recording;
use crate::support::{Api, Reading};

/// Why a recording is not compared.
pub(super) enum Exception {
    /// The caller must not take what he gets for an answer.
    IsNoAnswer(&'static str),
    /// He gets an answer, and it cannot be the same.
    Differs(&'static str),
}

pub(super) fn exception(recording: &Recording, api: Api, front: Api) -> Option<Exception> {
    use Exception::{Differs, IsNoAnswer};
    if let Some(reason) = recording.no_answer() {
        return Some(IsNoAnswer(reason));
    }
    if is_malformed(recording) {
        return Some(IsNoAnswer("the model's call of a tool is malformed, and says so"));
    }
    if api == front {
        return None;
    }
    if recording.has("\"function_call\":{\"") && api == Api::OpenAi {
        return Some(Differs("the retired function_call, which has no id to answer to"));
    }
    if recording.has("\"audio\":{") && api == Api::OpenAi {
        return Some(Differs("sound, for which the other dialects have no place"));
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
    )
}

/// Where a vendor's reason lies, or is missing before the end, it is derived from what was said: calls of tools are
/// `tool_calls`, and a refusal in words is one.
pub(super) fn expected(recording: &Recording, front: Api) -> Reading {
    let mut reading = recording.reading.clone().unwrap_or_default();
    if matches!(&*reading.finish, "" | "eos" | "function_call") {
        "stop".clone_into(&mut reading.finish);
    }
    if reading.finish == "stop" && !reading.tools.is_empty() {
        "tool_calls".clone_into(&mut reading.finish);
    }
    // A turn that waits to be continued, or one of which no reason is known: only its own dialect has the word.
    if matches!(
        &*reading.finish,
        "pause_turn" | "OTHER" | "NO_IMAGE" | "FINISH_REASON_UNSPECIFIED" | "compaction"
    ) {
        let word = if reading.tools.is_empty() { "stop" } else { "tool_calls" };
        word.clone_into(&mut reading.finish);
    }
    // Arguments that were cut off are no object, which is all that some can carry: they stand in one.
    let takes_objects = match front {
        Api::Gemini => true,
        Api::Anthropic => !recording.is_stream,
        Api::OpenAi | Api::Responses => false,
    };
    for (_, arguments) in &mut reading.tools {
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
