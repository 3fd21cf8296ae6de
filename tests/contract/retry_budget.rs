//! Tower's contract, and what this layer adds to it: a retry is brief, paid for, and never worse than none.
#![allow(clippy::unwrap_used)] // in helpers of tests

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_ok};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::facts::{Attempts, Deadline};
use tower_failover::failure::{Class, Failure, OnError, Standard};
use tower_failover::retry_budget::{Budget, HttpRetry, RetryBudgetLayer, RetryPolicy, TooLate};
use tower_failover::testing::ReadinessProbe;

const SECOND: Duration = Duration::from_secs(1);

/// A member that answers by script, one entry an attempt, its last entry for ever; and remembers when it was asked.
#[derive(Clone)]
struct Member(Arc<Script>);

struct Script {
    answers: Vec<Answer>,
    asked: Mutex<Vec<Instant>>,
}

#[derive(Clone)]
enum Answer {
    Good,
    Fails(Failure),
    Hangs,
    GoodAfter(Duration),
}

use Answer::{Fails, Good, GoodAfter, Hangs};

fn fails(class: Class) -> Answer {
    Fails(Failure::new(class))
}

fn hinted(class: Class, after: Duration) -> Answer {
    Fails(Failure::new(class).with_retry_after(after))
}

impl Member {
    fn new(answers: impl Into<Vec<Answer>>) -> Self {
        Self(Arc::new(Script { answers: answers.into(), asked: Mutex::default() }))
    }

    fn asked(&self) -> Vec<Instant> {
        self.0.asked.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.asked().len()
    }

    /// As a service which takes any request, and is no HTTP.
    fn service<Req>(
        &self,
    ) -> ReadinessProbe<
        impl Service<Req, Response = &'static str, Error = BoxError, Future: Send> + Clone + use<Req>,
    > {
        let script = Arc::clone(&self.0);
        ReadinessProbe::new(service_fn(move |_: Req| {
            let mut asked = script.asked.lock().unwrap();
            let answer = script.answers[asked.len().min(script.answers.len() - 1)].clone();
            asked.push(Instant::now());
            async move {
                match answer {
                    Good => Ok("good"),
                    Fails(failure) => Err(failure.into()),
                    Hangs => pending().await,
                    GoodAfter(wait) => {
                        sleep(wait).await;
                        Ok("good")
                    }
                }
            }
        }))
    }
}

/// Any service at all: an error fails, whatever else succeeds.
fn layer() -> RetryBudgetLayer<OnError> {
    RetryBudgetLayer::new(OnError).seed(7)
}

fn class(error: &BoxError) -> Class {
    Failure::find(error.as_ref()).unwrap().class()
}

/// How often a member that always answers so is asked for one call.
async fn attempts_at(answer: Answer) -> usize {
    let member = Member::new([answer]);
    let start = Instant::now();
    layer().layer(member.service()).oneshot(()).await.unwrap_err();
    assert!(start.elapsed() <= SECOND * 8);
    member.count()
}

