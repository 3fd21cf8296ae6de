//! Tower's contract, and what this layer adds to it.

mod bodies;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, StatusCode};
use tokio::time::{Instant, advance, timeout};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::circuit_breaker::{
    AtReturn, CircuitBreakerLayer, CircuitConfig, CircuitHandle, CircuitOpen, CircuitState, Judge, Permit,
};
use tower_failover::facts::Availability;
use tower_failover::failure::{BoxError, Class, Failure, OnError, Outcome};
use tower_failover::testing::ReadinessProbe;
use tower_test::mock;

const SECOND: Duration = Duration::from_secs(1);

fn config() -> CircuitConfig {
    CircuitConfig::default().jitter(0.0)
}

/// For services that are not HTTP.
fn plain() -> CircuitBreakerLayer<AtReturn<OnError>> {
    CircuitBreakerLayer::new(AtReturn::new(OnError)).with_config(config())
}

fn failing() -> impl Service<u32, Response = u32, Error = Failure, Future: Send> + Clone + Send {
    service_fn(|_| ready(Err(Failure::new(Class::ServerError))))
}

async fn call<S, Req>(service: &mut S, request: Req) -> Result<S::Response, S::Error>
where
    S: Service<Req>,
{
    service.ready().await?.call(request).await
}

async fn trip<S>(service: &mut S, circuit: &CircuitHandle)
where
    S: Service<u32, Error = BoxError>,
{
    while circuit.state() == CircuitState::Closed {
        assert!(call(service, 0).await.is_err());
    }
    assert_eq!(circuit.state(), CircuitState::Open);
}

fn refusal(error: &BoxError) -> &CircuitOpen {
    error.downcast_ref().unwrap_or_else(|| panic!("not refused: {error}"))
}

// Readiness, clones, shared state.

#[tokio::test(start_paused = true)]
async fn the_very_instance_that_was_ready_is_called() {
    let echo = service_fn(|n: u32| ready(Ok::<_, Infallible>(n)));
    let mut service = plain().layer(ReadinessProbe::new(echo));
    for n in 0..3 {
        assert_eq!(call(&mut service, n).await.unwrap(), n);
        assert_eq!(call(&mut service.clone(), n).await.unwrap(), n);
    }
}

