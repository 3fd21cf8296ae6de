//! Why the model stopped, there and back.

use std::borrow::Cow;

use super::wire::{self, Raw};
use crate::dialect::canonical::{Finish, Text};

/// The words of the API that no other is the same as.
const OTHERS: &[&str] = &["FINISH_REASON_UNSPECIFIED", "OTHER", "NO_IMAGE", "PUP_LIMITED_DISABLED"];

/// The word.
pub(crate) fn word(raw: Raw<'_>) -> Option<Text<'_>> {
    match raw?.get() {
        quoted if quoted.starts_with('"') => wire::text(raw),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => of_number(number).map(Cow::Borrowed),
        _ => None,
    }
}

/// Some servers write the number of the word: those that all versions of the API agree on are read.
pub(crate) fn of_number(number: &str) -> Option<&str> {
    Some(match number {
        // Not set.
        "0" => return None,
        "1" => "STOP",
        "2" => "MAX_TOKENS",
        "3" | "6" | "7" | "8" => "SAFETY",
        "4" => "RECITATION",
        "5" => "OTHER",
        _ => number,
    })
}

/// Reads why the model stopped. `STOP` is also what the API says of every call.
pub(crate) fn read(word: Text<'_>, has_calls: bool) -> Finish<'_> {
    match &*word {
        "STOP" if has_calls => Finish::ToolCalls,
        "STOP" => Finish::Stop,
        "MAX_TOKENS" | "CONTINUATION" => Finish::Length,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "MODEL_ARMOR" | "ESCALATION" => Finish::ContentFilter,
        word if word.starts_with("IMAGE_") => Finish::ContentFilter,
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MISSING_THOUGHT_SIGNATURE"
        | "MALFORMED_RESPONSE" => Finish::Error,
        _ => Finish::Other(word),
    }
}

/// The dialect's word for it. A refusal in words is told by the reason, too: the API has no part for one.
pub(crate) fn write(finish: &Finish<'_>, has_refusal: bool) -> &'static str {
    match finish {
        Finish::ContentFilter => "SAFETY",
        Finish::Length | Finish::ContextWindow => "MAX_TOKENS",
        Finish::Error => "MALFORMED_RESPONSE",
        _ if has_refusal => "SAFETY",
        Finish::Stop | Finish::ToolCalls | Finish::StopSequence(_) | Finish::Pause => "STOP",
        Finish::Other(word) => OTHERS.iter().find(|known| **known == *word).copied().unwrap_or("OTHER"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_the_same_after_it_was_written() {
        for word in ["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_RESPONSE", "NO_IMAGE", "OTHER"] {
            assert_eq!(write(&read(word.into(), false), false), word);
        }
        assert_eq!(write(&Finish::Other("compaction".into()), false), "OTHER");
        assert_eq!(write(&Finish::Stop, true), "SAFETY");
    }

    #[test]
    fn a_number_is_a_word_and_one_that_nobody_knows_is_kept() {
        let read = |json: &'static str| word(serde_json::from_str(json).ok());
        assert_eq!(read("1").as_deref(), Some("STOP"));
        assert_eq!(read("0"), None);
        assert_eq!(read("99").as_deref(), Some("99"));
        assert_eq!(read("\"\""), None);
        assert_eq!(read("\"SPII\"").as_deref(), Some("SPII"));
        for odd in ["false", "-1", "1.5", "[1]", r#"{"finishReason":"STOP"}"#] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
