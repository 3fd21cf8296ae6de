use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use super::CircuitConfig;

/// How long to stay open: doubled each time, capped, jittered, and forgotten little by little.
#[derive(Debug)]
pub(super) struct Backoff {
    doublings: u32,
    random: SplitMix,
}

impl Backoff {
    pub(super) fn new(seed: Option<u64>) -> Self {
        // Each `RandomState` has keys of its own, so two circuits do not jitter in step.
        let seed = seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self { doublings: 0, random: SplitMix(seed) }
    }

    pub(super) const fn doublings(&self) -> u32 {
        self.doublings
    }

    /// The next open time.
    pub(super) fn next(&mut self, config: &CircuitConfig) -> Duration {
        let plain = config.open.saturating_mul(1_u32.checked_shl(self.doublings).unwrap_or(u32::MAX));
        // No further than the cap, or it would take as many quiet windows to come back down.
        if plain < config.cap {
            self.doublings = self.doublings.saturating_add(1);
        }
        let jitter = config.jitter.clamp(0.0, 1.0);
        // The cap is lowered by what jitter may add: at the cap, too, processes must not probe in step.
        let longest = config.cap.as_secs_f64() / (1.0 + jitter);
        let varied = plain.as_secs_f64().min(longest) * (1.0 + jitter * self.random.next_symmetric());
        Duration::try_from_secs_f64(varied).unwrap_or(config.cap).min(config.cap)
    }

    /// Takes back one doubling for each window of health.
    pub(super) fn decay(&mut self, healthy: Duration, window: Duration) {
        let windows = healthy.as_nanos() / window.as_nanos().max(1);
        self.doublings = self.doublings.saturating_sub(u32::try_from(windows).unwrap_or(u32::MAX));
    }

    pub(super) fn reset(&mut self) {
        self.doublings = 0;
    }
}

/// Sebastiano Vigna's SplitMix64: enough for jitter, and no dependency.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between -1 and 1.
    fn next_symmetric(&mut self) -> f64 {
        // 53 bits fill an `f64` exactly.
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        2.0 * unit - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn skip(backoff: &mut Backoff, count: usize, config: &CircuitConfig) {
        for _ in 0..count {
            backoff.next(config);
        }
    }

    #[test]
    fn open_times_double_up_to_the_cap() {
        let config = CircuitConfig::default().jitter(0.0);
        let mut backoff = Backoff::new(Some(1));
        let times: Vec<_> = (0..6).map(|_| backoff.next(&config).as_secs()).collect();
        assert_eq!(times, [5, 10, 20, 30, 30, 30]);
    }

    #[test]
    fn jitter_spreads_every_open_time_and_never_passes_the_cap() {
        let config = CircuitConfig::default();
        let mut backoff = Backoff::new(Some(7));
        let first = backoff.next(&config);
        assert!((4 * SECOND..=6 * SECOND).contains(&first), "{first:?}");
        skip(&mut backoff, 3, &config);
        let late: Vec<_> = (0..1000).map(|_| backoff.next(&config)).collect();
        assert!(late.iter().all(|time| (20 * SECOND..=30 * SECOND).contains(time)));
        let (low, high) = (late.iter().min().unwrap(), late.iter().max().unwrap());
        assert!(*low < 21 * SECOND && *high > 29 * SECOND, "{low:?} {high:?}");
    }

    #[test]
    fn a_seed_makes_it_repeatable_and_no_seed_makes_it_differ() {
        let config = CircuitConfig::default();
        let first = |seed| Backoff::new(seed).next(&config);
        assert_eq!(first(Some(3)), first(Some(3)));
        assert!((0..50).any(|_| first(None) != first(None)));
    }

    #[test]
    fn each_window_of_health_takes_one_doubling_back() {
        let config = CircuitConfig::default().jitter(0.0);
        let mut backoff = Backoff::new(None);
        skip(&mut backoff, 9, &config);
        backoff.decay(29 * SECOND, config.window);
        assert_eq!(backoff.next(&config), 30 * SECOND);
        backoff.decay(61 * SECOND, config.window);
        assert_eq!(backoff.next(&config), 10 * SECOND);
        backoff.decay(Duration::MAX, Duration::ZERO);
        assert_eq!(backoff.next(&config), 5 * SECOND);
    }

    #[test]
    fn absurd_settings_do_not_panic() {
        let config = CircuitConfig::default().open(Duration::MAX).cap(Duration::MAX).jitter(f64::NAN);
        let mut backoff = Backoff::new(None);
        skip(&mut backoff, 100, &config);
        let config = CircuitConfig::default().open(Duration::ZERO).cap(Duration::MAX).jitter(-3.0);
        (0..100).for_each(|_| assert_eq!(backoff.next(&config), Duration::ZERO));
    }
}
