//! What both vendors' wires have in common: what is asked, what is answered, and the frames of a stream.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Refusal, strict_anthropic, strict_openai, wire_anthropic, wire_openai};

/// Whose API a fake provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// OpenAI Chat Completions: `POST …/chat/completions`.
    OpenAi,
    /// Anthropic Messages: `POST …/messages`.
    Anthropic,
}

/// A call of one of the caller's tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// What a request asks for, as far as the answer depends on it.
#[derive(Debug, Default)]
pub(super) struct Ask {
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    /// It has tools, may use them, and does not end with a tool's result.
    pub(super) may_call: bool,
    /// The beginning of the answer, put into the assistant's mouth.
    pub(super) prefill: String,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(super) struct Say {
    pub(super) serial: u64,
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) text: Vec<String>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) finish: Finish,
    pub(super) input_tokens: u64,
    pub(super) include_usage: bool,
}

/// How the answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    Natural,
    Length,
    /// Not at all: the reason stays `null`.
    Missing,
}

impl Say {
    pub(super) fn whole_text(&self) -> String {
        self.text.concat()
    }

    /// One token per piece of text, and one per eight bytes of arguments: near enough, and predictable.
    pub(super) fn output_tokens(&self) -> u64 {
        let calls = self.calls.iter().map(|call| 1 + call.arguments.to_string().len() / 8);
        (self.text.len() + calls.sum::<usize>()) as u64
    }
}

/// What a frame of a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Lifecycle,
    Content,
    Finish,
    Terminal,
}

/// One frame of a stream, its blank line included.
#[derive(Clone, Debug)]
pub(super) struct WireFrame {
    pub(super) part: Part,
    pub(super) bytes: Bytes,
}

/// Why a request is refused as malformed: a second opinion on what translators write.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) message: String,
    pub(super) param: Option<String>,
}

impl Complaint {
    pub(super) fn new(param: &str, message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), param: Some(param.to_owned()).filter(|param| !param.is_empty()) }
    }
}

/// The body of an error, and the status it comes with.
#[derive(Debug)]
pub(super) struct WireError {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Vendor {
    /// The end of the path it answers.
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/chat/completions",
            Self::Anthropic => "/messages",
        }
    }

    /// What the base URL has after the authority, as the vendor's official SDK takes it.
    pub(super) const fn base_path(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1",
            Self::Anthropic => "",
        }
    }

    pub(super) fn read(self, headers: &HeaderMap, body: &[u8]) -> Result<Ask, Complaint> {
        match self {
            Self::OpenAi => strict_openai::read(body),
            Self::Anthropic => strict_anthropic::read(headers, body),
        }
    }

    pub(super) fn answer(self, say: &Say) -> Value {
        match self {
            Self::OpenAi => wire_openai::answer(say),
            Self::Anthropic => wire_anthropic::answer(say),
        }
    }

    pub(super) fn frames(self, say: &Say) -> Vec<WireFrame> {
        match self {
            Self::OpenAi => wire_openai::frames(say),
            Self::Anthropic => wire_anthropic::frames(say),
        }
    }

    pub(super) fn error_frame(self) -> Bytes {
        match self {
            Self::OpenAi => wire_openai::error_frame(),
            Self::Anthropic => wire_anthropic::error_frame(),
        }
    }

    pub(super) fn malformed_frame(self) -> Bytes {
        match self {
            Self::OpenAi => wire_openai::malformed_frame(),
            Self::Anthropic => wire_anthropic::malformed_frame(),
        }
    }

    pub(super) fn error(self, status: StatusCode) -> Value {
        match self {
            Self::OpenAi => wire_openai::error(status),
            Self::Anthropic => wire_anthropic::error(status),
        }
    }

    pub(super) fn refusal(self, refusal: Refusal) -> WireError {
        match self {
            Self::OpenAi => wire_openai::refusal(refusal),
            Self::Anthropic => wire_anthropic::refusal(refusal),
        }
    }

    pub(super) fn complaint(self, complaint: &Complaint) -> Value {
        match self {
            Self::OpenAi => wire_openai::complaint(complaint),
            Self::Anthropic => wire_anthropic::complaint(complaint),
        }
    }

    pub(super) fn headers(self, serial: u64, status: StatusCode) -> HeaderMap {
        match self {
            Self::OpenAi => wire_openai::headers(serial),
            Self::Anthropic => wire_anthropic::headers(serial, status),
        }
    }

    /// Does a request with these headers bring this key, as this vendor's SDK does?
    pub(super) fn brings(self, headers: &HeaderMap, key: &str) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let own = if self == Self::Anthropic { text("x-api-key") } else { None };
        own.or(bearer) == Some(key)
    }
}

/// Text as a model would stream it: word by word, or in `chunks` pieces of about one length.
pub(super) fn pieces(text: &str, chunks: Option<usize>) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = vec![String::new()];
    for (index, &c) in chars.iter().enumerate() {
        let begins = match chunks {
            None => c == ' ' && index > 0 && chars[index - 1] != ' ',
            Some(chunks) => {
                let chunks = chunks.clamp(1, chars.len());
                index > 0 && index * chunks / chars.len() > (index - 1) * chunks / chars.len()
            }
        };
        if begins {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The arguments of a call as they are streamed: pieces of JSON, cut wherever.
pub(super) fn argument_pieces(arguments: &Value) -> Vec<String> {
    let text = arguments.to_string();
    let chunks = text.len().div_ceil(8);
    pieces(&text, Some(chunks))
}

/// Letters and digits that look like a vendor's id, the same for the same seed.
pub(super) fn token(seed: u64, length: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let letter = |index| ALPHABET[(mix(seed ^ mix(index)) % ALPHABET.len() as u64) as usize] as char;
    (0..length as u64).map(letter).collect()
}

/// SplitMix64: good enough to draw shares and letters with, and seeded.
pub(super) const fn mix(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_in_words_or_in_as_many_pieces_as_asked_for() {
        assert_eq!(pieces("One  two thrée", None), ["One", "  two", " thrée"]);
        let many = pieces("abcdefghij", Some(3));
        assert_eq!((many.len(), many.concat().as_str()), (3, "abcdefghij"));
        assert_eq!(pieces("ab", Some(100)).len(), 2);
        assert!(pieces("", Some(3)).is_empty());
    }

    #[test]
    fn arguments_are_cut_and_lose_nothing() {
        let arguments = serde_json::json!({"city": "Zürich", "unit": "c"});
        let pieces = argument_pieces(&arguments);
        assert!(pieces.len() > 2);
        assert_eq!(pieces.concat(), arguments.to_string());
    }
}
