use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Random waits, so that callers who failed together do not come back together.
///
/// SplitMix64 (Steele, Lea, Flood 2014): its state is a counter, so that one relaxed add serves all threads.
#[derive(Debug)]
pub(super) struct Jitter(AtomicU64);

impl Jitter {
    pub(super) const fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A duration from zero up to, and without, `limit`.
    pub(super) fn below(&self, limit: Duration) -> Duration {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.next()) * u128::from(nanos)) >> 64;
        Duration::from_nanos(scaled as u64)
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Seeded by the random keys that the standard library draws for its hash maps.
impl Default for Jitter {
    fn default() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let jitter = Jitter::seeded(1_234_567);
        assert_eq!(jitter.next(), 6_457_827_717_110_365_317);
        assert_eq!(jitter.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn waits_fill_the_whole_range_and_stay_below_its_end() {
        let (jitter, limit) = (Jitter::seeded(1), Duration::from_millis(250));
        let mut quarters = [0; 4];
        for _ in 0..4000 {
            let wait = jitter.below(limit);
            assert!(wait < limit);
            quarters[(wait.as_nanos() * 4 / limit.as_nanos()) as usize] += 1;
        }
        assert!(quarters.iter().all(|count| (900..1100).contains(count)), "{quarters:?}");
        assert_eq!(jitter.below(Duration::ZERO), Duration::ZERO);
        let _ = jitter.below(Duration::MAX);
    }

    #[test]
    fn two_layers_do_not_wait_in_step() {
        assert_ne!(Jitter::default().next(), Jitter::default().next());
    }
}
