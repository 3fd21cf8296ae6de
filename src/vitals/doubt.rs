use std::time::Duration;

use tokio::time::Instant;

/// Until the first probe, and how far apart they come at most: as with a circuit.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(30);

/// So many good answers in a row, where half of them would have been good anyway.
const PROOF: u32 = 3;

/// Why a service is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Its answers were none.
    Unsteady,
    /// Those who asked it have left with nothing.
    Silent,
}

/// A service that is no longer believed, and what it takes until it is: a state machine.
///
/// One call in a while is to go to it, ever farther apart, and not all of them as soon as its last failures are
/// forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    reason: Reason,
    since: Instant,
    next_probe: Instant,
    pause: Duration,
    /// Good answers since the last bad one.
    good: u32,
}

impl Doubt {
    pub(super) fn new(reason: Reason, now: Instant) -> Self {
        Self { reason, since: now, next_probe: now + FIRST, pause: FIRST, good: 0 }
    }

    pub(super) const fn reason(&self) -> Reason {
        self.reason
    }

    pub(super) fn lasts(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }

    /// May a call go to it, to see whether it is any better?
    pub(super) fn may_be_probed(&self, now: Instant) -> bool {
        now >= self.next_probe
    }

    /// A call has gone to it. Another need not, until this one has ended or the pause is over.
    pub(super) fn begun(&mut self, now: Instant) {
        if self.may_be_probed(now) {
            self.next_probe = now + self.pause;
            self.pause = (self.pause * 2).min(LONGEST);
        }
    }

    /// It was no better.
    pub(super) fn failed(&mut self, now: Instant) {
        self.good = 0;
        self.next_probe = self.next_probe.max(now + FIRST);
    }

    /// It has answered. Is it believed again?
    pub(super) fn answered(&mut self, now: Instant) -> bool {
        self.good += 1;
        self.next_probe = self.next_probe.min(now);
        self.good >= if self.reason == Reason::Silent { 1 } else { PROOF }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When its probes went out, none of which came to anything.
    fn probes(mut doubt: Doubt, start: Instant, seconds: u32) -> Vec<u32> {
        let probed = |second: &u32| {
            let now = start + *second * SECOND;
            let is_probe = doubt.may_be_probed(now);
            doubt.begun(now);
            is_probe
        };
        (0..seconds).filter(probed).collect()
    }

    #[test]
    fn one_call_in_a_while_probes_and_ever_more_seldom() {
        let start = Instant::now();
        let doubt = Doubt::new(Reason::Silent, start);
        assert_eq!(probes(doubt, start, 120), [5, 10, 20, 40, 70, 100]);
    }

    #[test]
    fn a_silent_service_is_believed_at_its_first_word_and_an_unsteady_one_at_its_third() {
        let now = Instant::now();
        assert!(Doubt::new(Reason::Silent, now).answered(now));
        let mut unsteady = Doubt::new(Reason::Unsteady, now);
        let good = |doubt: &mut Doubt| doubt.answered(now);
        assert_eq!([good(&mut unsteady), good(&mut unsteady)], [false, false]);
        unsteady.failed(now);
        assert_eq!([0; 3].map(|_| good(&mut unsteady)), [false, false, true]);
    }

    #[test]
    fn after_a_good_answer_the_next_probe_is_not_waited_for_and_after_a_bad_one_it_is() {
        let now = Instant::now();
        let mut doubt = Doubt::new(Reason::Unsteady, now);
        doubt.answered(now);
        assert!(doubt.may_be_probed(now));
        doubt.failed(now);
        assert!(!doubt.may_be_probed(now + 4 * SECOND));
        assert!(doubt.may_be_probed(now + 5 * SECOND));
    }
}
