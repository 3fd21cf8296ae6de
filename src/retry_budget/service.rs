use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_service::Service;

use super::call::{Again, Call};
use super::layer::Shared;
use super::turn::Turn;
use super::{HttpRetry, ResponseFuture, RetryPolicy, TooLate};
use crate::failure::BoxError;

/// A service that asks again.
///
/// See the [module](super).
pub struct RetryBudget<S, P = HttpRetry> {
    shared: Arc<Shared<P>>,
    inner: S,
}

impl<S, P> RetryBudget<S, P> {
    pub(super) const fn new(shared: Arc<Shared<P>>, inner: S) -> Self {
        Self { shared, inner }
    }
}

impl<P> Shared<P> {
    /// Refuses an attempt whose answer would come too late. Says how long an answer takes where that is close.
    fn admit(&self, deadline: Option<Instant>, now: Instant) -> Result<Option<Duration>, TooLate> {
        let Some(deadline) = deadline else {
            return Ok(None);
        };
        let (left, usual) = (deadline.saturating_duration_since(now), self.usual.least());
        if left >= usual {
            return Ok((left / 4 < usual).then_some(usual));
        }
        self.usual.doubt();
        Err(TooLate::new(left, usual))
    }
}

impl<S, P, Req> Service<Req> for RetryBudget<S, P>
where
    P: RetryPolicy<Req, S::Response>,
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    Req: Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, P, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let now = Instant::now();
        let shared = &self.shared;
        let deadline = shared.policy.deadline(&request);
        match shared.admit(deadline, now) {
            Ok(None) => {}
            Ok(Some(usual)) => shared.policy.usual(&mut request, usual),
            Err(error) => return ResponseFuture::refused(error.into()),
        }
        let turn = Turn::new(shared.rules, deadline, now);
        let spare = if turn.has_next() { shared.policy.clone_request(&request) } else { None };
        let mut call = Call::new(Arc::clone(shared), turn, now);
        let attempt = match spare {
            None => self.inner.call(request),
            Some(spare) => {
                let clone = self.inner.clone();
                let mut service = mem::replace(&mut self.inner, clone);
                let attempt = service.call(request);
                call.keep(Again::new(service, spare));
                attempt
            }
        };
        ResponseFuture::new(call, attempt, now)
    }
}

impl<S, P> Clone for RetryBudget<S, P>
where
    S: Clone,
{
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), inner: self.inner.clone() }
    }
}

impl<S, P> fmt::Debug for RetryBudget<S, P>
where
    S: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryBudget").field("shared", &self.shared).field("inner", &self.inner).finish()
    }
}
