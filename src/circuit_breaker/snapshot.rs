use std::time::Duration;

use super::CircuitState;
use crate::failure::Outcome;

/// A circuit at one moment, for health pages and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitSnapshot {
    /// Its state.
    pub state: CircuitState,
    /// It was switched off: it passes everything and heeds nothing.
    pub is_disabled: bool,
    /// For how long calls will be refused, where that is known.
    pub retry_after: Option<Duration>,
    /// Failures since a call last came to a good end.
    pub consecutive_failures: u32,
    /// Calls counted in the window, those under way that have begun to answer among them. Empty after each change
    /// of state.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// Those that were slow.
    pub slow: u64,
    /// How often the open time has been doubled, less what health has taken back.
    pub doublings: u32,
    /// What became of all calls so far.
    pub totals: CircuitTotals,
}

/// What became of all calls since the layer was made.
///
/// Every call that was admitted and has ended stands in exactly one of the first six.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitTotals {
    /// Answered.
    pub successes: u64,
    /// Failed.
    pub failures: u64,
    /// Asked to stay away.
    pub throttled: u64,
    /// Said nothing about the health of the service.
    pub neutral: u64,
    /// Dropped by the caller.
    pub cancelled: u64,
    /// Ended, however it was, after the circuit had moved on from the period that admitted it.
    pub stale: u64,
    /// Refused here.
    pub refused: u64,
}

impl CircuitTotals {
    pub(super) fn add(&mut self, outcome: Outcome, is_current: bool) {
        let count = match outcome {
            _ if !is_current => &mut self.stale,
            Outcome::Success => &mut self.successes,
            Outcome::Failure => &mut self.failures,
            Outcome::Throttled(_) => &mut self.throttled,
            Outcome::Neutral => &mut self.neutral,
            Outcome::Cancelled => &mut self.cancelled,
        };
        *count += 1;
    }
}
