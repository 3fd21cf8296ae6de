//! What a circuit is, written for reading: it keeps every vote ever cast and counts them anew each time.
//! Times are milliseconds since the start.

use std::time::Duration;

use tower_failover::circuit_breaker::{CircuitConfig, CircuitState};
use tower_failover::facts::Availability;
use tower_failover::failure::Outcome;

pub(crate) const FAILURES: u32 = 5;
pub(crate) const MIN_CALLS: usize = 10;
pub(crate) const BUCKET: u64 = 3_000;
pub(crate) const WINDOW: u64 = 10 * BUCKET;
pub(crate) const OPEN: u64 = 5_000;
pub(crate) const CAP: u64 = 30_000;
pub(crate) const HINT_CAP: u64 = 300_000;
pub(crate) const SLOW_AFTER: u64 = 2_000;
pub(crate) const PROBES: u32 = 2;
pub(crate) const LEASE: u64 = 60_000;

pub(crate) fn config() -> CircuitConfig {
    CircuitConfig::default().jitter(0.0).slow_after(Duration::from_millis(SLOW_AFTER))
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) now: u64,
    phase: Phase,
    era: u32,
    votes: Vec<Cast>,
    /// Calls that have begun to answer and have not ended, and how many there ever were.
    answering: u32,
    begun: u64,
    /// Calls that were admitted, and of the row of failures: how many had been when it began, and how many of those
    /// that came later have ended.
    admitted: u64,
    row: Option<u64>,
    ended: u64,
    /// The most that ever fared better than one of the row; and how many have ended at all.
    better: u64,
    all_ended: u64,
    cooldown: u64,
    asked: u64,
    closed_at: Option<u64>,
    doublings: u32,
    pub(crate) refused: u64,
    pub(crate) stale: u64,
    pub(crate) settled: u64,
}

#[derive(Debug, Default, PartialEq, Clone, Copy)]
enum Phase {
    #[default]
    Closed,
    Open(u64),
    HalfOpen,
    HalfOpenWith(u64),
    Disabled,
}

/// What a call said, in the order of saying.
#[derive(Debug)]
struct Cast {
    era: u32,
    at: u64,
    kind: What,
    slow: bool,
}

#[derive(Debug, PartialEq, Clone, Copy)]
enum What {
    Good,
    /// It has begun to answer; the number tells it from others.
    Begun(u64),
    /// One that had begun has come to a good end.
    Done,
    Bad,
    /// Throttled: bad for the rate, nothing for the run.
    Throttled,
    /// Given up after the slow threshold: a call, and a slow one.
    GivenUp,
    ProbeAnswered,
}

/// What the model knows of one admitted call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admitted {
    era: u32,
    since: u64,
    probe: bool,
    /// How many had been admitted, and how many answers had begun.
    calls: u64,
    answers: u64,
    has_begun: bool,
    /// It counts as a good one, under this number.
    answered: Option<u64>,
    proven: bool,
    spent: bool,
}

impl Model {
    pub(crate) fn state(&self) -> CircuitState {
        match self.phase {
            Phase::Closed | Phase::Disabled => CircuitState::Closed,
            Phase::Open(_) => CircuitState::Open,
            Phase::HalfOpen | Phase::HalfOpenWith(_) => CircuitState::HalfOpen,
        }
    }

    pub(crate) fn rest(&self) -> Option<Duration> {
        let open = if let Phase::Open(until) = self.phase { until } else { 0 };
        let until = self.cooldown.max(open);
        (until > self.now).then(|| Duration::from_millis(until - self.now))
    }

    pub(crate) fn availability(&self) -> Availability {
        match (self.rest(), self.phase) {
            (Some(rest), _) => Availability::Down(Some(rest)),
            (None, Phase::Closed | Phase::Disabled) => Availability::Up,
            (None, Phase::HalfOpenWith(since)) if self.now < since + LEASE => Availability::Down(None),
            (None, _) => Availability::Probation,
        }
    }

    /// Calls, failures and slow ones in the window.
    pub(crate) fn window(&self) -> (usize, usize, usize) {
        let newest = self.now / BUCKET;
        let recent = |cast: &&Cast| {
            cast.era == self.era
                && cast.at / BUCKET + 10 > newest
                && !matches!(cast.kind, What::ProbeAnswered | What::Done)
        };
        let votes = || self.votes.iter().filter(recent);
        let failed = votes().filter(|cast| matches!(cast.kind, What::Bad | What::Throttled)).count();
        (votes().count(), failed, votes().filter(|cast| cast.slow).count())
    }

