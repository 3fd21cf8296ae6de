use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use super::shared::Shared;
use super::{AtEndOfBody, CircuitHandle, Judge, ResponseFuture};
use crate::failure::{BoxError, Standard};

/// Refuses calls while the inner service is down. See the [module](super) for the rules.
#[derive(Debug)]
pub struct CircuitBreaker<S, J = AtEndOfBody<Standard>> {
    inner: S,
    judge: J,
    shared: Arc<Shared>,
    /// `poll_ready` said yes without asking `inner`.
    is_refusing: bool,
}

impl<S, J> CircuitBreaker<S, J> {
    pub(super) const fn new(inner: S, judge: J, shared: Arc<Shared>) -> Self {
        Self { inner, judge, shared, is_refusing: false }
    }

    /// Looks at the circuit, and moves it by hand.
    #[must_use]
    pub fn handle(&self) -> CircuitHandle {
        CircuitHandle::new(Arc::clone(&self.shared))
    }

    /// The inner service.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, J> Clone for CircuitBreaker<S, J>
where
    S: Clone,
    J: Clone,
{
    fn clone(&self) -> Self {
        // Readiness, and so the lack of it, belongs to the instance.
        Self::new(self.inner.clone(), self.judge.clone(), Arc::clone(&self.shared))
    }
}

impl<S, J, Req> Service<Req> for CircuitBreaker<S, J>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    J: Judge<S::Response> + Clone,
{
    type Response = J::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, J>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.is_refusing = self.shared.is_shut();
        if self.is_refusing {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        if std::mem::take(&mut self.is_refusing) {
            // The circuit may have closed since, but `inner` is not ready.
            return ResponseFuture::refused(self.shared.turn_away());
        }
        match self.shared.admit() {
            Ok(permit) => ResponseFuture::called(self.inner.call(request), self.judge.clone(), permit),
            Err(refusal) => ResponseFuture::refused(refusal),
        }
    }
}
