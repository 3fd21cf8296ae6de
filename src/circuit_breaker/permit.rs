use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::shared::Shared;
use super::ticket::{Ticket, Vote};
use crate::failure::{Failure, Outcome};

/// One call that the circuit let pass, until it is known how it went.
///
/// A [`Judge`](super::Judge) settles it, now or, inside the body of a response, later. Dropping it means that
/// the caller went away. Either way it counts once, and only in the period that admitted it.
#[derive(Debug)]
#[must_use = "a permit that is dropped counts as a cancelled call"]
pub struct Permit {
    shared: Arc<Shared>,
    /// `None` once it has been settled.
    ticket: Option<Ticket>,
    /// When the call began; `None` where it cannot be slow, or is no longer.
    started: Option<Instant>,
}

impl Permit {
    pub(super) const fn new(shared: Arc<Shared>, ticket: Ticket, started: Option<Instant>) -> Self {
        Self { shared, ticket: Some(ticket), started }
    }

    /// The service has begun to answer, and more is to come.
    ///
    /// From now on the call counts as a good one, until its end says otherwise; now it is known whether it is slow;
    /// and a probe has done its duty: it makes room for the next. If the answer breaks off later, that is counted
    /// in the state of that time.
    pub fn answered(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let now = Instant::now();
        let is_slow = self.is_slow(now);
        self.started = None;
        self.ticket = self.shared.begin(ticket, is_slow, now);
    }

    /// The call is over, and this is what it says.
    pub fn settle(mut self, outcome: Outcome) {
        self.finish(outcome, None);
    }

    /// The call failed. Unlike [`settle`](Self::settle) with the failure's outcome, this also keeps the hint
    /// when to come back, which a circuit that opens will honour.
    pub fn settle_failure(mut self, failure: &Failure) {
        self.finish(failure.outcome(), failure.retry_after());
    }

    fn finish(&mut self, outcome: Outcome, hint: Option<Duration>) {
        if let Some(ticket) = self.ticket.take() {
            let now = Instant::now();
            let is_slow = self.is_slow(now);
            let vote = Vote { outcome, hint, is_slow, admitted: self.shared.admitted() };
            self.shared.settle(ticket, vote, now);
        }
    }

    fn is_slow(&self, now: Instant) -> bool {
        match (self.started, self.shared.config().slow_after) {
            (Some(started), Some(limit)) => now.saturating_duration_since(started) > limit,
            _ => false,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.finish(Outcome::Cancelled, None);
    }
}
