//! What models take and refuse.
//!
//! Models of one dialect differ more than dialects do: newer ones refuse sampling parameters, forced tools,
//! prefill, or the old name of the token limit. That is data: a [table](table) of families by name, to which users
//! add [rows of their own](Models). It is used twice: to write a request that the model takes, and to
//! refuse what it cannot take, so that the next member is asked.

mod claude;
mod gemini;
mod models;
mod open;
mod pattern;
mod table;

pub use self::models::{Changes, Models};

use super::canonical::Effort;

/// What a model takes and refuses.
///
/// Plain data, so that a new family is a new row, and users can [add their own](Models).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// The model is in a table. Of one that is not, nothing is refused on suspicion.
    pub is_known: bool,
    /// Whose model it is, where the name tells.
    pub vendor: Option<Vendor>,
    /// The tokens that fit into one call, where that is known; the most where it depends on the contract.
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
    /// The efforts it takes, the least first; empty where it takes none.
    pub efforts: &'static [Effort],
    /// Takes an effort beside tools.
    pub effort_with_tools: bool,
    /// The least budget of tokens to think with that it takes.
    pub least_budget: u64,
    /// The most, where that is known.
    pub most_budget: Option<u64>,
    /// Takes tools.
    pub tools: bool,
    /// A tool may be forced.
    pub forced_tool: bool,
    /// The conversation may end with a turn of the assistant, to be continued.
    pub prefill: bool,
    /// It is known to go on with such a turn, and not to answer it afresh: an answer that broke off may be given to
    /// it to be completed. Presumed of nobody, as a second answer would be heard after the first; a row that
    /// [says `prefill`](Changes::prefill) says this, too.
    pub continues: bool,
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
    /// The version of the API that translated requests ask for, where the dialect has several: Anthropic's
    /// `anthropic-version`. `None`: the one that all models take.
    pub version: Option<&'static str>,
}

/// Whose model it is, wherever it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// OpenAI.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// Google.
    Google,
    /// DeepSeek.
    DeepSeek,
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

impl Default for Capabilities {
    fn default() -> Self {
        table::UNKNOWN.clone()
    }
}

impl Capabilities {
    /// What is built in about a model, by its name: the vendor's own, or with the prefixes and suffixes of clouds
    /// (`us.anthropic.claude-opus-4-5-20251101-v1:0`, `openai/gpt-5`, `models/gemini-2.5-pro`).
    ///
    /// Reads a table from its top: whoever asks for the same model again and again keeps the answer.
    #[must_use]
    pub fn of(model: &str) -> &'static Self {
        table::find(model)
    }

    /// What is to be presumed of the model behind a dialect. Of one that nobody knows this is what most servers
    /// that speak the dialect take.
    #[must_use]
    pub(super) fn behind(&self, dialect: &str) -> &Self {
        let is_guess = !self.is_known && self.vendor.is_none();
        if is_guess && dialect == "anthropic-messages" { &claude::IMITATION } else { self }
    }

    /// The nearest effort that it takes, the lower one where two are as near.
    #[must_use]
    pub fn nearest_effort(&self, wanted: Effort) -> Option<Effort> {
        self.efforts.iter().copied().min_by_key(|effort| (*effort as i8 - wanted as i8).abs())
    }
}
