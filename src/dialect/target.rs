use std::borrow::Cow;

use super::Capabilities;

/// The member a request is written for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target<'a> {
    /// The model, as the provider names it.
    pub model: &'a str,
    /// What the model takes and refuses.
    pub capabilities: &'a Capabilities,
    /// Whose form of the dialect it is.
    pub flavour: Flavour,
}

impl<'a> Target<'a> {
    /// A model of which is known what is [built in](Capabilities::of), at the vendor of the dialect itself.
    #[must_use]
    pub fn new(model: &'a str) -> Self {
        Self { model, capabilities: Capabilities::of(model), flavour: Flavour::default() }
    }

    /// A model of which this is known.
    #[must_use]
    pub const fn known(model: &'a str, capabilities: &'a Capabilities) -> Self {
        Self { model, capabilities, flavour: Flavour::Standard }
    }

    /// With these capabilities.
    #[must_use]
    pub const fn with_capabilities(mut self, capabilities: &'a Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// At a provider with this flavour of the dialect.
    #[must_use]
    pub const fn with_flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }
}

/// A provider's own form of a dialect.
///
/// Most servers call themselves compatible with another vendor's API, and each is so in a little different
/// way. Answers are read tolerantly whatever the flavour; it decides how requests are written, and what of a
/// caller's own words has to be worded anew. All but [`Standard`](Self::Standard) are flavours of
/// `openai-chat`; Azure is one of `openai-responses`, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavour {
    /// The vendor's own, or a server that is close enough to it.
    #[default]
    Standard,
    /// OpenAI's models at Microsoft's: the key in a header of its own, the model by the name of its deployment.
    Azure,
    /// Mistral: ids of nine characters, turns in a strict order, thoughts as parts of the content; a field it
    /// does not know is an error.
    Mistral,
    /// Groq: thoughts in `reasoning`; no token probabilities.
    Groq,
    /// DeepSeek: wants its thoughts back for as long as tools are being called.
    DeepSeek,
    /// xAI.
    Xai,
    /// OpenRouter: thoughts with the seals of whoever serves it, a budget to think with, cache marks.
    OpenRouter,
    /// Together.
    Together,
    /// A vLLM server.
    Vllm,
    /// An Ollama server.
    Ollama,
}

impl Flavour {
    /// All that there are.
    pub const ALL: &[Self] = &[
        Self::Standard,
        Self::Azure,
        Self::Mistral,
        Self::Groq,
        Self::DeepSeek,
        Self::Xai,
        Self::OpenRouter,
        Self::Together,
        Self::Vllm,
        Self::Ollama,
    ];

    /// The name used in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Azure => "azure",
            Self::Mistral => "mistral",
            Self::Groq => "groq",
            Self::DeepSeek => "deepseek",
            Self::Xai => "xai",
            Self::OpenRouter => "openrouter",
            Self::Together => "together",
            Self::Vllm => "vllm",
            Self::Ollama => "ollama",
        }
    }

    /// Is there such a form of the dialect of this name?
    #[must_use]
    pub fn is_of(self, dialect: &str) -> bool {
        match self {
            Self::Standard => true,
            Self::Azure => matches!(dialect, "openai-chat" | "openai-responses"),
            _ => dialect == "openai-chat",
        }
    }
}

/// The name used in configuration.
impl From<Flavour> for Cow<'static, str> {
    fn from(flavour: Flavour) -> Self {
        Cow::Borrowed(flavour.name())
    }
}
