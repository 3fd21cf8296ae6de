mod row;
mod verdict;

use std::time::Duration;

use tokio::time::Instant;

use self::row::Row;
use super::backoff::Backoff;
use super::ticket::{Kind, Place, Ticket, Word};
use super::window::{Counts, Window};
use super::{CircuitConfig, CircuitTotals};
use crate::facts::Availability;

/// The circuit as a state machine: it is told what happens and when, and knows nothing of locks or clocks.
///
/// Every move begins a new *epoch*. A ticket carries the epoch that admitted its call and votes in no other.
#[derive(Debug)]
pub(super) struct Circuit {
    config: CircuitConfig,
    phase: Phase,
    epoch: u64,
    row: Row,
    /// Answers that ever began, and those under way now, of whatever epoch.
    answers: u64,
    answering: u64,
    /// Calls that have ended, however it was.
    ended: u64,
    window: Window,
    backoff: Backoff,
    /// The provider asked not to be called before this. Holds in every phase, and is never shortened.
    cooldown: Option<Instant>,
    /// When the failures since the last success asked us to come back. One failure alone stops nothing, so
    /// this holds only from the moment the circuit opens.
    asked: Option<Instant>,
    totals: CircuitTotals,
    event: Option<Event>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// `since` is when it last closed, if it ever was open.
    Closed {
        since: Option<Instant>,
    },
    Open {
        until: Instant,
    },
    /// `probe` is when the one now out began.
    HalfOpen {
        probe: Option<Instant>,
        answered: u32,
    },
    Disabled,
}

/// What is worth telling others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Opened { reason: &'static str, retry_after: Option<Duration> },
    Probing,
    Closed { reason: &'static str },
    Disabled,
    Cooling { retry_after: Option<Duration> },
}

/// Admission.
impl Circuit {
    pub(super) fn new(config: CircuitConfig) -> Self {
        Self {
            phase: Phase::Closed { since: None },
            epoch: 0,
            row: Row::default(),
            answers: 0,
            answering: 0,
            ended: 0,
            window: Window::new(config.window),
            backoff: Backoff::new(config.seed),
            cooldown: None,
            asked: None,
            totals: CircuitTotals::default(),
            event: None,
            config,
        }
    }

    /// Lets a call pass, or refuses it. `calls` have been admitted before it.
    pub(super) fn admit(&mut self, calls: u64, now: Instant) -> Option<Ticket> {
        self.settle_clock(now);
        let kind = match &mut self.phase {
            Phase::Disabled => Kind::Call,
            _ if self.cooldown.is_some() => return self.refuse(),
            Phase::Closed { .. } => Kind::Call,
            Phase::Open { until } if now < *until => return self.refuse(),
            Phase::Open { .. } => {
                self.enter(Phase::HalfOpen { probe: Some(now), answered: 0 });
                self.event = Some(Event::Probing);
                Kind::Probe
            }
            Phase::HalfOpen { probe: Some(_), .. } => return self.refuse(),
            Phase::HalfOpen { probe, .. } => {
                *probe = Some(now);
                Kind::Probe
            }
        };
        Some(Ticket { epoch: self.epoch, kind, place: Place { calls, answers: self.answers } })
    }

    /// Refuses a call that did not wait for the inner service to be ready.
    pub(super) fn turn_away(&mut self, now: Instant) {
        self.settle_clock(now);
        self.refuse();
    }

    fn refuse(&mut self) -> Option<Ticket> {
        self.totals.refused += 1;
        None
    }

    /// Does what the passing of time alone does: a cooldown is over, a probe's lease has run out.
    fn settle_clock(&mut self, now: Instant) {
        if self.cooldown.is_some_and(|until| until <= now) {
            self.cooldown = None;
        }
        if self.is_lease_over(now) {
            self.open("probe lease over", now);
        }
    }

    fn is_lease_over(&self, now: Instant) -> bool {
        match self.phase {
            Phase::HalfOpen { probe: Some(since), .. } => {
                now.saturating_duration_since(since) >= self.config.probe_lease
            }
            _ => false,
        }
    }
}

