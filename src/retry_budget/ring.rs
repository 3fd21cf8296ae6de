use std::time::Duration;

use tokio::time::Instant;

/// How many buckets the window has.
const BUCKETS: u64 = 10;

/// The width of one, in whole seconds.
const WIDTH: u64 = 6;

/// How long a deposit, or a withdrawal, is remembered: longer than most calls take.
pub(super) const WINDOW: Duration = Duration::from_secs(BUCKETS * WIDTH);

/// The sum of what came and went in the last 60 s, in thousandths of a retry.
///
/// The bucket of an entry is known by its number since the first use, so that an entry can be taken back
/// later from where it stands, and not at all once that bucket is forgotten.
#[derive(Debug, Default)]
pub(super) struct Ring {
    origin: Option<Instant>,
    head: u64,
    buckets: [i64; BUCKETS as usize],
    total: i64,
}

impl Ring {
    /// Forgets what is older than the window, and returns the number of the present bucket.
    ///
    /// At most ten steps, whatever the time since the last call. A `now` before the present bucket, as a thread
    /// that had to wait for the lock may bring, counts as the present bucket.
    pub(super) fn roll(&mut self, now: Instant) -> u64 {
        let origin = *self.origin.get_or_insert(now);
        let number = now.saturating_duration_since(origin).as_secs() / WIDTH;
        for stale in self.head + 1..=number.min(self.head + BUCKETS) {
            let bucket = &mut self.buckets[(stale % BUCKETS) as usize];
            self.total -= std::mem::take(bucket);
        }
        self.head = self.head.max(number);
        self.head
    }

    /// The sum, as of the last [`roll`](Self::roll).
    pub(super) const fn total(&self) -> i64 {
        self.total
    }

    /// Adds to the bucket of this number, or does nothing if it is forgotten.
    pub(super) fn add(&mut self, number: u64, amount: i64) {
        if self.head - number < BUCKETS {
            self.buckets[(number % BUCKETS) as usize] += amount;
            self.total += amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_entry_is_forgotten_when_its_bucket_leaves_the_window() {
        let (mut ring, start) = (Ring::default(), Instant::now());
        let bucket = ring.roll(start);
        ring.add(bucket, 7);
        ring.roll(start + WINDOW - Duration::from_nanos(1));
        assert_eq!(ring.total(), 7);
        ring.roll(start + WINDOW);
        assert_eq!(ring.total(), 0);
    }

    #[test]
    fn an_entry_taken_back_too_late_changes_nothing() {
        let (mut ring, start) = (Ring::default(), Instant::now());
        let bucket = ring.roll(start);
        ring.add(bucket, -1000);
        ring.roll(start + WINDOW);
        ring.add(bucket, 1000);
        assert_eq!(ring.total(), 0);
    }

    #[test]
    fn any_idle_time_is_rolled_over_in_ten_steps() {
        let (mut ring, start) = (Ring::default(), Instant::now());
        for second in 0..60 {
            let bucket = ring.roll(start + SECOND * second);
            ring.add(bucket, 1);
        }
        assert_eq!(ring.total(), 60);
        // Ten thousand years, bucket by bucket, would not end within the life of this test.
        ring.roll(start + SECOND * u32::MAX * 73);
        assert_eq!((ring.total(), ring.buckets), (0, [0; BUCKETS as usize]));
    }

    #[test]
    fn time_never_goes_back() {
        let (mut ring, start) = (Ring::default(), Instant::now());
        ring.roll(start);
        let late = ring.roll(start + SECOND * 30);
        assert_eq!(ring.roll(start), late);
    }
}
