use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::facts::Availability;
use crate::failure::Class;

/// The longest cooldown.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// How long a probe may say nothing.
pub(super) const LEASE: Duration = Duration::from_secs(60);
/// So many members have to find a host unreachable, one after the other.
const MEMBERS: usize = 3;
/// And then it is left alone for this long: a host that is back must be seen soon.
const UNREACHABLE: Duration = Duration::from_secs(10);

/// A cooldown as a state machine: it is told what happens and when, and knows nothing of locks or clocks.
///
/// Every move begins a new *epoch*, and a ticket speaks in the epoch that admitted its call.
#[derive(Debug, Default)]
pub(super) struct State {
    phase: Phase,
    epoch: u64,
    /// Who could not reach the host since it last answered; fewer than [`MEMBERS`].
    unreachable: Vec<Arc<str>>,
    event: Option<Event>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    #[default]
    Up,
    /// When the time is over, the next call is a probe.
    Cooling { until: Instant },
    /// A probe is out since then.
    Probing { since: Instant },
}

/// The right of one call to say how it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    epoch: u64,
    pub(super) is_probe: bool,
}

/// What a call says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict<'a> {
    Well,
    Cool { time: Duration, class: Class },
    Unreachable { member: &'a Arc<str> },
    Nothing,
}

/// What is worth telling others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Began {
        class: Class,
        time: Duration,
    },
    /// A probe has found that it is no better.
    WentOn {
        class: Class,
        time: Duration,
    },
    Over,
}

/// What a thread may know without the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    const DOWN: u64 = 1;
    const COUNTING: u64 = 2;
    const EPOCH_SHIFT: u32 = 2;

    /// The ticket of a call that needs to ask nobody.
    pub(super) const fn passing(self) -> Option<Ticket> {
        let ticket = Ticket { epoch: self.0 >> Self::EPOCH_SHIFT, is_probe: false };
        if self.0 & Self::DOWN == 0 { Some(ticket) } else { None }
    }

    /// Is there nothing that an answer could mend?
    pub(super) const fn is_at_rest(self) -> bool {
        self.0 & (Self::DOWN | Self::COUNTING) == 0
    }
}

impl State {
    /// Lets a call pass, or says for how long it is refused, as far as that is known.
    pub(super) fn admit(&mut self, now: Instant) -> Result<Ticket, Option<Duration>> {
        match self.availability(now) {
            Availability::Up => Ok(Ticket { epoch: self.epoch, is_probe: false }),
            Availability::Down(remaining) => Err(remaining),
            _ => {
                self.enter(Phase::Probing { since: now });
                Ok(Ticket { epoch: self.epoch, is_probe: true })
            }
        }
    }

    /// Takes what a call has to say.
    pub(super) fn settle(&mut self, ticket: Ticket, verdict: Verdict<'_>, now: Instant) {
        match self.phase {
            Phase::Probing { .. } if ticket.is_probe && ticket.epoch == self.epoch => {
                self.judge_probe(verdict, now);
            }
            Phase::Up if ticket.epoch == self.epoch => self.hear(verdict, now),
            // It had left before the cooldown began, and knows of a later moment.
            Phase::Cooling { until } if ticket.epoch + 1 == self.epoch => {
                if let Verdict::Cool { time, .. } = verdict {
                    self.phase = Phase::Cooling { until: until.max(after(now, time)) };
                }
            }
            _ => {}
        }
    }

    fn hear(&mut self, verdict: Verdict<'_>, now: Instant) {
        match verdict {
            Verdict::Well => self.unreachable.clear(),
            Verdict::Cool { time, class } => self.cool(time, class, now),
            Verdict::Unreachable { member } => {
                if !self.unreachable.contains(member) {
                    self.unreachable.push(Arc::clone(member));
                }
                if self.unreachable.len() >= MEMBERS {
                    self.cool(UNREACHABLE, Class::Connect, now);
                }
            }
            Verdict::Nothing => {}
        }
    }

    fn judge_probe(&mut self, verdict: Verdict<'_>, now: Instant) {
        let (class, time) = match verdict {
            Verdict::Well => {
                self.enter(Phase::Up);
                self.event = Some(Event::Over);
                return;
            }
            // The place is free, and the next call may try.
            Verdict::Nothing => {
                self.phase = Phase::Cooling { until: now };
                return;
            }
            Verdict::Cool { time, class } => (class, time.min(LONGEST)),
            Verdict::Unreachable { .. } => (Class::Connect, UNREACHABLE),
        };
        self.enter(Phase::Cooling { until: after(now, time) });
        self.event = Some(Event::WentOn { class, time });
    }

    /// Cools from now on; what cools already is not shortened.
    pub(super) fn cool(&mut self, time: Duration, class: Class, now: Instant) {
        let time = time.min(LONGEST);
        if let Phase::Cooling { until } = self.phase {
            self.phase = Phase::Cooling { until: until.max(after(now, time)) };
            return;
        }
        self.enter(Phase::Cooling { until: after(now, time) });
        self.event = Some(Event::Began { class, time });
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        if !matches!(self.phase, Phase::Up) {
            self.event = Some(Event::Over);
        }
        self.enter(Phase::Up);
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.epoch += 1;
        self.unreachable.clear();
    }

    pub(super) fn availability(&self, now: Instant) -> Availability {
        match self.phase {
            Phase::Up => Availability::Up,
            Phase::Cooling { until } if now < until => Availability::Down(Some(until - now)),
            Phase::Probing { since } if now.saturating_duration_since(since) < LEASE => {
                Availability::Down(None)
            }
            Phase::Cooling { .. } | Phase::Probing { .. } => Availability::Probation,
        }
    }

    /// When calls pass again, where that is known.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        match self.phase {
            Phase::Cooling { until } if now < until => Some(until),
            _ => None,
        }
    }

    pub(super) fn word(&self) -> Word {
        let down = if matches!(self.phase, Phase::Up) { 0 } else { Word::DOWN };
        let counting = if self.unreachable.is_empty() { 0 } else { Word::COUNTING };
        Word(self.epoch << Word::EPOCH_SHIFT | counting | down)
    }

    pub(super) fn take_event(&mut self) -> Option<Event> {
        self.event.take()
    }
}

/// `time` is bounded, so that only a clock at its very end could overflow.
fn after(now: Instant, time: Duration) -> Instant {
    now.checked_add(time.min(LONGEST)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
