use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::either::Either;
use super::in_flight::{InFlight, refused};
use super::last_resort::Turn;
use super::order::{Down, Order, Plan, earliest};
use super::set::{Known, Set};
use super::{AllFailed, RoutingPolicy, WhenAllDown};
use crate::facts::{Attempts, Member, Served};
use crate::failure::{BoxError, Class, Failure};

/// One call's way through the members: whom it has yet to ask, and what the others said.
pub(super) struct Walk<S, F, P, Req> {
    set: Arc<Set<F, P>>,
    /// `None` once it was asked.
    primary: Option<S>,
    /// `None` once the last member has it.
    request: Option<Req>,
    order: Order,
    known: Known,
    failures: Vec<(Member, Failure)>,
    /// Attempts made, where no log counts them.
    asked: u32,
    log: Option<Attempts>,
    class: Option<Arc<str>>,
    _turn: Option<Turn>,
}

impl<S, F, P, Req> Walk<S, F, P, Req> {
    pub(super) fn new<Res>(set: Arc<Set<F, P>>, primary: S, request: Req) -> Self
    where
        P: RoutingPolicy<Req, Res>,
    {
        let known = set.known(&request);
        let plan = set.plan(&request, known.pin);
        let (log, class) = (set.policy.attempts(&request), set.policy.class(&request));
        let mut walk = Self {
            set,
            primary: Some(primary),
            request: Some(request),
            order: Order::nobody(),
            known,
            failures: Vec::new(),
            asked: 0,
            log,
            class,
            _turn: None,
        };
        match plan {
            Plan::Ask(order) => walk.order = order,
            Plan::AllDown(down) => walk.all_down::<Res>(&down),
        }
        walk
    }

    fn all_down<Res>(&mut self, down: &[Down])
    where
        P: RoutingPolicy<Req, Res>,
    {
        let down = &self.only_able::<Res>(down)[..];
        let turn = match self.set.when_all_down {
            WhenAllDown::FailFast => None,
            WhenAllDown::LastResort if down.is_empty() => None,
            WhenAllDown::LastResort => self.set.memory.take_turn(),
        };
        // Without the turn nobody is asked, and all are refused.
        let asked = turn.as_ref().and_then(|_| earliest(down));
        let now = Instant::now();
        asked.iter().for_each(|index| self.set.about(*index).last_resort(now));
        self.order = asked.map_or_else(Order::nobody, Order::only);
        self._turn = turn;
        for member in down.iter().filter(|member| Some(member.index) != asked) {
            let class = self.set.about(member.index).refusal(now);
            self.refuse(member.index, Failure::new(class).with_retry_after(member.until));
        }
    }

    /// Those of them for whom to come back may be of use. The others are noted.
    fn only_able<Res>(&mut self, down: &[Down]) -> Vec<Down>
    where
        P: RoutingPolicy<Req, Res>,
    {
        let mut able = Vec::with_capacity(down.len());
        for member in down {
            let request = self.request.as_ref();
            match request.and_then(|request| self.set.policy.unable(request, self.member(member.index))) {
                Some(failure) => self.refuse(member.index, failure),
                None => able.push(*member),
            }
        }
        able
    }

    /// The next member to ask, and a clone of its service.
    pub(super) fn next(&mut self) -> Option<(usize, Either<S, F>)>
    where
        F: Clone,
    {
        let index = self.order.next()?;
        let service = match index.checked_sub(1) {
            None => Either::Primary(self.primary.take()?),
            Some(fallback) => Either::Fallback(self.set.fallbacks.get(fallback)?.service.clone()),
        };
        Some((index, service))
    }

    /// May somebody else be asked, if the one being asked fails?
    pub(super) fn has_more(&self) -> bool {
        self.order.has_more()
    }

    pub(super) fn patience(&self) -> Duration {
        self.set.patience
    }

    /// The request for the member `index`; the last one gets the original, and is told that it is the last.
    pub(super) fn request<Res>(&mut self, index: usize) -> Option<Req>
    where
        P: RoutingPolicy<Req, Res>,
        Req: Clone,
    {
        // From here on the conversation may have to stay where the call goes, and the request may be gone.
        if let Some(request) = self.request.as_ref().filter(|_| !self.known.is_read && index > 0) {
            self.known = self.set.read(request);
        }
        if self.has_more() {
            return self.request.clone();
        }
        let mut request = self.request.take()?;
        self.set.policy.last(&mut request);
        Some(request)
    }

    pub(super) fn begin(&mut self, index: usize) -> Option<InFlight> {
        self.asked = self.asked.saturating_add(1);
        let log = self.log.as_ref()?;
        Some(InFlight::begin(log, self.member(index)))
    }

