//! Calls that answer for a while: what counts from their beginning, and what from their end.

use super::{Bench, SECOND};
use crate::circuit_breaker::ticket::Ticket;
use crate::circuit_breaker::window::Counts;
use crate::circuit_breaker::{CircuitConfig, CircuitState};
use crate::failure::Outcome;

/// Streams that have begun.
fn streams(bench: &mut Bench, count: usize) -> Vec<Ticket> {
    let begin = |_| {
        let ticket = bench.admit().expect("a call was refused");
        bench.circuit.begin(ticket, false, bench.now).expect("it has not voted yet")
    };
    (0..count).map(begin).collect()
}

fn counts(bench: &mut Bench) -> (u64, u64) {
    let Counts { calls, failures, .. } = bench.circuit.counts_in_window(bench.now);
    (calls, failures)
}

/// Calls that have been admitted, and no more.
fn begun(bench: &mut Bench, count: usize) -> Vec<Ticket> {
    (0..count).map(|_| bench.admit().expect("a call was refused")).collect()
}

#[test]
fn in_a_crowd_of_which_every_tenth_is_refused_at_once_nobody_is_in_a_row() {
    let mut bench = Bench::standard();
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.extend(begun(&mut bench, 9));
        bench.call(Outcome::Failure);
    }
    assert_eq!((bench.state(), bench.circuit.run()), (CircuitState::Closed, 100), "before the first answer");
    for call in crowd {
        bench.circuit.begin(call, false, bench.now);
        bench.calls(usize::from(bench.admitted % 10 == 0), Outcome::Failure);
    }
    assert_eq!(bench.state(), CircuitState::Closed, "nor afterwards");
}

#[test]
fn nor_are_those_who_hear_of_it_later_while_nobody_has_been_answered() {
    let mut bench = Bench::standard();
    let mut crowd = Vec::new();
    for _ in 0..20 {
        crowd.extend(begun(&mut bench, 9));
        bench.call(Outcome::Failure);
    }
    bench.wait(SECOND);
    crowd.drain(..20).for_each(|call| bench.settle(call, Outcome::Failure));
    assert_eq!((bench.state(), bench.circuit.run()), (CircuitState::Closed, 40));
    crowd.drain(..).for_each(|call| bench.settle(call, Outcome::Failure));
    assert_eq!(bench.state(), CircuitState::Open, "until they all have");
}

#[test]
fn who_refuses_all_new_calls_is_down_however_many_older_ones_are_under_way() {
    let mut bench = Bench::standard();
    streams(&mut bench, 1_000);
    begun(&mut bench, 1_000);
    bench.calls(4, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Closed);
    bench.call(Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn calls_that_time_out_while_others_were_answered_are_no_row() {
    let mut bench = Bench::standard();
    let silent = begun(&mut bench, 50);
    streams(&mut bench, 60);
    bench.wait(10 * SECOND);
    silent.into_iter().for_each(|call| bench.settle(call, Outcome::Failure));
    assert_eq!(bench.state(), CircuitState::Closed);
}

#[test]
fn who_answers_nobody_is_down_with_the_first_five_that_time_out() {
    let mut bench = Bench::standard();
    streams(&mut bench, 100);
    let silent = begun(&mut bench, 160);
    bench.wait(10 * SECOND);
    silent[..5].iter().for_each(|call| bench.settle(*call, Outcome::Failure));
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn streams_that_break_off_while_most_flow_on_leave_it_closed() {
    let mut bench = Bench::standard();
    let broken = streams(&mut bench, 60);
    streams(&mut bench, 61);
    broken.into_iter().for_each(|stream| bench.settle(stream, Outcome::Failure));
    assert_eq!(bench.state(), CircuitState::Closed);
}

#[test]
fn streams_that_all_break_off_one_after_the_other_are_failures_in_a_row() {
    let mut bench = Bench::standard();
    for _ in 0..5 {
        assert_eq!(bench.state(), CircuitState::Closed);
        let stream = streams(&mut bench, 1)[0];
        bench.settle(stream, Outcome::Failure);
    }
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn streams_that_all_break_off_at_once_open_it() {
    let mut bench = Bench::standard();
    streams(&mut bench, 20).into_iter().for_each(|stream| bench.settle(stream, Outcome::Failure));
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn only_a_good_end_ends_a_row_of_failures() {
    let mut bench = Bench::standard();
    bench.calls(4, Outcome::Failure);
    let begun = streams(&mut bench, 1)[0];
    assert_eq!(bench.circuit.run(), 4);
    bench.settle(begun, Outcome::Success);
    assert_eq!(bench.circuit.run(), 0);
}

#[test]
fn a_stream_counts_once_and_where_it_broke_off() {
    let mut bench = Bench::standard();
    let begun = streams(&mut bench, 2);
    assert_eq!(counts(&mut bench), (2, 0));
    bench.wait(20 * SECOND);
    bench.settle(begun[0], Outcome::Success);
    bench.settle(begun[1], Outcome::Failure);
    assert_eq!(counts(&mut bench), (2, 1));
    bench.wait(20 * SECOND);
    assert_eq!(counts(&mut bench), (1, 1));
    let totals = bench.circuit.totals();
    assert_eq!((totals.successes, totals.failures), (1, 1));
}

#[test]
fn a_stream_longer_than_the_window_still_counts_when_it_breaks_off() {
    let mut bench = Bench::standard();
    let begun = streams(&mut bench, 1)[0];
    bench.wait(60 * SECOND);
    bench.settle(begun, Outcome::Failure);
    assert_eq!(counts(&mut bench), (1, 1));
}

#[test]
fn a_caller_who_leaves_a_stream_leaves_no_trace() {
    let mut bench = Bench::standard();
    bench.calls(4, Outcome::Failure);
    let before = counts(&mut bench);
    for stream in streams(&mut bench, 50) {
        bench.settle(stream, Outcome::Cancelled);
    }
    assert_eq!(counts(&mut bench), before);
    bench.call(Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn slow_to_begin_is_known_at_the_beginning() {
    let mut bench = Bench::new(CircuitConfig::default());
    for _ in 0..10 {
        assert_eq!(bench.state(), CircuitState::Closed);
        let ticket = bench.admit().unwrap();
        bench.circuit.begin(ticket, true, bench.now);
    }
    assert_eq!(bench.state(), CircuitState::Open);
}

#[test]
fn streams_begun_before_the_trip_have_no_say_after_it() {
    let mut bench = Bench::new(CircuitConfig::default().probes_to_close(1));
    let begun = streams(&mut bench, 4);
    bench.circuit.force_open(SECOND, bench.now);
    bench.wait(SECOND);
    bench.call(Outcome::Success);
    begun.into_iter().for_each(|stream| bench.settle(stream, Outcome::Failure));
    assert_eq!((bench.state(), counts(&mut bench)), (CircuitState::Closed, (0, 0)));
    assert_eq!(bench.circuit.totals().stale, 4);
    bench.calls(5, Outcome::Failure);
    assert_eq!(bench.state(), CircuitState::Open, "nor do they vouch for it when they are gone");
}
