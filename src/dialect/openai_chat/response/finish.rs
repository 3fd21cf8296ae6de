use crate::dialect::canonical::{Finish, Text};

/// Reads why the model stopped. A call outweighs the word: a forced call ends with `stop`. So does a refusal in
/// words, which is known by its part.
pub(crate) fn read<'a>(word: Text<'a>, has_calls: bool) -> Finish<'a> {
    match &*word {
        "stop" | "eos" | "end_turn" | "stop_sequence" if has_calls => Finish::ToolCalls,
        "stop" | "eos" | "end_turn" => Finish::Stop,
        "stop_sequence" => Finish::StopSequence(None),
        "length" | "max_tokens" => Finish::Length,
        "model_length" => Finish::ContextWindow,
        "tool_calls" | "function_call" | "tool_use" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        word if is_failure(word) => Finish::Error,
        _ => Finish::Other(word),
    }
}

/// Is it a word for an answer that was broken off? DeepSeek says that it had no room to go on, vLLM and SGLang that
/// they aborted the request, and routers that whoever they asked failed.
pub(crate) fn is_failure(word: &str) -> bool {
    matches!(word, "error" | "abort" | "insufficient_system_resource")
}

/// The dialect's word for it.
pub(crate) const fn word(finish: &Finish<'_>) -> &'static str {
    match finish {
        Finish::Length | Finish::ContextWindow => "length",
        Finish::ToolCalls => "tool_calls",
        // The API has no word for an answer that failed; this one at least is not the word for success.
        Finish::ContentFilter | Finish::Error => "content_filter",
        _ => "stop",
    }
}
