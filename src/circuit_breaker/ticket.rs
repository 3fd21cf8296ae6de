use std::time::Duration;

use super::CircuitState;
use crate::failure::Outcome;

/// The right to one vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) epoch: u64,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Call,
    /// Holds the slot of the half-open circuit.
    Probe,
    /// A probe that has answered and given its slot back, and whose body is still under way.
    Proven,
}

impl Ticket {
    pub(super) fn is_probe(self) -> bool {
        self.kind == Kind::Probe
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vote {
    pub(super) outcome: Outcome,
    /// When a failure asked us to come back. That of [`Outcome::Throttled`] stands in the outcome.
    pub(super) hint: Option<Duration>,
    pub(super) is_slow: bool,
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

    /// The ticket of a call that needs to ask nobody.
    pub(super) const fn passing(self) -> Option<Ticket> {
        match self.0 & 7 {
            Self::CLOSED | Self::DISABLED => {
                Some(Ticket { epoch: self.0 >> Self::EPOCH_SHIFT, kind: Kind::Call })
            }
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
