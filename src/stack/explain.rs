//! Who would serve, and why not the others.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::{ClassStack, MemberStack, Stack};
use crate::circuit_breaker::CircuitState;
use crate::dialect::{AnyDialect, Dialect, Invalid};
use crate::facts::{Availability, Losses, Vitals};
use crate::failure::Failure;
use crate::health_routing::Standing;

/// One class at one moment: who would serve a call that comes now, and why not the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The class.
    pub class: String,
    /// Who would be asked first: `provider/model`. `None` if nobody would, since all are down.
    pub serves: Option<String>,
    /// How many conversations stay with the member that served them.
    pub pinned_conversations: usize,
    /// Its members, as declared.
    pub members: Vec<MemberExplanation>,
}

/// One member of a class at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemberExplanation {
    /// `provider/model`.
    pub member: String,
    /// When a call would get to it: 1 for the first to be asked. `None` for who would not be asked.
    pub turn: Option<usize>,
    /// `"up"`, `"ramping"`, `"probation"`, `"unsteady"`, `"silent"`, `"exhausted"`, `"down"` or `"excluded"`.
    pub state: &'static str,
    /// Why it is not the first to be asked, or not for every call.
    pub why: Option<String>,
    /// When that may be over, in milliseconds, where it is known.
    pub retry_after_ms: Option<u64>,
    /// An answer of it is marked as second best.
    pub degraded: bool,
    /// A score decides between it and its neighbours that are so, too.
    pub interchangeable: bool,
    /// `"closed"`, `"open"` or `"half_open"`.
    pub circuit: &'static str,
    /// What its last calls were like.
    pub vitals: Figures,
}

/// [`Vitals`] in figures that JSON has.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Figures {
    /// Calls of the last minute, 50 at most.
    pub calls: u32,
    /// The share of them that failed; `null` below 10 calls.
    pub error_share: Option<f64>,
    /// The share of them whose answer was none; `null` below 10 calls.
    pub quality_failure_share: Option<f64>,
    /// The usual time to the first token, in milliseconds.
    pub first_token_ms: Option<u64>,
    /// Calls under way.
    pub in_flight: u32,
    /// Of these, those that wait for their first token.
    pub waiting: u32,
}

impl<C: Clone> Stack<C> {
    /// Who would serve each class now, and why not the others. Only looks.
    #[must_use]
    pub fn explain(&self, now: Instant) -> Vec<Explanation> {
        self.classes().map(|class| class.explain(now)).collect()
    }
}

impl<C: Clone> ClassStack<C> {
    /// Who would serve a new conversation now, and why not the others. Only looks.
    #[must_use]
    pub fn explain(&self, now: Instant) -> Explanation {
        // Who is chosen does not hang on the caller's dialect.
        let standings = self.routing(AnyDialect::ALL[0]).standings(now);
        let first = standings.iter().find(|standing| standing.turn == Some(1));
        let serves = first.map(|standing| standing.member.to_string());
        let members = self
            .stacks()
            .zip(&standings)
            .map(|(stack, standing)| MemberExplanation::new(stack, standing, serves.as_deref(), now));
        let members = members.collect();
        let pinned_conversations = self.memory().pinned();
        Explanation { class: self.name().to_owned(), serves, pinned_conversations, members }
    }

    /// As [`explain`](Self::explain), for one request: members that cannot carry it are excluded.
    ///
    /// # Errors
    /// If the body is no request of `front`.
    pub fn explain_request(
        &self,
        front: AnyDialect,
        body: &[u8],
        now: Instant,
    ) -> Result<Explanation, Invalid> {
        let mut explanation = self.explain(now);
        for (stack, member) in self.stacks().zip(&mut explanation.members) {
            if let Some(refusal) = refusal(stack, front, body)? {
                let words =
                    refusal.report().map_or_else(|| refusal.to_string(), |report| report.message.clone());
                *member = MemberExplanation {
                    state: "excluded",
                    turn: None,
                    retry_after_ms: None,
                    why: Some(format!("it cannot carry the request: {words}")),
                    ..member.clone()
                };
            }
        }
        explanation.close_ranks();
        Ok(explanation)
    }
}

