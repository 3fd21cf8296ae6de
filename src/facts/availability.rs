use std::time::Duration;

/// Whether a member is worth asking now, as its own circuit sees it.
///
/// A hint for ordering, decided from memory: the circuit itself refuses in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// Calls pass.
    Up,
    /// Recovering: single probes pass.
    Probation,
    /// Calls are refused; perhaps until then.
    Down(Option<Duration>),
}

impl Availability {
    /// Of two that both have to let a call pass.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            // `None`, where a probe decides, says the least, and so gives way to a moment that is known.
            (Self::Down(one), Self::Down(other)) => Self::Down(one.max(other)),
            (Self::Down(until), _) | (_, Self::Down(until)) => Self::Down(until),
            (Self::Probation, _) | (_, Self::Probation) => Self::Probation,
            (Self::Up, Self::Up) => Self::Up,
        }
    }
}
