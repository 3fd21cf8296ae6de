//! Why the model stopped, there and back.

use std::borrow::Cow;

use super::wire::{self, Raw};
use crate::dialect::canonical::{Finish, Text};

/// The words of the API that no other is the same as.
const OTHERS: &[&str] = &["NO_IMAGE", "IMAGE_OTHER", "PUP_LIMITED_DISABLED"];

/// The word, if one is told.
pub(crate) fn word(raw: Raw<'_>) -> Option<Text<'_>> {
    match raw?.get() {
        quoted if quoted.starts_with('"') => wire::text(raw).filter(|word| is_told(word)),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => of_number(number).map(Cow::Borrowed),
        _ => None,
    }
}

/// The API never says that it does not say it, but servers do that write out all defaults: of every chunk but the last.
pub(crate) fn is_told(word: &str) -> bool {
    !matches!(word, "" | "FINISH_REASON_UNSPECIFIED")
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
        "IMAGE_SAFETY" | "IMAGE_PROHIBITED_CONTENT" | "IMAGE_RECITATION" => Finish::ContentFilter,
        word if is_failure(word) => Finish::Error,
        _ => Finish::Other(word),
    }
}

/// Is it a word for what is no answer, or was broken off? `OTHER` is what the API says when it does not know why.
pub(crate) fn is_failure(word: &str) -> bool {
    matches!(
        word,
        "OTHER"
            | "MALFORMED_FUNCTION_CALL"
            | "UNEXPECTED_TOOL_CALL"
            | "TOO_MANY_TOOL_CALLS"
            | "MISSING_THOUGHT_SIGNATURE"
            | "MALFORMED_RESPONSE"
    )
}

/// The dialect's word for it. A refusal in words is told by the reason, too: the API has no part for one.
pub(crate) fn write(finish: &Finish<'_>, has_refusal: bool) -> &'static str {
    match finish {
        Finish::ContentFilter => "SAFETY",
        Finish::Length | Finish::ContextWindow => "MAX_TOKENS",
        Finish::Error => "MALFORMED_RESPONSE",
        _ if has_refusal => "SAFETY",
        Finish::Stop | Finish::ToolCalls | Finish::StopSequence(_) | Finish::Pause => "STOP",
        // Not `OTHER`, which says that it failed.
        Finish::Other(word) => OTHERS.iter().find(|known| **known == *word).copied().unwrap_or("STOP"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_the_same_after_it_was_written() {
        for word in ["STOP", "MAX_TOKENS", "SAFETY", "MALFORMED_RESPONSE", "NO_IMAGE", "IMAGE_OTHER"] {
            assert_eq!(write(&read(word.into(), false), false), word);
        }
        assert_eq!(write(&Finish::Other("compaction".into()), false), "STOP");
        assert_eq!(write(&Finish::Stop, true), "SAFETY");
    }

    #[test]
    fn what_the_api_cannot_name_failed_and_what_is_not_told_is_no_reason() {
        let read = |json: &'static str| word(serde_json::from_str(json).ok()).map(|word| read(word, false));
        assert_eq!((read("\"OTHER\""), read("5")), (Some(Finish::Error), Some(Finish::Error)));
        assert_eq!(read("\"FINISH_REASON_UNSPECIFIED\""), None);
        assert_eq!(read("\"IMAGE_SAFETY\""), Some(Finish::ContentFilter));
        for word in ["NO_IMAGE", "IMAGE_OTHER", "OF_TOMORROW"] {
            assert_eq!(super::read(word.into(), false), Finish::Other(word.into()));
        }
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
