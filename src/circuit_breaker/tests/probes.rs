//! Half open: who may probe, and whose word counts.

use std::time::Duration;

use super::{Bench, SECOND};
use crate::circuit_breaker::{CircuitConfig, CircuitState};
use crate::facts::Availability;
use crate::failure::Outcome;

#[test]
fn two_probes_one_after_the_other_close_it() {
    let mut bench = Bench::standard();
    let first = bench.probe();
    assert_eq!(bench.state(), CircuitState::HalfOpen);
    assert!(bench.admit().is_none());
    assert_eq!((bench.remaining(), bench.circuit.availability(bench.now)), (None, Availability::Down(None)));
    bench.settle(first, Outcome::Success);
    assert_eq!(bench.circuit.availability(bench.now), Availability::Probation);
    bench.call(Outcome::Success);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.calls(4, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed, "it starts with nothing counted");
}

#[test]
fn looking_never_takes_the_probe() {
    let mut bench = Bench::standard();
    bench.calls(5, Outcome::Failure);
    bench.wait(5 * SECOND);
    for _ in 0..10 {
        assert_eq!(bench.circuit.availability(bench.now), Availability::Probation);
        assert!(!bench.circuit.is_shut(bench.now));
    }
    assert!(bench.admit().is_some());
}

#[test]
fn a_failed_probe_opens_it_for_longer_each_time() {
    let mut bench = Bench::standard();
    let mut probe = bench.probe();
    for seconds in [10, 20, 30, 30] {
        bench.settle(probe, Outcome::Failure);
        assert_eq!(bench.remaining(), Some(seconds * SECOND));
        bench.wait(seconds * SECOND);
        probe = bench.admit().unwrap();
    }
}

#[test]
fn a_throttled_probe_has_failed_and_its_hint_holds() {
    let mut bench = Bench::standard();
    let probe = bench.probe();
    bench.settle(probe, Outcome::Throttled(Some(45 * SECOND)));
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Open, Some(45 * SECOND)));
}

#[test]
fn a_probe_without_a_verdict_gives_its_slot_to_the_next() {
    let mut bench = Bench::standard();
    let mut probe = bench.probe();
    for outcome in [Outcome::Neutral, Outcome::Cancelled] {
        bench.settle(probe, outcome);
        assert_eq!(bench.state(), CircuitState::HalfOpen);
        probe = bench.admit().unwrap();
    }
}

#[test]
fn a_slow_probe_has_failed_answered_or_given_up() {
    for outcome in [Outcome::Success, Outcome::Cancelled] {
        let mut bench = Bench::standard();
        let probe = bench.probe();
        bench.vote(probe, outcome, None, true);
        assert_eq!(bench.state(), CircuitState::Open, "{outcome:?}");
    }
}

#[test]
fn a_hung_probe_does_not_wedge_the_circuit() {
    let mut bench = Bench::standard();
    let hung = bench.probe();
    bench.wait(60 * SECOND);
    assert_eq!(bench.circuit.availability(bench.now), Availability::Probation);
    assert!(bench.circuit.is_shut(bench.now));
    assert!(bench.admit().is_none());
    assert_eq!((bench.state(), bench.remaining()), (CircuitState::Open, Some(10 * SECOND)));
    bench.wait(10 * SECOND);
    let next = bench.admit().unwrap();
    bench.settle(hung, Outcome::Success);
    assert!(bench.admit().is_none(), "the hung one does not free the slot of its successor");
    bench.settle(next, Outcome::Success);
    bench.call(Outcome::Success);
    assert_eq!(bench.state(), CircuitState::Closed);
}

#[test]
fn a_probe_given_up_after_its_lease_has_failed() {
    let mut bench = Bench::standard();
    let hung = bench.probe();
    bench.wait(61 * SECOND);
    bench.settle(hung, Outcome::Cancelled);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn a_success_begun_before_the_trip_does_not_close_a_half_open_circuit() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let straggler = bench.admit().unwrap();
    bench.probe();
    bench.settle(straggler, Outcome::Success);
    assert_eq!((bench.state(), bench.circuit.totals().stale), (CircuitState::HalfOpen, 1));
    assert!(bench.admit().is_none());
}

#[test]
fn a_failure_begun_before_the_trip_does_not_count_after_the_recovery() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let stragglers: Vec<_> = (0..20).map(|_| bench.admit().unwrap()).collect();
    let probe = bench.probe();
    bench.settle(probe, Outcome::Success);
    for straggler in stragglers {
        bench.settle(straggler, Outcome::Failure);
    }
    assert_eq!((bench.state(), bench.circuit.totals().stale), (CircuitState::Closed, 20));
}

#[test]
fn the_failures_of_one_incident_do_not_lengthen_each_others_rest() {
    let mut bench = Bench::standard();
    let in_flight: Vec<_> = (0..32).map(|_| bench.admit().unwrap()).collect();
    for ticket in in_flight {
        bench.settle(ticket, Outcome::Failure);
        bench.wait(Duration::from_millis(10));
    }
    assert_eq!(bench.circuit.doublings(), 1);
    assert!(bench.remaining().unwrap() < 5 * SECOND);
}

#[test]
fn a_probe_proven_by_its_first_data_makes_room_and_still_answers_for_its_end() {
    let mut bench = Bench::standard();
    let first = bench.probe();
    let first = bench.circuit.begin(first, false, bench.now).unwrap();
    let second = bench.admit().expect("the slot was not given back");
    bench.settle(first, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
    bench.settle(second, Outcome::Success);
    assert_eq!(bench.state(), CircuitState::Open, "the second was of an older period");
}

#[test]
fn a_proven_stream_that_breaks_after_the_close_counts_in_the_closed_circuit() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let probe = bench.probe();
    let streams = bench.circuit.begin(probe, false, bench.now).unwrap();
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.calls(4, Outcome::Failure);
    bench.settle(streams, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn a_proven_stream_that_ends_well_is_not_counted_twice() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let probe = bench.probe();
    let stream = bench.circuit.begin(probe, false, bench.now).unwrap();
    bench.settle(stream, Outcome::Success);
    assert_eq!(bench.circuit.totals().successes, 1);
    assert_eq!(bench.circuit.counts_in_window(bench.now).calls, 0);
}

#[test]
fn a_trip_soon_after_a_recovery_opens_for_longer_and_health_takes_that_back() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let recover = |bench: &mut Bench| {
        bench.wait(bench.remaining().unwrap());
        bench.call(Outcome::Success);
    };
    bench.calls(5, Outcome::Failure);
    recover(&mut bench);
    bench.calls(5, Outcome::Failure);
    assert_eq!(bench.remaining(), Some(10 * SECOND));
    recover(&mut bench);
    bench.wait(60 * SECOND);
    bench.calls(5, Outcome::Failure);
    assert_eq!(bench.remaining(), Some(5 * SECOND));
}
