use std::cell::LazyCell;
use std::time::Duration;

use tokio::time::Instant;

use super::last_resort::LastResort;
use super::order::{Plan, Standing, plan};
use super::{Candidate, RoutingPolicy, WhenAllDown};

/// The members and how to choose among them; the primary's service is kept beside it.
#[derive(Clone, Debug)]
pub(super) struct Set<F, P> {
    pub(super) primary: Candidate<()>,
    pub(super) fallbacks: Vec<Candidate<F>>,
    pub(super) policy: P,
    pub(super) patience: Duration,
    pub(super) when_all_down: WhenAllDown,
    pub(super) last_resort: LastResort,
}

impl<F, P> Set<F, P> {
    /// Long enough for a place in a queue to come free, short enough not to be felt by the caller.
    const PATIENCE: Duration = Duration::from_millis(500);

    pub(super) fn new(primary: Candidate<()>, fallbacks: Vec<Candidate<F>>, policy: P) -> Self {
        let (patience, when_all_down) = (Self::PATIENCE, WhenAllDown::default());
        Self { primary, fallbacks, policy, patience, when_all_down, last_resort: LastResort::default() }
    }

    pub(super) fn with_policy<Q>(self, policy: Q) -> Set<F, Q> {
        let Self { primary, fallbacks, policy: _, patience, when_all_down, last_resort } = self;
        Set { primary, fallbacks, policy, patience, when_all_down, last_resort }
    }

    /// How each member stands for `request`, the primary first.
    pub(super) fn plan<Req, Res>(&self, request: &Req) -> Plan
    where
        P: RoutingPolicy<Req, Res>,
    {
        // Asked only by members that know of their health.
        let now: LazyCell<Instant> = LazyCell::new(Instant::now);
        let primary = self.standing(&self.primary, request, &now);
        let fallbacks = self.fallbacks.iter().map(|candidate| self.standing(candidate, request, &now));
        plan(std::iter::once(primary).chain(fallbacks))
    }

    fn standing<S, Req, Res>(
        &self,
        candidate: &Candidate<S>,
        request: &Req,
        now: &LazyCell<Instant>,
    ) -> Standing
    where
        P: RoutingPolicy<Req, Res>,
    {
        if self.policy.excludes(request, &candidate.member) {
            return Standing::Excluded;
        }
        Standing::In(candidate.availability(now))
    }
}
