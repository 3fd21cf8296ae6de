use std::time::Duration;

use tokio::time::Instant;

const BUCKETS: usize = 10;

/// What was counted in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) calls: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
}

/// Where a call was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    tick: u64,
    pub(super) is_slow: bool,
}

/// Exact counts of the last while, forgotten a tenth at a time.
///
/// Buckets lie on a fixed grid, so that a burst and the same calls spread out are counted alike. Rolling
/// forward costs at most one pass over the ten buckets, whatever the time since.
#[derive(Debug)]
pub(super) struct Window {
    /// Nanoseconds per bucket.
    width: u64,
    /// Where the grid begins: the first instant seen.
    origin: Option<Instant>,
    /// The number of the newest bucket.
    tick: u64,
    buckets: [Counts; BUCKETS],
}

impl Window {
    pub(super) fn new(length: Duration) -> Self {
        let width = nanos(length) / BUCKETS as u64;
        Self { width: width.max(1), origin: None, tick: 0, buckets: Default::default() }
    }

    /// Returns where the call was counted.
    pub(super) fn add(&mut self, is_failure: bool, is_slow: bool, now: Instant) -> Mark {
        let bucket = self.roll(now);
        bucket.calls += 1;
        bucket.failures += u64::from(is_failure);
        bucket.slow += u64::from(is_slow);
        Mark { tick: self.tick, is_slow }
    }

    /// Takes back a call that was counted as good since the window was last cleared; one that is forgotten by now
    /// is no more to be taken back.
    pub(super) fn retract(&mut self, mark: Mark, now: Instant) {
        self.roll(now);
        if mark.tick + BUCKETS as u64 > self.tick {
            let bucket = self.bucket(mark.tick);
            bucket.calls -= 1;
            bucket.slow -= u64::from(mark.is_slow);
        }
    }

    pub(super) fn totals(&mut self, now: Instant) -> Counts {
        self.roll(now);
        self.buckets.iter().fold(Counts::default(), |sum, bucket| Counts {
            calls: sum.calls + bucket.calls,
            failures: sum.failures + bucket.failures,
            slow: sum.slow + bucket.slow,
        })
    }

    pub(super) fn clear(&mut self) {
        self.buckets = Default::default();
    }

    /// Forgets what is too old; returns the newest bucket.
    fn roll(&mut self, now: Instant) -> &mut Counts {
        let origin = *self.origin.get_or_insert(now);
        let tick = nanos(now.saturating_duration_since(origin)) / self.width;
        // An instant read before another thread's, but brought here after it, belongs to the newest bucket.
        let passed = tick.saturating_sub(self.tick).min(BUCKETS as u64);
        for step in 1..=passed {
            *self.bucket(self.tick + step) = Counts::default();
        }
        // Where more than a whole ring has passed all of it is empty, and any bucket can be the newest.
        self.tick = self.tick.max(tick);
        self.bucket(self.tick)
    }

    fn bucket(&mut self, tick: u64) -> &mut Counts {
        &mut self.buckets[(tick % BUCKETS as u64) as usize]
    }
}

fn nanos(duration: Duration) -> u64 {
    // 584 years.
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn calls(window: &mut Window, now: Instant) -> u64 {
        window.totals(now).calls
    }

    #[test]
    fn calls_are_forgotten_a_tenth_at_a_time() {
        let start = Instant::now();
        let mut window = Window::new(10 * SECOND);
        for second in 0..10 {
            window.add(second % 2 == 0, false, start + second * SECOND);
        }
        assert_eq!(window.totals(start + 9 * SECOND), Counts { calls: 10, failures: 5, slow: 0 });
        assert_eq!(calls(&mut window, start + 10 * SECOND), 9);
        assert_eq!(calls(&mut window, start + 18 * SECOND), 1);
        assert_eq!(calls(&mut window, start + 19 * SECOND), 0);
    }

    #[test]
    fn a_week_of_idleness_leaves_nothing_and_costs_nothing() {
        let start = Instant::now();
        let mut window = Window::new(10 * SECOND);
        for _ in 0..1000 {
            window.add(true, true, start);
        }
        let later = start + 7 * 24 * 3600 * SECOND;
        assert_eq!(window.totals(later), Counts::default());
        window.add(false, false, later);
        assert_eq!(calls(&mut window, later + 9 * SECOND), 1);
        assert_eq!(calls(&mut window, later + 10 * SECOND), 0);
    }

    #[test]
    fn an_instant_that_arrives_late_loses_no_call() {
        let start = Instant::now();
        let mut window = Window::new(10 * SECOND);
        window.add(false, false, start);
        window.add(false, false, start + 5 * SECOND);
        window.add(true, false, start + 4 * SECOND);
        assert_eq!(window.totals(start + 5 * SECOND), Counts { calls: 3, failures: 1, slow: 0 });
    }

    #[test]
    fn a_call_is_taken_back_from_where_it_was_counted_and_not_when_it_is_forgotten() {
        let start = Instant::now();
        let mut window = Window::new(10 * SECOND);
        let early = window.add(false, true, start);
        let late = window.add(false, false, start + 5 * SECOND);
        window.retract(late, start + 9 * SECOND);
        assert_eq!(window.totals(start + 9 * SECOND), Counts { calls: 1, failures: 0, slow: 1 });
        window.add(false, false, start + 10 * SECOND);
        window.retract(early, start + 10 * SECOND);
        assert_eq!(window.totals(start + 10 * SECOND), Counts { calls: 1, failures: 0, slow: 0 });
    }

    #[test]
    fn a_window_of_no_length_counts_the_instant() {
        let start = Instant::now();
        let mut window = Window::new(Duration::ZERO);
        window.add(true, false, start);
        assert_eq!(calls(&mut window, start), 1);
        assert_eq!(calls(&mut window, start + SECOND), 0);
    }
}