#[tokio::test(start_paused = true)]
async fn a_passing_failure_is_not_seen_by_the_caller() {
    let member = Member::new([fails(Class::ServerError), fails(Class::Connect), Good]);
    assert_eq!(layer().layer(member.service()).oneshot(()).await.unwrap(), "good");
    assert_eq!(member.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_class_decides_how_often_the_member_is_asked() {
    assert_eq!(attempts_at(fails(Class::Connect)).await, 3);
    assert_eq!(attempts_at(fails(Class::ServerError)).await, 3);
    assert_eq!(attempts_at(fails(Class::Overloaded)).await, 3);
    assert_eq!(attempts_at(fails(Class::InvalidOutput)).await, 2);
    assert_eq!(attempts_at(fails(Class::RateLimited)).await, 1);
    assert_eq!(attempts_at(fails(Class::Timeout)).await, 1);
    assert_eq!(attempts_at(fails(Class::InvalidRequest)).await, 1);
    assert_eq!(attempts_at(fails(Class::CircuitOpen)).await, 1);
    assert_eq!(attempts_at(fails(Class::DeadlineExceeded)).await, 1);
    assert_eq!(attempts_at(hinted(Class::RateLimited, SECOND)).await, 3);
    assert_eq!(attempts_at(hinted(Class::RateLimited, SECOND * 5)).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_waited_for_in_full() {
    let member = Member::new([hinted(Class::RateLimited, SECOND * 2), Good]);
    layer().layer(member.service()).oneshot(()).await.unwrap();
    let [first, second] = member.asked()[..] else { panic!("two attempts") };
    assert!(second - first >= SECOND * 2);
    assert!(second - first < SECOND * 5 / 2);
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_window_sheds_at_once() {
    let member = Member::new([hinted(Class::RateLimited, SECOND * 30), Good]);
    let start = Instant::now();
    let error = layer().layer(member.service()).oneshot(()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    let failure = Failure::find(error.as_ref()).unwrap();
    assert_eq!((failure.class(), failure.retry_after()), (Class::RateLimited, Some(SECOND * 30)));
    assert_eq!(member.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_took_the_whole_window_is_final() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let slow = service_fn(move |()| {
        counter.fetch_add(1, Ordering::SeqCst);
        async {
            sleep(SECOND * 9).await;
            Err::<(), BoxError>(Failure::new(Class::ServerError).into())
        }
    });
    layer().layer(slow.clone()).oneshot(()).await.unwrap_err();
    assert_eq!(asked.swap(0, Ordering::SeqCst), 1);
    layer().window(SECOND * 30).layer(slow).oneshot(()).await.unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

fn http_member<B>(
    member: &Member,
) -> impl Service<Request<B>, Response = Response<&'static str>, Error = BoxError, Future: Send> + Clone + use<B>
{
    member.service().map_response(Response::new)
}

fn until(left: Duration) -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline(Instant::now() + left));
    request
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_deadline_sheds_at_once() {
    let member = Member::new([hinted(Class::Overloaded, SECOND * 2), Good]);
    let start = Instant::now();
    let service = RetryBudgetLayer::default().layer(http_member(&member));
    let error = service.oneshot(until(SECOND)).await.unwrap_err();
    assert_eq!((class(&error), start.elapsed(), member.count()), (Class::Overloaded, Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_when_an_answer_would_come_too_late() {
    let member = Member::new([GoodAfter(SECOND * 3)]);
    let layer = RetryBudgetLayer::default();
    for _ in 0..4 {
        layer.layer(http_member(&member)).oneshot(until(SECOND * 60)).await.unwrap();
    }
    // Four answers are not enough to know.
    layer.layer(http_member(&member)).oneshot(until(SECOND)).await.unwrap();
    let start = Instant::now();
    let error = layer.layer(http_member(&member)).oneshot(until(SECOND * 2)).await.unwrap_err();
    assert_eq!((start.elapsed(), member.count()), (Duration::ZERO, 5));
    let too_late = error.downcast_ref::<TooLate>().unwrap();
    assert_eq!((too_late.left(), too_late.usual()), (SECOND * 2, SECOND * 3));
    assert_eq!(class(&error), Class::Shed);
    layer.layer(http_member(&member)).oneshot(until(SECOND * 4)).await.unwrap();
    layer.layer(http_member(&member)).oneshot(Request::new(())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_retry_whose_answer_would_come_too_late_is_not_waited_for() {
    let slow = GoodAfter(SECOND * 3);
    let mut script = vec![slow; 5];
    script.push(fails(Class::ServerError));
    let member = Member::new(script);
    let layer = RetryBudgetLayer::default();
    for _ in 0..5 {
        layer.layer(http_member(&member)).oneshot(Request::new(())).await.unwrap();
    }
    let start = Instant::now();
    layer.layer(http_member(&member)).oneshot(until(SECOND * 3)).await.unwrap_err();
    assert_eq!((start.elapsed(), member.count()), (Duration::ZERO, 6));
}

#[tokio::test(start_paused = true)]
async fn callers_in_a_hurry_are_not_locked_out_when_the_member_becomes_faster() {
    let mut script = vec![GoodAfter(SECOND * 3); 50];
    script.push(GoodAfter(SECOND / 10));
    let member = Member::new(script);
    let layer = RetryBudgetLayer::default();
    for _ in 0..50 {
        layer.layer(http_member(&member)).oneshot(Request::new(())).await.unwrap();
    }
    let mut refused = 0;
    while refused < 100 && layer.layer(http_member(&member)).oneshot(until(SECOND)).await.is_err() {
        refused += 1;
    }
    assert_eq!(refused, 12);
}

#[tokio::test(start_paused = true)]
async fn without_a_budget_nothing_is_repeated() {
    let member = Member::new([fails(Class::ServerError)]);
    let layer = layer().budget(Budget::none());
    layer.layer(member.service()).oneshot(()).await.unwrap_err();
    assert_eq!(member.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_a_fifth_more_calls_and_the_reserve() {
    let member = Member::new([fails(Class::ServerError)]);
    let layer = layer();
    for _ in 0..1000 {
        layer.layer(member.service()).oneshot(()).await.unwrap_err();
    }
    let minutes = 1 + (member.asked()[member.count() - 1] - member.asked()[0]).as_secs() as usize / 60;
    assert!(member.count() >= 1000 + 200 + 60);
    assert!(member.count() <= 1000 + 200 + 60 * (minutes + 1), "{} in {minutes} min", member.count());
}

#[tokio::test(start_paused = true)]
async fn many_callers_at_once_do_not_multiply_the_load() {
    let member = Member::new([fails(Class::Overloaded)]);
    let layer = layer();
    let calls: Vec<_> = (0..1000).map(|_| tokio::spawn(layer.layer(member.service()).oneshot(()))).collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    // In flight: at most 200 of 1000 active; by ratio: 200 and 60 more.
    assert!(member.count() > 1000);
    assert!(member.count() <= 1260, "{}", member.count());
}

#[tokio::test(start_paused = true)]
async fn services_and_clones_of_one_layer_share_one_budget() {
    let member = Member::new([fails(Class::ServerError)]);
    let budget = Budget::builder().ratio(0.0).reserve(1).in_flight(1000, 1.0).build();
    let layer = layer().attempts(2).budget(budget.clone());
    for turn in 0..100 {
        let layer = if turn % 2 == 0 { layer.clone() } else { layer.clone().base(SECOND / 100) };
        layer.layer(member.service()).oneshot(()).await.unwrap_err();
    }
    let elapsed = member.asked()[member.count() - 1] - member.asked()[0];
    assert!(elapsed < SECOND * 54, "within one window: {elapsed:?}");
    assert_eq!(member.count(), 160);
    assert_eq!(budget.balance(Instant::now()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_local_refusal_neither_costs_nor_earns() {
    let budget = Budget::builder().ratio(1.0).reserve(0).build();
    let layer = layer().budget(budget.clone());
    let refuses = Member::new([fails(Class::CircuitOpen)]);
    for _ in 0..100 {
        layer.layer(refuses.service()).oneshot(()).await.unwrap_err();
    }
    assert_eq!((refuses.count(), budget.balance(Instant::now())), (100, 0));

    // One deposit, one withdrawal for the retry, and that one is given back.
    let trips = Member::new([fails(Class::ServerError), fails(Class::CircuitOpen)]);
    let error = layer.layer(trips.service()).oneshot(()).await.unwrap_err();
    assert_eq!((class(&error), trips.count()), (Class::ServerError, 2));
    assert_eq!(budget.balance(Instant::now()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_refused_here_does_not_hide_why_the_member_failed() {
    for refusal in [Class::CircuitOpen, Class::CoolingDown, Class::Shed, Class::Unsupported] {
        let log = Attempts::default();
        let mut request = Request::new(());
        request.extensions_mut().insert(log.clone());
        let member = Member::new([fails(Class::Connect), fails(Class::ServerError), fails(refusal)]);
        let service = RetryBudgetLayer::default().layer(http_member(&member));
        let error = service.oneshot(request).await.unwrap_err();
        assert_eq!((class(&error), member.count()), (Class::ServerError, 3));
        let classes: Vec<_> = log.list().iter().map(|attempt| attempt.class).collect();
        assert_eq!(classes, [Some(Class::Connect)], "the one returned is for others to record");
    }
}

/// Answers 500 once and is refused from then on, after a wait.
fn breaks(wait: Duration) -> impl Service<Request<()>, Response = Response<()>, Error = BoxError> + Clone {
    let asked = Arc::new(AtomicUsize::new(0));
    service_fn(move |_| {
        let is_first = asked.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if is_first {
                return Ok(Response::builder().status(500).body(()).unwrap());
            }
            if !wait.is_zero() {
                sleep(wait).await;
            }
            Err(Failure::new(Class::CircuitOpen).into())
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_failed_response_is_kept_until_its_repeat_waits_for_an_answer() {
    let layer = RetryBudgetLayer::default();
    let response = layer.layer(breaks(Duration::ZERO)).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), 500);
    // It may keep a connection busy, which the repeat could need.
    let log = Attempts::default();
    let mut request = Request::new(());
    request.extensions_mut().insert(log.clone());
    let error = layer.layer(breaks(SECOND)).oneshot(request).await.unwrap_err();
    assert_eq!((class(&error), log.list().len()), (Class::CircuitOpen, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_gives_its_retry_back() {
    let budget = Budget::builder().ratio(1.0).reserve(0).in_flight(1, 0.0).build();
    let member = Member::new([hinted(Class::Overloaded, SECOND), Good]);
    let mut service = layer().budget(budget.clone()).layer(member.service());
    let mut call = tokio_test::task::spawn(service.ready().await.unwrap().call(()));
    assert_pending!(call.poll());
    assert_eq!(budget.balance(Instant::now()), 0);
    assert!(budget.try_withdraw(Instant::now()).is_none());
    drop(call);
    assert_eq!(budget.balance(Instant::now()), 1);
    assert!(budget.try_withdraw(Instant::now()).is_some(), "its place in flight is free");
    sleep(SECOND * 60).await;
    assert_eq!(member.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_during_its_retry_has_spent_it_and_frees_its_place() {
    let budget = Budget::builder().ratio(1.0).reserve(1).in_flight(1, 0.0).build();
    let member = Member::new([fails(Class::ServerError), Hangs]);
    let mut service = layer().budget(budget.clone()).layer(member.service());
    let mut call = tokio_test::task::spawn(service.ready().await.unwrap().call(()));
    assert_pending!(call.poll());
    sleep(SECOND).await;
    assert_pending!(call.poll());
    assert_eq!(member.count(), 2);
    assert!(budget.try_withdraw(Instant::now()).is_none());
    drop(call);
    assert_eq!(budget.balance(Instant::now()), 60);
    assert!(budget.try_withdraw(Instant::now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_over_holds_nothing_even_if_its_future_is_kept() {
    let budget = Budget::builder().in_flight(1, 0.0).build();
    let member = Member::new([fails(Class::ServerError), Good]);
    let mut service = layer().budget(budget.clone()).layer(member.service());
    let mut call = Box::pin(service.ready().await.unwrap().call(()));
    assert_eq!(call.as_mut().await.unwrap(), "good");
    assert!(budget.try_withdraw(Instant::now()).is_some(), "while `call` is still alive");
    drop(call);
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_repeated_are_recorded_and_the_last_is_not() {
    let log = Attempts::default();
    let mut request = Request::new(());
    request.extensions_mut().insert(log.clone());
    let member = Member::new([fails(Class::Overloaded), fails(Class::ServerError), fails(Class::Connect)]);
    let service = RetryBudgetLayer::default().layer(http_member(&member));
    service.oneshot(request).await.unwrap_err();
    let classes: Vec<_> = log.list().iter().map(|attempt| attempt.class).collect();
    assert_eq!(classes, [Some(Class::Overloaded), Some(Class::ServerError)]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_whose_repeat_is_cut_short_is_still_recorded() {
    let log = Attempts::default();
    let mut request = Request::new(());
    request.extensions_mut().insert(log.clone());
    let member = Member::new([hinted(Class::Overloaded, SECOND * 5), Good]);
    let service = RetryBudgetLayer::default().layer(http_member(&member));
    tokio::time::timeout(SECOND, service.oneshot(request)).await.unwrap_err();
    assert_eq!(log.list().len(), 1);
}

type Readiness = fn() -> Poll<Result<(), BoxError>>;

/// Ready for the first call only; then as told.
#[derive(Clone)]
struct OnceReady<S> {
    inner: S,
    asked: usize,
    then: Readiness,
}

impl<S, Req> Service<Req> for OnceReady<S>
where
    S: Service<Req, Error = BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.asked += 1;
        if self.asked == 1 { self.inner.poll_ready(cx) } else { (self.then)() }
    }

    fn call(&mut self, request: Req) -> S::Future {
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn a_member_that_cannot_take_the_retry_leaves_the_failure_that_was_seen() {
    let ways: [(Readiness, Duration); 2] =
        [(|| Poll::Ready(Err("closed".into())), SECOND), (|| Poll::Pending, SECOND * 8)];
    for (then, at_most) in ways {
        let log = Attempts::default();
        let mut request = Request::new(());
        request.extensions_mut().insert(log.clone());
        let budget = Budget::default();
        let member = Member::new([fails(Class::Overloaded), Good]);
        let inner = OnceReady { inner: http_member(&member), asked: 0, then };
        let start = Instant::now();
        let service = RetryBudgetLayer::default().budget(budget.clone()).layer(inner);
        let error = service.oneshot(request).await.unwrap_err();
        assert_eq!((class(&error), member.count()), (Class::Overloaded, 1));
        assert!(start.elapsed() <= at_most, "{:?}", start.elapsed());
        assert_eq!(log.list().len(), 0, "it is final now, and for others to record");
        assert_eq!(budget.balance(Instant::now()), 60, "the retry was given back");
    }
}

#[tokio::test(start_paused = true)]
async fn between_attempts_no_readiness_is_held() {
    let (service, mut handle) = tower_test::mock::pair::<u32, u32>();
    handle.allow(1);
    let mut service = layer().layer(service);
    let mut call = tokio_test::task::spawn(service.ready().await.unwrap().call(5));
    assert_pending!(call.poll());
    let (_, reply) = handle.next_request().await.unwrap();
    reply.send_error(Failure::new(Class::ServerError));
    assert_pending!(call.poll());
    sleep(SECOND).await;
    // The wait is over; the mock is not ready, and so is not called.
    assert_pending!(call.poll());
    handle.allow(1);
    assert!(call.is_woken());
    assert_pending!(call.poll());
    let (request, reply) = handle.next_request().await.unwrap();
    reply.send_response(request + 1);
    assert_eq!(assert_ready_ok!(call.poll()), 6);
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_below_is_no_deadlock() {
    let member = Member::new([fails(Class::ServerError), fails(Class::ServerError), Good]);
    let limited = tower::limit::ConcurrencyLimit::new(member.service(), 1);
    let service = layer().layer(limited);
    let mut calls = Vec::new();
    for _ in 0..10 {
        calls.push(tokio::spawn(service.clone().oneshot(())));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(member.count(), 12);
}

/// Counts how often it is cloned.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_is_cloned_once_for_a_good_call_and_never_when_no_retry_is_possible() {
    let clones = Arc::new(AtomicUsize::new(0));
    for (attempts, answers, expected) in [
        (0, vec![Good], 0),
        (1, vec![Good], 0),
        (1, vec![fails(Class::ServerError)], 0),
        (3, vec![Good], 1),
        (2, vec![fails(Class::ServerError), Good], 1),
        (3, vec![fails(Class::ServerError)], 2),
    ] {
        let service = layer().attempts(attempts).layer(Member::new(answers).service());
        let _ = service.oneshot(Counted(Arc::clone(&clones))).await;
        assert_eq!(clones.swap(0, Ordering::SeqCst), expected, "{attempts} attempts");
    }
}

#[tokio::test(start_paused = true)]
async fn http_responses_are_read_by_status_and_headers_and_pass_unchanged() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let service = RetryBudgetLayer::default().layer(service_fn(move |request: Request<&'static str>| {
        counter.fetch_add(1, Ordering::SeqCst);
        let mut response = Response::builder().status(request.uri().path()[1..].parse::<u16>().unwrap());
        for (name, value) in request.headers() {
            response = response.header(name, value);
        }
        ready(Ok::<_, Infallible>(response.body(*request.body()).unwrap()))
    }));
    let rows = [
        ("/200", ("x-any", ""), 1),
        ("/500", ("x-any", ""), 3),
        ("/503", ("x-any", ""), 3),
        ("/400", ("x-any", ""), 1),
        ("/429", ("x-any", ""), 1),
        ("/429", ("retry-after", "1"), 3),
        ("/429", ("retry-after", "60"), 1),
        ("/500", ("x-should-retry", "false"), 1),
        ("/500", ("x-should-retry", "true"), 3),
    ];
    for (path, (name, value), expected) in rows {
        let request = Request::builder().uri(path).header(name, value).body("words").unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_str(), &path[1..]);
        assert_eq!((*response.body(), response.headers()[name].to_str().unwrap()), ("words", value));
        assert_eq!(asked.swap(0, Ordering::SeqCst), expected, "{path} {name}: {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_service_passes_as_it_is() {
    let inner = service_fn(|()| ready(Err::<(), _>(std::io::Error::from(std::io::ErrorKind::BrokenPipe))));
    let error = layer().layer(inner).oneshot(()).await.unwrap_err();
    assert!(error.is::<std::io::Error>());
}

/// Repeats only what its caller calls safe. Written here, to prove that others can.
#[derive(Clone)]
struct SafeOnly;

impl<B> RetryPolicy<Request<B>, Response<&'static str>> for SafeOnly {
    fn classify(&self, result: Result<&Response<&'static str>, &BoxError>) -> Option<Failure> {
        result.err().map(Failure::of)
    }

    fn clone_request(&self, request: &Request<B>) -> Option<Request<B>>
    where
        Request<B>: Clone,
    {
        request.method().is_safe().then(|| request.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_of_ones_own_can_forbid_the_repeat_of_a_request() {
    for (method, expected) in [("GET", 3), ("POST", 1)] {
        let member = Member::new([fails(Class::ServerError)]);
        let request = Request::builder().method(method).body(()).unwrap();
        let service = RetryBudgetLayer::new(SafeOnly).layer(http_member(&member));
        service.oneshot(request).await.unwrap_err();
        assert_eq!(member.count(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_closure_or_any_classifier_is_a_policy() {
    let unlucky = |result: Result<&u32, &BoxError>| match result {
        Ok(13) => Some(Failure::new(Class::ServerError)),
        Ok(_) => None,
        Err(error) => Some(Failure::of(error)),
    };
    let next = Arc::new(AtomicUsize::new(12));
    let counter = Arc::clone(&next);
    let service = service_fn(move |()| {
        let number = counter.fetch_add(1, Ordering::SeqCst) as u32;
        async move { Ok::<_, Infallible>(number) }
    });
    let service = RetryBudgetLayer::new(unlucky).layer(service);
    assert_eq!(service.clone().oneshot(()).await.unwrap(), 12);
    assert_eq!(service.oneshot(()).await.unwrap(), 14);

    let member = Member::new([fails(Class::ServerError), Good]);
    let service = RetryBudgetLayer::new(Standard).layer(http_member(&member));
    assert_eq!(service.oneshot(Request::new(())).await.unwrap().into_body(), "good");

    // A classifier of one's own, and the facts of the request as well.
    let member = Member::new([hinted(Class::Overloaded, SECOND * 2), Good]);
    let fatal = |result: Result<&Response<&'static str>, &BoxError>| result.err().map(Failure::of);
    let service = RetryBudgetLayer::new(HttpRetry::new(fatal)).layer(http_member(&member));
    service.oneshot(until(SECOND)).await.unwrap_err();
    assert_eq!(member.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_waits_are_spread_and_differ_from_call_to_call() {
    let mut waits = Vec::new();
    let layer = layer();
    for _ in 0..20 {
        let member = Member::new([fails(Class::ServerError), Good]);
        layer.layer(member.service()).oneshot(()).await.unwrap();
        waits.push(member.asked()[1] - member.asked()[0]);
    }
    waits.sort();
    assert!(waits[19] <= Duration::from_millis(251));
    assert!(waits[19] - waits[0] > Duration::from_millis(100), "{waits:?}");
}

#[test]
fn the_budget_is_one_for_towers_own_retry() {
    fn is_budget(budget: &impl tower::retry::budget::Budget) -> bool {
        budget.deposit();
        budget.withdraw()
    }
    assert!(is_budget(&Budget::default()));
    assert!(!is_budget(&Budget::none()));
    let whole = Budget::builder().ratio(1.0).reserve(0).build();
    assert!((0..10).all(|_| is_budget(&whole)));
}
