//! What answers and chunks look like, as far as anyone reads them.
//!
//! Leaves stay raw and are read on demand: servers that call themselves compatible disagree on what is a
//! string, a number, `null`, or absent, and one odd leaf must not cost the whole answer.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::canonical::{Json, Text};
use crate::dialect::mostly_one::mostly_one;
pub(super) use crate::dialect::openai::leaf::{Raw, count, is_empty, json_text, object, read, text};

/// A whole answer.
#[derive(serde::Deserialize)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) id: Raw<'a>,
    #[serde(borrow)]
    pub(super) created: Raw<'a>,
    #[serde(borrow)]
    pub(super) model: Raw<'a>,
    #[serde(borrow, default, deserialize_with = "mostly_one")]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    pub(super) usage: Raw<'a>,
    #[serde(borrow)]
    pub(super) error: Raw<'a>,
}

/// One frame of a stream.
#[derive(serde::Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub(super) id: Raw<'a>,
    #[serde(borrow)]
    pub(super) model: Raw<'a>,
    #[serde(borrow, default, deserialize_with = "mostly_one")]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    pub(super) usage: Raw<'a>,
    #[serde(borrow)]
    pub(super) x_groq: Raw<'a>,
    #[serde(borrow)]
    pub(super) error: Raw<'a>,
}

/// Where Groq puts the usage of a stream.
#[derive(serde::Deserialize)]
pub(super) struct Aside<'a> {
    #[serde(borrow)]
    pub(super) usage: Raw<'a>,
}

/// A choice, whole or in increments. Azure's content filter sends one without any message.
#[derive(serde::Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(borrow)]
    pub(super) index: Raw<'a>,
    #[serde(borrow)]
    pub(super) message: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) delta: Option<Message<'a>>,
    #[serde(borrow)]
    pub(super) logprobs: Raw<'a>,
    #[serde(borrow)]
    pub(super) finish_reason: Raw<'a>,
    /// Where Moonshot puts the usage of a stream.
    #[serde(borrow)]
    pub(super) usage: Raw<'a>,
}

/// What the model said, whole or in increments.
#[derive(Default, serde::Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) content: Raw<'a>,
    #[serde(borrow)]
    pub(super) refusal: Raw<'a>,
    #[serde(borrow)]
    pub(super) reasoning_content: Raw<'a>,
    #[serde(borrow)]
    pub(super) reasoning: Raw<'a>,
    #[serde(borrow)]
    pub(super) reasoning_details: Raw<'a>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<Vec<ToolCall<'a>>>,
    #[serde(borrow)]
    pub(super) function_call: Option<Function<'a>>,
    #[serde(borrow)]
    pub(super) audio: Raw<'a>,
    #[serde(borrow)]
    pub(super) annotations: Raw<'a>,
}

/// A call of a tool.
#[derive(serde::Deserialize)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow)]
    pub(super) index: Raw<'a>,
    #[serde(borrow)]
    pub(super) id: Raw<'a>,
    #[serde(borrow)]
    pub(super) function: Option<Function<'a>>,
    #[serde(borrow)]
    pub(super) custom: Option<Custom<'a>>,
}

/// The called function.
#[derive(serde::Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow)]
    pub(super) name: Raw<'a>,
    #[serde(borrow)]
    pub(super) arguments: Raw<'a>,
}

/// The called custom tool: its input is text, not JSON.
#[derive(serde::Deserialize)]
pub(super) struct Custom<'a> {
    #[serde(borrow)]
    pub(super) name: Raw<'a>,
    #[serde(borrow)]
    pub(super) input: Raw<'a>,
}

/// What it cost.
#[derive(serde::Deserialize)]
pub(super) struct Usage<'a> {
    #[serde(borrow)]
    pub(super) prompt_tokens: Raw<'a>,
    #[serde(borrow)]
    pub(super) completion_tokens: Raw<'a>,
    #[serde(borrow)]
    pub(super) total_tokens: Raw<'a>,
    /// DeepSeek's word for what came from its cache.
    #[serde(borrow)]
    pub(super) prompt_cache_hit_tokens: Raw<'a>,
    #[serde(borrow)]
    pub(super) prompt_tokens_details: Raw<'a>,
    #[serde(borrow)]
    pub(super) completion_tokens_details: Raw<'a>,
}

#[derive(serde::Deserialize)]
pub(super) struct PromptDetails<'a> {
    #[serde(borrow)]
    pub(super) cached_tokens: Raw<'a>,
    #[serde(borrow)]
    pub(super) cache_write_tokens: Raw<'a>,
}

