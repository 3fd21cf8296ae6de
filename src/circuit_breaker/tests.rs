//! The state machine by itself, driven by hand.

mod probes;
mod streams;

use std::time::Duration;

use tokio::time::Instant;

use super::circuit::Circuit;
use super::ticket::{Ticket, Vote};
use super::{CircuitConfig, CircuitState};
use crate::facts::Availability;
use crate::failure::Outcome;

const SECOND: Duration = Duration::from_secs(1);

/// A circuit and its clock.
struct Bench {
    circuit: Circuit,
    now: Instant,
    admitted: u64,
}

impl Bench {
    fn new(config: CircuitConfig) -> Self {
        Self { circuit: Circuit::new(config.jitter(0.0)), now: Instant::now(), admitted: 0 }
    }

    fn standard() -> Self {
        Self::new(CircuitConfig::default())
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
    }

    fn admit(&mut self) -> Option<Ticket> {
        let ticket = self.circuit.admit(self.admitted, self.now);
        self.admitted += u64::from(ticket.is_some());
        ticket
    }

    fn settle(&mut self, ticket: Ticket, outcome: Outcome) {
        self.vote(ticket, outcome, None, false);
    }

    fn vote(&mut self, ticket: Ticket, outcome: Outcome, hint: Option<Duration>, is_slow: bool) {
        let vote = Vote { outcome, hint, is_slow, admitted: self.admitted };
        self.circuit.settle(ticket, vote, self.now);
    }

    fn call(&mut self, outcome: Outcome) {
        let ticket = self.admit().expect("a call was refused");
        self.settle(ticket, outcome);
    }

    fn calls(&mut self, count: usize, outcome: Outcome) {
        (0..count).for_each(|_| self.call(outcome));
    }

    fn state(&self) -> CircuitState {
        self.circuit.word().state()
    }

    fn remaining(&self) -> Option<Duration> {
        self.circuit.remaining(self.now)
    }

    /// Opens it, waits, and takes the probe.
    fn probe(&mut self) -> Ticket {
        self.calls(5, Outcome::Failure);
        self.wait(5 * SECOND);
        self.admit().expect("no probe")
    }
}

#[test]
fn one_failure_alone_never_opens_it() {
    let mut bench = Bench::standard();
    bench.call(Outcome::Failure);
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Closed, None));
}

#[test]
fn failures_that_are_neither_in_a_row_nor_half_of_all_leave_it_closed() {
    let mut bench = Bench::standard();
    for _ in 0..100 {
        bench.calls(5, Outcome::Success);
        bench.calls(4, Outcome::Failure);
    }
    assert_eq!(bench.state(), CircuitState::Closed);
}

#[test]
fn five_failures_in_a_row_open_it_also_after_ten_thousand_successes() {
    let mut bench = Bench::standard();
    bench.calls(10_000, Outcome::Success);
    bench.calls(4, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.call(Outcome::Failure);
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Open, Some(5 * SECOND)));
}