    /// Failures since the last success of this era.
    pub(crate) fn run(&self) -> u32 {
        let this_era = self.votes.iter().rev().take_while(|cast| cast.era == self.era);
        let since_success = this_era.take_while(|cast| !matches!(cast.kind, What::Good | What::Done));
        since_success.filter(|cast| cast.kind == What::Bad).count() as u32
    }

    pub(crate) fn admit(&mut self) -> Result<Admitted, Option<Duration>> {
        if let Phase::HalfOpenWith(since) = self.phase {
            if self.now >= since + LEASE {
                self.open();
            }
        }
        if matches!(self.availability(), Availability::Down(_)) {
            self.refused += 1;
            return Err(self.rest());
        }
        let probe = self.state() != CircuitState::Closed;
        if let Phase::Open(_) = self.phase {
            self.enter(Phase::HalfOpen);
        }
        if probe {
            self.phase = Phase::HalfOpenWith(self.now);
        }
        let call = Admitted {
            era: self.era,
            since: self.now,
            probe,
            calls: self.admitted,
            answers: self.begun,
            has_begun: false,
            answered: None,
            proven: false,
            spent: false,
        };
        self.admitted += 1;
        Ok(call)
    }

    fn is_slow(&self, call: &Admitted) -> bool {
        !call.has_begun && self.now - call.since > SLOW_AFTER
    }

    pub(crate) fn answered(&mut self, call: &mut Admitted) {
        if call.spent || call.proven || call.answered.is_some() {
            return;
        }
        let (slow, current) = (self.is_slow(call), call.era == self.era);
        call.has_begun = true;
        if call.probe {
            self.settle(&mut { *call }, Outcome::Success, 0, slow);
            call.proven = current && !slow;
            call.spent = !call.proven;
            self.begun += u64::from(call.proven);
            self.all_ended -= u64::from(call.proven);
            self.answering += u32::from(call.proven);
        } else if current && self.phase == Phase::Closed {
            self.begun += 1;
            self.votes.push(Cast { era: self.era, at: self.now, kind: What::Begun(self.begun), slow });
            call.answered = Some(self.begun);
            // It says nothing of a row.
            self.open_if(slow, None, 0);
            self.answering += 1;
        }
    }

    pub(crate) fn end(&mut self, call: &mut Admitted, outcome: Outcome, hint: u64) {
        if !call.spent {
            let slow = self.is_slow(call);
            self.settle(call, outcome, hint, slow);
            call.spent = true;
        }
    }

    fn settle(&mut self, call: &mut Admitted, outcome: Outcome, hint: u64, slow: bool) {
        let current = call.era == self.era;
        self.all_ended += 1;
        let bad = matches!(outcome, Outcome::Failure | Outcome::Throttled(_));
        if call.proven {
            self.answering -= 1;
            let closed_since = call.era + 1 == self.era && self.phase == Phase::Closed;
            if current || closed_since {
                self.has_ended(call);
                if bad {
                    self.vote(call, outcome, hint, false);
                }
            }
            return;
        }
        self.settled += 1;
        self.stale += u64::from(!current);
        if current {
            self.has_ended(call);
        }
        let Some(number) = call.answered else {
            if current {
                self.vote(call, outcome, hint, slow);
            }
            return;
        };
        self.answering -= 1;
        let begun =
            self.votes.iter().position(|cast| cast.kind == What::Begun(number)).expect("it has begun");
        let slow = self.votes[begun].slow;
        if current && outcome == Outcome::Success {
            self.votes.push(Cast { era: self.era, at: self.now, kind: What::Done, slow: false });
            self.asked = 0;
            self.no_row();
        } else if bad || !slow {
            self.votes.remove(begun);
            if current && bad {
                self.vote(call, outcome, hint, slow);
            }
        }
    }

    fn no_row(&mut self) {
        self.row = None;
        self.better = 0;
    }

    fn has_ended(&mut self, call: &Admitted) {
        self.ended += u64::from(self.row.is_some_and(|row| call.calls >= row));
    }

