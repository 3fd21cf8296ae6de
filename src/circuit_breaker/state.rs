use std::fmt;

/// Whether a circuit lets calls pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitState {
    /// Calls pass, unless the provider has asked for a pause; see
    /// [`CircuitHandle::availability`](super::CircuitHandle::availability).
    Closed,
    /// Calls are refused. When its time is over, the next call is a probe.
    Open,
    /// One probe at a time passes; other calls are refused.
    HalfOpen,
}

impl CircuitState {
    /// The name used in logs: `"half_open"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

impl fmt::Display for CircuitState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
