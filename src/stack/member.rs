use std::sync::Arc;
use std::time::Duration;

use tower::ServiceBuilder;

use super::health::MemberHealth;
use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerLayer, CircuitHandle};
use crate::client::Client;
use crate::cooldown::{Cooldown, CooldownLayer, CooldownService};
use crate::dialect::{AnyDialect, Capabilities, Flavour, Target};
use crate::facts::Member;
use crate::health_routing::{Candidate, Ramp};
use crate::retry_budget::{RetryBudget, RetryBudgetLayer};
use crate::schema_normalizer::{LossRules, SchemaNormalizer, SchemaNormalizerLayer};
use crate::stream_guard::{DialectGuard, StreamGuard, StreamGuardLayer};
use crate::vitals::{Vitals, VitalsHandle, VitalsLayer};

/// One member as a service that speaks the caller's dialect.
pub type MemberService<C = Client> = RetryBudget<
    CooldownService<
        CircuitBreaker<
            Vitals<StreamGuard<SchemaNormalizer<C, AnyDialect, AnyDialect>, DialectGuard<AnyDialect>>>,
        >,
    >,
>;

/// One member with its own state: what is kept per (provider, model, credential).
///
/// Cheap to clone; clones share the state. `C` is its client: a service from `http::Request<body::Buffered>`,
/// with a path for a URI, to an HTTP response.
#[derive(Clone, Debug)]
pub struct MemberStack<C = Client> {
    member: Member,
    dialect: AnyDialect,
    flavour: Flavour,
    capabilities: Option<Arc<Capabilities>>,
    client: C,
    retry: RetryBudgetLayer,
    cooldown: CooldownLayer,
    circuit: CircuitBreakerLayer,
    vitals: VitalsLayer,
    ramp: Ramp,
    is_interchangeable: bool,
    timeouts: MemberTimeouts,
    losses: LossRules,
    is_resumed: bool,
}

/// How long a member may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberTimeouts {
    /// To the first content of a stream. Default: 10 s.
    pub first_token: Duration,
    /// Between two pieces of an answer. Default: 20 s.
    pub idle: Duration,
    /// To the head of a buffered answer. Default: 60 s.
    pub attempt: Duration,
    /// To the end of the answer, however lively it is. Default: 300 s.
    pub total: Duration,
}

impl Default for MemberTimeouts {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            attempt: Duration::from_secs(60),
            total: Duration::from_secs(300),
        }
    }
}

impl<C> MemberStack<C> {
    /// A member that speaks `dialect`, reached through `client`, with the default settings.
    #[must_use]
    pub fn new(member: Member, dialect: impl Into<AnyDialect>, client: C) -> Self {
        Self {
            cooldown: CooldownLayer::default()
                .credential(Cooldown::new(member.provider()))
                .provider(Cooldown::new(member.provider()))
                .member(member.to_string()),
            circuit: CircuitBreakerLayer::default().named(member.to_string()),
            member,
            dialect: dialect.into(),
            flavour: Flavour::default(),
            capabilities: None,
            client,
            retry: RetryBudgetLayer::default(),
            vitals: VitalsLayer::default(),
            ramp: Ramp::default(),
            is_interchangeable: false,
            timeouts: MemberTimeouts::default(),
            losses: LossRules::default(),
            is_resumed: true,
        }
    }

