use std::time::Duration;

use tokio::time::Instant;

use super::jitter::Jitter;
use crate::failure::{Class, Failure, SameMember};

/// The base of the wait after a refused connection, where nothing has been burdened: 50 ms.
const CONNECT_BASE: Duration = Duration::from_millis(50);

/// No window is longer than this (a year), so that its end can always be told.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// How often, how long and how far apart one member is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) attempts: u32,
    pub(super) window: Duration,
    pub(super) base: Duration,
    pub(super) cap: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            attempts: 3,
            window: Duration::from_secs(8),
            base: Duration::from_millis(250),
            cap: Duration::from_secs(4),
        }
    }
}

impl Rules {
    /// The longest wait before the retry that follows attempt number `made`.
    fn ceiling(&self, class: Class, made: u32) -> Duration {
        let base = if class == Class::Connect { self.base.min(CONNECT_BASE) } else { self.base };
        base.saturating_mul(1 << (made - 1).min(30)).min(self.cap)
    }
}

/// One call's turn at one member. Pure: it is told the time.
#[derive(Debug)]
pub(super) struct Turn {
    rules: Rules,
    /// The end of the window.
    end: Instant,
    deadline: Option<Instant>,
    /// Attempts made, the present one included.
    made: u32,
}

impl Turn {
    /// The first attempt starts now.
    pub(super) fn new(rules: Rules, deadline: Option<Instant>, now: Instant) -> Self {
        let end = now.checked_add(rules.window.min(LONGEST)).unwrap_or(now);
        Self { rules, end, deadline, made: 1 }
    }

    /// Attempts made, the present one included.
    pub(super) const fn made(&self) -> u32 {
        self.made
    }

    /// Can the present attempt be followed by another?
    pub(super) const fn has_next(&self) -> bool {
        self.made < self.rules.attempts
    }

    /// The next attempt starts.
    pub(super) fn begin_next(&mut self) {
        self.made += 1;
    }

    /// The last instant at which an attempt may start whose answer takes at least this long.
    pub(super) fn last_start(&self, usual: Duration) -> Instant {
        let latest = |deadline: Instant| deadline.checked_sub(usual).unwrap_or(deadline);
        self.deadline.map_or(self.end, |deadline| latest(deadline).min(self.end))
    }

    /// How long to wait before the next attempt; `None` to leave it at this failure.
    ///
    /// Full jitter, on top of the hint where there is one, so that callers who were told the same moment do not
    /// all come at that moment; and never past the last start. A hint that does not fit ends the turn *now*: the
    /// caller's time is better spent at another member than on a wait that leads nowhere.
    pub(super) fn pause(
        &self,
        failure: &Failure,
        usual: Duration,
        now: Instant,
        jitter: &Jitter,
    ) -> Option<Duration> {
        let hint = failure.retry_after();
        let is_allowed = match failure.class().same_member() {
            SameMember::Retry => true,
            SameMember::RetryIfHinted => hint.is_some(),
            SameMember::RetryOnce => self.made == 1,
            SameMember::No => false,
        };
        let room = self.last_start(usual).saturating_duration_since(now);
        let floor = hint.unwrap_or_default();
        if !is_allowed || !self.has_next() || floor >= room {
            return None;
        }
        let ceiling = self.rules.ceiling(failure.class(), self.made);
        Some(floor + jitter.below(ceiling.min(room - floor)))
    }
}

#[cfg(test)]
mod tests;
