//! The word with its permits, under every order in which two threads can meet at it.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;
use tokio::time::Instant;

use super::shared::Shared;
use super::{CircuitConfig, CircuitState};
use crate::failure::Outcome;

fn circuit(config: CircuitConfig) -> Arc<Shared> {
    Arc::new(Shared::new(config.jitter(0.0), None))
}

/// Lets two threads do it at the same time, and waits for both.
fn both<T: 'static>(shared: &Arc<Shared>, act: fn(&Arc<Shared>) -> T) -> [T; 2] {
    let shared_too = Arc::clone(shared);
    let other = thread::spawn(move || act(&shared_too));
    let mine = act(shared);
    [mine, other.join().expect("the other thread")]
}

fn totals(shared: &Shared) -> u64 {
    let totals = shared.snapshot(Instant::now()).totals;
    totals.successes + totals.failures + totals.throttled + totals.neutral + totals.cancelled + totals.stale
}

fn fail(shared: &Arc<Shared>) {
    if let Ok(permit) = shared.admit() {
        permit.settle(Outcome::Failure);
    }
}

#[test]
fn failures_of_two_threads_are_both_counted_and_open_the_circuit() {
    loom::model(|| {
        let shared = circuit(CircuitConfig::default().failures(2));
        both(&shared, fail);
        assert_eq!(shared.word().state(), CircuitState::Open);
        assert!(shared.admit().is_err(), "the word that admission reads is not behind");
        assert_eq!(totals(&shared), 2);
    });
}

#[test]
fn a_straggler_votes_in_its_own_period_or_not_at_all() {
    loom::model(|| {
        let shared = circuit(CircuitConfig::default().failures(1));
        let permit = shared.admit().expect("it is closed");
        let shared_too = Arc::clone(&shared);
        let other = thread::spawn(move || {
            shared_too.with(|circuit| circuit.force_open(Duration::from_secs(60), Instant::now()));
            shared_too.with(super::circuit::Circuit::force_closed);
        });
        permit.settle(Outcome::Failure);
        other.join().expect("the other thread");
        assert_eq!(totals(&shared), 1);
        assert_eq!(shared.word().state(), CircuitState::Closed);
        assert!(shared.admit().is_ok());
    });
}

#[test]
fn of_two_probes_one_passes_and_a_dropped_one_makes_room() {
    loom::model(|| {
        let shared = circuit(CircuitConfig::default().failures(1).open(Duration::ZERO).cap(Duration::ZERO));
        fail(&shared);
        let permits = both(&shared, |shared| shared.admit().ok());
        assert_eq!(permits.iter().flatten().count(), 1, "one probe at a time");
        drop(permits);
        assert!(shared.admit().is_ok(), "a cancelled probe gives its place back");
        assert_eq!(totals(&shared), 3);
    });
}

#[test]
fn a_stream_that_begins_beside_failures_vouches_only_while_it_is_under_way() {
    loom::model(|| {
        let shared = circuit(CircuitConfig::default().failures(2));
        let shared_too = Arc::clone(&shared);
        let other = thread::spawn(move || {
            if let Ok(mut permit) = shared_too.admit() {
                permit.answered();
            }
        });
        fail(&shared);
        other.join().expect("the other thread");
        fail(&shared);
        assert_eq!(shared.word().state(), CircuitState::Open);
        let snapshot = shared.snapshot(Instant::now());
        assert_eq!((snapshot.totals.failures, totals(&shared)), (2, 3));
    });
}