/// Moves.
impl Circuit {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.epoch += 1;
        self.row = Row::default();
        self.asked = None;
        self.window.clear();
    }

    fn open(&mut self, reason: &'static str, now: Instant) {
        if let Phase::Closed { since: Some(since) } = self.phase {
            self.backoff.decay(now.saturating_duration_since(since), self.config.window);
        }
        let until = after(now, self.backoff.next(&self.config));
        self.cooldown = self.cooldown.max(self.asked);
        self.open_until(until, reason, now);
    }

    fn open_until(&mut self, until: Instant, reason: &'static str, now: Instant) {
        self.enter(Phase::Open { until });
        self.event = Some(Event::Opened { reason, retry_after: self.remaining(now) });
    }

    fn cool(&mut self, until: Instant, now: Instant) {
        let was_cooling = self.cooldown.is_some_and(|until| until > now);
        self.cooldown = self.cooldown.max(Some(until));
        if !was_cooling {
            self.event = Some(Event::Cooling { retry_after: self.remaining(now) });
        }
    }

    /// The moment a hint means. A hint of nothing is none: Azure has been seen to send zero beside a real one.
    fn not_before(&self, hint: Option<Duration>, now: Instant) -> Option<Instant> {
        let hint = hint?.min(self.config.retry_after_cap);
        (!hint.is_zero()).then(|| after(now, hint))
    }

    pub(super) fn force_open(&mut self, time: Duration, now: Instant) {
        self.open_until(after(now, time), "by hand", now);
    }

    /// The open time is over now. What the provider asked for is not ours to shorten.
    pub(super) fn probe_now(&mut self, now: Instant) {
        if let Phase::Open { until } = &mut self.phase {
            *until = now.min(*until);
        }
    }

    pub(super) fn force_closed(&mut self) {
        self.forget();
        self.enter(Phase::Closed { since: None });
        self.event = Some(Event::Closed { reason: "by hand" });
    }

    pub(super) fn disable(&mut self) {
        self.forget();
        self.enter(Phase::Disabled);
        self.event = Some(Event::Disabled);
    }

    fn forget(&mut self) {
        self.cooldown = None;
        self.backoff.reset();
    }
}

/// Views.
impl Circuit {
    pub(super) fn availability(&self, now: Instant) -> Availability {
        if let Some(remaining) = self.remaining(now) {
            return Availability::Down(Some(remaining));
        }
        match self.phase {
            Phase::Closed { .. } | Phase::Disabled => Availability::Up,
            Phase::Open { .. } | Phase::HalfOpen { probe: None, .. } => Availability::Probation,
            // The next call ends the probe whose lease is over, so it is worth making.
            Phase::HalfOpen { .. } if self.is_lease_over(now) => Availability::Probation,
            Phase::HalfOpen { .. } => Availability::Down(None),
        }
    }

    /// Will a call be refused, so that the inner service need not be ready for it?
    pub(super) fn is_shut(&self, now: Instant) -> bool {
        matches!(self.availability(now), Availability::Down(_)) || self.is_lease_over(now)
    }

    /// How long calls will be refused, as far as that is known.
    pub(super) fn remaining(&self, now: Instant) -> Option<Duration> {
        let open = match self.phase {
            Phase::Open { until } => Some(until),
            Phase::Closed { .. } | Phase::HalfOpen { .. } | Phase::Disabled => None,
        };
        let until = self.cooldown.max(open)?;
        Some(until.saturating_duration_since(now)).filter(|rest| !rest.is_zero())
    }

    pub(super) fn word(&self) -> Word {
        let state = match self.phase {
            Phase::Closed { .. } => Word::CLOSED,
            Phase::Open { .. } => Word::OPEN,
            Phase::HalfOpen { .. } => Word::HALF_OPEN,
            Phase::Disabled => Word::DISABLED,
        };
        Word::new(self.epoch, state, self.cooldown.is_some())
    }

    pub(super) fn counts_in_window(&mut self, now: Instant) -> Counts {
        self.window.totals(now)
    }

    pub(super) const fn answers(&self) -> u64 {
        self.answers
    }

    /// Failures since a call last came to a good end.
    pub(super) const fn run(&self) -> u32 {
        self.row.failures
    }

    pub(super) const fn doublings(&self) -> u32 {
        self.backoff.doublings()
    }

    pub(super) const fn totals(&self) -> CircuitTotals {
        self.totals
    }

    pub(super) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }
}

/// `now + time`, also where that is further than the clock can tell.
fn after(now: Instant, time: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    now.checked_add(time.min(100 * YEAR)).unwrap_or(now)
}
