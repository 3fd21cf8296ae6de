//! The whole stack under random weather: thousands of calls at the same time, to providers that fail, stall, cut and
//! recover, from callers who go away, in time that is simulated and therefore costs nothing.
//!
//! Each seed is a world of its own. `SIMULATION_SEEDS` says how many there are (200 by default, some 10,000 for a
//! night), `SIMULATION_FIRST` with which to begin: the seed that a failure names is repeated alone with both.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod caller;
mod provider;
mod rng;
mod wire;
mod world;

use crate::world::{Plan, World};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[test]
fn whatever_happens_every_call_has_one_end_and_nothing_is_left_behind() {
    let (first, seeds) = (number("SIMULATION_FIRST", 0), number("SIMULATION_SEEDS", 200));
    let mut sum = caller::Ends::default();
    for seed in first..first + seeds {
        sum += World::run(seed, &Plan { calls: 60, ..Plan::default() });
    }
    println!("{seeds} worlds: {sum:?}");
    // A world in which everything fails, or nothing does, would prove little.
    assert!(seeds < 20 || sum.whole > 2 * sum.refused, "{sum:?}");
    assert!(seeds < 20 || [sum.refused, sum.broken, sum.cancelled].iter().all(|&count| count > 0), "{sum:?}");
}

#[test]
fn thousands_of_calls_at_once_have_one_end_each() {
    let plan = Plan { calls: 4000, ..Plan::default() };
    let ends = World::run(7, &plan);
    println!("{ends:?}");
    assert_eq!(ends.all(), 4000);
}

#[test]
fn in_an_outage_of_everybody_hardly_more_is_asked_than_callers_ask() {
    let plan = Plan { calls: 2000, is_outage: true, ..Plan::default() };
    let ends = World::run(11, &plan);
    assert_eq!(ends.whole, 0);
    assert!(ends.attempts <= 2000 * 12 / 10, "{} attempts for 2000 calls", ends.attempts);
}
