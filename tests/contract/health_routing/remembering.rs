//! What routing remembers: conversations, tiers, and that a member was down a moment ago.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreaker, CircuitBreakerLayer, CircuitState};
use tower_failover::facts::{Availability, Conversation, Vitals};
use tower_failover::failure::{Class, Classify, Failure, OnError};
use tower_failover::health_routing::{
    Candidate, Health, HealthRouting, Memory, Ramp, RoutingPolicy, WhenAllDown,
};
use tower_failover::vitals::{self, VitalsHandle, VitalsLayer};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Added to the number of a conversation, it is the first call of it.
const FIRST: u64 = 1 << 40;

/// A question is the number of its conversation; an answer the name of who gave it.
#[derive(Clone, Default)]
struct Talk {
    asked: Arc<AtomicUsize>,
}

impl RoutingPolicy<u64, &'static str> for Talk {
    fn classify(&self, result: Result<&&'static str, &BoxError>) -> Option<Failure> {
        Classify::classify(&OnError, result)
    }

    fn conversation(&self, request: &u64) -> Option<Conversation> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Some(Conversation::new(*request % FIRST).with_beginning(*request >= FIRST))
    }
}

/// A provider that can be down, takes its time, and counts what reaches it.
#[derive(Clone)]
struct Provider {
    name: &'static str,
    is_down: Arc<AtomicBool>,
    takes: Arc<Mutex<Duration>>,
    calls: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl Provider {
    fn new(name: &'static str) -> Self {
        let (is_down, takes, calls) = (Arc::default(), Arc::default(), Arc::default());
        Self { name, is_down, takes, calls, at_once: Arc::default(), most_at_once: Arc::default() }
    }

    fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn set_time(&self, takes: Duration) {
        *self.takes.lock().unwrap() = takes;
    }

    /// How many calls have come since it was last asked so.
    fn count(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }
}

impl Service<u64> for Provider {
    type Response = &'static str;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<&'static str, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: u64) -> Self::Future {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let (this, takes) = (self.clone(), *self.takes.lock().unwrap());
        Box::pin(async move {
            if !takes.is_zero() {
                sleep(takes).await;
            }
            this.at_once.fetch_sub(1, Ordering::SeqCst);
            match this.is_down.load(Ordering::SeqCst) {
                true => Err(Failure::new(Class::ServerError).into()),
                false => Ok(this.name),
            }
        })
    }
}

type Guarded = CircuitBreaker<Provider, AtReturn<OnError>>;

/// A member with a circuit of its own.
fn guarded(provider: &Provider) -> Candidate<Guarded> {
    let circuit = CircuitBreakerLayer::new(AtReturn::new(OnError));
    let handle = circuit.handle();
    Candidate::new(provider.name, circuit.layer(provider.clone())).health(move |now| handle.availability(now))
}

/// A member of which this is known.
fn known(provider: &Provider, availability: &Arc<Mutex<Availability>>) -> Candidate<Provider> {
    let availability = Arc::clone(availability);
    Candidate::new(provider.name, provider.clone()).health(move |_: Instant| *availability.lock().unwrap())
}

fn up() -> Arc<Mutex<Availability>> {
    Arc::new(Mutex::new(Availability::Up))
}

fn down(seconds: u64) -> Availability {
    Availability::Down(Some(Duration::from_secs(seconds)))
}

async fn ask<S>(service: &S, conversation: u64) -> S::Response
where
    S: Service<u64, Error = BoxError> + Clone,
{
    service.clone().oneshot(conversation).await.unwrap()
}

/// A conversation that nobody has heard of.
fn newcomer() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1_000_000);
    NEXT.fetch_add(1, Ordering::SeqCst)
}

/// So many calls at once, each of a conversation of its own; who answered each.
async fn ask_at_once<S>(service: &S, count: u64) -> Vec<&'static str>
where
    S: Service<u64, Response = &'static str, Error = BoxError, Future: Send> + Clone + Send + 'static,
{
    let mut calls = JoinSet::new();
    (0..count).for_each(|_| drop(calls.spawn(service.clone().oneshot(newcomer()))));
    calls.join_all().await.into_iter().map(Result::unwrap).collect()
}

