use std::time::Duration;

use crate::facts::Vitals;

/// Who waits for a first token, and since when none has come: a state machine in one word, so that a call that
/// begins and one that answers write it at once and whole.
///
/// Times are counted from an epoch of the owner's, in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Silence(u64);

/// Of the word, the upper part counts the calls that wait: 16 million are more than a machine has sockets for. The
/// lower part is a time, which lasts for 34 years.
const TIME: u32 = 40;
const ONE: u64 = 1 << TIME;
/// Never silent for less.
const SHORTEST: Duration = Duration::from_secs(3);
/// Never silent for less than so many times what is usual.
const PATIENCE: u32 = 4;

impl Silence {
    pub(super) const fn of_word(word: u64) -> Self {
        Self(word)
    }

    pub(super) const fn word(self) -> u64 {
        self.0
    }

    /// A call begins. The first to wait begins the silence: what was before was idleness.
    pub(super) fn begun(self, now: Duration) -> Self {
        let silence = if self.waiting() == 0 { self.since(now) } else { self };
        Self(silence.0.wrapping_add(ONE))
    }

    /// A first token has come, to one that waited.
    pub(super) fn answered(self, now: Duration) -> Self {
        self.since(now).gone()
    }

    /// One that waited is over without an answer.
    pub(super) const fn gone(self) -> Self {
        Self(self.0.wrapping_sub(ONE))
    }

    /// How many wait.
    pub(super) const fn waiting(self) -> u32 {
        (self.0 >> TIME) as u32
    }

    /// For how long enough calls have waited in vain to make one wonder. It hangs on what is usual whether that is
    /// [too long](Self::is_too_long).
    pub(super) fn suspicion(self, now: Duration) -> Option<Duration> {
        if self.waiting() < Vitals::MIN_WAITING {
            return None;
        }
        let quiet = Duration::from_millis(millis(now).saturating_sub(self.0 & (ONE - 1)));
        (quiet > SHORTEST).then_some(quiet)
    }

    /// Is that longer than the usual time to a first token explains?
    pub(super) fn is_too_long(quiet: Duration, usual: Duration) -> bool {
        quiet > usual * PATIENCE
    }

    /// The service has said something at this moment. Threads overtake one another, so an earlier one is no news.
    pub(super) fn since(self, now: Duration) -> Self {
        let since = (self.0 & (ONE - 1)).max(millis(now));
        Self(self.0 & !(ONE - 1) | since)
    }
}

const fn millis(time: Duration) -> u64 {
    // Not `as_millis`, which counts in 128 bits.
    (time.as_secs() * 1000 + time.subsec_millis() as u64) & (ONE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MILLI: Duration = Duration::from_millis(1);

    /// So many begin to wait, all at once.
    fn waiting(calls: u32, now: Duration) -> Silence {
        (0..calls).fold(Silence::default(), |silence, _| silence.begun(now))
    }

    #[test]
    fn four_that_wait_are_no_silence_and_five_are() {
        assert_eq!(waiting(4, SECOND).suspicion(100 * SECOND), None);
        assert_eq!(waiting(5, SECOND).suspicion(100 * SECOND), Some(99 * SECOND));
    }

    #[test]
    fn three_seconds_are_no_silence_and_a_moment_more_is() {
        let silence = waiting(5, SECOND);
        assert_eq!(silence.suspicion(4 * SECOND), None);
        assert_eq!(silence.suspicion(4 * SECOND + MILLI), Some(3 * SECOND + MILLI));
    }

    #[test]
    fn four_times_what_is_usual_is_no_silence_and_a_moment_more_is() {
        assert!(!Silence::is_too_long(8 * SECOND, 2 * SECOND));
        assert!(Silence::is_too_long(8 * SECOND + MILLI, 2 * SECOND));
    }

    #[test]
    fn idle_time_before_a_burst_does_not_count() {
        let idle = waiting(1, SECOND).answered(2 * SECOND);
        let burst = (0..100).fold(idle, |silence, _| silence.begun(60 * SECOND));
        assert_eq!((burst.waiting(), burst.suspicion(61 * SECOND)), (100, None));
        assert_eq!(burst.suspicion(64 * SECOND), Some(4 * SECOND));
    }

    #[test]
    fn later_calls_do_not_prolong_the_patience_with_the_first() {
        let silence = (0..16).fold(Silence::default(), |silence, n| silence.begun(n * SECOND));
        assert_eq!(silence.suspicion(16 * SECOND), Some(16 * SECOND));
    }

    #[test]
    fn any_first_token_ends_it_and_the_time_begins_anew() {
        let silence = waiting(20, SECOND).answered(10 * SECOND);
        assert_eq!((silence.waiting(), silence.suspicion(10 * SECOND)), (19, None));
        assert_eq!(silence.suspicion(14 * SECOND), Some(4 * SECOND));
    }

    #[test]
    fn calls_that_give_up_end_it_when_too_few_are_left_and_are_no_answer() {
        let five = waiting(6, SECOND).gone();
        assert_eq!(five.suspicion(9 * SECOND), Some(8 * SECOND));
        assert_eq!(five.gone().suspicion(9 * SECOND), None);
        assert_eq!(
            five.gone().begun(9 * SECOND).suspicion(9 * SECOND),
            Some(8 * SECOND),
            "it never answered"
        );
    }

    #[test]
    fn what_is_told_late_moves_nothing_back() {
        let silence = waiting(6, 10 * SECOND).answered(SECOND);
        assert_eq!(silence.suspicion(13 * SECOND), None);
        assert_eq!(silence.suspicion(SECOND), None, "nor is a clock that lags a silence");
    }

    #[test]
    fn all_that_began_may_end_in_any_order() {
        let silence = waiting(3, SECOND).gone().answered(2 * SECOND).begun(3 * SECOND).gone().gone();
        assert_eq!(silence.waiting(), 0);
    }
}
