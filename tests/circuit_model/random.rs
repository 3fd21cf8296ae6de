//! Random histories, step by step the same in the circuit and in the model.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use tokio::time::{Instant, advance};
use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitHandle, Permit};
use tower_failover::failure::{Class, Failure, Outcome};

use crate::model::{self, Admitted, Model};
use crate::{HandOver, Lender, call, lender};

#[derive(Debug, Clone)]
enum Step {
    Admit,
    Answer(Index),
    End(Index, End),
    /// A call that begins and ends at once, so often.
    Calls(usize, End),
    Wait(u64),
    ForceOpen(u64),
    ForceClosed,
    Disable,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Drop,
    Settle(Outcome),
    /// A failure that says when to come back, in milliseconds.
    Hinted(u64),
}

fn end() -> impl Strategy<Value = End> {
    let millis = |range| proptest::option::of(range).prop_map(|hint| hint.map(Duration::from_millis));
    prop_oneof![
        2 => Just(End::Drop),
        5 => Just(End::Settle(Outcome::Success)),
        5 => Just(End::Settle(Outcome::Failure)),
        1 => Just(End::Settle(Outcome::Neutral)),
        1 => Just(End::Settle(Outcome::Cancelled)),
        2 => millis(0..400_000_u64).prop_map(|hint| End::Settle(Outcome::Throttled(hint))),
        1 => (0..400_000_u64).prop_map(End::Hinted),
    ]
}

fn wait() -> impl Strategy<Value = u64> {
    let week = 7 * 24 * 3600 * 1000;
    prop_oneof![
        6 => 0..2_500_u64,
        4 => 2_500..12_000_u64,
        2 => proptest::sample::select(vec![3_000, 5_000, 10_000, 20_000, 30_000, 60_000]),
        1 => 0..400_000_u64,
        1 => Just(week),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => Just(Step::Admit),
        6 => any::<Index>().prop_map(Step::Answer),
        12 => (any::<Index>(), end()).prop_map(|(index, end)| Step::End(index, end)),
        8 => (1..8_usize, end()).prop_map(|(count, end)| Step::Calls(count, end)),
        12 => wait().prop_map(Step::Wait),
        1 => (0..20_000_u64).prop_map(Step::ForceOpen),
        1 => Just(Step::ForceClosed),
        1 => Just(Step::Disable),
    ]
}

struct Pair {
    service: Lender,
    circuit: CircuitHandle,
    model: Model,
    calls: Vec<(Permit, Admitted)>,
}

impl Pair {
    fn new() -> Self {
        let layer = CircuitBreakerLayer::new(HandOver).with_config(model::config());
        let (service, circuit) = (lender(&layer), layer.handle());
        Self { service, circuit, model: Model::default(), calls: Vec::new() }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Admit => self.admit(),
            Step::Answer(index) => {
                if !self.calls.is_empty() {
                    let (permit, call) = index.get_mut(&mut self.calls);
                    permit.answered();
                    self.model.answered(call);
                }
            }
            Step::End(index, end) => {
                if !self.calls.is_empty() {
                    let index = index.index(self.calls.len());
                    self.end(index, end);
                }
            }
            Step::Calls(count, end) => {
                for _ in 0..count {
                    let before = self.calls.len();
                    self.admit();
                    if self.calls.len() > before {
                        self.end(before, end);
                    }
                    self.compare();
                }
            }
            Step::Wait(millis) => {
                advance(Duration::from_millis(millis)).await;
                self.model.now += millis;
            }
            Step::ForceOpen(millis) => {
                self.circuit.force_open(Duration::from_millis(millis));
                self.model.force_open(millis);
            }
            Step::ForceClosed => {
                self.circuit.force_closed();
                self.model.force_closed();
            }
            Step::Disable => {
                self.circuit.disable();
                self.model.disable();
            }
        }
    }

    fn admit(&mut self) {
        match (call(&mut self.service), self.model.admit()) {
            (Ok(permit), Ok(admitted)) => self.calls.push((permit, admitted)),
            (Err(refusal), Err(rest)) => assert_eq!(refusal.retry_after(), rest),
            (circuit, model) => panic!("circuit: {circuit:?}, model: {model:?}"),
        }
    }

    fn end(&mut self, index: usize, end: End) {
        let (permit, mut call) = self.calls.swap_remove(index);
        match end {
            End::Drop => {
                drop(permit);
                self.model.end(&mut call, Outcome::Cancelled, 0);
            }
            End::Settle(outcome) => {
                permit.settle(outcome);
                self.model.end(&mut call, outcome, 0);
            }
            End::Hinted(hint) => {
                let failure = Failure::new(Class::Overloaded).with_retry_after(Duration::from_millis(hint));
                permit.settle_failure(&failure);
                self.model.end(&mut call, Outcome::Failure, hint);
            }
        }
    }

    fn compare(&self) {
        let seen = self.circuit.snapshot();
        let model = &self.model;
        assert_eq!(self.circuit.availability(Instant::now()), model.availability());
        assert_eq!((self.circuit.state(), seen.state), (model.state(), model.state()));
        assert_eq!((seen.retry_after, seen.is_disabled), (model.rest(), model.is_disabled()));
        assert_eq!((seen.consecutive_failures, seen.doublings), (model.run(), model.doublings()));
        let counts = (seen.calls as usize, seen.failures as usize, seen.slow as usize);
        assert_eq!(counts, model.window());
        let totals = seen.totals;
        let settled =
            totals.successes + totals.failures + totals.throttled + totals.neutral + totals.cancelled;
        assert_eq!((totals.refused, totals.stale), (model.refused, model.stale));
        assert_eq!(settled + totals.stale, model.settled);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_circuit_does_what_the_model_does(steps in vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let mut pair = Pair::new();
            // The grid of the window begins with the first look.
            pair.compare();
            for step in steps {
                pair.take(step).await;
                pair.compare();
            }
        });
    }
}