#[test]
fn half_of_the_calls_of_the_window_open_it_and_older_ones_do_not_count() {
    let mut bench = Bench::new(CircuitConfig::default().failures(u32::MAX));
    bench.calls(10_000, Outcome::Success);
    bench.wait(30 * SECOND);
    bench.calls(5, Outcome::Success);
    bench.calls(4, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.call(Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn a_rate_of_few_calls_says_nothing() {
    let mut bench = Bench::new(CircuitConfig::default().failures(u32::MAX));
    bench.calls(9, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.call(Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn slow_calls_open_it_answered_or_given_up() {
    let mut bench = Bench::standard();
    for index in 0..10 {
        assert_eq!(bench.state(), CircuitState::Closed);
        let ticket = bench.admit().unwrap();
        let outcome = if index % 2 == 0 { Outcome::Success } else { Outcome::Cancelled };
        bench.vote(ticket, outcome, None, true);
    }
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn wrong_requests_and_callers_who_leave_have_no_vote() {
    let mut bench = Bench::standard();
    bench.calls(4, Outcome::Failure);
    bench.calls(50, Outcome::Neutral);
    bench.calls(50, Outcome::Cancelled);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.call(Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open, "nor do they end a run of failures");
}

#[test]
fn a_throttled_call_cools_the_circuit_without_opening_it() {
    let mut bench = Bench::standard();
    bench.call(Outcome::Throttled(Some(20 * SECOND)));
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Closed, Some(20 * SECOND)));
    assert!(bench.admit().is_none());
    bench.wait(20 * SECOND - Duration::from_nanos(1));
    assert!(bench.admit().is_none());
    bench.wait(Duration::from_nanos(1));
    assert_eq!(bench.circuit.availability(bench.now), Availability::Up);
    bench.calls(100, Outcome::Success);
    assert_eq!(bench.circuit.counts_in_window(bench.now).calls, 100, "it was not counted");
}

#[test]
fn a_later_hint_extends_a_cooldown_and_never_shortens_it() {
    let mut bench = Bench::standard();
    let tickets: Vec<_> = (0..3).map(|_| bench.admit().unwrap()).collect();
    for (ticket, hint, cooldown) in [(0, 20, 20), (1, 5, 20), (2, 40, 40)] {
        bench.settle(tickets[ticket], Outcome::Throttled(Some(hint * SECOND)));
        assert_eq!(bench.remaining(), Some(cooldown * SECOND));
    }
}

#[test]
fn a_hint_is_believed_up_to_the_cap_and_an_empty_one_is_none() {
    let mut bench = Bench::standard();
    bench.call(Outcome::Throttled(Some(Duration::ZERO)));
    assert_eq!(bench.circuit.availability(bench.now), Availability::Up);
    bench.call(Outcome::Throttled(Some(Duration::MAX)));
    assert_eq!(bench.remaining(), Some(300 * SECOND));
}

#[test]
fn a_refused_key_rests_as_long_as_the_cap_allows() {
    let mut bench = Bench::standard();
    bench.call(Outcome::of(crate::failure::Class::Auth, None));
    assert_eq!(bench.remaining(), Some(Outcome::HARD_DOWN));
}

#[test]
fn throttling_without_a_hint_counts_in_the_rate_and_not_in_the_run() {
    let mut bench = Bench::standard();
    bench.calls(9, Outcome::Throttled(None));
    assert_eq!((bench.state(), bench.circuit.run()), (CircuitState::Closed, 0));
    bench.call(Outcome::Throttled(None));
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn a_circuit_that_opens_honours_what_the_failures_asked_for() {
    let mut bench = Bench::standard();
    for seconds in [60, 10, 0, 0, 0] {
        assert_eq!(bench.remaining(), None, "one failure alone stops nothing");
        let ticket = bench.admit().unwrap();
        bench.vote(ticket, Outcome::Failure, Some(seconds * SECOND), false);
    }
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Open, Some(60 * SECOND)));
}

#[test]
fn a_hint_is_forgotten_when_the_service_has_answered_since() {
    let mut bench = Bench::standard();
    let ticket = bench.admit().unwrap();
    bench.vote(ticket, Outcome::Failure, Some(60 * SECOND), false);
    bench.call(Outcome::Success);
    bench.calls(5, Outcome::Failure);
    assert_eq!(bench.remaining(), Some(5 * SECOND));
}

#[test]
fn a_week_of_idleness_changes_nothing() {
    let week = 7 * 24 * 3600 * SECOND;
    let mut bench = Bench::standard();
    bench.calls(4, Outcome::Failure);
    bench.wait(week);
    bench.call(Outcome::Success);
    bench.calls(5, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
    bench.wait(week);
    bench.calls(2, Outcome::Success);
    assert_eq!(bench.state(), CircuitState::Closed);
}

#[test]
fn it_obeys_the_hand() {
    let mut bench = Bench::standard();
    let before = bench.admit().unwrap();
    bench.circuit.force_open(3 * SECOND, bench.now);
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Open, Some(3 * SECOND)));
    bench.circuit.disable();
    bench.calls(100, Outcome::Failure);
    bench.calls(1, Outcome::Throttled(Some(SECOND)));
    assert_eq!(bench.circuit.availability(bench.now), Availability::Up);
    bench.circuit.force_closed();
    bench.settle(before, Outcome::Failure);
    bench.calls(4, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.circuit.force_open(Duration::MAX, bench.now);
    bench.wait(365 * 24 * 3600 * SECOND);
    assert!(bench.admit().is_none());
}