    fn vote(&mut self, call: &Admitted, outcome: Outcome, hint: u64, slow: bool) {
        let throttle = if let Outcome::Throttled(Some(hint)) = outcome { hint.as_millis() as u64 } else { 0 };
        let asked = match hint.max(throttle).min(HINT_CAP) {
            0 => 0,
            hint => self.now + hint,
        };
        match self.phase {
            Phase::Closed => self.vote_closed(call, outcome, asked, slow),
            Phase::HalfOpen | Phase::HalfOpenWith(_) => self.vote_half_open(outcome, asked, slow),
            Phase::Open(_) | Phase::Disabled => {}
        }
    }

    fn vote_closed(&mut self, call: &Admitted, outcome: Outcome, asked: u64, slow: bool) {
        let kind = match outcome {
            Outcome::Success => What::Good,
            Outcome::Failure => What::Bad,
            Outcome::Throttled(_) if asked > 0 => {
                self.cooldown = self.cooldown.max(asked);
                return;
            }
            Outcome::Throttled(_) => What::Throttled,
            Outcome::Cancelled if slow => What::GivenUp,
            _ => return,
        };
        self.votes.push(Cast { era: self.era, at: self.now, kind, slow });
        match kind {
            What::Good => {
                self.asked = 0;
                self.no_row();
            }
            What::Bad => {
                self.asked = self.asked.max(asked);
                if self.row.is_none() {
                    self.row = Some(self.admitted);
                    self.ended = 0;
                }
            }
            _ => {}
        }
        let own = u64::from(call.answered.is_some());
        let begun = (self.begun - call.answers - own).min(self.answering.into());
        let before = self.row.map_or(0, |row| call.calls.saturating_sub(row));
        let outlived = before.saturating_sub(self.ended.saturating_sub(1));
        let is_bad = slow || matches!(kind, What::Bad | What::Throttled);
        if is_bad {
            self.better = self.better.max(begun).max(outlived);
        }
        let better = self.better.min(self.admitted - self.all_ended);
        self.open_if(is_bad, Some(better), better.saturating_sub(self.answering.into()));
    }

    /// `better` fare better than the failed, and of `unknown` of them nothing is known.
    fn open_if(&mut self, is_bad: bool, better: Option<u64>, unknown: u64) {
        let (calls, failed, slow_calls) = self.window();
        let enough = calls >= MIN_CALLS;
        let by_rate = enough && (2 * failed >= calls + unknown as usize || 10 * slow_calls >= 8 * calls);
        let by_row = better.is_some_and(|better| self.run() >= FAILURES && u64::from(self.run()) > better);
        if is_bad && (by_row || by_rate) {
            self.open();
        }
    }

    fn vote_half_open(&mut self, outcome: Outcome, asked: u64, slow: bool) {
        let late = matches!(self.phase, Phase::HalfOpenWith(since) if self.now >= since + LEASE);
        match outcome {
            Outcome::Neutral => self.phase = Phase::HalfOpen,
            Outcome::Cancelled if !slow && !late => self.phase = Phase::HalfOpen,
            Outcome::Success if !slow => {
                self.phase = Phase::HalfOpen;
                self.votes.push(Cast { era: self.era, at: self.now, kind: What::ProbeAnswered, slow });
                let answered = self.votes.iter().filter(|cast| cast.era == self.era).count();
                if answered as u32 >= PROBES {
                    self.enter(Phase::Closed);
                    self.closed_at = Some(self.now);
                }
            }
            _ => {
                self.asked = self.asked.max(asked);
                self.open();
            }
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.era += 1;
        self.asked = 0;
        self.no_row();
    }

    fn open(&mut self) {
        if self.phase == Phase::Closed {
            if let Some(closed_at) = self.closed_at {
                let windows = (self.now - closed_at) / WINDOW;
                self.doublings = self.doublings.saturating_sub(windows as u32);
            }
        }
        let time = OPEN << self.doublings;
        self.doublings += u32::from(time < CAP);
        self.cooldown = self.cooldown.max(self.asked);
        self.enter(Phase::Open(self.now + time.min(CAP)));
    }

    pub(crate) fn force_open(&mut self, time: u64) {
        self.enter(Phase::Open(self.now + time));
    }

    pub(crate) fn force_closed(&mut self) {
        self.calm();
        self.enter(Phase::Closed);
    }

    pub(crate) fn disable(&mut self) {
        self.calm();
        self.enter(Phase::Disabled);
    }

    fn calm(&mut self) {
        self.cooldown = 0;
        self.doublings = 0;
        self.closed_at = None;
    }

    pub(crate) fn doublings(&self) -> u32 {
        self.doublings
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.phase == Phase::Disabled
    }
}