#[derive(serde::Deserialize)]
pub(super) struct CompletionDetails<'a> {
    #[serde(borrow)]
    pub(super) reasoning_tokens: Raw<'a>,
}

/// A block of `reasoning_details`, in OpenRouter's form.
#[derive(serde::Deserialize)]
pub(super) struct Detail<'a> {
    #[serde(borrow)]
    pub(super) text: Raw<'a>,
    #[serde(borrow)]
    pub(super) summary: Raw<'a>,
    #[serde(borrow)]
    pub(super) signature: Raw<'a>,
    #[serde(borrow)]
    pub(super) data: Raw<'a>,
    #[serde(borrow)]
    pub(super) format: Raw<'a>,
}

/// A part of `content` where it is a list (Mistral).
#[derive(serde::Deserialize)]
pub(super) struct Piece<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Raw<'a>,
    #[serde(borrow)]
    pub(super) text: Raw<'a>,
    #[serde(borrow)]
    pub(super) thinking: Raw<'a>,
    #[serde(borrow)]
    pub(super) signature: Raw<'a>,
    #[serde(borrow)]
    pub(super) refusal: Raw<'a>,
}

/// A thought in the form of a piece of content: a string, or a list of texts.
pub(super) fn thought(raw: &RawValue) -> Option<Text<'_>> {
    if let Some(thought) = text(Some(raw)) {
        return Some(thought);
    }
    let pieces: Vec<Piece<'_>> = read(Some(raw))?;
    let thought: String = pieces.into_iter().filter_map(|piece| text(piece.text)).collect();
    (!thought.is_empty()).then_some(Cow::Owned(thought))
}

/// Sound, whole or in increments. Some servers send one with nothing in it.
#[derive(serde::Deserialize)]
pub(super) struct Audio<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
    #[serde(borrow)]
    transcript: Raw<'a>,
    #[serde(borrow)]
    expires_at: Raw<'a>,
}

impl<'a> Audio<'a> {
    /// The sound, if there is any.
    pub(super) fn read(raw: Raw<'a>) -> Option<Self> {
        let audio: Self = read(raw)?;
        let leaves = [audio.id, audio.data, audio.transcript];
        leaves.into_iter().any(|leaf| text(leaf).is_some()).then_some(audio)
    }

    /// With its last increment the vendor says how long the sound is kept.
    pub(super) fn is_end(raw: Raw<'a>) -> bool {
        read(raw).is_some_and(|audio: Self| count(audio.expires_at).is_some())
    }

    /// The words: for whoever has no place for sound, they are what was said.
    pub(super) fn transcript(&self) -> Option<Text<'a>> {
        text(self.transcript)
    }
}

impl<'a> Function<'a> {
    /// The arguments as JSON text, or a fragment of it; some servers send the object itself.
    pub(super) fn arguments(&self) -> Text<'a> {
        self.arguments.map_or(Cow::Borrowed(""), json_text)
    }

    /// All of the arguments. Groq's models say `null` where there are none.
    pub(super) fn all_arguments(&self) -> Text<'a> {
        let arguments = self.arguments();
        if arguments == NO_ARGUMENTS { Cow::Borrowed("") } else { arguments }
    }
}

/// What some models say in place of an object with nothing in it.
pub(super) const NO_ARGUMENTS: &str = "null";

impl<'a> Custom<'a> {
    /// The input, as arguments that are JSON text.
    pub(super) fn input(&self) -> Text<'a> {
        self.input.map_or(Cow::Borrowed(""), json_text)
    }
}

impl Message<'_> {
    /// Does it hold anything of an answer? A thought is nothing said.
    pub(super) fn says_something(&self) -> bool {
        [self.content, self.refusal].into_iter().flatten().any(|leaf| !is_empty(leaf))
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
            || self.function_call.as_ref().is_some_and(Function::is_called)
            || Audio::read(self.audio).is_some()
    }
}

impl Function<'_> {
    /// Some servers send a call of nothing.
    pub(super) fn is_called(&self) -> bool {
        text(self.name).is_some() || text(self.arguments).is_some()
    }
}

/// The value, if it is an object. What is copied to callers as it came has to be of the kind they expect.
pub(super) fn of_object(raw: Raw<'_>) -> Option<Json<'_>> {
    raw.filter(|value| value.get().starts_with('{')).map(Cow::Borrowed)
}
