//! HTTP: judged by the head where that says failure, else at the end of the body.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Instant, advance};
use tower::{Layer, service_fn};
use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitState, ResponseBody};
use tower_failover::facts::Availability;
use tower_failover::failure::{BoxError, Class, Failure};

use super::{SECOND, call, config, refusal};

/// A body that gives what it was told to give, then hangs or ends.
#[derive(Default)]
struct Script {
    frames: VecDeque<Result<&'static str, BoxError>>,
    hangs: bool,
}

impl Script {
    fn of(frames: impl IntoIterator<Item = &'static str>) -> Self {
        Self { frames: frames.into_iter().map(Ok).collect(), hangs: false }
    }

    fn then_fails(mut self, error: impl Into<BoxError>) -> Self {
        self.frames.push_back(Err(error.into()));
        self
    }

    fn then_hangs(mut self) -> Self {
        self.hangs = true;
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.frames.pop_front() {
            Some(frame) => {
                Poll::Ready(Some(frame.map(|data| Frame::data(Bytes::from_static(data.as_bytes())))))
            }
            None if self.hangs => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

fn http() -> CircuitBreakerLayer {
    CircuitBreakerLayer::default().with_config(config().probes_to_close(1))
}

/// Sends a response through the layer.
async fn send<B>(layer: &CircuitBreakerLayer, response: Response<B>) -> Response<ResponseBody<B>>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let mut response = Some(response);
    let service = service_fn(move |()| ready(Ok::<_, Infallible>(response.take().expect("called once"))));
    call(&mut layer.layer(service), ()).await.expect("refused")
}

async fn stream(layer: &CircuitBreakerLayer, body: Script) -> ResponseBody<Script> {
    send(layer, Response::new(body)).await.into_body()
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_judged_at_its_end() {
    let layer = http();
    let mut body = stream(&layer, Script::of(["a", "b"])).await;
    for _ in 0..2 {
        body.frame().await.unwrap().unwrap();
        assert_eq!(layer.handle().snapshot().totals.successes, 0);
    }
    assert!(body.frame().await.is_none());
    assert_eq!(layer.handle().snapshot().totals.successes, 1);
}

#[tokio::test(start_paused = true)]
async fn streams_that_break_off_open_the_circuit() {
    let layer = http();
    let breaks: [BoxError; 5] = [
        "reset by peer".into(),
        Failure::new(Class::Interrupted).into(),
        "reset by peer".into(),
        Failure::new(Class::Overloaded).into(),
        Failure::new(Class::Interrupted).into(),
    ];
    for error in breaks {
        assert_eq!(layer.handle().state(), CircuitState::Closed);
        let text = error.to_string();
        let body = stream(&layer, Script::of(["a"]).then_fails(error)).await;
        assert_eq!(body.collect().await.unwrap_err().to_string(), text, "the error passes untouched");
    }
    assert_eq!(layer.handle().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_with_a_hint_cools_the_circuit() {
    let layer = http();
    let failure = Failure::new(Class::RateLimited).with_retry_after(7 * SECOND);
    let body = stream(&layer, Script::of(["a"]).then_fails(failure)).await;
    body.collect().await.unwrap_err();
    assert_eq!(layer.handle().availability(Instant::now()), Availability::Down(Some(7 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_is_a_cancelled_call() {
    let layer = http();
    drop(stream(&layer, Script::of(["a"])).await);
    let mut begun = stream(&layer, Script::of(["a"]).then_hangs()).await;
    begun.frame().await.unwrap().unwrap();
    drop(begun);
    let totals = layer.handle().snapshot().totals;
    assert_eq!((totals.cancelled, totals.successes, totals.failures), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_body_without_data_is_complete_at_once() {
    let layer = http();
    let _held = send(&layer, Response::new(http_body_util::Empty::<Bytes>::new())).await;
    assert_eq!(layer.handle().snapshot().totals.successes, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_head_is_judged_at_once_and_its_body_passes() {
    let layer = http();
    for (status, failures_in_a_row) in [(500, 1), (529, 2), (400, 2), (413, 2)] {
        let response = Response::builder().status(status).body(Script::of(["why"])).unwrap();
        let response = send(&layer, response).await;
        assert_eq!(layer.handle().snapshot().consecutive_failures, failures_in_a_row, "{status}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "why");
    }
    let totals = layer.handle().snapshot().totals;
    assert_eq!((totals.failures, totals.neutral, totals.cancelled, totals.successes), (2, 2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_429_with_a_hint_cools_the_circuit_and_does_not_open_it() {
    let layer = http();
    let response = Response::builder().status(429).header("retry-after", "12").body(Script::default());
    drop(send(&layer, response.unwrap()).await);
    let circuit = layer.handle();
    assert_eq!(circuit.state(), CircuitState::Closed);
    assert_eq!(circuit.availability(Instant::now()), Availability::Down(Some(12 * SECOND)));
    let mut service =
        layer.layer(service_fn(|()| ready(Ok::<_, Infallible>(Response::new(Script::default())))));
    let error = call(&mut service, ()).await.unwrap_err();
    assert_eq!(refusal(&error).retry_after(), Some(12 * SECOND));
    advance(12 * SECOND).await;
    call(&mut service, ()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_judged_by_its_first_data_and_a_later_break_counts_in_the_closed_circuit() {
    let layer = http();
    let circuit = layer.handle();
    circuit.force_open(Duration::ZERO);
    let mut body = stream(&layer, Script::of(["a", "b"]).then_fails("reset")).await;
    assert_eq!(circuit.state(), CircuitState::HalfOpen, "a head is no answer");
    body.frame().await.unwrap().unwrap();
    assert_eq!(circuit.state(), CircuitState::Closed);
    body.collect().await.unwrap_err();
    let snapshot = circuit.snapshot();
    assert_eq!((snapshot.totals.successes, snapshot.failures, snapshot.consecutive_failures), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_body_dies_before_its_first_data_has_failed() {
    let layer = http();
    let circuit = layer.handle();
    circuit.force_open(Duration::ZERO);
    let body = stream(&layer, Script::default().then_fails("reset")).await;
    body.collect().await.unwrap_err();
    assert_eq!(circuit.state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn slow_is_the_time_to_the_first_data_and_not_the_length_of_the_stream() {
    let layer = http().with_config(config().slow_after(SECOND).window(3600 * SECOND));
    for (before, after, slow) in [(0, 60, 0), (2, 0, 1), (0, 60, 1), (2, 60, 2)] {
        let mut body = stream(&layer, Script::of(["a"]).then_hangs()).await;
        advance(before * SECOND).await;
        body.frame().await.unwrap().unwrap();
        advance(after * SECOND).await;
        drop(body);
        assert_eq!(layer.handle().snapshot().slow, slow, "{before} s to the first data");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_body_shows_in_debug() {
    let layer = http();
    let response = send(&layer, Response::new(Script::of(["secret"]))).await;
    assert!(!format!("{:?}", response.body()).contains("secret"));
}
