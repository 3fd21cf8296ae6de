use std::borrow::Cow;

use super::{Extras, Json, Names, Text, Tool, ToolChoice, Turn};
use crate::facts::Losses;

/// A request for the next turn of a conversation.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// How the caller's dialect names its fields, for the ledger of losses.
    pub names: &'static Names,
    /// The model, or class, asked for.
    pub model: Text<'a>,
    /// The answer is wanted as a stream.
    pub stream: bool,
    /// A stream should end with its usage. Dialects that always tell it say `true`.
    pub wants_usage: bool,
    /// The conversation, system instructions included, in the caller's order.
    pub turns: Vec<Turn<'a>>,
    /// The tools the model may call.
    pub tools: Vec<Tool<'a>>,
    /// Where the tools stand, one path for each, if these are not just the items of one list.
    pub tool_paths: Vec<String>,
    /// Whether and which tool must be called.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// May one turn call several tools?
    pub parallel_tool_calls: Option<bool>,
    /// The form of the answer.
    pub output: OutputFormat<'a>,
    /// How to sample.
    pub sampling: Sampling<'a>,
    /// The most tokens the answer may have, reasoning included.
    pub max_tokens: Option<u64>,
    /// Sequences that end the answer.
    pub stop: Vec<Text<'a>>,
    /// How much to think.
    pub reasoning: Option<ReasoningRequest<'a>>,
    /// The end user, for the provider's abuse monitoring.
    pub user: Option<Text<'a>>,
    /// How many answers, where more than one.
    pub choices: Option<u64>,
    /// Token probabilities are wanted, with so many alternatives for each token.
    pub logprobs: Option<u64>,
    /// The caller's own labels for the call: a JSON object of strings.
    pub metadata: Option<Json<'a>>,
    /// How fast, and at what price, in the caller's dialect's words. `None` where that is the default.
    pub service_tier: Option<Text<'a>>,
    /// What the request continues that one provider has stored: an earlier response, a conversation. It cannot
    /// be had elsewhere, and without it the question would be another: members of other dialects refuse it.
    pub state: Option<Extra<'a>>,
    /// Fields that the hub has no place for: each is a loss at any member of another dialect.
    pub extra: Vec<Extra<'a>>,
}

impl<'a> Request<'a> {
    /// A request with nothing set but the model.
    #[must_use]
    pub fn new(names: &'static Names, model: impl Into<Text<'a>>) -> Self {
        Self {
            names,
            model: model.into(),
            stream: false,
            wants_usage: false,
            turns: Vec::new(),
            tools: Vec::new(),
            tool_paths: Vec::new(),
            tool_choice: None,
            parallel_tool_calls: None,
            output: OutputFormat::Text,
            sampling: Sampling::default(),
            max_tokens: None,
            stop: Vec::new(),
            reasoning: None,
            user: None,
            choices: None,
            logprobs: None,
            metadata: None,
            service_tier: None,
            state: None,
            extra: Vec::new(),
        }
    }

    /// The path of a tool, and of a field in it, in the caller's own words: `tools[2].strict`.
    #[must_use]
    pub fn tool(&self, index: usize, field: &str) -> Cow<'static, str> {
        match (field, self.names.strict, self.tool_paths.get(index)) {
            ("strict", Some(of_all), _) => Cow::Borrowed(of_all),
            (_, _, Some(path)) => Cow::Owned(format!("{path}.{field}")),
            (_, _, None) => self.names.tool(index, field),
        }
    }

    /// The path of the schema of a tool's arguments.
    #[must_use]
    pub fn parameters(&self, index: usize) -> Cow<'static, str> {
        Extras::of(self).parameters(index)
    }

    /// Records that what stands at this path is carried under another name, if the caller has written it: some
    /// leave out ids that are made up for them.
    pub fn note_renamed(&self, path: Cow<'static, str>, losses: &mut Losses) {
        Extras::of(self).note_renamed(path, losses);
    }

    /// Records that nothing of how to think is carried.
    pub fn note_thinking(&self, losses: &mut Losses) {
        let Some(wanted) = &self.reasoning else { return };
        if wanted.adaptive || wanted.disabled || wanted.budget_tokens.is_some() || wanted.effort.is_none() {
            losses.dropped(self.names.reasoning);
        }
        if wanted.effort.is_some() {
            losses.dropped(self.names.effort);
        }
    }
}

/// A field that only the caller's dialect knows.
#[derive(Clone, Debug)]
pub struct Extra<'a> {
    /// Its path in the caller's own words: `logit_bias`, `tools[1].cache_control`.
    pub path: Text<'a>,
    /// Its value.
    pub value: Json<'a>,
    /// What it asks for is carried in another form, as legacy functions are as tools.
    pub is_carried: bool,
    /// It asks for nothing that would not hold without it, as a default spelled out, the id of an item, or what the
    /// request holds elsewhere in other words. It is kept for members of the same dialect, and no loss at others.
    pub is_moot: bool,
}

impl<'a> Extra<'a> {
    /// A field that is not carried at all.
    #[must_use]
    pub fn new(path: impl Into<Text<'a>>, value: Json<'a>) -> Self {
        Self { path: path.into(), value, is_carried: false, is_moot: false }
    }

    /// A field that says nothing which would not hold without it.
    #[must_use]
    pub fn moot(path: impl Into<Text<'a>>, value: Json<'a>) -> Self {
        Self { is_moot: true, ..Self::new(path, value) }
    }

    /// Records what becomes of it at a member of another dialect.
    pub fn note(&self, losses: &mut Losses) {
        if self.is_moot {
            return;
        }
        let path = self.path.clone().into_owned();
        if self.is_carried { losses.approximated(path) } else { losses.dropped(path) }
    }
}

/// How to sample. Numbers keep their digits.
#[derive(Clone, Debug, Default)]
pub struct Sampling<'a> {
    /// OpenAI and Gemini: 0–2. Anthropic: 0–1, and refused by newer models.
    pub temperature: Option<Json<'a>>,
    /// Nucleus sampling, 0–1.
    pub top_p: Option<Json<'a>>,
    /// Not known to OpenAI.
    pub top_k: Option<Json<'a>>,
    /// Not known to Anthropic.
    pub frequency_penalty: Option<Json<'a>>,
    /// Not known to Anthropic.
    pub presence_penalty: Option<Json<'a>>,
    /// Not known to Anthropic.
    pub seed: Option<Json<'a>>,
}

/// The form the answer must have.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum OutputFormat<'a> {
    /// Any text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// Its name, where the dialect has one.
        name: Option<Text<'a>>,
        /// What it is for.
        description: Option<Text<'a>>,
        /// The JSON Schema.
        schema: Json<'a>,
        /// Whether the provider must enforce it.
        strict: Option<bool>,
    },
}

/// How much to think before answering.
#[derive(Clone, Debug, Default)]
pub struct ReasoningRequest<'a> {
    /// In words.
    pub effort: Option<Effort>,
    /// In tokens.
    pub budget_tokens: Option<u64>,
    /// The model decides how much.
    pub adaptive: bool,
    /// Not at all.
    pub disabled: bool,
    /// Whether the thoughts are to be shown, where that is said.
    pub shows: Option<bool>,
    /// The caller's own value, for what only his dialect can say.
    pub raw: Option<Json<'a>>,
}

/// How much to think, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as possible.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    XHigh,
    /// All it can.
    Max,
}

impl Effort {
    /// Reads the word all dialects share.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "none" => Self::None,
            "minimal" => Self::Minimal,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "xhigh" => Self::XHigh,
            "max" => Self::Max,
            _ => return None,
        })
    }

    /// The word all dialects share.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }
}
