use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;
use tower_service::Service;

use super::layer::Shared;
use super::turn::Turn;
use super::{ActiveCall, RetryPolicy, Withdrawal};
use crate::facts::{Attempt, Attempts};
use crate::failure::{BoxError, Failure};

/// One call, from its first attempt to its last: all of the future that is not polled.
pub(super) struct Call<P, S, Req, Res> {
    shared: Arc<Shared<P>>,
    turn: Turn,
    active: Option<ActiveCall>,
    /// Of the retry that waits or runs.
    withdrawal: Option<Withdrawal>,
    /// `None` while the last attempt runs.
    again: Option<Again<S, Req>>,
    /// `Some` between two attempts, and after that for as long as the next may turn out to be refused here.
    /// In a box, for it is rare: every call would carry its place.
    held: Option<Box<Held<Res>>>,
}

/// What another attempt takes.
pub(super) struct Again<S, Req> {
    service: S,
    request: Req,
}

/// The failed attempt that is to be repeated, kept for the case that the repeat does not reach the member after
/// all.
struct Held<Res> {
    result: Result<Res, BoxError>,
    note: Note,
}

/// Records an attempt when it is dropped: when the next one has reached the member, or when the caller goes away
/// before.
struct Note(Option<(Attempts, Attempt)>);

impl<S, Req> Again<S, Req> {
    pub(super) const fn new(service: S, request: Req) -> Self {
        Self { service, request }
    }
}

impl<P, S, Req, Res> Call<P, S, Req, Res> {
    pub(super) fn new(shared: Arc<Shared<P>>, turn: Turn, now: Instant) -> Self {
        let active = Some(shared.budget.enter(now));
        Self { shared, turn, active, withdrawal: None, again: None, held: None }
    }

    /// Keeps what the next attempt takes.
    pub(super) fn keep(&mut self, again: Again<S, Req>) {
        self.again = Some(again);
    }

    /// The last instant at which another attempt may start.
    pub(super) fn last_start(&self) -> Instant {
        self.turn.last_start(self.shared.usual.least())
    }

    /// The result that was to be repeated: final after all, and so for others to record.
    pub(super) fn give_up(&mut self) -> Result<Res, BoxError> {
        self.take_held().unwrap_or_else(|| unreachable!("a failed attempt is held until the next one starts"))
    }

    fn take_held(&mut self) -> Option<Result<Res, BoxError>> {
        let Held { result, note } = *self.held.take()?;
        note.cancel();
        Some(result)
    }

    /// The attempt waits for somebody: not for a breaker, which refuses at once. A failed response goes now, and
    /// its connection with it; an error keeps nothing busy.
    pub(super) fn wait(&mut self) {
        self.held.take_if(|held| held.result.is_ok());
    }

    /// Judges the attempt that started then: for how long to wait before the next, or the result as it is.
    pub(super) fn judge(
        &mut self,
        result: Result<Res, BoxError>,
        started: Instant,
    ) -> Result<Duration, Result<Res, BoxError>>
    where
        P: RetryPolicy<Req, Res>,
    {
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(started);
        let Some(failure) = self.shared.policy.classify(result.as_ref()) else {
            self.shared.usual.record(elapsed);
            return Err(result);
        };
        self.settle(&failure);
        // That the member was not asked again hides why it had failed.
        if let Some(seen) = failure.is_local().then(|| self.take_held()).flatten() {
            return Err(seen);
        }
        let Some(pause) = self.pause(&result, &failure, now) else {
            return Err(result);
        };
        tracing::debug!(class = %failure.class(), attempt = self.turn.made(), ?pause, "asking the member again");
        let log = self.again.as_ref().and_then(|again| self.shared.policy.attempts(&again.request));
        let note = Note(log.map(|log| (log, Attempt::failed(&failure, elapsed))));
        self.held = Some(Box::new(Held { result, note }));
        Ok(pause)
    }

    /// Settles the account of an attempt that failed. One that was refused here costs, and earns, nothing.
    fn settle(&mut self, failure: &Failure) {
        let withdrawal = self.withdrawal.take();
        if !failure.is_local() {
            return;
        }
        if let Some(withdrawal) = withdrawal {
            withdrawal.refund();
        } else if let Some(active) = self.active.take() {
            active.void();
        }
    }

    /// Whether to repeat, asked in the order of what it costs to ask: the budget last.
    fn pause(&mut self, result: &Result<Res, BoxError>, failure: &Failure, now: Instant) -> Option<Duration>
    where
        P: RetryPolicy<Req, Res>,
    {
        let Shared { policy, budget, usual, jitter, .. } = &*self.shared;
        self.again.as_ref()?;
        let pause = self.turn.pause(failure, usual.least(), now, jitter)?;
        if !policy.may_repeat(result.as_ref()) {
            return None;
        }
        self.withdrawal = Some(budget.try_withdraw(now)?);
        Some(pause)
    }
}

impl<P, S, Req, Res> Call<P, S, Req, Res>
where
    P: RetryPolicy<Req, Res>,
    S: Service<Req, Response = Res>,
    Req: Clone,
{
    /// Starts the next attempt as soon as the service is ready; `None` if it will never be.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<S::Future>> {
        let Some(again) = &mut self.again else {
            return Poll::Ready(None);
        };
        Poll::Ready(match ready!(again.service.poll_ready(cx)) {
            Ok(()) => self.again.take().map(|again| self.begin_next(again)),
            Err(_) => None,
        })
    }

    fn begin_next(&mut self, again: Again<S, Req>) -> S::Future {
        let Again { mut service, request } = again;
        if let Some(withdrawal) = &mut self.withdrawal {
            withdrawal.begin();
        }
        self.turn.begin_next();
        let spare = if self.turn.has_next() { self.shared.policy.clone_request(&request) } else { None };
        let attempt = service.call(request);
        self.again = spare.map(|request| Again { service, request });
        attempt
    }
}

impl Note {
    fn cancel(mut self) {
        self.0 = None;
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some((log, attempt)) = self.0.take() {
            log.record(attempt);
        }
    }
}
