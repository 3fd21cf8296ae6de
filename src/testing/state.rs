//! What a fake provider is set to do, and what it has seen.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::wire::mix;
use super::{Fault, RecordedReply, SeenRequest, Stats};

/// What the next request meets.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Fault(Fault),
    Reply(RecordedReply),
}

#[derive(Debug)]
pub(super) struct State {
    plan: Mutex<Plan>,
    stats: watch::Sender<Stats>,
}

#[derive(Debug)]
struct Plan {
    script: VecDeque<Step>,
    standing: Fault,
    share: f64,
    seed: u64,
    drawn: u64,
    seen: Vec<SeenRequest>,
}

impl State {
    /// How many requests are kept; all are counted.
    pub(super) const KEPT: usize = 1024;

    pub(super) fn new() -> Self {
        let plan = Plan {
            script: VecDeque::new(),
            standing: Fault::None,
            share: 1.0,
            seed: 0,
            drawn: 0,
            seen: Vec::new(),
        };
        Self { plan: Mutex::new(plan), stats: watch::Sender::default() }
    }

    pub(super) fn append(&self, steps: impl IntoIterator<Item = Step>) {
        self.lock().script.extend(steps);
    }

    pub(super) fn stand(&self, fault: Fault, share: f64, seed: u64) {
        let mut plan = self.lock();
        plan.standing = fault;
        plan.share = share;
        plan.seed = seed;
        plan.drawn = 0;
    }

    pub(super) fn heal(&self) {
        self.lock().script.clear();
        self.stand(Fault::None, 1.0, 0);
    }

    /// Are connections refused as they come in?
    pub(super) fn refuses(&self) -> bool {
        let plan = self.lock();
        plan.script.is_empty() && plan.standing == Fault::Refuse && plan.share >= 1.0
    }

    /// Notes a request, and says which number it has and what it meets.
    pub(super) fn arrive(self: &Arc<Self>, request: SeenRequest) -> (u64, Step, Ticket) {
        let step = {
            let mut plan = self.lock();
            if plan.seen.len() < Self::KEPT {
                plan.seen.push(request);
            }
            plan.next_step()
        };
        let is_fault = !matches!(step, Step::Fault(Fault::None) | Step::Reply(_));
        self.count(|stats| {
            stats.requests += 1;
            stats.faults += u64::from(is_fault);
        });
        (self.stats().requests, step, Ticket(Some(Arc::clone(self))))
    }

    pub(super) fn seen(&self) -> Vec<SeenRequest> {
        self.lock().seen.clone()
    }

    pub(super) fn stats(&self) -> Stats {
        *self.stats.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Stats> {
        self.stats.subscribe()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Stats)) {
        self.stats.send_modify(change);
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        // Every change of a plan is whole when the lock is released.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn next_step(&mut self) -> Step {
        if let Some(step) = self.script.pop_front() {
            return step;
        }
        self.drawn += 1;
        // 53 bits are what a float holds exactly.
        let draw = (mix(self.seed ^ mix(self.drawn)) >> 11) as f64 / (1_u64 << 53) as f64;
        Step::Fault(if draw < self.share { self.standing.clone() } else { Fault::None })
    }
}

/// Follows one request to its end: dropped unfinished, its caller went away.
#[derive(Debug)]
pub(super) struct Ticket(Option<Arc<State>>);

impl Ticket {
    pub(super) fn finish(mut self) {
        if let Some(state) = self.0.take() {
            state.count(|stats| stats.finished += 1);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(state) = self.0.take() {
            state.count(|stats| stats.cancelled += 1);
        }
    }
}