    /// Notes that a member could not even be asked.
    pub(super) fn refuse(&mut self, index: usize, failure: Failure) {
        if let Some(log) = &self.log {
            refused(log, self.member(index), &failure);
        }
        self.failed(index, failure);
    }

    /// What a member was not ready for.
    pub(super) fn unready<Res>(&self, error: BoxError) -> Failure
    where
        P: RoutingPolicy<Req, Res>,
    {
        let failure = self.set.policy.classify(Err(&error));
        with_cause(failure.unwrap_or_else(|| Failure::of(&error)), error)
    }

    /// Reads a member's result: `Some` is for the caller, `None` means that the next member is asked.
    pub(super) fn judge<Res>(
        &mut self,
        index: usize,
        in_flight: Option<InFlight>,
        result: Result<Res, BoxError>,
    ) -> Option<Result<Res, BoxError>>
    where
        P: RoutingPolicy<Req, Res>,
    {
        let failure = self.set.policy.classify(result.as_ref());
        if let Some(in_flight) = in_flight {
            in_flight.end(failure.as_ref());
        }
        if failure.as_ref().is_some_and(|failure| failure.class() == Class::ContextOverflow) {
            self.look_for_more_room(index);
        }
        let is_answer = failure.is_none();
        let failed_over = failure.filter(|failure| failure.class().fails_over());
        match (failed_over, result) {
            (None, result) => Some(result.map(|response| {
                if is_answer {
                    self.remember(index, &response);
                }
                self.sign(index, response)
            })),
            (Some(failure), Ok(response)) if self.is_final(&failure) => Some(Ok(self.sign(index, response))),
            (Some(failure), Ok(_)) => self.count_and_fail(index, failure),
            (Some(failure), Err(error)) => self.count_and_fail(index, with_cause(failure, error)),
        }
    }

    /// What was too long for one is too long for all who hold no more.
    fn look_for_more_room(&mut self, index: usize) {
        if let Some(full) = self.set.about(index).context {
            let set = &self.set;
            self.order.retain(|other| set.about(other).context.is_none_or(|context| context > full));
        }
    }

    pub(super) fn give_up(&mut self) -> AllFailed {
        AllFailed::new(std::mem::take(&mut self.failures))
    }

    /// Is a bad response the last word? It tells the caller more than an error of ours would, but for a key of
    /// ours that was refused, or money of ours that is gone: the caller must not take that for his own.
    fn is_final(&self, failure: &Failure) -> bool {
        !self.has_more() && !matches!(failure.class(), Class::Auth | Class::QuotaExhausted)
    }

    fn count_and_fail<T>(&mut self, index: usize, failure: Failure) -> Option<T> {
        // A refusal by a layer of ours inside the member's stack reached for no provider.
        self.asked -= u32::from(failure.is_local());
        self.failed(index, failure);
        None
    }

    fn failed(&mut self, index: usize, failure: Failure) {
        let member = self.member(index).clone();
        tracing::debug!(%member, class = %failure.class(), has_next = self.has_more(), "member failed");
        let is_named = failure.member().is_some();
        let failure = if is_named { failure } else { failure.with_member(member.to_string()) };
        self.failures.push((member, failure));
    }

    /// Notes where the conversation stays.
    fn remember<Res>(&self, index: usize, response: &Res)
    where
        P: RoutingPolicy<Req, Res>,
    {
        let Known { conversation, pin, .. } = self.known;
        let pins = self.set.memory.pins();
        if self.set.is_to_be_pinned(index) {
            let goes_on_as = self.set.policy.goes_on_as(response);
            for name in conversation.filter(|_| pin != Some(index)).into_iter().chain(goes_on_as) {
                pins.pin(name, index, Instant::now());
            }
        } else if let Some(conversation) = conversation.filter(|it| it.begins() || pin.is_some()) {
            pins.unpin(conversation);
        }
    }

    fn sign<Res>(&self, index: usize, mut response: Res) -> Res
    where
        P: RoutingPolicy<Req, Res>,
    {
        let attempts = self.log.as_ref().map_or(self.asked, Attempts::count);
        let mut served = Served::by(self.member(index), attempts);
        served.class.clone_from(&self.class);
        self.set.policy.served(&mut response, served);
        response
    }

    fn member(&self, index: usize) -> &Member {
        &self.set.about(index).member
    }
}

/// Keeps a foreign error as the cause. One that carries the failure has said all there is.
fn with_cause(failure: Failure, error: BoxError) -> Failure {
    let is_foreign = Failure::find(error.as_ref()).is_none();
    if is_foreign && std::error::Error::source(&failure).is_none() {
        return failure.with_source(error);
    }
    failure
}
