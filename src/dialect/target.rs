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
/// way. Answers are read tolerantly whatever the flavour; it decides how requests are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavour {
    /// The vendor's own, or a server that is close enough to it.
    #[default]
    Standard,
}

impl Flavour {
    /// All that there are.
    pub const ALL: &[Self] = &[Self::Standard];

    /// The name used in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
        }
    }
}

/// The name used in configuration.
impl From<Flavour> for Cow<'static, str> {
    fn from(flavour: Flavour) -> Self {
        Cow::Borrowed(flavour.name())
    }
}
