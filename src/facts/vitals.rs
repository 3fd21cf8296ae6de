use std::time::Duration;

/// What a member's last calls were like: those of the last minute, 50 at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vitals {
    /// Calls that said something about the member.
    pub calls: u32,
    /// Of these, those that failed.
    pub errors: u32,
    /// Of these, those whose answer was none: failed in quality. They are errors, too.
    pub quality_failures: u32,
    /// The time to the first token as it was of late, failures punished. `None` where nothing is known.
    pub first_token: Option<Duration>,
    /// Calls under way.
    pub in_flight: u32,
    /// Of these, those that wait for their first token.
    pub waiting: u32,
    /// For how long the member has been silent, if it is: at least [`MIN_WAITING`](Self::MIN_WAITING) calls wait, and
    /// for longer than is usual nobody got a first token.
    pub silent: Option<Duration>,
    /// Callers who have left with nothing since the last answer, after a wait that was unusually long.
    pub in_vain: u32,
    /// For how long nothing is left of a rate limit.
    pub no_headroom: Option<Duration>,
}

impl Vitals {
    /// Calls below which a share says nothing.
    pub const MIN_CALLS: u32 = 10;

    /// Waiting calls below which a silence says nothing: single calls are slow for reasons of their own.
    pub const MIN_WAITING: u32 = 5;

    /// The share of calls that failed. `None` where there are too few to tell.
    #[must_use]
    pub fn error_share(&self) -> Option<f64> {
        self.share(self.errors)
    }

    /// The share of calls that failed in quality. `None` where there are too few to tell.
    #[must_use]
    pub fn quality_share(&self) -> Option<f64> {
        self.share(self.quality_failures)
    }

    /// Did at least half of the last calls fail in quality? Nobody's patience and no retry mends that.
    #[must_use]
    pub const fn is_unsteady(&self) -> bool {
        self.calls >= Self::MIN_CALLS && 2 * self.quality_failures >= self.calls
    }

    fn share(&self, part: u32) -> Option<f64> {
        (self.calls >= Self::MIN_CALLS).then(|| f64::from(part) / f64::from(self.calls))
    }
}
