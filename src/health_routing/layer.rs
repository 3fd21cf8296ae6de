use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower::util::{BoxCloneSyncService, MapErr};
use tower_layer::Layer;
use tower_service::Service;

use super::candidate::About;
use super::set::Set;
use super::{Candidate, Health, HealthRouting, HttpRouting, WhenAllDown};
use crate::facts::Member;
use crate::failure::BoxError;

/// A fallback of whatever type.
pub type Fallback<Req, Res> = BoxCloneSyncService<Req, Res, BoxError>;

/// Makes the wrapped service the primary of a set of members. See the [module](super).
///
/// All services it makes share the fallbacks, the policy and what routing remembers.
#[derive(Clone)]
pub struct HealthRoutingLayer<F, P = HttpRouting> {
    set: Set<F, P>,
}

impl<Req, Res> HealthRoutingLayer<Fallback<Req, Res>> {
    /// The wrapped service is this member, and is asked first.
    #[must_use]
    pub fn primary(member: impl Into<Member>) -> Self {
        Self { set: Set::new(About::new(member.into()), Vec::new(), HttpRouting::default()) }
    }
}

impl<Req, Res, P> HealthRoutingLayer<Fallback<Req, Res>, P> {
    /// Adds a member, asked after those before it.
    ///
    /// It is boxed, so fallbacks may be of any type, as long as they answer with the same one.
    #[must_use]
    pub fn fallback<S>(mut self, member: impl Into<Member>, service: S) -> Self
    where
        S: Service<Req, Response = Res> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError> + 'static,
        S::Future: Send + 'static,
        Req: 'static,
    {
        let service = BoxCloneSyncService::new(MapErr::new(service, S::Error::into));
        self.set.fallbacks.push(Candidate::new(member, service));
        self
    }
}

impl<F, P> HealthRoutingLayer<F, P> {
    /// What tells whether the member named last is worth asking.
    #[must_use]
    pub fn health(mut self, health: impl Health + 'static) -> Self {
        self.set.last().health = Some(Arc::new(health));
        self
    }

    /// Whether the member named last is as good as its neighbours. See [`Candidate::interchangeable`].
    #[must_use]
    pub fn interchangeable(mut self, is_interchangeable: bool) -> Self {
        self.set.last().is_interchangeable = is_interchangeable;
        self
    }

    /// How calls are read; [`HttpRouting`] unless set.
    #[must_use]
    pub fn policy<Q>(self, policy: Q) -> HealthRoutingLayer<F, Q> {
        HealthRoutingLayer { set: self.set.with_policy(policy) }
    }

    /// How long a member may take to be ready while others could be asked; 500 ms unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.set.patience = patience;
        self
    }

    /// What becomes of a call when all members are down; [`WhenAllDown::FailFast`] unless set.
    #[must_use]
    pub fn when_all_down(mut self, when_all_down: WhenAllDown) -> Self {
        self.set.when_all_down = when_all_down;
        self
    }
}

impl<S, F, P> Layer<S> for HealthRoutingLayer<F, P>
where
    F: Clone,
    P: Clone,
{
    type Service = HealthRouting<S, F, P>;

    fn layer(&self, inner: S) -> Self::Service {
        HealthRouting::over(inner, self.set.clone())
    }
}

impl<F, P> fmt::Debug for HealthRoutingLayer<F, P>
where
    P: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthRoutingLayer")
            .field("primary", &self.set.primary)
            .field("fallbacks", &self.set.fallbacks)
            .field("policy", &self.set.policy)
            .finish_non_exhaustive()
    }
}
