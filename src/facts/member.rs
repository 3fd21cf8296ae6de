use std::fmt;
use std::sync::Arc;

/// Whom a call can be sent to: a provider, a model, and whether being served by it is a drop in quality.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Member {
    provider: Arc<str>,
    model: Option<Arc<str>>,
    degraded: bool,
}

impl Member {
    /// A member known by the name of its provider.
    #[must_use]
    pub fn new(provider: impl Into<Arc<str>>) -> Self {
        Self { provider: provider.into(), model: None, degraded: false }
    }

    /// The model it serves with.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<Arc<str>>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Declares that an answer of this member is second best, and is to be marked so.
    #[must_use]
    pub fn with_degraded(mut self, degraded: bool) -> Self {
        self.degraded = degraded;
        self
    }

    /// The name of the provider.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model, if one was named.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Is an answer of this member second best?
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        self.degraded
    }
}

impl From<&str> for Member {
    fn from(provider: &str) -> Self {
        Self::new(provider)
    }
}

/// `provider/model`, or the provider alone.
impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.provider)?;
        self.model.as_ref().map_or(Ok(()), |model| write!(f, "/{model}"))
    }
}
