use super::super::ticket::Place;

/// Failures since a call last came to a good end, and which of the calls begun since then have ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    pub(super) failures: u32,
    /// The first failure came when so many calls had been admitted.
    since: Option<u64>,
    /// Of those admitted since, so many have ended.
    ended: u64,
    /// The most that ever fared better than one of the failed.
    better: u64,
}

impl Row {
    /// A call of this period has ended, somehow.
    pub(super) fn ended(&mut self, place: Place) {
        self.ended += u64::from(self.since.is_some_and(|since| place.calls >= since));
    }

    pub(super) fn failed(&mut self, admitted: u64) {
        self.failures = self.failures.saturating_add(1);
        self.since.get_or_insert(admitted);
    }

    /// How many fare better than the failed, as far as that still stands: `better` did than the last one, and so many are
    /// `under_way` of all.
    pub(super) fn weigh(&mut self, better: u64, under_way: u64) -> u64 {
        self.better = self.better.max(better);
        self.better.min(under_way)
    }

    /// The calls begun since the row began that have outlived this one, which was begun after them and has ended: what
    /// failed for it has not failed for them.
    pub(super) fn outlived(&self, place: Place) -> u64 {
        let before = self.since.and_then(|since| place.calls.checked_sub(since));
        before.map_or(0, |before| before.saturating_sub(self.ended.saturating_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(calls: u64) -> Place {
        Place { calls, ..Place::default() }
    }

    #[test]
    fn who_began_before_the_row_is_outlived_by_nobody_in_it() {
        let mut row = Row::default();
        row.failed(100);
        row.ended(place(40));
        assert_eq!(row.outlived(place(40)), 0);
    }

    #[test]
    fn those_that_began_before_the_call_and_after_the_row_outlive_it_unless_they_have_ended() {
        let mut row = Row::default();
        row.failed(100);
        row.ended(place(150));
        assert_eq!(row.outlived(place(150)), 50);
        (100..110).for_each(|calls| row.ended(place(calls)));
        row.ended(place(151));
        assert_eq!(row.outlived(place(151)), 40);
    }
}
