//! Tower's contract, and what this layer adds to it.

#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tokio::time::{Instant, advance};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::cooldown::{ByFailure, Cooldown, CooldownLayer, CoolingDown, Reading};
use tower_failover::facts::Availability;
use tower_failover::failure::{BoxError, Class, Failure, OnError, Scope};
use tower_failover::testing::ReadinessProbe;
use tower_test::mock;

const SECOND: Duration = Duration::from_secs(1);
const HARD_DOWN: Duration = Duration::from_secs(300);

/// For services that are not HTTP.
fn plain() -> CooldownLayer<ByFailure<OnError>> {
    CooldownLayer::new(ByFailure::new(OnError))
}

/// The layers of two members with one key.
fn two() -> (Cooldown, [CooldownLayer<ByFailure<OnError>>; 2]) {
    let key = Cooldown::new("acme");
    (key.clone(), ["large", "small"].map(|member| plain().credential(key.clone()).member(member)))
}

fn failing(
    failure: Failure,
) -> impl Service<u32, Response = u32, Error = Failure, Future: Send> + Clone + Send {
    service_fn(move |_| ready(Err(failure.clone())))
}

fn echo() -> impl Service<u32, Response = u32, Error = Infallible, Future: Send> + Clone + Send {
    service_fn(|n| ready(Ok(n)))
}

async fn call<S>(service: &mut S, request: u32) -> Result<u32, BoxError>
where
    S: Service<u32, Response = u32, Error = BoxError>,
{
    service.ready().await?.call(request).await
}

fn refusal(error: &BoxError) -> &CoolingDown {
    error.downcast_ref().unwrap_or_else(|| panic!("not refused: {error}"))
}

#[track_caller]
fn is_refused(result: Result<u32, BoxError>, after: Option<Duration>) {
    let error = result.expect_err("refused");
    assert_eq!(refusal(&error).retry_after(), after);
    let failure = Failure::of(&error);
    assert_eq!((failure.class(), failure.retry_after()), (Class::CoolingDown, after));
    assert!(failure.is_local(), "it costs no budget");
}

// Readiness, clones, shared state.

#[tokio::test(start_paused = true)]
async fn the_very_instance_that_was_ready_is_called() {
    let mut service = plain().layer(ReadinessProbe::new(echo()));
    for n in 0..3 {
        assert_eq!(call(&mut service, n).await.unwrap(), n);
        assert_eq!(call(&mut service.clone(), n).await.unwrap(), n);
    }
}

