use std::time::Duration;

/// Whether a member is worth asking now, as what is kept of it tells.
///
/// A hint for ordering, decided from memory: whoever keeps the member from being asked refuses in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// Calls pass.
    Up,
    /// Recovering: single probes pass.
    Probation,
    /// Recovered a moment ago: calls pass, and this share of them, in percent, is wanted.
    Ramping(u8),
    /// Calls pass, but most of the last answers were none, and there has been no proof of better ones since.
    Unsteady,
    /// Calls pass, but for so long nobody got an answer: several wait, or have left, after an unusually long time.
    Silent(Duration),
    /// Calls pass, but the member has said that its rate limit is used up for so long.
    Exhausted(Duration),
    /// Calls are refused; perhaps until then.
    Down(Option<Duration>),
}

impl Availability {
    /// Of two that both have to let a call pass: the one that keeps more calls away; the longer, where both do for some
    /// time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_failover::facts::Availability;
    ///
    /// let down = Availability::Down(Some(Duration::from_secs(3)));
    /// assert_eq!(Availability::Unsteady.and(down), down);
    /// assert_eq!(down.and(Availability::Down(None)), down);
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.badness() > self.badness() { other } else { self }
    }

    /// The kind, and how much of it. Down without a moment is the shortest of its kind: whoever says so waits for
    /// a probe, and it may be up in an instant.
    const fn badness(self) -> (u8, u128) {
        match self {
            Self::Up => (0, 0),
            Self::Ramping(percent) => (1, 100_u8.saturating_sub(percent) as u128),
            Self::Unsteady => (2, 0),
            Self::Silent(time) => (3, time.as_nanos()),
            // After unsteady and silent: its probes have to come, whatever its last answers were like.
            Self::Probation => (4, 0),
            Self::Exhausted(rest) => (5, rest.as_nanos()),
            Self::Down(None) => (6, 0),
            Self::Down(Some(rest)) => (6, rest.as_nanos()),
        }
    }
}