    /// With this retry layer, and the budget in it.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryBudgetLayer) -> Self {
        self.retry = retry;
        self
    }

    /// With this breaker, and the circuit in it.
    #[must_use]
    pub fn with_circuit(mut self, circuit: CircuitBreakerLayer) -> Self {
        self.circuit = circuit;
        self
    }

    /// With the cooldown of this credential, which it shares with other members. Default: one of its own.
    #[must_use]
    pub fn with_credential(mut self, cooldown: Cooldown) -> Self {
        self.cooldown = self.cooldown.credential(cooldown);
        self
    }

    /// With the cooldown of this provider, which it shares with other members. Default: one of its own.
    #[must_use]
    pub fn with_provider(mut self, cooldown: Cooldown) -> Self {
        self.cooldown = self.cooldown.provider(cooldown);
        self
    }

    /// Watched by this layer, and so with what it knows.
    #[must_use]
    pub fn with_vitals(mut self, vitals: VitalsLayer) -> Self {
        self.vitals = vitals;
        self
    }

    /// Coming back by this ramp, which other stacks of the same member share.
    #[must_use]
    pub fn with_ramp(mut self, ramp: Ramp) -> Self {
        self.ramp = ramp;
        self
    }

    /// As good as its neighbours in a class that are so, too: among them a score decides and not the order. Default:
    /// `false`.
    #[must_use]
    pub fn with_interchangeable(mut self, is_interchangeable: bool) -> Self {
        self.is_interchangeable = is_interchangeable;
        self
    }

    /// With these limits of patience.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: MemberTimeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// With these rules for what translation may lose.
    #[must_use]
    pub fn with_losses(mut self, losses: LossRules) -> Self {
        self.losses = losses;
        self
    }

    /// Whether an answer of this member that breaks off may be completed, by it or by another. Default: yes. If not,
    /// it ends with an error.
    #[must_use]
    pub fn with_resumption(mut self, is_resumed: bool) -> Self {
        self.is_resumed = is_resumed;
        self
    }

    /// At a provider with its own form of the dialect. Default: the standard one.
    #[must_use]
    pub fn with_flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }

    /// With a model of which this is known. Default: what is [built in](Capabilities::of).
    #[must_use]
    pub fn with_capabilities(mut self, capabilities: impl Into<Arc<Capabilities>>) -> Self {
        self.capabilities = Some(capabilities.into());
        self
    }

    /// What requests are written for.
    #[must_use]
    pub fn target(&self) -> Target<'_> {
        let model = self.member.model().unwrap_or_default();
        let target = match &self.capabilities {
            Some(capabilities) => Target::known(model, capabilities),
            None => Target::new(model),
        };
        target.with_flavour(self.flavour)
    }

    /// Who it is.
    #[must_use]
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// What it speaks.
    #[must_use]
    pub const fn dialect(&self) -> AnyDialect {
        self.dialect
    }

    /// What translation may lose.
    #[must_use]
    pub const fn losses(&self) -> &LossRules {
        &self.losses
    }

    /// May its answers be completed, should they break off?
    #[must_use]
    pub const fn is_resumed(&self) -> bool {
        self.is_resumed
    }

    /// Its circuit, to be watched or moved by hand.
    #[must_use]
    pub fn circuit(&self) -> CircuitHandle {
        self.circuit.handle()
    }

    /// The cooldown of its credential, to be watched or ended by hand.
    #[must_use]
    pub fn credential(&self) -> &Cooldown {
        self.cooldown.of_credential()
    }

    /// The cooldown of its provider, to be watched or ended by hand.
    #[must_use]
    pub fn provider(&self) -> &Cooldown {
        self.cooldown.of_provider()
    }

    /// What its last calls were like.
    #[must_use]
    pub fn vitals(&self) -> VitalsHandle {
        self.vitals.handle()
    }
}

impl<C> MemberStack<C> {
    /// What makes this member's requests of those of callers who speak `front`.
    pub(super) fn normalizer(&self, front: AnyDialect) -> SchemaNormalizerLayer<AnyDialect, AnyDialect> {
        let model = self.member.model().unwrap_or_default();
        let layer = SchemaNormalizerLayer::new(front, self.dialect).model(model).flavour(self.flavour);
        let layer = layer.losses(self.losses.clone());
        match &self.capabilities {
            Some(capabilities) => layer.capabilities(Arc::clone(capabilities)),
            None => layer,
        }
    }
}

impl<C: Clone> MemberStack<C> {
    /// This member for callers who speak `front`.
    pub fn service(&self, front: AnyDialect) -> MemberService<C> {
        ServiceBuilder::new()
            // Outermost: a retry is another attempt, so the breaker sees each of them.
            .layer(self.retry.clone())
            // Refuses what another member has found out about the key, or about the host.
            .layer(self.cooldown.clone())
            // Refuses before anything is sent, and judges what comes back to its last byte.
            .layer(self.circuit.clone())
            // Watches what was let pass: its head is the first token, thanks to the guard below.
            .layer(self.vitals.clone())
            // Turns a bad status, a silence and a bad 200 into a failure, while there is still time to fail over.
            .layer(
                StreamGuardLayer::for_dialect(front)
                    .first_token(self.timeouts.first_token)
                    .idle(self.timeouts.idle)
                    .attempt(self.timeouts.attempt)
                    .total(self.timeouts.total)
                    // A silent member must not use up the time in which the next one could have answered.
                    .leave_time(true),
            )
            // Derives the member's request from the caller's own, anew for every attempt.
            .layer(self.normalizer(front))
            .service(self.client.clone())
    }

    /// This member as a candidate of a router that looks at what is known of it before it asks.
    pub(super) fn candidate(&self, front: AnyDialect) -> Candidate<MemberService<C>> {
        Candidate::new(self.member.clone(), self.service(front))
            .health(MemberHealth::of(self))
            .ramp(self.ramp.clone())
            .interchangeable(self.is_interchangeable)
            .context(self.target().capabilities.context)
    }
}
