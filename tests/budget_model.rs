//! The retry budget against a model that keeps every event and its time, and is too simple to be wrong.
#![allow(missing_docs)]

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokio::time::Instant;
use tower_failover::retry_budget::{ActiveCall, Budget, Withdrawal};

/// The reserve of a window: one retry a second.
const RESERVE: i64 = 60_000;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Enter,
    Withdraw,
    Begin(usize),
    /// Ends a retry: spent if it had begun, given back if not.
    EndRetry(usize),
    Refund(usize),
    EndCall(usize),
    Void(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => prop_oneof![0..2_000_u64, 5_000..7_000_u64, 50_000..70_000_u64].prop_map(Step::Wait),
        6 => Just(Step::Enter),
        8 => Just(Step::Withdraw),
        6 => any::<usize>().prop_map(Step::Begin),
        5 => any::<usize>().prop_map(Step::EndRetry),
        1 => any::<usize>().prop_map(Step::Refund),
        2 => any::<usize>().prop_map(Step::EndCall),
        1 => any::<usize>().prop_map(Step::Void),
    ]
}

struct Entry {
    millis: u64,
    amount: i64,
}

/// All entries ever made; an entry that is taken back is worth nothing.
#[derive(Default)]
struct Model {
    first: Option<u64>,
    entries: Vec<Entry>,
    active: usize,
    extra: usize,
}

impl Model {
    fn add(&mut self, millis: u64, amount: i64) -> usize {
        self.entries.push(Entry { millis, amount });
        self.entries.len() - 1
    }

    /// The sum of the ten buckets of six seconds that end with the present one.
    fn sum(&mut self, now: u64) -> i64 {
        let first = *self.first.get_or_insert(now);
        let bucket = |millis: u64| (millis - first) / 6_000;
        let is_fresh = |entry: &&Entry| bucket(now) - bucket(entry.millis) < 10;
        self.entries.iter().filter(is_fresh).map(|entry| entry.amount).sum()
    }

    fn grants(&mut self, now: u64, floor: usize) -> bool {
        self.sum(now) + RESERVE >= 1000 && self.extra < floor.max(self.active / 5)
    }
}

/// The budget, the model, and what is under way in both.
struct Pair {
    budget: Budget,
    floor: usize,
    deposit: i64,
    model: Model,
    start: Instant,
    millis: u64,
    calls: Vec<(ActiveCall, usize)>,
    retries: Vec<(Withdrawal, usize, bool)>,
}

impl Pair {
    fn new(thousandths: u32, floor: usize) -> Self {
        let ratio = f64::from(thousandths) / 1000.0;
        Self {
            budget: Budget::builder().ratio(ratio).in_flight(floor, 0.2).build(),
            floor,
            deposit: i64::from(thousandths),
            model: Model::default(),
            start: Instant::now(),
            millis: 0,
            calls: Vec::new(),
            retries: Vec::new(),
        }
    }

    fn now(&self) -> Instant {
        self.start + Duration::from_millis(self.millis)
    }

    fn withdraw(&mut self) -> Result<(), TestCaseError> {
        let expected = self.model.grants(self.millis, self.floor);
        let granted = self.budget.try_withdraw(self.now());
        prop_assert_eq!(granted.is_some(), expected);
        if let Some(withdrawal) = granted {
            self.model.extra += 1;
            let entry = self.model.add(self.millis, -1000);
            self.retries.push((withdrawal, entry, false));
        }
        Ok(())
    }

    fn end_retry(&mut self, index: usize, refund: bool) {
        let (withdrawal, entry, has_begun) = self.retries.swap_remove(index);
        if refund {
            withdrawal.refund();
        } else {
            drop(withdrawal);
        }
        if refund || !has_begun {
            self.model.entries[entry].amount = 0;
        }
        self.model.extra -= 1;
    }

    fn end_call(&mut self, index: usize, void: bool) {
        let (call, entry) = self.calls.swap_remove(index);
        if void {
            call.void();
            self.model.entries[entry].amount = 0;
        } else {
            drop(call);
        }
        self.model.active -= 1;
    }

    fn apply(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let (calls, retries) = (self.calls.len(), self.retries.len());
        match *step {
            Step::Wait(millis) => self.millis += millis,
            Step::Enter => {
                self.model.sum(self.millis);
                let entry = self.model.add(self.millis, self.deposit);
                self.model.active += 1;
                self.calls.push((self.budget.enter(self.now()), entry));
            }
            Step::Withdraw => self.withdraw()?,
            Step::Begin(index) if retries > 0 => {
                let (withdrawal, _, has_begun) = &mut self.retries[index % retries];
                withdrawal.begin();
                *has_begun = true;
            }
            Step::EndRetry(index) if retries > 0 => self.end_retry(index % retries, false),
            Step::Refund(index) if retries > 0 => self.end_retry(index % retries, true),
            Step::EndCall(index) if calls > 0 => self.end_call(index % calls, false),
            Step::Void(index) if calls > 0 => self.end_call(index % calls, true),
            _ => {}
        }
        let expected = ((self.model.sum(self.millis) + RESERVE) / 1000).max(0);
        prop_assert_eq!(self.budget.balance(self.now()), expected as u64);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_budget_agrees_with_the_model(
        thousandths in prop_oneof![Just(0_u32), Just(200), Just(333), 0..3000_u32],
        floor in prop_oneof![Just(3_usize), Just(1000)],
        steps in vec(step(), 1..400),
    ) {
        let mut pair = Pair::new(thousandths, floor);
        for step in &steps {
            pair.apply(step)?;
        }
    }
}

/// What the rule means to an operator: whatever happens, never more than this.
#[test]
fn in_no_minute_are_there_more_retries_than_a_fifth_and_the_reserve() {
    let (budget, start) = (Budget::default(), Instant::now());
    let mut retries = 0;
    for call in 0..6_000_u32 {
        let now = start + Duration::from_millis(10) * call;
        let active = budget.enter(now);
        // Every call fails, and is repeated as often as it may.
        for _ in 0..2 {
            retries += budget.try_withdraw(now).map_or(0, |mut retry| {
                retry.begin();
                1
            });
        }
        drop(active);
    }
    assert_eq!(retries, 6_000 / 5 + 60);
}
