//! Answers as they come over the wires of the vendors, and what all wires have in common: what is asked, what is
//! answered, and the frames of a stream.

pub(super) mod anthropic;
pub(super) mod gemini;
pub(super) mod openai;
pub(super) mod responses;

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A call of one of the caller's tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolCall {
    pub(crate) name: String,
    pub(crate) arguments: Value,
}

/// A request as it came, and what its path says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) route: Route<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

/// What a path asks for. Only some APIs say in it which model is asked, and whether for a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route<'a> {
    pub(crate) model: &'a str,
    pub(crate) stream: bool,
    pub(crate) framing: Framing,
    /// The tokens of a request are to be counted, and nothing answered.
    pub(crate) is_count: bool,
}

/// How the pieces of a stream are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    #[default]
    Events,
    /// One JSON array.
    Array,
}

/// What a request asks for, as far as the answer depends on it.
#[derive(Debug, Default)]
pub(crate) struct Ask {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    /// It has tools, may use them, and does not end with a tool's result.
    pub(crate) may_call: bool,
    /// The beginning of the answer, put into the assistant's mouth.
    pub(crate) prefill: String,
    /// It wants to read what is thought, not only what is said.
    pub(crate) shows_thoughts: bool,
    /// What the answer repeats of it.
    pub(crate) echo: Value,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Say {
    pub(crate) serial: u64,
    pub(crate) created: u64,
    pub(crate) model: String,
    pub(crate) text: Vec<String>,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) finish: Finish,
    pub(crate) input_tokens: u64,
    pub(crate) include_usage: bool,
    /// What is thought before the answer.
    pub(crate) thoughts: Vec<String>,
    pub(crate) shows_thoughts: bool,
    pub(crate) echo: Value,
    pub(crate) framing: Framing,
    pub(crate) is_count: bool,
}

/// How the answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Natural,
    Length,
    /// Not at all: the reason stays `null`.
    Missing,
    /// The question was refused, in an API that says so with a 200.
    Blocked,
}

impl Say {
    pub(crate) fn whole_text(&self) -> String {
        self.text.concat()
    }

    /// One token per piece of text, and one per eight bytes of arguments: near enough, and predictable.
    pub(crate) fn output_tokens(&self) -> u64 {
        let calls = self.calls.iter().map(|call| 1 + call.arguments.to_string().len() / 8);
        (self.text.len() + calls.sum::<usize>()) as u64
    }

    /// One token per piece of thought. They are no part of `output_tokens`.
    pub(crate) fn thought_tokens(&self) -> u64 {
        self.thoughts.len() as u64
    }
}

/// What a frame of a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Lifecycle,
    Content,
    Finish,
    Terminal,
}

/// One frame of a stream, its blank line included.
#[derive(Clone, Debug)]
pub(crate) struct WireFrame {
    pub(crate) part: Part,
    pub(crate) bytes: Bytes,
}

/// Why a request is refused as malformed: a second opinion on what translators write.
#[derive(Debug)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    pub(crate) code: Option<&'static str>,
}

impl Complaint {
    pub(crate) fn new(param: &str, message: impl fmt::Display) -> Self {
        let param = Some(param.to_owned()).filter(|param| !param.is_empty());
        Self { message: message.to_string(), param, code: None }
    }

    pub(crate) const fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }
}

/// The body of an error, and the status it comes with.
#[derive(Debug)]
pub(crate) struct WireError {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// Text as a model would stream it: word by word, or in `chunks` pieces of about one length.
pub(crate) fn pieces(text: &str, chunks: Option<usize>) -> Vec<String> {
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
pub(crate) fn argument_pieces(arguments: &Value) -> Vec<String> {
    let text = arguments.to_string();
    let chunks = text.len().div_ceil(8);
    pieces(&text, Some(chunks))
}

/// Letters and digits that look like a vendor's id, the same for the same seed.
pub(crate) fn token(seed: u64, length: usize) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let letter = |index| ALPHABET[(mix(seed ^ mix(index)) % ALPHABET.len() as u64) as usize] as char;
    (0..length as u64).map(letter).collect()
}

/// SplitMix64: good enough to draw shares and letters with, and seeded.
pub(crate) const fn mix(seed: u64) -> u64 {
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
