use tokio::time::Instant;

use super::super::ticket::{Kind, Ticket, Vote};
use super::super::window::{Counts, Mark};
use super::row::Row;
use super::{Circuit, Event, Phase};
use crate::failure::Outcome;

/// Verdicts.
impl Circuit {
    /// A call has begun to answer, and its body is still under way. Returns what it may still say.
    ///
    /// Streams take a minute to end well and no time to be refused. If they counted at their ends only, a handful
    /// of refusals among a thousand streams that flow would look like a service that answers nobody.
    pub(in crate::circuit_breaker) fn begin(
        &mut self,
        ticket: Ticket,
        is_slow: bool,
        now: Instant,
    ) -> Option<Ticket> {
        let kind = match ticket.kind {
            Kind::Probe => self.prove(ticket, is_slow, now)?,
            Kind::Call if self.counts(ticket) && matches!(self.phase, Phase::Closed { .. }) => {
                let mark = self.window.add(false, is_slow, now);
                if is_slow {
                    let breach = self.window_breach(0, now);
                    self.open_on(breach, now);
                }
                Kind::Answered(mark)
            }
            // Its vote is not heeded, or has been cast.
            Kind::Call | Kind::Answered(_) | Kind::Proven => return Some(ticket),
        };
        self.answers += 1;
        self.answering += 1;
        Some(Ticket { kind, ..ticket })
    }

    fn prove(&mut self, ticket: Ticket, is_slow: bool, now: Instant) -> Option<Kind> {
        let goes_on = self.counts(ticket) && !is_slow;
        // One that has had its say before its end is over here.
        self.ended += u64::from(!goes_on);
        let vote = Vote { outcome: Outcome::Success, hint: None, is_slow, admitted: ticket.place.calls + 1 };
        self.conclude(ticket, vote, now);
        goes_on.then_some(Kind::Proven)
    }

    /// Takes the one vote of a call.
    pub(in crate::circuit_breaker) fn settle(&mut self, ticket: Ticket, vote: Vote, now: Instant) {
        self.ended += 1;
        if matches!(ticket.kind, Kind::Answered(_) | Kind::Proven) {
            self.answering -= 1;
        }
        self.conclude(ticket, vote, now);
    }

    fn conclude(&mut self, ticket: Ticket, vote: Vote, now: Instant) {
        let is_current = self.counts(ticket);
        // The success of a proven probe has been counted; only a bad end is news.
        if ticket.kind != Kind::Proven {
            self.totals.add(vote.outcome, is_current);
        }
        if is_current {
            self.row.ended(ticket.place);
            match ticket.kind {
                Kind::Call | Kind::Probe => self.vote(ticket, vote, now),
                Kind::Answered(mark) => self.correct(ticket, mark, vote, now),
                Kind::Proven if vote.is_bad() => self.vote(ticket, vote, now),
                Kind::Proven => {}
            }
        }
    }

    /// A call that has counted as good since it began to answer has ended.
    fn correct(&mut self, ticket: Ticket, mark: Mark, vote: Vote, now: Instant) {
        match vote.outcome {
            Outcome::Success => self.came_to_good_end(),
            // That it was slow is a fact, whoever left then.
            Outcome::Cancelled | Outcome::Neutral if mark.is_slow => {}
            Outcome::Cancelled | Outcome::Neutral => self.window.retract(mark, now),
            Outcome::Failure | Outcome::Throttled(_) => {
                self.window.retract(mark, now);
                self.vote(ticket, Vote { is_slow: mark.is_slow, ..vote }, now);
            }
        }
    }

    fn came_to_good_end(&mut self) {
        self.row = Row::default();
        self.asked = None;
    }

    /// A ticket votes in its own epoch. A proven probe also votes in the one after: if that is the closed
    /// circuit which it helped to bring about, its stream is one of the calls under way there, and if not, no
    /// vote is heeded anyway.
    fn counts(&self, ticket: Ticket) -> bool {
        let is_successor = ticket.kind == Kind::Proven && ticket.epoch + 1 == self.epoch;
        ticket.epoch == self.epoch || is_successor
    }