/// Why a member would refuse a request before it is sent. Members of the caller's own dialect get it as it is.
fn refusal<C>(stack: &MemberStack<C>, front: AnyDialect, body: &[u8]) -> Result<Option<Failure>, Invalid> {
    let request = front.decode_request(body)?;
    if stack.dialect() == front {
        return Ok(None);
    }
    Ok(stack.dialect().encode_request(&request, &stack.target(), &mut Losses::new()).err())
}

impl Explanation {
    /// Numbers the turns anew where some members were taken out.
    fn close_ranks(&mut self) {
        let mut turns: Vec<&mut MemberExplanation> =
            self.members.iter_mut().filter(|member| member.turn.is_some()).collect();
        turns.sort_by_key(|member| member.turn);
        self.serves = turns.first().map(|member| member.member.clone());
        for (index, member) in turns.into_iter().enumerate() {
            member.turn = Some(index + 1);
            if index == 0 && member.state == "up" {
                member.why = None;
            }
        }
    }
}

impl MemberExplanation {
    fn new<C>(stack: &MemberStack<C>, standing: &Standing, serves: Option<&str>, now: Instant) -> Self {
        let circuit = stack.circuit().state();
        let vitals = standing.vitals.unwrap_or_default();
        let (state, retry_after) = state(standing.availability);
        let behind = serves.filter(|_| standing.turn != Some(1)).map(|first| format!("behind {first}"));
        Self {
            member: standing.member.to_string(),
            turn: standing.turn,
            state,
            why: why(stack, standing.availability, &vitals, now).or(behind),
            retry_after_ms: retry_after.map(millis),
            degraded: standing.member.is_degraded(),
            interchangeable: standing.is_interchangeable,
            circuit: circuit.as_str(),
            vitals: Figures::of(&vitals),
        }
    }
}

const fn state(availability: Availability) -> (&'static str, Option<Duration>) {
    match availability {
        Availability::Up => ("up", None),
        Availability::Ramping(_) => ("ramping", None),
        Availability::Probation => ("probation", None),
        Availability::Unsteady => ("unsteady", None),
        Availability::Silent(_) => ("silent", None),
        Availability::Exhausted(rest) => ("exhausted", Some(rest)),
        Availability::Down(rest) => ("down", rest),
    }
}

/// What keeps calls away, in words.
fn why<C>(
    stack: &MemberStack<C>,
    availability: Availability,
    vitals: &Vitals,
    now: Instant,
) -> Option<String> {
    let another = |rest: Duration| format!("for another {:.1} s", rest.as_secs_f64());
    Some(match availability {
        Availability::Up => return None,
        Availability::Ramping(percent) => format!("back a moment ago: gets {percent} % of the calls"),
        Availability::Probation => "on probation: gets one call at a time".to_owned(),
        Availability::Unsteady if vitals.is_unsteady() => {
            format!("{} of its last {} calls got no proper answer", vitals.quality_failures, vitals.calls)
        }
        Availability::Unsteady => "its answers were no proper ones: gets a probe in a while".to_owned(),
        Availability::Silent(_) if vitals.silent.is_none() => {
            format!("{} callers have left with nothing: gets a probe in a while", vitals.in_vain)
        }
        Availability::Silent(time) => {
            let seconds = time.as_secs_f64();
            format!("{} calls wait for a first token, and none has come for {seconds:.1} s", vitals.waiting)
        }
        Availability::Exhausted(rest) => format!("its rate limit is used up {}", another(rest)),
        Availability::Down(None) => "on probation: a probe is under way".to_owned(),
        Availability::Down(Some(rest)) => {
            let is_down = |what: Availability| what == availability;
            let what = if is_down(stack.credential().availability(now)) {
                "its key was refused, or is spent: it rests"
            } else if is_down(stack.provider().availability(now)) {
                "its provider asked for a pause"
            } else if stack.circuit().state() == CircuitState::Open {
                "its circuit is open"
            } else {
                "it asked for a pause"
            };
            format!("{what} {}", another(rest))
        }
    })
}

impl Figures {
    fn of(vitals: &Vitals) -> Self {
        Self {
            calls: vitals.calls,
            error_share: vitals.error_share(),
            quality_failure_share: vitals.quality_share(),
            first_token_ms: vitals.first_token.map(millis),
            in_flight: vitals.in_flight,
            waiting: vitals.waiting,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
