use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tower_service::Service;

use super::set::Set;
use super::walk::Walk;
use super::{Candidate, HttpRouting, Memory, ResponseFuture, RoutingPolicy, Standing, WhenAllDown};
use crate::failure::BoxError;

/// Asks the members of a set in order, until one answers. See the [module](super).
///
/// `S` is the primary, `F` the fallbacks, which may be of another type.
#[derive(Clone)]
pub struct HealthRouting<S, F = S, P = HttpRouting> {
    inner: S,
    set: Arc<Set<F, P>>,
}

impl<S, F> HealthRouting<S, F> {
    /// Routes HTTP calls to `primary` first and then to `fallbacks`, in this order.
    pub fn new(primary: Candidate<S>, fallbacks: Vec<Candidate<F>>) -> Self {
        let Candidate { about, service: inner } = primary;
        Self { inner, set: Arc::new(Set::new(about, fallbacks, HttpRouting::default())) }
    }
}

impl<S, F, P> HealthRouting<S, F, P> {
    pub(super) fn over(inner: S, set: Set<F, P>) -> Self {
        Self { inner, set: Arc::new(set) }
    }
}

impl<S, F, P> HealthRouting<S, F, P>
where
    F: Clone,
    P: Clone,
{
    /// How calls are read; [`HttpRouting`] unless set.
    #[must_use]
    pub fn policy<Q>(self, policy: Q) -> HealthRouting<S, F, Q> {
        HealthRouting::over(self.inner, Arc::unwrap_or_clone(self.set).with_policy(policy))
    }

    /// How long a member may take to be ready while others could be asked; 500 ms unless set.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self::over(self.inner, Set { patience, ..Arc::unwrap_or_clone(self.set) })
    }

    /// What is remembered from call to call, to be shared by routers over the same members in the same order.
    #[must_use]
    pub fn memory(self, memory: Memory) -> Self {
        Self::over(self.inner, Set { memory, ..Arc::unwrap_or_clone(self.set) })
    }

    /// What becomes of a call when all members are down; [`WhenAllDown::FailFast`] unless set.
    #[must_use]
    pub fn when_all_down(self, when_all_down: WhenAllDown) -> Self {
        Self::over(self.inner, Set { when_all_down, ..Arc::unwrap_or_clone(self.set) })
    }
}

impl<S, F, P> HealthRouting<S, F, P> {
    /// How each member stands now, as declared, and in which order a call would ask them. Only looks.
    #[must_use]
    pub fn standings(&self, now: Instant) -> Vec<Standing> {
        self.set.standings(now)
    }
}

impl<S, F, P, Req> Service<Req> for HealthRouting<S, F, P>
where
    S: Service<Req> + Clone,
    S::Error: Into<BoxError>,
    F: Service<Req, Response = S::Response> + Clone,
    F::Error: Into<BoxError>,
    P: RoutingPolicy<Req, S::Response>,
    Req: Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, F, P, Req>;

    /// Always ready: whether a member is, is asked when its turn comes.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Req) -> Self::Future {
        // A clone, which the future itself brings to readiness: `inner` was never asked.
        ResponseFuture::new(Walk::new(Arc::clone(&self.set), self.inner.clone(), request))
    }
}

impl<S, F, P> fmt::Debug for HealthRouting<S, F, P>
where
    P: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRouting")
            .field("primary", &self.set.primary)
            .field("fallbacks", &self.set.fallbacks)
            .field("policy", &self.set.policy)
            .finish_non_exhaustive()
    }
}
