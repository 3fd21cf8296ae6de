use std::fmt;
use std::sync::Arc;

use super::Member;

/// Who served a call in the end.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Served {
    /// The class the caller asked for.
    pub class: Option<Arc<str>>,
    /// Who answered.
    pub member: Member,
    /// All attempts made, the last included; local refusals are not attempts.
    pub attempts: u32,
    /// Why the answer is second best; `None` when it is not.
    pub degradation: Option<Degradation>,
}

impl Served {
    /// Served by `member`, in so many attempts; degraded if the member was declared so.
    #[must_use]
    pub fn by(member: &Member, attempts: u32) -> Self {
        let degradation = member.is_degraded().then_some(Degradation::Fallback);
        Self { class: None, member: member.clone(), attempts, degradation }
    }

    /// The class the caller asked for.
    #[must_use]
    pub fn of_class(mut self, class: impl Into<Arc<str>>) -> Self {
        self.class = Some(class.into());
        self
    }
}

/// Why an answer is second best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Degradation {
    /// A member declared `degraded` answered.
    Fallback,
    /// Translation lost more than the policy allows.
    Lossy,
    /// The answer was cut short.
    Truncated,
    /// Another member finished what the first had begun.
    Continued,
}

impl Degradation {
    /// The value of the header `x-failover-degraded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Lossy => "lossy",
            Self::Truncated => "truncated",
            Self::Continued => "continued",
        }
    }
}

impl fmt::Display for Degradation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
