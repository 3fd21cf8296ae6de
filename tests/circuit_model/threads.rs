//! Real threads on one circuit.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitConfig, CircuitState, CircuitTotals};
use tower_failover::failure::Outcome;

use crate::{HandOver, call, lender};

const THREADS: usize = 16;
const HOUR: Duration = Duration::from_secs(3600);

fn ended(totals: &CircuitTotals) -> u64 {
    let current = totals.successes + totals.failures + totals.throttled + totals.neutral + totals.cancelled;
    current + totals.stale
}

#[test]
fn no_call_is_lost_or_counted_twice() {
    let config = CircuitConfig::default().failures(u32::MAX).rate(2.0).window(HOUR);
    let layer = CircuitBreakerLayer::new(HandOver).with_config(config);
    let each = 5_000_u64;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut service = lender(&layer);
                for index in 0..each {
                    let permit = call(&mut service).unwrap();
                    match index % 4 {
                        0 => permit.settle(Outcome::Failure),
                        1 => drop(permit),
                        _ => permit.settle(Outcome::Success),
                    }
                }
            });
        }
    });
    let seen = layer.handle().snapshot();
    let all = THREADS as u64 * each;
    assert_eq!(
        (seen.totals.successes, seen.totals.failures, seen.totals.cancelled),
        (all / 2, all / 4, all / 4)
    );
    assert_eq!((seen.calls, seen.failures), (all * 3 / 4, all / 4), "a cancelled call has no vote");
}

#[test]
fn fifty_threads_that_find_the_circuit_half_open_send_one_probe() {
    for _ in 0..20 {
        let layer = CircuitBreakerLayer::new(HandOver);
        layer.handle().force_open(Duration::ZERO);
        let start = Barrier::new(50);
        let permits: Vec<_> = thread::scope(|scope| {
            let callers: Vec<_> = (0..50)
                .map(|_| {
                    scope.spawn(|| {
                        let mut service = lender(&layer);
                        start.wait();
                        call(&mut service).ok()
                    })
                })
                .collect();
            callers.into_iter().filter_map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!(permits.len(), 1);
        assert_eq!(layer.handle().snapshot().totals.refused, 49);
    }
}

#[test]
fn probes_that_are_given_up_follow_each_other_one_at_a_time() {
    let layer = CircuitBreakerLayer::new(HandOver);
    layer.handle().force_open(Duration::ZERO);
    let (out, probes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut service = lender(&layer);
                for _ in 0..2_000 {
                    if let Ok(permit) = call(&mut service) {
                        assert_eq!(out.fetch_add(1, Ordering::SeqCst), 0, "two probes at a time");
                        probes.fetch_add(1, Ordering::SeqCst);
                        out.fetch_sub(1, Ordering::SeqCst);
                        drop(permit);
                    }
                }
            });
        }
    });
    assert!(probes.load(Ordering::SeqCst) > 1, "the slot came back");
    assert_eq!(layer.handle().state(), CircuitState::HalfOpen);
}

#[test]
fn every_admission_ends_once_while_the_circuit_moves_under_it() {
    let config = CircuitConfig::default().open(Duration::ZERO).min_calls(2).failures(2);
    let layer = CircuitBreakerLayer::new(HandOver).with_config(config);
    let circuit = layer.handle();
    let (admitted, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let (layer, circuit, admitted, refused) = (&layer, &circuit, &admitted, &refused);
            scope.spawn(move || {
                let mut service = lender(layer);
                for index in 0..3_000 {
                    match call(&mut service) {
                        Err(_) => drop(refused.fetch_add(1, Ordering::Relaxed)),
                        Ok(mut permit) => {
                            admitted.fetch_add(1, Ordering::Relaxed);
                            match (index * 7 + seed) % 5 {
                                0 => drop(permit),
                                1 => permit.answered(),
                                2 => permit.settle(Outcome::Failure),
                                _ => permit.settle(Outcome::Success),
                            }
                        }
                    }
                    match (index + seed) % 97 {
                        0 => circuit.force_open(Duration::ZERO),
                        1 => circuit.force_closed(),
                        2 => circuit.disable(),
                        _ => {}
                    }
                }
            });
        }
    });
    let totals = circuit.snapshot().totals;
    assert_eq!(ended(&totals), admitted.into_inner());
    assert_eq!(totals.refused, refused.into_inner());
    assert_eq!(*circuit.watch().borrow(), circuit.state(), "whoever watches ends with the last state");
}
