use std::time::Duration;

use super::CircuitState;
use super::window::Mark;
use crate::failure::Outcome;

/// The right to one vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) epoch: u64,
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// When a call was admitted, told in what had happened by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// So many calls had been admitted.
    pub(super) calls: u64,
    /// So many answers had begun.
    pub(super) answers: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    /// A call that has begun to answer and counts as a good one here, until it is known how it ends.
    Answered(Mark),
    /// Holds the slot of the half-open circuit.
    Probe,
    /// A probe that has answered and given its slot back, and whose body is still under way.
    Proven,
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vote {
    pub(super) outcome: Outcome,
    /// When a failure asked us to come back. That of [`Outcome::Throttled`] stands in the outcome.
    pub(super) hint: Option<Duration>,
    pub(super) is_slow: bool,
    /// So many calls had been admitted by then.
    pub(super) admitted: u64,
}

impl Vote {
    pub(super) const fn is_bad(&self) -> bool {
        matches!(self.outcome, Outcome::Failure | Outcome::Throttled(_))
    }
}

/// What a thread may know without the lock: epoch, state, and whether calls pass unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    pub(super) const CLOSED: u64 = 0;
    pub(super) const OPEN: u64 = 1;
    pub(super) const HALF_OPEN: u64 = 2;
    pub(super) const DISABLED: u64 = 3;
    const COOLING: u64 = 4;
    const EPOCH_SHIFT: u32 = 3;

    /// `state` is one of the constants above.
    pub(super) const fn new(epoch: u64, state: u64, is_cooling: bool) -> Self {
        let cooling = if is_cooling { Self::COOLING } else { 0 };
        Self((epoch << Self::EPOCH_SHIFT) | cooling | state)
    }

    /// The epoch in which calls pass that ask nobody, if they do.
    pub(super) const fn passing(self) -> Option<u64> {
        match self.0 & 7 {
            Self::CLOSED | Self::DISABLED => Some(self.0 >> Self::EPOCH_SHIFT),
            _ => None,
        }
    }

    pub(super) const fn state(self) -> CircuitState {
        match self.0 & 3 {
            Self::OPEN => CircuitState::Open,
            Self::HALF_OPEN => CircuitState::HalfOpen,
            _ => CircuitState::Closed,
        }
    }

    pub(super) const fn is_disabled(self) -> bool {
        self.0 & 3 == Self::DISABLED
    }
}
