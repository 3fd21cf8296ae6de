use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many answers it takes before their times say anything.
const ENOUGH: u64 = 5;

/// How sure one can get, counted in answers.
const SURE: u64 = 16;

const BITS: u32 = 28;
const MOST: u64 = (1 << BITS) - 1;

/// How long a good answer usually takes to come.
///
/// Mean and mean deviation, moving with an eighth and a quarter of each new time (as TCP estimates a round
/// trip, RFC 6298), in one word: microseconds, at most 268 s each, and a count.
#[derive(Debug, Default)]
pub(super) struct Usual(AtomicU64);

#[derive(Clone, Copy)]
struct Estimate {
    count: u64,
    mean: u64,
    deviation: u64,
}

impl Usual {
    /// The time below which hardly an answer comes: the mean less its deviation. Zero while too few are known.
    ///
    /// Less the deviation, because a member that answers short questions in a second and long ones in a minute
    /// has no usual time, and must not be kept from the short ones.
    pub(super) fn least(&self) -> Duration {
        let estimate = Estimate::unpack(self.0.load(Ordering::Relaxed));
        if estimate.count < ENOUGH {
            return Duration::ZERO;
        }
        Duration::from_micros(estimate.mean.saturating_sub(estimate.deviation))
    }

    /// An answer came.
    pub(super) fn record(&self, elapsed: Duration) {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(MOST).min(MOST);
        self.update(|estimate| estimate.with(micros));
    }

    /// An attempt was refused on the strength of this estimate, which makes it less sure: an estimate that
    /// refuses every call would otherwise never learn that the member has become faster.
    pub(super) fn doubt(&self) {
        self.update(|estimate| Estimate { count: estimate.count.saturating_sub(1), ..estimate });
    }

    fn update(&self, change: impl Fn(Estimate) -> Estimate) {
        let change = |word| Some(change(Estimate::unpack(word)).pack());
        // The closure always returns `Some`, so this cannot fail.
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }
}

impl Estimate {
    const fn unpack(word: u64) -> Self {
        Self { count: word >> (2 * BITS), mean: (word >> BITS) & MOST, deviation: word & MOST }
    }

    const fn pack(self) -> u64 {
        (self.count << (2 * BITS)) | (self.mean << BITS) | self.deviation
    }

    /// A plain mean of the first few, so that the very first does not weigh for long.
    fn with(self, micros: u64) -> Self {
        if self.count == 0 {
            return Self { count: 1, mean: micros, deviation: 0 };
        }
        let count = (self.count + 1).min(SURE);
        Self {
            count,
            mean: toward(self.mean, micros, count.min(8)),
            deviation: toward(self.deviation, self.mean.abs_diff(micros), count.min(4)),
        }
    }
}

/// Moves `from` by one part of the way to `to`.
const fn toward(from: u64, to: u64, parts: u64) -> u64 {
    if to >= from { from + (to - from) / parts } else { from - (from - to) / parts }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn four_answers_say_nothing_and_five_do() {
        let usual = Usual::default();
        for _ in 0..4 {
            usual.record(SECOND);
            assert_eq!(usual.least(), Duration::ZERO);
        }
        usual.record(SECOND);
        assert_eq!(usual.least(), SECOND);
    }

    #[test]
    fn it_follows_a_member_that_becomes_faster() {
        let usual = Usual::default();
        (0..20).for_each(|_| usual.record(SECOND * 10));
        (0..40).for_each(|_| usual.record(SECOND));
        assert!(usual.least() < SECOND * 3 / 2, "{:?}", usual.least());
    }

    #[test]
    fn a_member_that_answers_both_fast_and_slowly_is_not_called_slow() {
        let usual = Usual::default();
        for turn in 0..100 {
            usual.record(if turn % 2 == 0 { SECOND } else { SECOND * 60 });
        }
        assert!(usual.least() < SECOND * 8, "{:?}", usual.least());
    }

    #[test]
    fn an_estimate_that_only_refuses_is_doubted_in_the_end_and_restored_by_one_answer() {
        let usual = Usual::default();
        (0..100).for_each(|_| usual.record(SECOND));
        let refusals = (0..100).take_while(|_| !usual.least().is_zero()).map(|_| usual.doubt()).count();
        assert_eq!(refusals as u64, SURE - ENOUGH + 1);
        usual.record(SECOND);
        assert_eq!(usual.least(), SECOND);
    }

    #[test]
    fn times_beyond_its_range_saturate() {
        let usual = Usual::default();
        (0..9).for_each(|_| usual.record(Duration::MAX));
        assert_eq!(usual.least(), Duration::from_micros(MOST));
    }
}
