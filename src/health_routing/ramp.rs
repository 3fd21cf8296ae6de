use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::facts::Availability;

/// The share of calls with which a member that is back begins, in percent.
const FIRST: u8 = 10;
/// Until it gets all of them.
const TIME: Duration = Duration::from_secs(10);

/// Sends a member that is back not all of its calls at once.
///
/// A provider that has just recovered has cold caches and a queue, and what waited for it would bring it down
/// again. So after its [`Probation`](Availability::Probation) it gets one call in ten, and all of them ten seconds
/// later; the others go to the next member. Counted and not drawn, so that the number is bounded however many come.
///
/// Clones count together: give one to all the candidates that are the same member.
#[derive(Clone, Debug, Default)]
pub struct Ramp {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// A copy of the state's kind: as a rule there is no ramp, and asking takes no lock.
    kind: AtomicU8,
    state: Mutex<State>,
}

/// A state machine that is told what is seen of the member and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Steady,
    /// It has been on probation since it was last up.
    Away,
    /// Up again since then. Each call adds its percent to the credit, and one that is admitted takes a hundred.
    Ramping { since: Instant, credit: u8 },
}

impl State {
    const STEADY: u8 = 0;

    const fn kind(self) -> u8 {
        match self {
            Self::Steady => Self::STEADY,
            Self::Away => 1,
            Self::Ramping { .. } => 2,
        }
    }

    fn see(&mut self, availability: Availability, now: Instant) -> Availability {
        match (availability, &self) {
            // A probe is out, or may go out.
            (Availability::Probation | Availability::Down(None), _) => *self = Self::Away,
            // The first call passes: where they are few, nobody waits for the tenth.
            (Availability::Up, Self::Away) => *self = Self::Ramping { since: now, credit: 100 - FIRST },
            _ => {}
        }
        match (availability, percent(*self, now)) {
            (Availability::Up, Some(percent)) => Availability::Ramping(percent),
            (Availability::Up, None) => {
                *self = Self::Steady;
                Availability::Up
            }
            (other, _) => other,
        }
    }

    fn admit(&mut self, now: Instant) -> bool {
        let percent = percent(*self, now);
        let (Self::Ramping { credit, .. }, Some(percent)) = (self, percent) else {
            return true;
        };
        *credit += percent;
        let is_admitted = *credit >= 100;
        if is_admitted {
            *credit -= 100;
        }
        is_admitted
    }
}

/// The share of calls that is wanted now; `None` for all.
fn percent(state: State, now: Instant) -> Option<u8> {
    let State::Ramping { since, .. } = state else { return None };
    let passed = now.saturating_duration_since(since);
    let rest = TIME.checked_sub(passed).filter(|rest| !rest.is_zero())?;
    // At most 90, and so below 100 together with what it begins with.
    let missing = rest.as_millis() * u128::from(100 - FIRST) / TIME.as_millis();
    Some(100 - u8::try_from(missing).unwrap_or(100 - FIRST))
}

impl Ramp {
    /// What the member is, given what its health says: one that says it is up may be [`Ramping`](Availability::Ramping).
    pub(super) fn see(&self, availability: Availability, now: Instant) -> Availability {
        let is_steady = self.shared.kind.load(Ordering::Acquire) == State::STEADY;
        match availability {
            Availability::Up if is_steady => Availability::Up,
            Availability::Up | Availability::Probation | Availability::Down(None) => {
                self.with(|state| state.see(availability, now))
            }
            other => other,
        }
    }

    /// May this call go to a member that is ramping?
    pub(super) fn admit(&self, now: Instant) -> bool {
        self.with(|state| state.admit(now))
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state: MutexGuard<'_, State> =
            self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut state);
        let kind = state.kind();
        if self.shared.kind.load(Ordering::Relaxed) != kind {
            self.shared.kind.store(kind, Ordering::Release);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A ramp of a member that has just come back.
    fn begun(now: Instant) -> Ramp {
        let ramp = Ramp::default();
        ramp.see(Availability::Probation, now);
        assert_eq!(ramp.see(Availability::Up, now), Availability::Ramping(10));
        ramp
    }

    fn admitted(ramp: &Ramp, calls: usize, now: Instant) -> usize {
        (0..calls).filter(|_| ramp.see(Availability::Up, now) == Availability::Up || ramp.admit(now)).count()
    }

    #[test]
    fn a_member_that_was_never_on_probation_gets_all_its_calls() {
        let (ramp, now) = (Ramp::default(), Instant::now());
        assert_eq!(ramp.see(Availability::Up, now), Availability::Up);
        // A pause that the provider asked for is no recovery.
        ramp.see(Availability::Down(Some(SECOND)), now);
        assert_eq!(ramp.see(Availability::Up, now + SECOND), Availability::Up);
    }

    #[test]
    fn of_thousands_of_calls_at_once_a_tenth_goes_to_a_member_that_is_back() {
        let now = Instant::now();
        let ramp = begun(now);
        assert_eq!(admitted(&ramp, 5000, now), 500);
    }

    #[test]
    fn the_share_grows_to_all_in_ten_seconds() {
        let now = Instant::now();
        let ramp = begun(now);
        for (after, percent) in [(1, 19), (5, 55), (9, 91)] {
            let now = now + after * SECOND;
            assert_eq!(ramp.see(Availability::Up, now), Availability::Ramping(percent));
            let share = admitted(&ramp, 1000, now) / 10;
            assert!(share.abs_diff(usize::from(percent)) <= 1, "{share} after {after} s");
        }
        assert_eq!(ramp.see(Availability::Up, now + TIME), Availability::Up);
        assert_eq!(*ramp.shared.state.lock().unwrap(), State::Steady, "and is not asked again");
    }

    #[test]
    fn where_calls_are_few_the_first_passes() {
        let now = Instant::now();
        let ramp = begun(now);
        assert!(ramp.admit(now));
        assert!(!ramp.admit(now + SECOND));
    }

    #[test]
    fn a_member_that_fails_on_its_ramp_begins_again() {
        let now = Instant::now();
        let ramp = begun(now);
        ramp.see(Availability::Down(Some(5 * SECOND)), now + SECOND);
        ramp.see(Availability::Probation, now + 6 * SECOND);
        assert_eq!(ramp.see(Availability::Up, now + 7 * SECOND), Availability::Ramping(10));
    }
}
