//! Tower's contract, and what this layer adds to it: one instant, and nothing in flight after it.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use tokio::time::{Instant, sleep};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::deadline::{DeadlineExceeded, DeadlineLayer};
use tower_failover::facts;
use tower_failover::failure::{Class, Failure};
use tower_failover::testing::ReadinessProbe;

const SECOND: Duration = Duration::from_secs(1);

/// Counts itself down when it is dropped: what a call has in flight upstream.
struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Answers after as long as it is told to, in words that are not HTTP.
fn slow() -> impl Service<Duration, Response = &'static str, Error = Infallible, Future: Send> + Clone {
    service_fn(|wait: Duration| async move {
        sleep(wait).await;
        Ok("done")
    })
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_deadline_and_not_before() {
    let service = DeadlineLayer::any(SECOND).layer(slow());
    assert_eq!(service.clone().oneshot(Duration::from_millis(999)).await.unwrap(), "done");

    let start = Instant::now();
    let error = service.oneshot(Duration::from_secs(60)).await.unwrap_err();
    assert_eq!(start.elapsed(), SECOND);
    assert!(error.is::<DeadlineExceeded>());
    assert_eq!(Failure::find(error.as_ref()).unwrap().class(), Class::DeadlineExceeded);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_there_when_the_deadline_comes_is_an_answer() {
    let service = DeadlineLayer::any(SECOND).layer(slow());
    assert_eq!(service.oneshot(SECOND).await.unwrap(), "done");
}

#[tokio::test(start_paused = true)]
async fn the_attempt_is_cancelled_at_the_deadline_even_if_the_future_is_kept() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&in_flight);
    let inner = service_fn(move |()| {
        let guard = InFlight::new(&counter);
        async move {
            let _guard = guard;
            pending::<Result<(), BoxError>>().await
        }
    });
    let mut service = DeadlineLayer::any(SECOND).layer(inner);
    let mut call = Box::pin(service.ready().await.unwrap().call(()));
    assert!(call.as_mut().await.is_err());
    assert_eq!(in_flight.load(Ordering::SeqCst), 0, "while `call` is still alive");
    drop(call);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_cancels_the_attempt_at_once() {
    let in_flight = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&in_flight);
    let inner = service_fn(move |()| {
        let guard = InFlight::new(&counter);
        async move {
            let _guard = guard;
            pending::<Result<(), BoxError>>().await
        }
    });
    let call = tokio::spawn(DeadlineLayer::any(SECOND).layer(inner).oneshot(()));
    sleep(SECOND / 2).await;
    assert_eq!(in_flight.load(Ordering::SeqCst), 1);
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(in_flight.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_already_up_never_reaches_the_inner_service() {
    let probe = ReadinessProbe::new(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(()))));
    let service = DeadlineLayer::default().layer(probe.clone());
    let mut request = Request::new(());
    request.extensions_mut().insert(facts::Deadline(Instant::now()));
    let error = service.oneshot(request).await.unwrap_err();
    assert!(error.is::<DeadlineExceeded>());

    let zero = DeadlineLayer::any(Duration::ZERO).layer(probe.clone());
    assert!(zero.oneshot(Request::new(())).await.unwrap_err().is::<DeadlineExceeded>());
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_leaves_the_service_ready_for_the_next() {
    let probe = ReadinessProbe::new(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>("served"))));
    let mut service = DeadlineLayer::default().layer(probe);
    let bad = Request::builder().header("x-failover-deadline-ms", "0").body(()).unwrap();
    assert!(service.ready().await.unwrap().call(bad).await.is_err());
    assert_eq!(service.ready().await.unwrap().call(Request::new(())).await.unwrap(), "served");
}

