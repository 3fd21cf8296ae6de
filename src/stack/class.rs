use std::sync::Arc;
use std::time::Duration;

use tower::ServiceBuilder;

use super::{ClassRouting, ClassService, MemberStack, Preview, Routing, preview};
use crate::circuit_breaker::CircuitHandle;
use crate::client::Client;
use crate::deadline::DeadlineLayer;
use crate::dialect::AnyDialect;
use crate::facts::{Exclusions, Member};
use crate::failure::BoxError;
use crate::health_routing::{HealthRouting, Memory, WhenAllDown};
use crate::keepalive::KeepaliveLayer;
use crate::resume::{DialectMend, ResumeLayer};
use crate::stream_guard::{BrokenAnswer, Cause};

/// A named set of equivalent members, in order: what callers put in `model`.
#[derive(Clone, Debug)]
pub struct ClassStack<C = Client> {
    name: Arc<str>,
    deadline: Duration,
    keepalive: Duration,
    when_all_down: WhenAllDown,
    /// Of all fronts: a conversation is the same through any.
    memory: Memory,
    primary: MemberStack<C>,
    fallbacks: Vec<MemberStack<C>>,
}

impl<C> ClassStack<C> {
    /// How long a call may take where nobody says otherwise. Official SDKs give up after ten minutes, and
    /// proxies in between after five.
    pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(300);

    /// How long a caller who wants a stream is left without a sign where nobody says otherwise: half of the 30 s
    /// after which the more impatient proxies cut a silent connection.
    pub const DEFAULT_KEEPALIVE: Duration = Duration::from_secs(15);

    /// A class that is served by its primary alone.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, primary: MemberStack<C>) -> Self {
        Self {
            name: name.into(),
            deadline: Self::DEFAULT_DEADLINE,
            keepalive: Self::DEFAULT_KEEPALIVE,
            when_all_down: WhenAllDown::default(),
            memory: Memory::default(),
            primary,
            fallbacks: Vec::new(),
        }
    }

    /// How long a call of this class may take, all attempts included.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long a caller who wants a stream waits for the first sign of one, and for the next while there is no
    /// answer. See [`keepalive`](crate::keepalive).
    #[must_use]
    pub fn with_keepalive(mut self, every: Duration) -> Self {
        self.keepalive = every;
        self
    }

    /// What becomes of a call when all members are down; [`WhenAllDown::FailFast`] unless set.
    #[must_use]
    pub fn with_when_all_down(mut self, when_all_down: WhenAllDown) -> Self {
        self.when_all_down = when_all_down;
        self
    }

    /// With what routing remembers of another stack of the same members in the same order.
    #[must_use]
    pub fn with_memory(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self
    }

    /// Adds a member to be asked when those before it cannot serve.
    #[must_use]
    pub fn with_fallback(mut self, member: MemberStack<C>) -> Self {
        self.fallbacks.push(member);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// How long a call of this class may take.
    #[must_use]
    pub const fn deadline(&self) -> Duration {
        self.deadline
    }

    /// What becomes of a call when all members are down.
    #[must_use]
    pub const fn when_all_down(&self) -> WhenAllDown {
        self.when_all_down
    }

    /// Its members, the primary first.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.stacks().map(MemberStack::member)
    }

    /// The circuits of its members, in the same order, to be watched or moved by hand.
    pub fn circuits(&self) -> impl Iterator<Item = CircuitHandle> {
        self.stacks().map(MemberStack::circuit)
    }

    /// What routing remembers, to be given to another stack of the same members in the same order.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What callers of another dialect than a member's may lose there.
    #[must_use]
    pub fn losses(&self) -> Vec<Preview> {
        self.stacks().flat_map(preview::losses_of).collect()
    }

    /// Members whose answers end where they break off.
    fn never_resumed(&self) -> Exclusions {
        let members = self.stacks().filter(|stack| !stack.is_resumed());
        Exclusions::new(members.map(|stack| stack.member().to_string()))
    }

    pub(super) fn stacks(&self) -> impl Iterator<Item = &MemberStack<C>> {
        std::iter::once(&self.primary).chain(&self.fallbacks)
    }
}

impl<C: Clone> ClassStack<C> {
    /// This class for callers who speak `front`.
    pub(super) fn service(&self, front: AnyDialect) -> ClassService<C> {
        ServiceBuilder::new()
            // Commits to nothing: all that can still be tried happens below.
            .layer(KeepaliveLayer::for_dialect(front).after(self.keepalive).every(self.keepalive))
            // The class's own limit; an earlier instant that the caller set stands.
            .layer(DeadlineLayer::new(self.deadline))
            // Around the members: what one has begun another may complete.
            .layer(self.resume(front))
            .service(self.routing(front))
    }

    fn resume(&self, front: AnyDialect) -> ResumeLayer<DialectMend<AnyDialect>> {
        ResumeLayer::for_dialect(front).prefill(true).except(self.never_resumed()).stalls(is_stall)
    }

    pub(super) fn routing(&self, front: AnyDialect) -> Routing<C> {
        let fallbacks = self.fallbacks.iter().map(|member| member.candidate(front));
        HealthRouting::new(self.primary.candidate(front), fallbacks.collect())
            .policy(ClassRouting::new(front, self.stacks()))
            .when_all_down(self.when_all_down)
            .memory(self.memory.clone())
    }
}

/// Was it silence that the answer broke off by?
fn is_stall(error: &BoxError) -> bool {
    let first: &(dyn std::error::Error + 'static) = error.as_ref();
    std::iter::successors(Some(first), |error| error.source())
        .filter_map(|error| error.downcast_ref::<BrokenAnswer>())
        .any(|broken| broken.cause() == Cause::Stalled)
}
