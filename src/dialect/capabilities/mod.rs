use super::canonical::Effort;

/// What a model takes and refuses.
///
/// Models of one dialect differ more than dialects do: newer ones refuse sampling parameters, forced tools,
/// prefill, or the old name of the token limit. Plain data, so that a new family is a new row, and users can
/// add their own.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The model is in a table. Of one that is not, nothing is refused on suspicion.
    pub is_known: bool,
    /// The tokens that fit into one call, where that is known.
    pub context: Option<u64>,
    /// The most tokens an answer may have, where that is known.
    pub max_output: Option<u64>,
    /// What becomes of temperature and its like.
    pub sampling: Sampling,
    /// Takes stop sequences.
    pub stop: bool,
    /// How it is told to think.
    pub thinking: Thinking,
    /// Thinking can be switched off.
    pub disables_thinking: bool,
    /// The efforts it takes; empty where it takes none.
    pub efforts: &'static [Effort],
    /// Takes an effort beside tools.
    pub effort_with_tools: bool,
    /// Takes tools.
    pub tools: bool,
    /// A tool may be forced.
    pub forced_tool: bool,
    /// The conversation may end with a turn of the assistant, to be continued.
    pub prefill: bool,
    /// Takes a JSON Schema for its answer, and strict tools.
    pub structured: bool,
    /// OpenAI's reasoning models: `max_completion_tokens` and the role `developer` instead of the older words.
    pub developer: bool,
    /// Takes images.
    pub images: bool,
    /// Takes PDFs.
    pub documents: bool,
    /// Takes sound.
    pub audio: bool,
}

/// What becomes of sampling parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sampling {
    /// All are taken.
    #[default]
    Taken,
    /// All but temperature and `top_p` in one request.
    OneOf,
    /// Only where thinking is switched off.
    WithoutThought,
    /// None is taken.
    Refused,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Thinking {
    /// It does not.
    Never,
    /// By a budget of tokens.
    Budget,
    /// By an effort in words; a budget is still taken.
    Both,
    /// By an effort in words only.
    #[default]
    Effort,
}

/// Of a model nobody has heard of, all is taken: what it refuses it will say itself.
static UNKNOWN: Capabilities = Capabilities {
    is_known: false,
    context: None,
    max_output: None,
    sampling: Sampling::Taken,
    stop: true,
    thinking: Thinking::Effort,
    disables_thinking: true,
    efforts: &[Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High],
    effort_with_tools: true,
    tools: true,
    forced_tool: true,
    prefill: true,
    structured: true,
    developer: false,
    images: true,
    documents: true,
    audio: true,
};

impl Default for Capabilities {
    fn default() -> Self {
        UNKNOWN.clone()
    }
}

impl Capabilities {
    /// What is built in about a model.
    #[must_use]
    pub fn of(model: &str) -> &'static Self {
        let _ = model;
        &UNKNOWN
    }
}