    fn vote(&mut self, ticket: Ticket, vote: Vote, now: Instant) {
        match self.phase {
            Phase::Closed { .. } => self.count(ticket, vote, now),
            Phase::HalfOpen { .. } => self.judge_probe(vote, now),
            // An open circuit admits nothing, and a disabled one heeds nothing.
            Phase::Open { .. } | Phase::Disabled => {}
        }
    }

    fn count(&mut self, ticket: Ticket, vote: Vote, now: Instant) {
        let is_failure = match vote.outcome {
            Outcome::Success => {
                self.came_to_good_end();
                false
            }
            Outcome::Failure => {
                self.row.failed(vote.admitted);
                self.asked = self.asked.max(self.not_before(vote.hint, now));
                true
            }
            Outcome::Throttled(hint) => match self.not_before(hint, now) {
                Some(until) => return self.cool(until, now),
                None => true,
            },
            Outcome::Cancelled if vote.is_slow => false,
            Outcome::Cancelled | Outcome::Neutral => return,
        };
        self.window.add(is_failure, vote.is_slow, now);
        // Only a bad call can open the circuit, so a good one does not pay for the sums.
        if is_failure || vote.is_slow {
            let better = self.better(ticket, vote.admitted);
            let breach = self.row_breach(better);
            let breach = breach.or_else(|| self.window_breach(better.saturating_sub(self.answering), now));
            self.open_on(breach, now);
        }
    }

    /// How many of the calls under way fare better than those of the row: they began to be answered while one of them
    /// waited, or they were begun before one of them, since the row began, and have outlived it.
    ///
    /// Who is refused knows it at once, and who is answered only after a while. Without this a crowd that comes to a
    /// provider which refuses every tenth call finds its circuit open before the first answer has begun, each time.
    fn better(&mut self, ticket: Ticket, admitted: u64) -> u64 {
        let own = u64::from(matches!(ticket.kind, Kind::Answered(_)));
        let begun = self.answers.saturating_sub(ticket.place.answers + own).min(self.answering);
        let outlived = self.row.outlived(ticket.place);
        self.row.weigh(begun.max(outlived), admitted.saturating_sub(self.ended))
    }

    fn open_on(&mut self, breach: Option<&'static str>, now: Instant) {
        if let Some(reason) = breach {
            self.open(reason, now);
        }
    }

    /// Failures are no row while more calls than those fare better.
    fn row_breach(&self, better: u64) -> Option<&'static str> {
        let failures = self.row.failures;
        (failures >= self.config.failures.max(1) && u64::from(failures) > better)
            .then_some("failures in a row")
    }

    /// Of `unknown` others it is not known yet how they go.
    fn window_breach(&mut self, unknown: u64, now: Instant) -> Option<&'static str> {
        let Counts { calls, failures, slow } = self.window.totals(now);
        if calls < u64::from(self.config.min_calls) {
            return None;
        }
        let share = |part: u64, calls: u64| part as f64 / calls as f64;
        if failures > 0 && share(failures, calls + unknown) >= self.config.rate {
            return Some("failure rate");
        }
        (slow > 0 && share(slow, calls) >= self.config.slow_rate).then_some("slow calls")
    }

    fn judge_probe(&mut self, vote: Vote, now: Instant) {
        let hint = match vote.outcome {
            Outcome::Success if !vote.is_slow => return self.probe_answered(now),
            Outcome::Neutral => return self.free_slot(),
            Outcome::Cancelled if !vote.is_slow && !self.is_lease_over(now) => return self.free_slot(),
            Outcome::Throttled(hint) => hint,
            Outcome::Success | Outcome::Failure | Outcome::Cancelled => vote.hint,
        };
        self.asked = self.asked.max(self.not_before(hint, now));
        self.open(if vote.is_slow { "slow probe" } else { "probe failed" }, now);
    }

    fn free_slot(&mut self) {
        if let Phase::HalfOpen { probe, .. } = &mut self.phase {
            *probe = None;
        }
    }

    fn probe_answered(&mut self, now: Instant) {
        self.free_slot();
        if let Phase::HalfOpen { answered, .. } = &mut self.phase {
            *answered += 1;
            if *answered >= self.config.probes_to_close {
                self.enter(Phase::Closed { since: Some(now) });
                self.event = Some(Event::Closed { reason: "probes answered" });
            }
        }
    }
}