struct Pair {
    primary: Provider,
    fallback: Provider,
    health: [Arc<Mutex<Availability>>; 2],
    policy: Talk,
    service: HealthRouting<Provider, Provider, Talk>,
}

impl Pair {
    fn new() -> Self {
        let (primary, fallback, health) = (Provider::new("primary"), Provider::new("fallback"), [up(), up()]);
        let policy = Talk::default();
        let candidates = (known(&primary, &health[0]), vec![known(&fallback, &health[1])]);
        let service = HealthRouting::new(candidates.0, candidates.1).policy(policy.clone());
        Self { primary, fallback, health, policy, service }
    }

    fn set(&self, member: usize, availability: Availability) {
        *self.health[member].lock().unwrap() = availability;
    }
}

#[tokio::test(start_paused = true)]
async fn a_conversation_that_a_fallback_served_stays_there_for_an_hour_and_new_ones_go_back() {
    let pair = Pair::new();
    pair.set(0, down(5));
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    pair.set(0, Availability::Up);
    assert_eq!(ask(&pair.service, 2).await, "primary");
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    advance(HOUR - SECOND).await;
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    advance(SECOND).await;
    assert_eq!(ask(&pair.service, 1).await, "primary");
}

#[tokio::test(start_paused = true)]
async fn one_that_only_begins_as_another_did_goes_to_the_primary() {
    let pair = Pair::new();
    pair.set(0, down(5));
    assert_eq!(ask(&pair.service, FIRST + 1).await, "fallback");
    pair.set(0, Availability::Up);
    assert_eq!(ask(&pair.service, 1).await, "fallback", "it goes on");
    assert_eq!(ask(&pair.service, FIRST + 1).await, "primary", "it begins");
    assert_eq!(ask(&pair.service, 1).await, "primary", "and goes on where it began");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_leaves_a_member_that_is_down_and_stays_where_it_went() {
    let pair = Pair::new();
    pair.set(0, down(5));
    ask(&pair.service, 1).await;
    pair.set(0, Availability::Up);
    for away in
        [down(5), Availability::Exhausted(SECOND), Availability::Unsteady, Availability::Silent(SECOND)]
    {
        pair.set(1, away);
        assert_eq!(ask(&pair.service, 7).await, "primary");
    }
    assert_eq!(ask(&pair.service, 1).await, "primary");
    pair.set(1, Availability::Up);
    assert_eq!(ask(&pair.service, 1).await, "primary", "it does not go to and fro");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_whose_member_fails_goes_on_elsewhere_in_the_same_call() {
    let pair = Pair::new();
    pair.primary.set_down(true);
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    pair.primary.set_down(false);
    pair.fallback.set_down(true);
    pair.primary.count();
    assert_eq!(ask(&pair.service, 1).await, "primary");
    pair.fallback.set_down(false);
    assert_eq!(ask(&pair.service, 1).await, "primary");
}

#[tokio::test(start_paused = true)]
async fn as_long_as_the_primary_serves_nobody_asks_for_the_conversation() {
    let pair = Pair::new();
    for conversation in 0..9 {
        ask(&pair.service, conversation).await;
    }
    assert_eq!(pair.policy.asked.load(Ordering::SeqCst), 0);
    pair.primary.set_down(true);
    ask(&pair.service, 1).await;
    assert_eq!(pair.policy.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_answer_pins_nothing() {
    let pair = Pair::new();
    pair.primary.set_down(true);
    pair.fallback.set_down(true);
    pair.service.clone().oneshot(1).await.unwrap_err();
    pair.primary.set_down(false);
    assert_eq!(ask(&pair.service, 1).await, "primary");
}

#[tokio::test(start_paused = true)]
async fn routers_with_one_memory_know_the_same_conversations() {
    let (primary, fallback, memory) =
        (Provider::new("primary"), Provider::new("fallback"), Memory::default());
    let router = || {
        let (primary, fallback) = (primary.clone(), fallback.clone());
        HealthRouting::new(Candidate::new("primary", primary), vec![Candidate::new("fallback", fallback)])
            .policy(Talk::default())
            .memory(memory.clone())
    };
    primary.set_down(true);
    assert_eq!(ask(&router(), 1).await, "fallback");
    primary.set_down(false);
    assert_eq!(memory.pinned(), 1);
    assert_eq!(ask(&router(), 1).await, "fallback");
}

#[tokio::test(start_paused = true)]
async fn a_member_whose_answers_are_mostly_none_is_passed_over_and_one_that_errs_at_times_is_not() {
    let pair = Pair::new();
    pair.set(0, Availability::Unsteady);
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    pair.set(1, Availability::Exhausted(SECOND));
    assert_eq!(ask(&pair.service, 2).await, "primary");
}

#[tokio::test(start_paused = true)]
async fn a_used_up_limit_sends_calls_elsewhere_and_refuses_none() {
    let pair = Pair::new();
    pair.set(0, Availability::Exhausted(SECOND));
    assert_eq!(ask(&pair.service, 1).await, "fallback");
    pair.set(1, down(5));
    assert_eq!(ask(&pair.service, 2).await, "primary");
}

/// What a member of a tier is known by.
struct Watched(VitalsHandle);

impl Health for Watched {
    fn availability(&self, now: Instant) -> Availability {
        self.0.availability(now)
    }

    fn vitals(&self, now: Instant) -> Option<Vitals> {
        Some(self.0.read(now))
    }
}

type Seen = vitals::Vitals<Provider, vitals::AtReturn<OnError>>;

fn watched(provider: &Provider) -> Candidate<Seen> {
    let layer = VitalsLayer::new(vitals::AtReturn::new(OnError));
    let health = Watched(layer.handle());
    Candidate::new(provider.name, layer.layer(provider.clone())).health(health).interchangeable(true)
}

/// Two members that are as good as each other, and a third that is not.
fn tier() -> ([Provider; 3], HealthRouting<Seen, Seen, Talk>) {
    let providers = ["one", "other", "third"].map(Provider::new);
    providers.iter().for_each(|provider| provider.set_time(SECOND));
    let [one, other, third] = providers.each_ref().map(watched);
    let service = HealthRouting::new(one, vec![other, third.interchangeable(false)]).policy(Talk::default());
    (providers, service)
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_are_spread_over_a_tier_and_go_no_further() {
    let ([one, other, third], service) = tier();
    let answered = ask_at_once(&service, 100).await;
    assert_eq!(answered.len(), 100);
    for provider in [&one, &other] {
        let count = provider.count();
        assert!((40..=60).contains(&count), "{}: {count}", provider.name);
    }
    assert_eq!(third.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_faster_of_a_tier_gets_the_calls_once_that_is_known() {
    let ([one, other, _], service) = tier();
    one.set_time(3 * SECOND);
    ask_at_once(&service, 2).await;
    one.count();
    other.count();
    for conversation in 0..20 {
        assert_eq!(ask(&service, conversation).await, "other");
    }
}

#[tokio::test(start_paused = true)]
async fn a_little_better_is_no_reason_to_change() {
    let ([_, other, _], service) = tier();
    ask_at_once(&service, 2).await;
    other.set_time(SECOND * 11 / 10);
    for answer in ask_new(&service, 20).await {
        assert_eq!(answer, "other");
    }
    other.set_time(2 * SECOND);
    let answers = ask_new(&service, 5).await;
    assert_eq!(answers[4], "one", "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_member_of_a_tier_that_was_not_asked_for_a_minute_is_tried_by_one_call() {
    let ([one, other, _], service) = tier();
    ask_at_once(&service, 2).await;
    other.set_time(9 * SECOND);
    ask_new(&service, 2).await;
    advance(50 * SECOND).await;
    ask_new(&service, 5).await;
    advance(10 * SECOND).await;
    one.count();
    other.count();
    ask_new(&service, 20).await;
    assert_eq!((one.count(), other.count()), (19, 1));
}

#[tokio::test(start_paused = true)]
async fn failing_fast_does_not_draw_the_calls_of_a_tier() {
    let ([one, other, _], service) = tier();
    ask_at_once(&service, 2).await;
    one.set_time(Duration::ZERO);
    one.set_down(true);
    one.count();
    other.count();
    for conversation in 0..50 {
        assert_eq!(ask(&service, conversation).await, "other");
    }
    assert!(one.count() <= 5, "attempts at the one that fails");
}

#[tokio::test(start_paused = true)]
async fn a_conversation_stays_with_the_member_of_a_tier_that_has_its_cache() {
    let ([one, other, _], service) = tier();
    let first = ask(&service, 1).await;
    let (mine, others) = if first == "one" { (&one, &other) } else { (&other, &one) };
    mine.set_time(5 * SECOND);
    for _ in 0..3 {
        assert_eq!(ask(&service, 1).await, first);
    }
    assert_eq!(ask(&service, 2).await, others.name, "a new one goes to who is faster now");
    mine.set_down(true);
    assert_eq!(ask(&service, 1).await, others.name);
}

/// A primary that was down long enough for its circuit to know, and a fallback that took over.
async fn outage() -> (Provider, Provider, HealthRouting<Guarded, Guarded, Talk>) {
    let (primary, fallback) = (Provider::new("primary"), Provider::new("fallback"));
    let service = HealthRouting::new(guarded(&primary), vec![guarded(&fallback)]).policy(Talk::default());
    primary.set_down(true);
    for conversation in 0..20 {
        assert_eq!(ask(&service, conversation).await, "fallback");
    }
    assert_eq!(primary.count(), 5, "until its circuit opens");
    (primary, fallback, service)
}

#[tokio::test(start_paused = true)]
async fn a_returning_primary_is_probed_by_one_call_at_a_time_however_many_come() {
    let (primary, _, service) = outage().await;
    primary.set_down(false);
    primary.set_time(SECOND);
    primary.most_at_once.store(0, Ordering::SeqCst);
    advance(30 * SECOND).await;
    let answered = ask_at_once(&service, 1000).await;
    assert_eq!(answered.iter().filter(|name| **name == "primary").count(), 1);
    assert_eq!((primary.count(), primary.most_at_once.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_calls_at_once_do_not_fall_upon_a_primary_that_is_back() {
    let (primary, fallback, service) = outage().await;
    primary.set_down(false);
    advance(30 * SECOND).await;
    // Two probes close the circuit.
    assert_eq!(ask(&service, 100).await, "primary");
    assert_eq!(ask(&service, 101).await, "primary");
    primary.count();
    fallback.count();

    let mut shares = Vec::new();
    for _ in 0..11 {
        ask_at_once(&service, 1000).await;
        let (at_primary, at_fallback) = (primary.count(), fallback.count());
        assert_eq!(at_primary + at_fallback, 1000, "each call is asked once");
        shares.push(at_primary);
        advance(SECOND).await;
    }
    assert!((100..=101).contains(&shares[0]), "{shares:?}");
    assert!(shares.is_sorted() && shares[5] <= 560, "{shares:?}");
    assert_eq!(shares[10], 1000);
}

/// Calls of conversations that nobody has heard of.
async fn ask_new<S>(service: &S, count: u64) -> Vec<&'static str>
where
    S: Service<u64, Response = &'static str, Error = BoxError> + Clone,
{
    let mut answers = Vec::new();
    for _ in 0..count {
        answers.push(ask(service, newcomer()).await);
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_stays_down_is_asked_a_handful_of_times_a_minute_at_any_load() {
    for per_second in [1, 100, 1000] {
        let (primary, _, service) = outage().await;
        for _ in 0..60 {
            ask_at_once(&service, per_second).await;
            advance(SECOND).await;
        }
        let attempts = primary.count();
        assert!((1..=6).contains(&attempts), "{attempts} attempts at {per_second} calls a second");
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_total_outage_the_providers_get_far_fewer_calls_than_come() {
    let (primary, fallback, service) = outage().await;
    fallback.set_down(true);
    for conversation in 0..5 {
        service.clone().oneshot(conversation).await.unwrap_err();
    }
    primary.count();
    fallback.count();
    let mut requests = 0;
    for _ in 0..60 {
        for conversation in 0..100 {
            service.clone().oneshot(conversation).await.unwrap_err();
            requests += 1;
        }
        advance(SECOND).await;
    }
    let attempts = primary.count() + fallback.count();
    assert!(attempts <= 12, "{attempts} attempts for {requests} requests");
}

#[tokio::test(start_paused = true)]
async fn the_ramp_of_a_member_is_one_on_all_its_routers() {
    let (primary, fallback) = (Provider::new("primary"), Provider::new("fallback"));
    let (health, ramp) = (up(), Ramp::default());
    let router = || {
        let primary = known(&primary, &health).ramp(ramp.clone());
        HealthRouting::new(primary, vec![known(&fallback, &up())]).policy(Talk::default())
    };
    let (here, there) = (router(), router());
    *health.lock().unwrap() = Availability::Probation;
    ask(&here, 1).await;
    *health.lock().unwrap() = Availability::Up;
    primary.count();
    ask_at_once(&here, 500).await;
    ask_at_once(&there, 500).await;
    assert_eq!(primary.count(), 100);
}

#[tokio::test(start_paused = true)]
async fn looking_at_the_standings_admits_nobody() {
    let (primary, fallback, service) = outage().await;
    primary.set_down(false);
    let standing = |index: usize| service.standings(Instant::now())[index].clone();
    let closed = standing(0);
    assert!(matches!(closed.availability, Availability::Down(Some(_))), "{closed:?}");
    assert_eq!((closed.turn, standing(1).turn), (Some(2), Some(1)));
    advance(30 * SECOND).await;
    ask_new(&service, 2).await;
    (0..1000).for_each(|_| assert_eq!(standing(0).availability, Availability::Ramping(10)));
    primary.count();
    fallback.count();
    ask_at_once(&service, 100).await;
    assert_eq!(primary.count(), 10);
}

/// Opens up for the last resort.
struct Shut(Arc<AtomicBool>);

impl Health for Shut {
    fn availability(&self, _: Instant) -> Availability {
        down(5)
    }

    fn last_resort(&self, _: Instant) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn what_shuts_a_member_is_told_when_it_is_the_last_resort() {
    let provider = Provider::new("primary");
    provider.set_down(true);
    let health = Shut(Arc::clone(&provider.is_down));
    let candidate = Candidate::new("primary", provider).health(health);
    let service = HealthRouting::new(candidate, Vec::<Candidate<Provider>>::new())
        .policy(Talk::default())
        .when_all_down(WhenAllDown::LastResort);
    assert_eq!(ask(&service, 1).await, "primary");
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_closes_by_probes_is_what_begins_a_ramp() {
    let circuit = CircuitBreakerLayer::new(AtReturn::new(OnError));
    circuit.handle().force_open(SECOND);
    let handle = circuit.handle();
    let service = circuit.layer(tower::service_fn(|_: u64| ready(Ok::<_, BoxError>("primary"))));
    let candidate = Candidate::new("primary", service).health(move |now| handle.availability(now));
    let service =
        HealthRouting::new(candidate, vec![guarded(&Provider::new("fallback"))]).policy(Talk::default());
    advance(SECOND).await;
    ask_new(&service, 2).await;
    assert_eq!(circuit.handle().state(), CircuitState::Closed);
    assert_eq!(service.standings(Instant::now())[0].availability, Availability::Ramping(10));
}
