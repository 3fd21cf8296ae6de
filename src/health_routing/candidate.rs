use std::cell::LazyCell;
use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::Health;
use crate::facts::{Availability, Member};

/// A member and the service that reaches it.
#[derive(Clone)]
pub struct Candidate<S> {
    pub(super) member: Member,
    pub(super) service: S,
    health: Option<Arc<dyn Health>>,
}

impl<S> Candidate<S> {
    /// A member about whose health nothing is known: it counts as up.
    pub fn new(member: impl Into<Member>, service: S) -> Self {
        Self { member: member.into(), service, health: None }
    }

    /// What tells whether the member is worth asking.
    #[must_use]
    pub fn health(mut self, health: impl Health + 'static) -> Self {
        self.health = Some(Arc::new(health));
        self
    }

    pub(super) fn availability(&self, now: &LazyCell<Instant>) -> Availability {
        self.health.as_ref().map_or(Availability::Up, |health| health.availability(**now))
    }

    /// The same member, reached by another service.
    pub(super) fn split(self) -> (Candidate<()>, S) {
        (Candidate { member: self.member, service: (), health: self.health }, self.service)
    }
}

impl<S> fmt::Debug for Candidate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("member", &self.member)
            .field("has_health", &self.health.is_some())
            .finish_non_exhaustive()
    }
}
