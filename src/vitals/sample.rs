use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::record::Verdict;
use super::shared::{Shared, Tally};
use crate::failure::Failure;

/// One call that is watched, until it is known how it went.
///
/// An [`Observe`](super::Observe) settles it, now or, inside the body of a response, later. Dropping it means that
/// the caller went away, which says nothing. Until then the call is under way.
#[must_use = "a sample that is dropped counts as a cancelled call"]
pub struct Sample {
    /// Held, it counts as a call under way.
    tally: Arc<Tally>,
    began: Instant,
    is_awaited: bool,
    has_answered: bool,
    is_settled: bool,
}

impl Sample {
    /// One that is awaited counts as one that waits until it has answered.
    pub(super) fn begin(shared: &Shared, is_awaited: bool) -> Self {
        let began = Instant::now();
        let tally = shared.begin();
        tally.begun(began);
        if is_awaited {
            tally.waits(began);
        }
        Self { tally, began, is_awaited, has_answered: false, is_settled: false }
    }

    /// The first of the answer has come. Counts once.
    pub fn answered(&mut self) {
        if !std::mem::replace(&mut self.has_answered, true) {
            let now = Instant::now();
            self.tally.first_token(self.took(now), self.is_awaited, now);
        }
    }

    /// The service has said that nothing is left of a rate limit for so long.
    pub fn exhausted(&self, rest: Duration) {
        self.tally.exhausted(rest, Instant::now());
    }

    /// The call is over, with this failure or none. If it was not told before that the first of the answer had
    /// come, it has come now.
    pub fn settle(mut self, failure: Option<&Failure>) {
        self.is_settled = true;
        let Some(verdict) = Verdict::of(failure) else { return };
        let now = Instant::now();
        let took = self.took(now);
        if verdict == Verdict::Answered && !self.has_answered {
            self.has_answered = true;
            self.tally.answered(took, self.is_awaited, now);
        } else {
            self.tally.ended(verdict, took, now);
        }
    }

    fn took(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        if self.has_answered {
            return;
        }
        if self.is_awaited {
            self.tally.gone();
        }
        if !self.is_settled {
            let now = Instant::now();
            self.tally.left(self.took(now), self.is_awaited, now);
        }
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sample").field("has_answered", &self.has_answered).finish_non_exhaustive()
    }
}
