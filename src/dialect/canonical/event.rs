use super::{Citation, Finish, Json, Text, Usage};
use crate::failure::Failure;

/// One step of a streamed answer.
///
/// `choice` is 0 except where the caller asked for several answers. Increments of one kind that follow each
/// other belong to one part, unless a [`PartEnd`](Event::PartEnd) stands between them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The stream has begun: the provider knows the request, and nothing more is promised.
    Start {
        /// The provider's id of the answer.
        id: Option<Text<'a>>,
        /// The model that answers.
        model: Option<Text<'a>>,
    },
    /// More text.
    Text {
        /// Which answer.
        choice: u32,
        /// The increment.
        text: Text<'a>,
    },
    /// More of a thought.
    Reasoning {
        /// Which answer.
        choice: u32,
        /// The increment.
        text: Text<'a>,
    },
    /// The issuer's seal on the thought so far, opaque.
    Signature {
        /// Which answer.
        choice: u32,
        /// The seal, whole.
        signature: Text<'a>,
    },
    /// A thought encrypted by its issuer, whole.
    Redacted {
        /// Which answer.
        choice: u32,
        /// The encrypted thought.
        data: Text<'a>,
    },
    /// More of a refusal.
    Refusal {
        /// Which answer.
        choice: u32,
        /// The increment.
        text: Text<'a>,
    },
    /// A tool call begins.
    ToolCall {
        /// Which answer.
        choice: u32,
        /// Which call of it, counted from 0.
        index: u32,
        /// The id that its result will name.
        id: Text<'a>,
        /// The tool.
        name: Text<'a>,
    },
    /// More of a tool call's arguments.
    Arguments {
        /// Which answer.
        choice: u32,
        /// Which call of it.
        index: u32,
        /// A fragment of JSON text.
        json: Text<'a>,
    },
    /// Where the text so far comes from.
    Citation {
        /// Which answer.
        choice: u32,
        /// The source.
        citation: Citation<'a>,
    },
    /// Token probabilities of the text so far, in the words of OpenAI Chat: `{"content":[…]}`.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// The value.
        value: Json<'a>,
    },
    /// The part is complete.
    PartEnd {
        /// Which answer.
        choice: u32,
    },
    /// The model has stopped, and why. Some providers go on after that: what follows counts, and the last reason
    /// holds.
    Finish {
        /// Which answer.
        choice: u32,
        /// Why.
        reason: Finish<'a>,
    },
    /// What it cost so far. Cumulative: the last one holds.
    Usage(Usage),
    /// The provider gave up, and says so.
    Error(Box<Failure>),
    /// A sign of life.
    Ping,
    /// The terminal frame of the dialect: nothing follows.
    End,
}

impl Event<'_> {
    /// Does it carry something of the answer itself, so that passing it on commits to this member?
    #[must_use]
    pub fn is_content(&self) -> bool {
        match self {
            Self::Text { text, .. } | Self::Reasoning { text, .. } | Self::Refusal { text, .. } => {
                !text.is_empty()
            }
            Self::Signature { .. } | Self::Redacted { .. } | Self::ToolCall { .. } => true,
            Self::Arguments { json, .. } => !json.is_empty(),
            _ => false,
        }
    }
}
