use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use super::layer::Shared;
use super::{ByFailure, CooldownPolicy, ResponseFuture};
use crate::failure::BoxError;

/// Refuses calls while the credential or the provider cools down. See the [module](super) for the rules.
///
/// Named with its noun, since the [`Cooldown`](super::Cooldown) is what its members share.
pub struct CooldownService<S, P = ByFailure> {
    inner: S,
    shared: Arc<Shared<P>>,
    /// `poll_ready` said yes without asking `inner`.
    is_refusing: bool,
}

impl<S, P> CooldownService<S, P> {
    pub(super) const fn new(inner: S, shared: Arc<Shared<P>>) -> Self {
        Self { inner, shared, is_refusing: false }
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

impl<S, P> Clone for CooldownService<S, P>
where
    S: Clone,
{
    fn clone(&self) -> Self {
        // Readiness, and so the lack of it, belongs to the instance.
        Self::new(self.inner.clone(), Arc::clone(&self.shared))
    }
}

impl<S, P, Req> Service<Req> for CooldownService<S, P>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    P: CooldownPolicy<S::Response>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, P>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.is_refusing = self.shared.is_shut();
        if self.is_refusing {
            return Poll::Ready(Ok(()));
        }
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        if std::mem::take(&mut self.is_refusing) {
            // It may be over since, but `inner` is not ready.
            return ResponseFuture::refused(self.shared.turn_away());
        }
        match self.shared.admit() {
            Ok(permit) => ResponseFuture::called(self.inner.call(request), permit),
            Err(refusal) => ResponseFuture::refused(refusal),
        }
    }
}

impl<S, P> fmt::Debug for CooldownService<S, P>
where
    S: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CooldownService")
            .field("inner", &self.inner)
            .field("shared", &self.shared)
            .field("is_refusing", &self.is_refusing)
            .finish()
    }
}
