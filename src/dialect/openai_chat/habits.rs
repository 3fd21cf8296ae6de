//! How providers who speak this dialect differ: data, so that a new flavour is a new row.
//!
//! Sources: the vendors' API references and SDK types, and their recorded answers to what they refuse.

use crate::dialect::{Capabilities, Flavour, Target, Vendor};

/// How one provider wants requests.
#[derive(Debug)]
pub(super) struct Habits {
    /// Has the vendor's newer words for models that want them: `max_completion_tokens`, `safety_identifier`,
    /// `allowed_tools`, the role `developer`.
    pub(super) newer_words: bool,
    /// Knows the role `developer`, be it as another word for `system`.
    pub(super) developer: bool,
    /// A top-level field under another name.
    pub(super) renamed: &'static [(&'static str, &'static str)],
    /// Top-level fields that are an error, or without which nothing is different.
    pub(super) refused: &'static [&'static str],
    /// Ids of calls are exactly nine letters and digits.
    pub(super) short_ids: bool,
    /// A field it does not know is an error; a user's message must not follow a tool's, and the last message of the
    /// assistant is to be continued.
    pub(super) is_strict: bool,
    /// Tells the usage of a stream only when asked.
    pub(super) asks_usage: bool,
    /// The word for "some tool must be called".
    pub(super) required: &'static str,
    /// Messages may name their speaker.
    pub(super) names: bool,
    /// Refusals are parts of their own.
    pub(super) refusals: bool,
    /// Documents go by their URL, also where it is `data:`.
    pub(super) document_url: bool,
    /// Takes `top_k`.
    pub(super) top_k: bool,
    /// Marks of caching, in Anthropic's words, go on.
    pub(super) cache: bool,
    /// How it is told to think.
    pub(super) effort: Effort,
    /// How its own thoughts go back to it.
    pub(super) thoughts: Thoughts,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// `reasoning_effort`.
    Word,
    /// `reasoning`, with an effort or a budget in it.
    Object,
    /// `thinking`, on or off. Off where a tool must be called.
    Switch,
}

/// How thoughts go back to whoever had them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thoughts {
    /// In `reasoning_content`, unless it is OpenAI's model, which has no place for them.
    Content,
    /// In `reasoning_content`, as long as tools are being called.
    InLoop,
    /// In `reasoning`.
    Plain,
    /// In `reasoning_details`, each with its seal.
    Details,
    /// As parts of the content.
    Parts,
}

static STANDARD: Habits = standard();

/// Its request type forbids what is not in it, and leaves these out.
static MISTRAL: Habits = Habits {
    renamed: &[("max_completion_tokens", "max_tokens"), ("seed", "random_seed")],
    refused: &[
        "audio",
        "functions",
        "function_call",
        "logit_bias",
        "modalities",
        "prompt_cache_key",
        "safety_identifier",
        "service_tier",
        "store",
        "stream_options",
        "user",
        "verbosity",
        "web_search_options",
    ],
    short_ids: true,
    is_strict: true,
    asks_usage: false,
    required: "any",
    document_url: true,
    top_k: true,
    thoughts: Thoughts::Parts,
    ..older()
};

static GROQ: Habits = Habits {
    refused: &["n", "logprobs", "top_logprobs", "logit_bias"],
    thoughts: Thoughts::Plain,
    ..older()
};

static DEEPSEEK: Habits = Habits {
    renamed: &[("max_completion_tokens", "max_tokens")],
    names: true,
    effort: Effort::Switch,
    thoughts: Thoughts::InLoop,
    ..older()
};

static XAI: Habits = Habits { developer: true, names: true, ..older() };

static OPENROUTER: Habits = Habits {
    developer: true,
    names: true,
    top_k: true,
    cache: true,
    effort: Effort::Object,
    thoughts: Thoughts::Details,
    ..older()
};

static TOGETHER: Habits =
    Habits { renamed: &[("max_completion_tokens", "max_tokens")], names: true, top_k: true, ..older() };

static VLLM: Habits = Habits { names: true, top_k: true, ..older() };

static OLLAMA: Habits = Habits {
    renamed: &[("max_completion_tokens", "max_tokens")],
    names: true,
    thoughts: Thoughts::Plain,
    ..older()
};

const fn standard() -> Habits {
    Habits {
        newer_words: true,
        developer: true,
        renamed: &[],
        refused: &[],
        short_ids: false,
        is_strict: false,
        asks_usage: true,
        required: "required",
        names: true,
        refusals: true,
        document_url: false,
        top_k: false,
        cache: false,
        effort: Effort::Word,
        thoughts: Thoughts::Content,
    }
}

/// Of a server that knows the older words only.
const fn older() -> Habits {
    Habits { newer_words: false, developer: false, names: false, refusals: false, ..standard() }
}

impl Habits {
    /// The habits of a target.
    pub(super) const fn of(target: &Target<'_>) -> &'static Self {
        match target.flavour {
            Flavour::Standard | Flavour::Azure => &STANDARD,
            Flavour::Mistral => &MISTRAL,
            Flavour::Groq => &GROQ,
            Flavour::DeepSeek => &DEEPSEEK,
            Flavour::Xai => &XAI,
            Flavour::OpenRouter => &OPENROUTER,
            Flavour::Together => &TOGETHER,
            Flavour::Vllm => &VLLM,
            Flavour::Ollama => &OLLAMA,
        }
    }

    /// Does it know this top-level field?
    pub(super) fn takes(&self, field: &str) -> bool {
        !self.refused.contains(&field)
    }

    /// What it calls this top-level field.
    pub(super) fn word<'n>(&self, field: &'n str) -> &'n str {
        self.renamed.iter().find(|(from, _)| *from == field).map_or(field, |(_, to)| to)
    }

    /// Must the body be looked at before it is sent as it is?
    pub(super) const fn rewrites(&self) -> bool {
        !self.developer || !self.names || !self.renamed.is_empty() || !self.refused.is_empty()
    }
}

/// Is it OpenAI's own API, and not just a server that speaks its dialect?
pub(super) fn is_openai(habits: &Habits, known: &Capabilities) -> bool {
    habits.newer_words && known.vendor == Some(Vendor::OpenAi)
}
