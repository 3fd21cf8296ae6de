#![allow(clippy::unwrap_used)]

mod remembering;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::Instant;
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::facts::{Attempts, Availability, Call, Exclusions, Member, Served};
use tower_failover::failure::{Class, Failure, OnError};
use tower_failover::health_routing::{
    AllFailed, Candidate, Health, HealthRouting, HealthRoutingLayer, HttpRouting, RoutingPolicy, WhenAllDown,
};
use tower_failover::testing::ReadinessProbe;

/// A member that counts its calls and answers with its own name, or with the class it was told to fail with.
#[derive(Clone)]
struct Fake {
    name: &'static str,
    fails: Option<Failure>,
    calls: Arc<AtomicUsize>,
}

impl Fake {
    fn new(name: &'static str) -> Self {
        Self { name, fails: None, calls: Arc::default() }
    }

    fn failing(name: &'static str, class: Class) -> Self {
        Self { fails: Some(Failure::new(class)), ..Self::new(name) }
    }

    fn after(mut self, seconds: u64) -> Self {
        self.fails = self.fails.map(|failure| failure.with_retry_after(Duration::from_secs(seconds)));
        self
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl<T> Service<T> for Fake {
    type Response = &'static str;
    type Error = BoxError;
    type Future = std::future::Ready<Result<&'static str, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: T) -> Self::Future {
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(self.fails.clone().map_or(Ok(self.name), |failure| Err(failure.into())))
    }
}

/// A router over services that are not HTTP: a question is a number, an answer a name.
fn route(members: &[&Fake]) -> HealthRouting<Fake, Fake, OnError> {
    let mut candidates = members.iter().map(|fake| Candidate::new(fake.name, (*fake).clone()));
    let primary = candidates.next().unwrap();
    HealthRouting::new(primary, candidates.collect()).policy(OnError)
}

fn down(seconds: u64) -> impl Fn(Instant) -> Availability {
    move |_| Availability::Down(Some(Duration::from_secs(seconds)))
}

fn class(error: &BoxError) -> Class {
    Failure::find(error.as_ref()).unwrap().class()
}

fn all_failed(error: &BoxError) -> &AllFailed {
    error.downcast_ref().expect("an `AllFailed`")
}

#[tokio::test(start_paused = true)]
async fn the_primary_serves_as_long_as_it_can() {
    let (a, b) = (Fake::new("a"), Fake::new("b"));
    assert_eq!(route(&[&a, &b]).oneshot(1).await.unwrap(), "a");
    assert_eq!(b.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failing_member_is_followed_at_once_by_the_next() {
    let (a, b) = (Fake::failing("a", Class::Timeout), Fake::failing("b", Class::Overloaded));
    let c = Fake::new("c");
    let began = Instant::now();
    assert_eq!(route(&[&a, &b, &c]).oneshot(1).await.unwrap(), "c");
    assert_eq!((a.calls(), b.calls()), (1, 1));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_callers_own_mistake_goes_back_at_once_and_unchanged() {
    let (a, b) = (Fake::failing("a", Class::InvalidRequest), Fake::new("b"));
    let error = route(&[&a, &b]).oneshot(1).await.unwrap_err();
    assert!(error.downcast_ref::<Failure>().is_some_and(|f| f.class() == Class::InvalidRequest));
    assert_eq!(b.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_member_known_to_be_down_is_asked_last_and_not_never() {
    let (a, b) = (Fake::new("a"), Fake::failing("b", Class::ServerError));
    let router = HealthRouting::new(
        Candidate::new("a", a.clone()).health(down(9)),
        vec![Candidate::new("b", b.clone())],
    );
    assert_eq!(router.policy(OnError).oneshot(1).await.unwrap(), "a");
    assert_eq!((a.calls(), b.calls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn when_all_failed_the_error_names_each_and_the_earliest_hope() {
    let a = Fake::failing("a", Class::QuotaExhausted).after(300);
    let b = Fake::failing("b", Class::RateLimited).after(7);
    let error = route(&[&a, &b]).oneshot(1).await.unwrap_err();
    let named: Vec<_> =
        all_failed(&error).failures().iter().map(|(m, f)| (m.to_string(), f.class())).collect();
    assert_eq!(named, [("a".into(), Class::QuotaExhausted), ("b".into(), Class::RateLimited)]);
    assert_eq!(all_failed(&error).retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.to_string(), "no member could answer: a quota_exhausted, b rate_limited");
}

#[tokio::test(start_paused = true)]
async fn a_foreign_error_is_kept_as_the_cause() {
    let broken = service_fn(|_: u32| async { Err::<(), BoxError>("the disk is full".into()) });
    let router = HealthRouting::new(Candidate::new("a", broken), Vec::<Candidate<_>>::new());
    let router: HealthRouting<_, tower::util::BoxCloneSyncService<u32, (), BoxError>, _> =
        router.policy(OnError);
    let error = router.oneshot(1).await.unwrap_err();
    let failure = Failure::find(error.as_ref()).unwrap();
    assert_eq!(failure.member(), Some("a"));
    assert_eq!(std::error::Error::source(failure).unwrap().to_string(), "the disk is full");
}

// Health

#[tokio::test(start_paused = true)]
async fn when_all_are_down_nobody_is_asked_and_the_error_says_when_to_come_back() {
    let (a, b) = (Fake::new("a"), Fake::new("b"));
    let router = HealthRouting::new(
        Candidate::new("a", a.clone()).health(down(30)),
        vec![Candidate::new("b", b.clone()).health(down(4))],
    );
    let error = router.policy(OnError).oneshot(1).await.unwrap_err();
    assert_eq!(class(&error), Class::CircuitOpen);
    assert_eq!(all_failed(&error).retry_after(), Some(Duration::from_secs(4)));
    assert_eq!((a.calls(), b.calls()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_down_is_refused_for_the_reason_its_health_gives() {
    struct Cooling;

    impl Health for Cooling {
        fn availability(&self, _: Instant) -> Availability {
            Availability::Down(Some(Duration::from_secs(30)))
        }

        fn refusal(&self, _: Instant) -> Class {
            Class::CoolingDown
        }
    }

    let router = HealthRouting::new(
        Candidate::new("a", Fake::new("a")).health(down(4)),
        vec![Candidate::new("b", Fake::new("b")).health(Cooling)],
    );
    let error = router.policy(OnError).oneshot(1).await.unwrap_err();
    let classes: Vec<_> = all_failed(&error).failures().iter().map(|(_, failure)| failure.class()).collect();
    assert_eq!(classes, [Class::CircuitOpen, Class::CoolingDown]);
}

#[tokio::test(start_paused = true)]
async fn the_last_resort_is_tried_by_one_call_at_a_time_and_a_dropped_one_gives_its_turn_back() {
    let layer = HealthRoutingLayer::primary("a")
        .health(down(30))
        .fallback("b", service_fn(|_: u32| pending::<Result<&'static str, BoxError>>()))
        .health(down(4))
        .when_all_down(WhenAllDown::LastResort)
        .policy(OnError);
    // Two routes of one app: the turn belongs to the layer.
    let (one, two) = (layer.layer(Fake::new("a")), layer.layer(Fake::new("a")));

    let mut first = tokio_test::task::spawn(one.oneshot(1));
    assert!(first.poll().is_pending(), "the earliest hope, `b`, is being asked");
    let refused = two.clone().oneshot(1).await.unwrap_err();
    assert_eq!(class(&refused), Class::CircuitOpen);

    drop(first);
    let mut third = tokio_test::task::spawn(two.oneshot(1));
    assert!(third.poll().is_pending(), "the turn came back");
}

#[tokio::test(start_paused = true)]
async fn a_failed_last_resort_still_tells_the_earliest_hope() {
    let a = Fake::failing("a", Class::ServerError);
    let router = HealthRouting::new(
        Candidate::new("a", a.clone()).health(down(2)),
        vec![Candidate::new("b", Fake::new("b")).health(down(5))],
    );
    let router = router.policy(OnError).when_all_down(WhenAllDown::LastResort);
    let error = router.oneshot(1).await.unwrap_err();
    assert_eq!((a.calls(), class(&error)), (1, Class::ServerError));
    assert_eq!(all_failed(&error).retry_after(), Some(Duration::from_secs(5)));
}

// Readiness

/// Never ready, or broken.
#[derive(Clone)]
struct Unready(Option<Class>);

impl<T> Service<T> for Unready {
    type Response = &'static str;
    type Error = BoxError;
    type Future = std::future::Ready<Result<&'static str, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.map_or(Poll::Pending, |class| Poll::Ready(Err(Failure::new(class).into())))
    }

    fn call(&mut self, _: T) -> Self::Future {
        unreachable!("it was never ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_is_broken_does_not_make_a_healthy_primary_unreachable() {
    let layer = HealthRoutingLayer::primary("a").fallback("b", Unready(Some(Class::Connect))).policy(OnError);
    let mut router = layer.layer(Fake::new("a"));
    assert_eq!(ServiceExt::<u32>::ready(&mut router).await.unwrap().call(1).await.unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_fails_to_become_ready_is_a_member_that_failed() {
    let layer = HealthRoutingLayer::primary("a").fallback("b", Fake::new("b")).policy(OnError);
    assert_eq!(layer.layer(Unready(Some(Class::Connect))).oneshot(1_u32).await.unwrap(), "b");
}

#[tokio::test(start_paused = true)]
async fn a_member_that_is_not_ready_is_passed_over_once_patience_ends() {
    let layer = HealthRoutingLayer::primary("a").fallback("b", Fake::new("b")).policy(OnError);
    let began = Instant::now();
    assert_eq!(layer.layer(Unready(None)).oneshot(1_u32).await.unwrap(), "b");
    assert_eq!(began.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn the_last_member_is_waited_for() {
    let layer = HealthRoutingLayer::primary("a").fallback("b", Unready(None)).policy(OnError);
    let service = layer.layer(Fake::failing("a", Class::Timeout));
    let call = tokio::time::timeout(Duration::from_secs(3600), service.oneshot(1_u32));
    assert!(call.await.is_err(), "only the caller's deadline ends the wait");
}

#[tokio::test(start_paused = true)]
async fn it_calls_the_very_instance_that_was_ready() {
    let a = ReadinessProbe::new(Fake::failing("a", Class::Timeout));
    let b = ReadinessProbe::new(Fake::new("b"));
    let router = HealthRouting::new(Candidate::new("a", a.clone()), vec![Candidate::new("b", b.clone())]);
    let mut router = router.policy(OnError);
    for _ in 0..3 {
        assert_eq!(ServiceExt::<u32>::ready(&mut router).await.unwrap().call(1).await.unwrap(), "b");
    }
    assert_eq!((a.calls(), b.calls()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn places_in_a_limited_member_are_held_one_at_a_time_and_given_back() {
    let busy = ConcurrencyLimit::new(service_fn(|_: u32| pending::<Result<&'static str, BoxError>>()), 1);
    let layer = HealthRoutingLayer::primary("a").fallback("b", Fake::new("b")).policy(OnError);
    let router = layer.layer(busy);

    let mut first = tokio_test::task::spawn(router.clone().oneshot(1));
    assert!(first.poll().is_pending());
    assert_eq!(router.clone().oneshot(2).await.unwrap(), "b", "the primary's only place is taken");

    drop(first);
    let mut third = tokio_test::task::spawn(router.oneshot(3));
    assert!(third.poll().is_pending(), "the place came back with the dropped call");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_for_a_member_leaves_nothing_behind() {
    let limited = ConcurrencyLimit::new(service_fn(|n: u32| ready(Ok::<_, BoxError>(n))), 1);
    let mut holder = limited.clone();
    holder.ready().await.unwrap();
    let router: HealthRouting<_, _, OnError> =
        HealthRouting::new(Candidate::new("a", limited.clone()), vec![Candidate::new("b", limited.clone())])
            .policy(OnError);
    let mut waiting = tokio_test::task::spawn(router.clone().oneshot(1));
    assert!(waiting.poll().is_pending());
    drop(waiting);
    drop(holder);
    assert_eq!(router.oneshot(2).await.unwrap(), 2);
}

// HTTP, by facts

fn answer(
    status: u16,
) -> impl Service<
    Request<()>,
    Response = Response<u16>,
    Error = Infallible,
    Future = std::future::Ready<Result<Response<u16>, Infallible>>,
> + Clone
+ Send
+ Sync
+ 'static {
    service_fn(move |_: Request<()>| ready(Ok(Response::builder().status(status).body(status).unwrap())))
}

fn served(response: &Response<u16>) -> &Served {
    response.extensions().get().expect("a mark of who served")
}

fn logged() -> (Request<()>, Attempts) {
    let mut request = Request::new(());
    let log = Attempts::find_or_insert(request.extensions_mut());
    (request, log)
}

fn told(log: &Attempts) -> Vec<(String, Option<Class>)> {
    log.list().into_iter().map(|a| (a.member.unwrap().to_string(), a.class)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_response_says_who_served_for_which_class_and_in_how_many_attempts() {
    let fallback = Member::new("anthropic").with_model("claude").with_degraded(true);
    let service = HealthRoutingLayer::primary("openai").fallback(fallback, answer(200)).layer(answer(503));
    let (mut request, log) = logged();
    request.extensions_mut().insert(Call::new("workhorse"));
    let response = service.oneshot(request).await.unwrap();
    let served = served(&response);
    assert_eq!(served.member.to_string(), "anthropic/claude");
    assert_eq!(served.class.as_deref(), Some("workhorse"));
    assert_eq!(served.attempts, 2);
    assert!(served.degradation.is_some());
    let expected = [("openai".into(), Some(Class::Overloaded)), ("anthropic/claude".into(), None)];
    assert_eq!(told(&log), expected);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_without_a_log_too_and_local_refusals_are_not_attempts() {
    let open = service_fn(|_: Request<()>| {
        ready(Err::<Response<u16>, BoxError>(Failure::new(Class::CircuitOpen).into()))
    });
    let layer = HealthRoutingLayer::primary("a").fallback("b", answer(500)).fallback("c", answer(200));
    let response = layer.layer(open).oneshot(Request::new(())).await.unwrap();
    assert_eq!(served(&response).attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_bad_request_is_not_repeated_elsewhere_and_stays_a_response() {
    let service = HealthRoutingLayer::primary("a").fallback("b", answer(200)).layer(answer(400));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!((response.status(), *response.body()), (StatusCode::BAD_REQUEST, 400));
    assert_eq!(served(&response).member.provider(), "a", "whose words these are");
}

#[tokio::test(start_paused = true)]
async fn when_the_last_member_answers_badly_its_own_words_go_back() {
    let service = HealthRoutingLayer::primary("a").fallback("b", answer(500)).layer(answer(503));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(*response.body(), 500);
    assert_eq!(served(&response).member.provider(), "b");
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_of_ours_never_looks_like_the_callers() {
    let service = HealthRoutingLayer::primary("a").fallback("b", answer(401)).layer(answer(503));
    let error = service.oneshot(Request::new(())).await.unwrap_err();
    let classes: Vec<_> = all_failed(&error).failures().iter().map(|(_, f)| f.class()).collect();
    assert_eq!(classes, [Class::Overloaded, Class::Auth]);
}

#[tokio::test(start_paused = true)]
async fn an_excluded_member_is_not_asked_even_if_nobody_is_left() {
    let service = HealthRoutingLayer::primary("a").fallback("b", answer(200)).layer(answer(201));
    let excluding = |names: &[&str]| {
        let mut request = Request::new(());
        request.extensions_mut().insert(Exclusions::new(names.iter().copied()));
        request
    };
    let response = service.clone().oneshot(excluding(&["a"])).await.unwrap();
    assert_eq!(*response.body(), 200);
    let error = service.oneshot(excluding(&["a", "b"])).await.unwrap_err();
    assert_eq!(class(&error), Class::Unsupported);
    assert!(all_failed(&error).failures().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_cut_by_a_dropped_future_is_recorded_as_cancelled() {
    let hung = service_fn(|_: Request<()>| pending::<Result<Response<u16>, BoxError>>());
    let service = HealthRoutingLayer::primary("a").fallback("b", hung).layer(answer(503));
    let (request, log) = logged();
    let mut call = tokio_test::task::spawn(service.oneshot(request));
    assert!(call.poll().is_pending());
    assert_eq!(told(&log), [("a".into(), Some(Class::Overloaded))]);
    drop(call);
    assert_eq!(told(&log)[1], ("b".into(), Some(Class::Cancelled)));
    assert_eq!(log.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_before_it_asked_anybody_made_no_attempt() {
    let service = HealthRoutingLayer::primary("a").fallback("b", Unready(None)).layer(Unready(None));
    let service = service.policy(Logged);
    let log = Attempts::default();
    let mut call = tokio_test::task::spawn(service.oneshot(log.clone()));
    assert!(call.poll().is_pending());
    drop(call);
    assert!(log.list().is_empty());
}

/// A policy of one's own: the request is the log.
#[derive(Clone)]
struct Logged;

impl RoutingPolicy<Attempts, &'static str> for Logged {
    fn classify(&self, result: Result<&&'static str, &BoxError>) -> Option<Failure> {
        result.err().map(Failure::of)
    }

    fn attempts(&self, request: &Attempts) -> Option<Attempts> {
        Some(request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn members_that_were_not_asked_are_listed_and_not_counted() {
    let layer =
        HealthRoutingLayer::primary("a").health(down(1)).fallback("b", Fake::new("b")).health(down(2));
    let log = Attempts::default();
    let error = layer.policy(Logged).layer(Fake::new("a")).oneshot(log.clone()).await.unwrap_err();
    assert_eq!(class(&error), Class::CircuitOpen);
    assert_eq!((log.list().len(), log.count()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_closure_judges_services_that_are_not_http() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&seen);
    let member = |name: &'static str, answer: u32| {
        let asked = Arc::clone(&asked);
        service_fn(move |question: String| {
            asked.lock().unwrap().push(format!("{name}: {question}"));
            ready(Ok::<_, Infallible>(answer))
        })
    };
    let odd_is_bad = |result: Result<&u32, &BoxError>| match result {
        Ok(answer) if answer % 2 == 1 => Some(Failure::new(Class::InvalidOutput)),
        Ok(_) => None,
        Err(error) => Some(Failure::of(error)),
    };
    let service = ServiceBuilder::new()
        .layer(HealthRoutingLayer::primary("a").fallback("b", member("b", 2)).policy(odd_is_bad))
        .service(member("a", 1));
    assert_eq!(service.oneshot("?".to_owned()).await.unwrap(), 2);
    assert_eq!(*seen.lock().unwrap(), ["a: ?", "b: ?"]);
}

#[test]
fn routers_can_be_shared_and_sent_as_axum_demands() {
    fn is_sound<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn is_send<T: Send>(_: &T) {}
    let layer = HealthRoutingLayer::primary("a").fallback("b", answer(200));
    is_sound(&layer);
    let service = layer.layer(answer(200));
    is_sound(&service);
    is_send(&service.oneshot(Request::new(())));
    let _: HttpRouting = HttpRouting::default();
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_for_one_is_sent_only_to_who_holds_more() {
    let [first, smaller, unknown, larger] = [
        Fake::failing("first", Class::ContextOverflow),
        Fake::new("smaller"),
        Fake::failing("unknown", Class::Overloaded),
        Fake::new("larger"),
    ];
    let sized = |fake: &Fake, tokens: Option<u64>| Candidate::new(fake.name, fake.clone()).context(tokens);
    let fallbacks = vec![sized(&smaller, Some(1000)), sized(&unknown, None), sized(&larger, Some(1001))];
    let router = HealthRouting::new(sized(&first, Some(1000)), fallbacks).policy(OnError);
    assert_eq!(router.oneshot(1).await.unwrap(), "larger");
    assert_eq!((smaller.calls(), unknown.calls()), (0, 1), "of whom nothing is known may hold it");
}

#[tokio::test(start_paused = true)]
async fn if_nobody_holds_more_the_caller_learns_that_it_is_too_long() {
    let (first, second) = (Fake::failing("first", Class::ContextOverflow), Fake::new("second"));
    let sized = |fake: &Fake| Candidate::new(fake.name, fake.clone()).context(1000);
    let router = HealthRouting::new(sized(&first), vec![sized(&second)]).policy(OnError);
    assert_eq!(class(&router.oneshot(1).await.unwrap_err()), Class::ContextOverflow);
    assert_eq!(second.calls(), 0);
}
