//! The budget, under every order in which two threads can meet at it.

use loom::thread;
use tokio::time::Instant;

use super::Budget;

/// One retry in flight, and two by the ratio.
fn scarce() -> Budget {
    Budget::builder().ratio(2.0).reserve(0).in_flight(1, 0.0).build()
}

#[test]
fn two_threads_never_have_more_retries_in_flight_than_the_limit() {
    loom::model(|| {
        let (budget, now) = (scarce(), Instant::now());
        let call = budget.enter(now);
        let other = thread::spawn({
            let budget = budget.clone();
            move || budget.try_withdraw(now)
        });
        let granted = [budget.try_withdraw(now), other.join().expect("the other thread")];
        assert_eq!(granted.iter().flatten().count(), 1);
        drop(granted);
        assert!(budget.try_withdraw(now).is_some(), "its place is free again");
        drop(call);
    });
}

#[test]
fn what_is_given_back_and_what_is_spent_is_exact() {
    loom::model(|| {
        let (budget, now) = (scarce(), Instant::now());
        let call = budget.enter(now);
        let spend = move |budget: &Budget| {
            budget.try_withdraw(now).is_some_and(|mut withdrawal| {
                withdrawal.begin();
                true
            })
        };
        let other = thread::spawn({
            let budget = budget.clone();
            move || spend(&budget)
        });
        // Granted or not, it is given back.
        drop(budget.try_withdraw(now));
        let spent = other.join().expect("the other thread");
        assert_eq!(budget.balance(now), 2 - u64::from(spent));
        drop(call);
    });
}