#[tokio::test(start_paused = true)]
async fn all_services_of_a_layer_share_one_cooldown_and_those_of_another_do_not() {
    let layer = plain();
    let mut first = layer.layer(failing(Failure::new(Class::Auth)));
    call(&mut first, 0).await.unwrap_err();
    for mut service in [
        layer.layer(failing(Failure::new(Class::Auth))),
        layer.clone().layer(failing(Failure::new(Class::Auth))),
        first.clone(),
    ] {
        is_refused(call(&mut service, 0).await, Some(HARD_DOWN));
    }
    assert_eq!(call(&mut plain().layer(echo()), 7).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn while_it_cools_it_is_ready_and_does_not_touch_the_inner_service() {
    let layer = plain();
    layer.of_credential().cool(SECOND, Class::Auth);
    let (service, mut handle) = mock::spawn_with(|inner: mock::Mock<u32, u32>| layer.layer(inner));
    let mut service = service;
    handle.allow(0);
    assert!(service.poll_ready().is_ready());
    let error = service.call(1).await.unwrap_err();
    assert_eq!(refusal(&error).name(), "the credential");
    advance(SECOND).await;
    assert!(service.poll_ready().is_pending(), "for the probe the inner service has to be ready");
    handle.allow(1);
    assert!(service.poll_ready().is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_passes_and_says_nothing() {
    let layer = plain();
    let (mut service, mut handle) = mock::spawn_with(|inner: mock::Mock<u32, u32>| layer.layer(inner));
    handle.send_error(Failure::new(Class::Auth));
    assert!(matches!(service.poll_ready(), std::task::Poll::Ready(Err(_))));
    assert_eq!(layer.of_credential().availability(Instant::now()), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_no_http_has_a_policy_of_its_own() {
    let layer = CooldownLayer::new(|result: Result<&u32, &BoxError>| match result {
        Ok(0) => Reading::Cool { scope: Scope::Provider, time: SECOND, class: Class::Overloaded },
        Ok(_) => Reading::Answered,
        Err(_) => Reading::Unknown,
    });
    let mut service = layer.layer(echo());
    assert_eq!(call(&mut service, 0).await.unwrap(), 0, "the answer passes as it is");
    is_refused(call(&mut service, 1).await, Some(SECOND));
    assert_eq!(layer.of_credential().availability(Instant::now()), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn http_is_read_by_its_status() {
    let layer = CooldownLayer::default();
    let inner = service_fn(|status: Request<u16>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(status.into_body()).unwrap();
        ready(Ok::<_, Infallible>(response))
    });
    let mut service = ServiceBuilder::new().layer(layer.clone()).service(inner);
    let now = Instant::now();
    for status in [200, 400, 404, 429, 500, 503] {
        assert_eq!(service.ready().await.unwrap().call(Request::new(status)).await.unwrap().status(), status);
        assert_eq!(layer.of_credential().availability(now), Availability::Up, "{status}");
    }
    assert_eq!(service.ready().await.unwrap().call(Request::new(402)).await.unwrap().status(), 402);
    assert_eq!(layer.of_credential().availability(now), Availability::Down(Some(HARD_DOWN)));
}

// All who share a credential.

#[tokio::test(start_paused = true)]
async fn a_key_that_one_member_finds_refused_is_asked_of_no_other() {
    let (key, [large, small]) = two();
    call(&mut large.layer(failing(Failure::new(Class::Auth))), 0).await.unwrap_err();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mut small = small.layer(service_fn(move |n: u32| {
        count.fetch_add(1, Ordering::Relaxed);
        ready(Ok::<_, Infallible>(n))
    }));
    is_refused(call(&mut small, 0).await, Some(HARD_DOWN));
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    advance(HARD_DOWN).await;
    assert_eq!(key.availability(Instant::now()), Availability::Probation);
    assert_eq!(call(&mut small, 5).await.unwrap(), 5);
    assert_eq!(key.availability(Instant::now()), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_one_call_of_all_members_passes() {
    let (key, [large, small]) = two();
    key.cool(SECOND, Class::QuotaExhausted);
    advance(SECOND).await;
    let (mut probing, mut handle) = mock::spawn_with(|inner: mock::Mock<u32, u32>| large.layer(inner));
    assert!(probing.poll_ready().is_ready());
    let probe = tokio::spawn(probing.call(1));
    let (_, answer) = handle.next_request().await.unwrap();
    for _ in 0..100 {
        is_refused(call(&mut small.layer(echo()), 0).await, None);
    }
    answer.send_response(1);
    assert_eq!(probe.await.unwrap().unwrap(), 1);
    assert_eq!(call(&mut small.layer(echo()), 9).await.unwrap(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_or_hangs_does_not_keep_the_others_out() {
    let (key, [large, small]) = two();
    key.cool(SECOND, Class::Auth);
    advance(SECOND).await;
    let mut hanging = large.layer(service_fn(|_: u32| pending::<Result<u32, Infallible>>()));
    let mut small = small.layer(echo());
    let probe = hanging.ready().await.unwrap().call(0);
    is_refused(call(&mut small, 0).await, None);
    drop(probe);
    let _hung = hanging.ready().await.unwrap().call(0);
    is_refused(call(&mut small, 0).await, None);
    advance(Cooldown::LEASE).await;
    assert_eq!(call(&mut small, 3).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_says_nothing() {
    let layer = plain();
    let mut service = layer.layer(service_fn(|_: u32| pending::<Result<u32, Infallible>>()));
    for _ in 0..9 {
        drop(service.ready().await.unwrap().call(0));
    }
    assert_eq!(layer.of_credential().availability(Instant::now()), Availability::Up);
    assert_eq!(layer.of_provider().availability(Instant::now()), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn an_explicit_reset_of_a_quota_is_honoured_for_a_day_and_no_shorter_one_cuts_it() {
    let (key, [large, small]) = two();
    let quota = |seconds| Failure::new(Class::QuotaExhausted).with_retry_after(Duration::from_secs(seconds));
    // Both have left before either is back.
    let (mut first, mut second) = (large.layer(failing(quota(7200))), small.layer(failing(quota(60))));
    let (first, second) = (first.ready().await.unwrap().call(0), second.ready().await.unwrap().call(0));
    first.await.unwrap_err();
    second.await.unwrap_err();
    assert_eq!(key.until(), Some(Instant::now() + Duration::from_secs(7200)));
    key.clear();
    call(&mut large.layer(failing(quota(999_999_999))), 0).await.unwrap_err();
    assert_eq!(key.until(), Some(Instant::now() + Cooldown::LONGEST));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_and_the_allowance_of_one_model_are_no_matter_of_the_credential() {
    let (key, [large, small]) = two();
    let limits = [
        Failure::new(Class::RateLimited).with_retry_after(SECOND),
        Failure::new(Class::QuotaExhausted).with_scope(Scope::Member),
        Failure::new(Class::ModelGone),
    ];
    for failure in limits {
        call(&mut large.layer(failing(failure)), 0).await.unwrap_err();
        assert_eq!(key.availability(Instant::now()), Availability::Up);
    }
    assert_eq!(call(&mut small.layer(echo()), 1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn it_is_ended_by_hand() {
    let (key, [large, _]) = two();
    call(&mut large.layer(failing(Failure::new(Class::Auth))), 0).await.unwrap_err();
    assert_eq!(key.until(), Some(Instant::now() + HARD_DOWN));
    key.clear();
    assert_eq!((key.until(), key.availability(Instant::now())), (None, Availability::Up));
    assert_eq!(call(&mut large.layer(echo()), 1).await.unwrap(), 1);
}

// All who share a provider.

#[tokio::test(start_paused = true)]
async fn a_host_that_three_members_cannot_reach_is_rested_for_all() {
    let host = Cooldown::new("acme.example");
    let member = |name: &'static str| plain().provider(host.clone()).member(name);
    let connect = || failing(Failure::new(Class::Connect));
    for name in ["a", "b", "c"] {
        assert_eq!(host.availability(Instant::now()), Availability::Up, "before {name}");
        call(&mut member(name).layer(connect()), 0).await.unwrap_err();
    }
    is_refused(call(&mut member("d").layer(echo()), 0).await, Some(10 * SECOND));
    advance(10 * SECOND).await;
    // Any word of it shows that it is there again, a bad one, too.
    call(&mut member("d").layer(failing(Failure::new(Class::ServerError))), 0).await.unwrap_err();
    assert_eq!(host.availability(Instant::now()), Availability::Up);
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_the_host_that_the_credential_refuses_makes_room_again() {
    let (key, host) = (Cooldown::new("acme"), Cooldown::new("acme.example"));
    let layer = plain().credential(key.clone()).provider(host.clone());
    host.cool(SECOND, Class::Connect);
    key.cool(HARD_DOWN, Class::Auth);
    advance(SECOND).await;
    is_refused(call(&mut layer.layer(echo()), 0).await, Some(HARD_DOWN - SECOND));
    key.clear();
    assert_eq!(call(&mut layer.layer(echo()), 4).await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn two_cooldowns_are_over_when_both_are() {
    let (key, host) = (Cooldown::new("acme"), Cooldown::new("acme.example"));
    let layer = plain().credential(key.clone()).provider(host.clone());
    host.cool(SECOND, Class::Connect);
    key.cool(HARD_DOWN, Class::Auth);
    let error = call(&mut layer.layer(echo()), 0).await.unwrap_err();
    assert_eq!((refusal(&error).name(), refusal(&error).retry_after()), ("acme", Some(HARD_DOWN)));
    assert_eq!(error.to_string(), "acme is cooling down for another 300.0 s");
}

// What is told.

/// What is logged while it lives.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_is_told_once_loudly_by_the_name_of_its_provider() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let (_, [large, small]) = two();
    let said = Failure::new(Class::Auth)
        .with_report(tower_failover::failure::Report::new("Incorrect API key provided: sk-secret"));
    // Both have left before either is back.
    let (mut first, mut second) = (large.layer(failing(said.clone())), small.layer(failing(said)));
    let (first, second) = (first.ready().await.unwrap().call(0), second.ready().await.unwrap().call(0));
    first.await.unwrap_err();
    second.await.unwrap_err();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.matches("ERROR").count(), 1, "{text}");
    assert!(text.contains("\"acme\"") && !text.contains("secret"), "{text}");
}
