//! One world: two providers, a stack between them and the callers, and the laws that hold in it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;
use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitConfig};
use tower_failover::dialect::AnyDialect;
use tower_failover::facts::Member;
use tower_failover::retry_budget::RetryBudgetLayer;
use tower_failover::stack::{ClassStack, MemberStack, Stack};

use crate::caller::{Caller, DEADLINE, Ends};
use crate::provider::Provider;
use crate::rng::Rng;
use crate::wire::Api;

/// What a world is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) calls: u64,
    /// They come within this time.
    pub(crate) within: Duration,
    /// Nobody answers, ever.
    pub(crate) is_outage: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self { calls: 60, within: Duration::from_secs(60), is_outage: false }
    }
}

/// No call may lead to more attempts than this, whatever happens to it: three at each member, and as many again each
/// of the two times that an answer is gone on with.
const MOST_ATTEMPTS: u64 = 18;

pub(crate) struct World {
    rng: Rng,
    providers: [Provider; 2],
    class: ClassStack<Provider>,
}

impl World {
    /// Lets a world run to its end, which must be one.
    pub(crate) fn run(seed: u64, plan: &Plan) -> Ends {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let world = std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                let world = Self::new(seed, plan.is_outage);
                let ends = world.live(plan).await;
                world.check(plan, ends).await
            })
        });
        std::panic::catch_unwind(world).unwrap_or_else(|_| panic!("in the world of seed {seed}"))
    }

    fn new(seed: u64, is_outage: bool) -> Self {
        let rng = Rng::seeded(seed);
        let apis = if rng.percent(50) { [Api::Chat, Api::Anthropic] } else { [Api::Anthropic, Api::Chat] };
        let providers = apis.map(|api| Provider::new(api, &rng, is_outage));
        let member = |index: usize, name: &'static str| {
            let member = Member::new(name).with_model("m");
            let circuit = CircuitBreakerLayer::default().with_config(CircuitConfig::default().seed(seed));
            MemberStack::new(member, dialect(apis[index]), providers[index].clone())
                .with_circuit(circuit)
                .with_retry(RetryBudgetLayer::default().seed(seed))
        };
        let class = ClassStack::new("workhorse", member(0, "first"))
            .with_fallback(member(1, "second"))
            .with_deadline(DEADLINE);
        Self { rng, providers, class }
    }

    async fn live(&self, plan: &Plan) -> Ends {
        let stack = Stack::new([self.class.clone()]);
        let mut calls = JoinSet::new();
        for _ in 0..plan.calls {
            let (caller, wait) = (Caller::random(&self.rng), self.rng.millis(plan.within.as_millis() as u64));
            let service = stack.front(dialect(caller.api));
            calls.spawn(async move {
                sleep(wait).await;
                caller.ask(service).await
            });
        }
        let mut ends = Ends::default();
        while let Some(end) = calls.join_next().await {
            ends += end.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        }
        ends
    }

    async fn check(&self, plan: &Plan, mut ends: Ends) -> Ends {
        assert_eq!(ends.all(), plan.calls, "every call has one end: {ends:?}");
        // What was dropped a moment ago may still have to be noticed.
        sleep(Duration::from_millis(100)).await;
        for (provider, circuit) in self.providers.iter().zip(self.class.circuits()) {
            assert_eq!(provider.open.load(Ordering::Relaxed), 0, "calls to a provider are left open");
            let asked = provider.asked.load(Ordering::Relaxed);
            let totals = circuit.snapshot().totals;
            let ended = totals.successes
                + totals.failures
                + totals.throttled
                + totals.neutral
                + totals.cancelled
                + totals.stale;
            // Who is asked to go on with an answer, and cannot, is let pass and refused before anything is sent.
            assert!((asked..=asked + totals.neutral).contains(&ended), "each attempt ends once: {totals:?}");
            ends.attempts += asked;
        }
        assert!(ends.attempts <= plan.calls * MOST_ATTEMPTS, "{} attempts", ends.attempts);
        ends
    }
}

fn dialect(api: Api) -> AnyDialect {
    AnyDialect::parse(match api {
        Api::Chat => "openai-chat",
        Api::Anthropic => "anthropic-messages",
    })
    .unwrap()
}