#[tokio::test(start_paused = true)]
async fn those_below_see_the_same_instant_and_not_the_header() {
    let inner = service_fn(|request: Request<()>| {
        let seen = facts::Deadline::find(request.extensions()).map(|deadline| deadline.0);
        ready(Ok::<_, Infallible>((seen, request.headers().len())))
    });
    let request = Request::builder().header("x-failover-deadline-ms", "1500").body(()).unwrap();
    let now = Instant::now();
    let (seen, headers) = DeadlineLayer::default().layer(inner).oneshot(request).await.unwrap();
    assert_eq!(seen, Some(now + Duration::from_millis(1500)));
    assert_eq!(headers, 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_layers_the_earlier_deadline_holds() {
    for (outer, inner) in [(1, 9), (9, 1)] {
        let service = ServiceBuilder::new()
            .layer(DeadlineLayer::new(Duration::from_secs(outer)))
            .layer(DeadlineLayer::new(Duration::from_secs(inner)))
            .service(service_fn(|_: Request<()>| pending::<Result<(), BoxError>>()));
        let start = Instant::now();
        service.oneshot(Request::new(())).await.unwrap_err();
        assert_eq!(start.elapsed(), SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_senseless_header_is_the_callers_mistake_and_is_named() {
    let probe = ReadinessProbe::new(service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(()))));
    for value in ["", "0", "-5", "1.5", "soon"] {
        let request = Request::builder().header("x-failover-deadline-ms", value).body(()).unwrap();
        let error = DeadlineLayer::default().layer(probe.clone()).oneshot(request).await.unwrap_err();
        let failure = Failure::find(error.as_ref()).unwrap();
        assert_eq!(failure.class(), Class::InvalidRequest, "{value:?}");
        assert_eq!(failure.report().unwrap().param.as_deref(), Some("x-failover-deadline-ms"));
    }
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn absurd_totals_and_headers_neither_panic_nor_end_the_call() {
    let century = Duration::from_secs(100 * 365 * 86_400);
    for total in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(1 << 62), century] {
        let service = DeadlineLayer::any(total).layer(slow());
        assert_eq!(service.oneshot(SECOND).await.unwrap(), "done");

        let inner = service_fn(|_: Request<()>| async {
            sleep(SECOND).await;
            Ok::<_, Infallible>("done")
        });
        let header = u64::MAX.to_string();
        let request = Request::builder().header("x-failover-deadline-ms", header).body(()).unwrap();
        assert_eq!(DeadlineLayer::new(total).layer(inner).oneshot(request).await.unwrap(), "done");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_instant_of_the_clock_is_a_deadline_like_any_other() {
    let mut last = Instant::now();
    let mut step = Duration::from_secs(1 << 62);
    while !step.is_zero() {
        match last.checked_add(step) {
            Some(later) => last = later,
            None => step /= 2,
        }
    }
    let policy = move |_: &mut Duration, _: Instant| Ok(Some(last));
    assert_eq!(DeadlineLayer::with_policy(policy).layer(slow()).oneshot(SECOND).await.unwrap(), "done");
}

#[tokio::test(start_paused = true)]
async fn a_closure_decides_for_any_request() {
    let policy = |wait: &mut Duration, now: Instant| match wait.as_secs() {
        0 => Err(Failure::new(Class::InvalidRequest)),
        1 => Ok(None),
        _ => Ok(now.checked_add(SECOND)),
    };
    let service = DeadlineLayer::with_policy(policy).layer(slow());
    let class = |error: BoxError| Failure::of(&error).class();
    let mut results = Vec::new();
    for seconds in 0..3 {
        results.push(service.clone().oneshot(Duration::from_secs(seconds)).await.map_err(class));
    }
    assert_eq!(results, [Err(Class::InvalidRequest), Ok("done"), Err(Class::DeadlineExceeded)]);
}

#[tokio::test(start_paused = true)]
async fn the_instance_that_was_ready_is_the_one_called() {
    let probe = ReadinessProbe::new(slow());
    let layer = DeadlineLayer::any(SECOND);
    let mut services = [layer.layer(probe.clone()), layer.layer(probe.clone())];
    for service in &mut services {
        let mut clone = service.clone();
        service.ready().await.unwrap().call(Duration::ZERO).await.unwrap();
        clone.ready().await.unwrap().call(Duration::ZERO).await.unwrap();
    }
    assert_eq!(probe.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_inner_service_pass_as_they_are() {
    let inner = service_fn(|()| ready(Err::<(), _>(std::io::Error::from(std::io::ErrorKind::BrokenPipe))));
    let error = DeadlineLayer::any(SECOND).layer(inner).oneshot(()).await.unwrap_err();
    assert!(error.is::<std::io::Error>());
}
