use std::time::Duration;

use tokio::time::Instant;

use crate::facts::Vitals;

/// Leaving sooner than this says nothing: people change their minds.
const SHORTEST: Duration = Duration::from_secs(1);
/// Nor does it before so many times what is usual,
const PATIENCE: u32 = 4;
/// or, where nothing is known of that, before this.
const UNKNOWN: Duration = Duration::from_secs(3);
/// After so long without another it is no row.
const MEMORY: Duration = Duration::from_secs(60);

/// How many callers in a row have left with nothing: a state machine.
///
/// A call that is dropped says nothing of the service. But a service that hangs is seldom told on by anything else:
/// its callers are less patient than the limits here, and none of them is there when those would tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vain(Option<(u32, Instant)>);

impl Vain {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    /// Has a caller waited long enough for his leaving to say something?
    pub(super) fn is_long(waited: Duration, usual: Option<Duration>) -> bool {
        usual.map_or(waited > UNKNOWN, |usual| waited > SHORTEST.max(usual * PATIENCE))
    }

    /// Another one.
    pub(super) fn and_another(self, now: Instant) -> Self {
        Self(Some((self.count(now).saturating_add(1), now)))
    }

    pub(super) fn count(self, now: Instant) -> u32 {
        self.0.filter(|(_, last)| now.saturating_duration_since(*last) < MEMORY).map_or(0, |(count, _)| count)
    }

    /// Are they too many for chance?
    pub(super) fn is_telling(self) -> bool {
        self.0.is_some_and(|(count, _)| count >= Vitals::MIN_WAITING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn four_who_leave_say_nothing_and_five_do() {
        let now = Instant::now();
        let after = |callers| (0..callers).fold(Vain::none(), |vain, _| vain.and_another(now));
        assert_eq!([after(4).is_telling(), after(5).is_telling()], [false, true]);
    }

    #[test]
    fn whoever_leaves_a_minute_later_is_the_first_again() {
        let now = Instant::now();
        let four = (0..4).fold(Vain::none(), |vain, _| vain.and_another(now));
        assert!(four.and_another(now + 59 * SECOND).is_telling());
        assert!(!four.and_another(now + 60 * SECOND).is_telling());
    }

    #[test]
    fn only_a_wait_that_is_unusually_long_counts() {
        let is_long = |millis, usual| Vain::is_long(Duration::from_millis(millis), usual);
        assert_eq!([is_long(1000, Some(SECOND / 10)), is_long(1001, Some(SECOND / 10))], [false, true]);
        assert_eq!([is_long(8000, Some(2 * SECOND)), is_long(8001, Some(2 * SECOND))], [false, true]);
        assert_eq!([is_long(3000, None), is_long(3001, None)], [false, true]);
    }
}
