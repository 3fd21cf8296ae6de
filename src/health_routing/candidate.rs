use std::cell::LazyCell;
use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::order::Stand;
use super::{Health, Ramp};
use crate::facts::{Availability, Member, Vitals};
use crate::failure::Class;

/// A member and the service that reaches it.
#[derive(Clone)]
pub struct Candidate<S> {
    pub(super) about: About,
    pub(super) service: S,
}

/// What routing knows of a member, whatever the service is that reaches it.
#[derive(Clone)]
pub(super) struct About {
    pub(super) member: Member,
    pub(super) context: Option<u64>,
    pub(super) is_interchangeable: bool,
    pub(super) health: Option<Arc<dyn Health>>,
    ramp: Ramp,
}

impl<S> Candidate<S> {
    /// A member about whose health nothing is known: it counts as up.
    pub fn new(member: impl Into<Member>, service: S) -> Self {
        Self { about: About::new(member.into()), service }
    }

    /// What tells whether the member is worth asking.
    #[must_use]
    pub fn health(mut self, health: impl Health + 'static) -> Self {
        self.about.health = Some(Arc::new(health));
        self
    }

    /// What it counts with while it is coming back. To be shared by all candidates that are the same member.
    #[must_use]
    pub fn ramp(mut self, ramp: Ramp) -> Self {
        self.about.ramp = ramp;
        self
    }

    /// Declares that it is as good as its neighbours that are declared so, too: members in a row form one *tier*,
    /// in which a score decides and not the order. See the [module](super).
    #[must_use]
    pub fn interchangeable(mut self, is_interchangeable: bool) -> Self {
        self.about.is_interchangeable = is_interchangeable;
        self
    }

    /// How many tokens its context holds. Where a conversation was too long for one member, those that are known to
    /// hold no more are not asked. Not known unless set.
    #[must_use]
    pub fn context(mut self, tokens: impl Into<Option<u64>>) -> Self {
        self.about.context = tokens.into();
        self
    }
}

impl About {
    pub(super) fn new(member: Member) -> Self {
        Self { member, context: None, is_interchangeable: false, health: None, ramp: Ramp::default() }
    }

    /// How it stands for a call that comes now.
    pub(super) fn stand(&self, now: &LazyCell<Instant>) -> Stand {
        match self.health {
            None => Stand::In(Availability::Up),
            Some(_) => match self.availability(**now) {
                Availability::Ramping(_) if !self.ramp.admit(**now) => Stand::Waiting,
                availability => Stand::In(availability),
            },
        }
    }

    pub(super) fn availability(&self, now: Instant) -> Availability {
        let Some(health) = &self.health else { return Availability::Up };
        self.ramp.see(health.availability(now), now)
    }

    pub(super) fn vitals(&self, now: Instant) -> Option<Vitals> {
        self.health.as_ref()?.vitals(now)
    }

    /// Why it refuses, when it is down.
    pub(super) fn refusal(&self, now: Instant) -> Class {
        self.health.as_ref().map_or(Class::CircuitOpen, |health| health.refusal(now))
    }

    pub(super) fn last_resort(&self, now: Instant) {
        if let Some(health) = &self.health {
            health.last_resort(now);
        }
    }
}

impl<S> fmt::Debug for Candidate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.about.fmt(f)
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Candidate")
            .field("member", &self.member)
            .field("has_health", &self.health.is_some())
            .field("is_interchangeable", &self.is_interchangeable)
            .finish_non_exhaustive()
    }
}