#[tokio::test(start_paused = true)]
async fn all_services_of_a_layer_share_one_circuit_and_those_of_another_do_not() {
    let layer = plain();
    let (circuit, other) = (layer.handle(), plain());
    let mut first = layer.layer(failing());
    trip(&mut first, &circuit).await;
    for mut service in [layer.layer(failing()), layer.clone().layer(failing()), first.clone()] {
        refusal(&call(&mut service, 0).await.unwrap_err());
    }
    assert_eq!(other.handle().state(), CircuitState::Closed);
    let error = call(&mut other.layer(failing()), 0).await.unwrap_err();
    assert!(error.downcast_ref::<CircuitOpen>().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_ready_though_the_inner_service_never_is() {
    let layer = plain();
    let (mock, mut handle) = mock::pair::<u32, u32>();
    handle.allow(0);
    let mut service = mock::Spawn::new(layer.layer(mock));
    assert!(service.poll_ready().is_pending());
    layer.handle().force_open(SECOND);
    assert!(service.poll_ready().is_ready());
    refusal(&service.call(1).await.unwrap_err());
    advance(SECOND).await;
    assert!(service.poll_ready().is_pending(), "a probe needs the inner service");
    assert_eq!(layer.handle().state(), CircuitState::Open, "being asked for readiness is no probe");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_was_not_asked_is_not_called_though_the_circuit_closed_meanwhile() {
    let layer = plain();
    let echo = service_fn(|n: u32| ready(Ok::<_, Infallible>(n)));
    let mut service = layer.layer(ReadinessProbe::new(echo));
    layer.handle().force_open(SECOND);
    service.ready().await.unwrap();
    layer.handle().force_closed();
    let refused = service.call(1).await.unwrap_err();
    assert_eq!(refusal(&refused).retry_after(), None);
    assert_eq!(call(&mut service, 2).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_opens_after_readiness_refuses_and_wastes_no_readiness() {
    let layer = plain();
    let (mock, mut handle) = mock::pair::<u32, u32>();
    handle.allow(1);
    let mut service = layer.layer(mock);
    service.ready().await.unwrap();
    layer.handle().force_open(SECOND);
    refusal(&service.call(1).await.unwrap_err());
    layer.handle().force_closed();
    let answer = tokio::spawn(async move { call(&mut service, 2).await.unwrap() });
    let (request, respond) = handle.next_request().await.unwrap();
    respond.send_response(request * 10);
    assert_eq!(answer.await.unwrap(), 20);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_readiness_passes_and_is_not_counted() {
    let layer = plain();
    let (mock, mut handle) = mock::pair::<u32, u32>();
    handle.send_error("gone");
    let mut service = layer.layer(mock);
    assert_eq!(service.ready().await.err().unwrap().to_string(), "gone");
    assert_eq!(layer.handle().snapshot().calls, 0);
}

#[tokio::test(start_paused = true)]
async fn a_buffer_over_it_survives_an_open_circuit() {
    let layer = plain();
    let circuit = layer.handle();
    let mut service = Buffer::new(layer.layer(failing()), 8);
    trip(&mut service, &circuit).await;
    for _ in 0..3 {
        refusal(&call(&mut service, 0).await.unwrap_err());
    }
    circuit.force_closed();
    let error = call(&mut service, 0).await.unwrap_err();
    assert_eq!(Failure::of(&error).class(), Class::ServerError, "the buffer threw the service away");
}

#[tokio::test(start_paused = true)]
async fn refused_calls_hold_no_place_of_a_limit_below() {
    let layer = plain();
    let hang = service_fn(|_: u32| pending::<Result<u32, Infallible>>());
    let mut service = layer.layer(ConcurrencyLimit::new(hang, 1));
    layer.handle().force_open(Duration::ZERO);
    let mut probe = tokio_test::task::spawn({
        service.ready().await.unwrap();
        service.call(0)
    });
    assert!(probe.poll().is_pending());
    // The probe has the only place. A caller must not queue behind it, but hear at once that there is none.
    let refused = timeout(SECOND, call(&mut service.clone(), 1)).await.unwrap().unwrap_err();
    assert_eq!(refusal(&refused).retry_after(), None);
}

#[tokio::test(start_paused = true)]
async fn axum_makes_many_services_of_a_layer_and_they_share_the_circuit() {
    use axum::{Router, error_handling::HandleErrorLayer, routing::get};
    let layer = CircuitBreakerLayer::default();
    let fail = || async { StatusCode::BAD_GATEWAY };
    let app = Router::new().route("/a", get(fail).post(fail)).route("/b", get(fail)).layer(
        ServiceBuilder::new()
            .layer(HandleErrorLayer::new(|error: BoxError| async move {
                (StatusCode::SERVICE_UNAVAILABLE, refusal(&error).to_string())
            }))
            .layer(layer.clone()),
    );
    let mut statuses = Vec::new();
    for path in ["/a", "/b", "/a", "/b", "/a", "/b"] {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        statuses.push(app.clone().oneshot(request).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [502, 502, 502, 502, 502, 503]);
}

// What callers see.

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_it_is_and_when_to_come_back() {
    let layer = plain().named("anthropic");
    let mut service = layer.layer(failing());
    trip(&mut service, &layer.handle()).await;
    advance(2 * SECOND).await;
    let error = call(&mut service, 0).await.unwrap_err();
    assert_eq!(refusal(&error).retry_after(), Some(3 * SECOND));
    assert_eq!(error.to_string(), "the circuit of anthropic is open for another 3.0 s");
    let failure = Failure::find(error.as_ref()).unwrap();
    assert_eq!((failure.class(), failure.retry_after()), (Class::CircuitOpen, Some(3 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_recovered_service_is_back_after_two_probes() {
    let broken = Arc::new(AtomicUsize::new(5));
    let layer = plain();
    let circuit = layer.handle();
    let mut service = layer.layer(service_fn(move |n: u32| {
        let is_broken = broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        ready(if is_broken { Err(Failure::new(Class::Overloaded)) } else { Ok(n) })
    }));
    trip(&mut service, &circuit).await;
    advance(5 * SECOND).await;
    assert_eq!(circuit.availability(Instant::now()), Availability::Probation);
    call(&mut service, 1).await.unwrap();
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    call(&mut service, 2).await.unwrap();
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn of_fifty_callers_of_a_half_open_circuit_one_is_let_through_and_the_rest_are_refused_at_once() {
    let layer = plain();
    let probe = ReadinessProbe::new(service_fn(|_: u32| pending::<Result<u32, Infallible>>()));
    let service = layer.layer(probe.clone());
    layer.handle().force_open(Duration::ZERO);
    let callers: Vec<_> = (0..50).map(|n| tokio::spawn(service.clone().oneshot(n))).collect();
    tokio::task::yield_now().await;
    let (mut refused, mut waiting) = (0, 0);
    for caller in callers {
        if caller.is_finished() {
            refusal(&caller.await.unwrap().unwrap_err());
            refused += 1;
        } else {
            waiting += 1;
            caller.abort();
        }
    }
    assert_eq!((waiting, refused, probe.calls()), (1, 49, 1));
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_does_not_wedge_the_circuit() {
    let layer = plain();
    let circuit = layer.handle();
    let hang = service_fn(|_: u32| pending::<Result<u32, Infallible>>());
    let mut service = layer.layer(hang);
    circuit.force_open(Duration::ZERO);
    let mut hung = tokio_test::task::spawn(service.ready().await.unwrap().call(0));
    assert!(hung.poll().is_pending());
    advance(60 * SECOND).await;
    let error = call(&mut service, 1).await.unwrap_err();
    assert_eq!(refusal(&error).retry_after(), Some(5 * SECOND));
    advance(5 * SECOND).await;
    let mut next = tokio_test::task::spawn(service.ready().await.unwrap().call(2));
    assert!(next.poll().is_pending(), "the next probe was not let through");
    drop(hung);
    assert_eq!(circuit.snapshot().totals.stale, 1);
}

#[tokio::test(start_paused = true)]
async fn callers_who_give_up_on_a_hanging_service_trip_it() {
    let layer = plain().with_config(config().slow_after(SECOND));
    let circuit = layer.handle();
    let probe = ReadinessProbe::new(service_fn(|_: u32| pending::<Result<u32, Infallible>>()));
    let mut service = layer.layer(probe.clone());
    let mut refused = 0;
    for n in 0..20 {
        match timeout(2 * SECOND, call(&mut service, n)).await {
            Err(_) => {}
            Ok(result) => {
                refusal(&result.unwrap_err());
                refused += 1;
            }
        }
    }
    assert_eq!((probe.calls(), refused), (10, 10));
    assert_eq!(circuit.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_closure_can_judge_any_service() {
    let judge = |result: Result<&u32, &BoxError>| match result {
        Ok(0) => Outcome::Failure,
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Neutral,
    };
    let layer = CircuitBreakerLayer::new(judge);
    let mut service = layer.layer(service_fn(|n: u32| ready(if n > 9 { Err("no") } else { Ok(n) })));
    for n in [10, 10, 10, 10, 10, 0, 0, 0, 0, 0] {
        assert_eq!(layer.handle().state(), CircuitState::Closed);
        drop(call(&mut service, n).await);
    }
    assert_eq!(layer.handle().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_judge_may_keep_the_permit_until_the_answer_is_used() {
    #[derive(Clone)]
    struct Lend;
    impl Judge<u32> for Lend {
        type Response = (u32, Permit);
        fn judge(&self, result: Result<u32, BoxError>, permit: Permit) -> Result<Self::Response, BoxError> {
            Ok((result?, permit))
        }
    }
    let layer = CircuitBreakerLayer::new(Lend);
    let mut service = layer.layer(service_fn(|n: u32| ready(Ok::<_, Infallible>(n))));
    let (_, permit) = call(&mut service, 1).await.unwrap();
    assert_eq!(layer.handle().snapshot().calls, 0);
    permit.settle(Outcome::Failure);
    assert_eq!(layer.handle().snapshot().consecutive_failures, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_watches_hears_of_every_move() {
    let layer = plain();
    let (circuit, mut service) = (layer.handle(), layer.layer(failing()));
    let mut states = circuit.watch();
    let watcher =
        tokio::spawn(async move { states.wait_for(|state| *state == CircuitState::Open).await.is_ok() });
    tokio::task::yield_now().await;
    trip(&mut service, &circuit).await;
    assert!(watcher.await.unwrap());
    assert_eq!(*circuit.watch().borrow(), CircuitState::Open);
}

// Drops.

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_anywhere_gives_its_permit_back() {
    let layer = plain();
    let circuit = layer.handle();
    let mut service = layer.layer(service_fn(|_: u32| pending::<Result<u32, Infallible>>()));
    for state in [CircuitState::Closed, CircuitState::HalfOpen] {
        if state == CircuitState::HalfOpen {
            circuit.force_open(Duration::ZERO);
        }
        let before = circuit.snapshot().totals.cancelled;
        drop(service.ready().await.unwrap().call(0));
        let mut polled = tokio_test::task::spawn(service.ready().await.unwrap().call(0));
        assert!(polled.poll().is_pending());
        drop(polled);
        assert_eq!(circuit.snapshot().totals.cancelled, before + 2);
        assert_eq!(circuit.state(), state);
    }
    service.ready().await.unwrap();
    drop(service);
    assert_eq!(circuit.availability(Instant::now()), Availability::Probation, "readiness holds no slot");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_panics_gives_its_slot_back() {
    let layer = plain();
    let circuit = layer.handle();
    let service = layer.layer(service_fn(|n: u32| {
        assert!(n > 0, "a bug below");
        async move {
            assert!(n > 1, "a bug below");
            Ok::<_, Infallible>(n)
        }
    }));
    circuit.force_open(Duration::ZERO);
    for n in [0, 1] {
        assert!(tokio::spawn(service.clone().oneshot(n)).await.unwrap_err().is_panic());
        assert_eq!(circuit.availability(Instant::now()), Availability::Probation);
    }
    assert_eq!(service.oneshot(2).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_probe_can_be_had_before_its_time_but_not_before_the_moment_the_service_named() {
    let layer = CircuitBreakerLayer::new(AtReturn::new(OnError));
    let circuit = layer.handle();
    circuit.probe_now();
    assert_eq!(circuit.availability(Instant::now()), Availability::Up, "a closed circuit needs none");
    circuit.force_open(60 * SECOND);
    circuit.probe_now();
    assert_eq!(circuit.availability(Instant::now()), Availability::Probation);

    let busy = Failure::new(Class::RateLimited).with_retry_after(60 * SECOND);
    let service = layer.layer(service_fn(move |()| ready(Err::<(), BoxError>(busy.clone().into()))));
    circuit.force_closed();
    service.oneshot(()).await.unwrap_err();
    circuit.probe_now();
    assert_eq!(circuit.availability(Instant::now()), Availability::Down(Some(60 * SECOND)));
}
