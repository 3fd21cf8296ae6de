use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Limited by its ratio alone.
fn by_ratio(ratio: f64, reserve: u32) -> Budget {
    Budget::builder().ratio(ratio).reserve(reserve).in_flight(usize::MAX, 0.0).build()
}

/// Withdraws until nothing is left, and says how often that went.
fn drain(budget: &Budget, now: Instant) -> usize {
    let spend = |mut withdrawal: Withdrawal| withdrawal.begin();
    std::iter::from_fn(|| budget.try_withdraw(now).map(spend)).count()
}

#[test]
fn every_ratio_holds_as_written() {
    // Tower 0.5.3 grants 100 % for 0.6, 0.7 and 0.9, and 33 % for 0.3.
    for (ratio, granted) in
        [(0.001, 1), (0.2, 200), (0.3, 300), (0.6, 600), (0.9, 900), (1.0, 1000), (2.5, 2500)]
    {
        let (budget, now) = (by_ratio(ratio, 0), Instant::now());
        (0..1000).for_each(|_| drop(budget.enter(now)));
        assert_eq!(budget.balance(now), granted, "{ratio}");
        assert_eq!(drain(&budget, now), granted as usize, "{ratio}");
    }
}

#[test]
fn a_ratio_that_makes_no_sense_is_none() {
    for ratio in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        let (budget, now) = (by_ratio(ratio, 0), Instant::now());
        (0..1000).for_each(|_| drop(budget.enter(now)));
        assert_eq!(drain(&budget, now), 0, "{ratio}");
    }
    let (budget, now) = (by_ratio(f64::INFINITY, u32::MAX), Instant::now());
    drop(budget.enter(now));
    assert_eq!(budget.balance(now), 1000 + u64::from(u32::MAX) * 60);
}

#[test]
fn a_quiet_service_has_a_retry_a_second() {
    let (budget, start) = (by_ratio(0.0, 1), Instant::now());
    assert_eq!(drain(&budget, start), 60);
    assert_eq!(drain(&budget, start + SECOND * 59), 0);
    assert_eq!(drain(&budget, start + SECOND * 60), 60);
}

#[test]
fn a_week_of_silence_leaves_the_reserve_and_nothing_else() {
    let (budget, start) = (by_ratio(0.2, 1), Instant::now());
    (0..1000).for_each(|_| drop(budget.enter(start)));
    assert_eq!(budget.balance(start), 260);
    let later = start + SECOND * 7 * 86_400;
    assert_eq!(drain(&budget, later), 60);
    drop(budget.enter(later));
    assert_eq!(drain(&budget, later), 0, "one deposit is a fifth of a retry");
}

#[test]
fn a_budget_of_none_grants_nothing() {
    let (budget, now) = (Budget::none(), Instant::now());
    let calls: Vec<_> = (0..1000).map(|_| budget.enter(now)).collect();
    assert!(budget.try_withdraw(now).is_none());
    drop(calls);
}

#[test]
fn retries_in_flight_are_three_or_a_fifth_of_the_active_calls() {
    let (budget, now) = (Budget::builder().ratio(1000.0).build(), Instant::now());
    let in_flight =
        |budget: &Budget| std::iter::from_fn(|| budget.try_withdraw(now)).collect::<Vec<_>>().len();
    assert_eq!(in_flight(&budget), 3);
    let mut calls: Vec<_> = (0..100).map(|_| budget.enter(now)).collect();
    assert_eq!(in_flight(&budget), 20);
    calls.truncate(17);
    assert_eq!(in_flight(&budget), 3);
}

#[test]
fn a_withdrawal_is_given_back_before_it_begins_and_spent_after() {
    let (budget, now) = (by_ratio(0.0, 1), Instant::now());
    drop(budget.try_withdraw(now).unwrap());
    assert_eq!(budget.balance(now), 60);
    let mut begun = budget.try_withdraw(now).unwrap();
    begun.begin();
    drop(begun);
    assert_eq!(budget.balance(now), 59);
    let mut refused = budget.try_withdraw(now).unwrap();
    refused.begin();
    refused.refund();
    assert_eq!(budget.balance(now), 59);
}

#[test]
fn the_place_in_flight_is_free_again_either_way() {
    let (budget, now) = (Budget::builder().in_flight(1, 0.0).build(), Instant::now());
    for begins in [true, false, true, false] {
        let mut only = budget.try_withdraw(now).unwrap();
        assert!(budget.try_withdraw(now).is_none());
        if begins {
            only.begin();
        }
    }
}

#[test]
fn a_call_that_never_left_earned_nothing() {
    let (budget, now) = (by_ratio(1.0, 0), Instant::now());
    for _ in 0..100 {
        budget.enter(now).void();
    }
    assert_eq!(budget.balance(now), 0);
    assert_eq!(budget.0.active.load(Ordering::Relaxed), 0);
}

#[test]
fn many_threads_get_exactly_what_there_is() {
    let (budget, now) = (by_ratio(0.3, 1), Instant::now());
    let start = Barrier::new(8);
    let granted: usize = thread::scope(|scope| {
        let work = || {
            start.wait();
            (0..1000).for_each(|_| drop(budget.enter(now)));
            start.wait();
            drain(&budget, now)
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(granted, 8 * 300 + 60);
}

#[test]
fn many_threads_never_hold_more_in_flight_than_allowed() {
    let budget = Budget::builder().ratio(1000.0).in_flight(5, 0.0).build();
    let now = Instant::now();
    drop(budget.enter(now));
    let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    let Some(withdrawal) = budget.try_withdraw(now) else { continue };
                    most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    held.fetch_sub(1, Ordering::SeqCst);
                    drop(withdrawal);
                }
            });
        }
    });
    assert!((1..=5).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    assert_eq!(budget.0.extra.load(Ordering::SeqCst), 0);
    assert_eq!(budget.balance(now), 1000 + 60, "every one was given back");
}
