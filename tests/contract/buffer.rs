#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::{Empty, Full, Limited};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::buffer::{BodyRefused, BufferLayer};
use tower_failover::facts::Call;
use tower_failover::failure::{Class, Failure, Report};
use tower_failover::testing::ReadinessProbe;

/// A body fed by hand; it ends when its sender is dropped.
struct Fed(mpsc::UnboundedReceiver<Result<Frame<Bytes>, BoxError>>);

type Feeder = mpsc::UnboundedSender<Result<Frame<Bytes>, BoxError>>;

fn fed() -> (Feeder, Request<Fed>) {
    let (feeder, frames) = mpsc::unbounded_channel();
    (feeder, Request::new(Fed(frames)))
}

fn feed(feeder: &Feeder, data: &'static str) {
    feeder.send(Ok(Frame::data(Bytes::from(data)))).unwrap();
}

impl Body for Fed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.poll_recv(cx)
    }
}

/// Answers with the request it got.
#[derive(Clone)]
struct Echo;

impl Service<Request<Buffered>> for Echo {
    type Response = Response<Request<Buffered>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        ready(Ok(Response::new(request)))
    }
}

fn text(response: Response<Request<Buffered>>) -> Bytes {
    response.into_body().into_body().into_bytes()
}

fn refused(error: &BoxError) -> (Class, Option<StatusCode>) {
    assert!(error.is::<BodyRefused>());
    let failure = Failure::find(error.as_ref()).unwrap();
    assert!(failure.report().is_some(), "the caller is told why");
    (failure.class(), failure.status())
}

fn status(status: u16) -> (Class, Option<StatusCode>) {
    (Class::InvalidRequest, StatusCode::from_u16(status).ok())
}

#[tokio::test(start_paused = true)]
async fn a_body_in_one_frame_passes_uncopied() {
    let body = Bytes::from(vec![b'x'; 4096]);
    let response =
        BufferLayer::new().layer(Echo).oneshot(Request::new(Full::new(body.clone()))).await.unwrap();
    assert_eq!(text(response).as_ptr(), body.as_ptr());
}

#[tokio::test(start_paused = true)]
async fn a_body_in_many_frames_is_whole_and_says_no_longer_how_it_was_framed() {
    let (feeder, mut request) = fed();
    request.headers_mut().insert("transfer-encoding", "chunked".parse().unwrap());
    feed(&feeder, "hel");
    feed(&feeder, "");
    feed(&feeder, "lo");
    feeder.send(Ok(Frame::trailers(http::HeaderMap::new()))).unwrap();
    drop(feeder);
    let response = BufferLayer::new().layer(Echo).oneshot(request).await.unwrap();
    assert!(response.body().headers().is_empty());
    assert_eq!(response.body().body().size_hint().exact(), Some(5));
    assert_eq!(text(response), "hello");
}

#[tokio::test(start_paused = true)]
async fn a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not() {
    let service = BufferLayer::new().limit(4).layer(Echo);
    let (feeder, request) = fed();
    feed(&feeder, "ab");
    feed(&feeder, "cd");
    drop(feeder);
    assert_eq!(text(service.clone().oneshot(request).await.unwrap()), "abcd");

    let (feeder, request) = fed();
    feed(&feeder, "abcd");
    feed(&feeder, "e");
    let error = service.oneshot(request).await.unwrap_err();
    assert_eq!(refused(&error), status(413), "refused before the body ends");
}

#[tokio::test(start_paused = true)]
async fn a_body_announced_too_large_is_refused_unread() {
    let service = BufferLayer::new().limit(4).layer(Echo);
    let (_feeder, mut request) = fed();
    request.headers_mut().insert("content-length", "5".parse().unwrap());
    assert_eq!(refused(&service.clone().oneshot(request).await.unwrap_err()), status(413));
    let sized = Request::new(Full::<Bytes>::from("abcde"));
    assert_eq!(refused(&service.oneshot(sized).await.unwrap_err()), status(413));
}

#[tokio::test(start_paused = true)]
async fn a_compressed_body_is_refused_since_nobody_could_read_it() {
    let encoded = |encoding: &str| {
        let mut request = Request::new(Full::<Bytes>::from("x"));
        request.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        BufferLayer::new().layer(Echo).oneshot(request)
    };
    assert_eq!(refused(&encoded("gzip").await.unwrap_err()), status(415));
    assert!(encoded("Identity").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn half_a_body_is_no_request() {
    let (feeder, request) = fed();
    feed(&feeder, "hal");
    feeder.send(Err("connection reset".into())).unwrap();
    let inner = ReadinessProbe::new(Echo);
    let error = BufferLayer::new().layer(inner.clone()).oneshot(request).await.unwrap_err();
    assert_eq!(refused(&error), status(400));
    assert_eq!(inner.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_set_by_a_layer_above_is_a_limit() {
    let request = Request::new(Limited::new(Full::<Bytes>::from("abcde"), 4));
    let error = BufferLayer::new().layer(Echo).oneshot(request).await.unwrap_err();
    assert_eq!(refused(&error), status(413));
}

#[tokio::test(start_paused = true)]
async fn silence_ends_the_call_and_slowness_does_not() {
    let service = BufferLayer::new().read_timeout(Duration::from_secs(3)).layer(Echo);
    let (feeder, request) = fed();
    let sender = tokio::spawn(async move {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(2)).await;
            feed(&feeder, "x");
        }
        feeder
    });
    let began = Instant::now();
    let error = service.oneshot(request).await.unwrap_err();
    assert_eq!(refused(&error), status(408));
    assert_eq!(began.elapsed().as_secs(), 4 * 2 + 3);
    drop(sender);
}

#[tokio::test(start_paused = true)]
async fn a_slow_sender_holds_no_place_of_a_limited_service() {
    let service = BufferLayer::new().layer(ConcurrencyLimit::new(Echo, 1));
    let (feeder, request) = fed();
    let mut slow = tokio_test::task::spawn(service.clone().oneshot(request));
    assert!(slow.poll().is_pending());
    let quick = service.oneshot(Request::new(Full::<Bytes>::from("quick")));
    assert_eq!(text(quick.await.unwrap()), "quick");
    feed(&feeder, "slow");
    drop(feeder);
    assert_eq!(text(slow.await.unwrap()), "slow");
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_point_a_call_gives_back_what_it_held() {
    let hung = service_fn(|_: Request<Buffered>| pending::<Result<Response<Request<Buffered>>, BoxError>>());
    let limited = ConcurrencyLimit::new(hung, 1);
    let service = BufferLayer::new().layer(limited.clone());

    let (feeder, request) = fed();
    let mut reading = tokio_test::task::spawn(service.clone().oneshot(request));
    assert!(reading.poll().is_pending());
    drop(reading);
    assert!(feeder.is_closed(), "the body was dropped");

    let request = || Request::new(Full::<Bytes>::from("x"));
    let mut called = tokio_test::task::spawn(service.clone().oneshot(request()));
    assert!(called.poll().is_pending());
    let mut waiting = tokio_test::task::spawn(service.oneshot(request()));
    assert!(waiting.poll().is_pending());
    drop(waiting);
    drop(called);
    let mut probe = limited;
    assert!(tokio_test::task::spawn(probe.ready()).poll().is_ready(), "the place came back");
}

#[tokio::test(start_paused = true)]
async fn it_calls_the_very_instance_that_was_ready() {
    let inner = ReadinessProbe::new(Echo);
    let mut service = BufferLayer::new().layer(inner.clone());
    for _ in 0..2 {
        let request = Request::new(Empty::<Bytes>::new());
        ServiceExt::<Request<Empty<Bytes>>>::ready(&mut service).await.unwrap().call(request).await.unwrap();
    }
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_the_call_asks_for_is_read_once_and_left_as_a_fact() {
    let read = |parts: &Parts, body: &Bytes| {
        if parts.method != Method::POST {
            return Ok(None);
        }
        match std::str::from_utf8(body) {
            Ok(model) if !model.is_empty() => Ok(Some(Call::new(model).with_stream(true))),
            _ => Err(Failure::new(Class::InvalidRequest).with_report(Report::new("no model"))),
        }
    };
    let service = BufferLayer::new().read_call(read).layer(Echo);
    let request = |method: Method, body: &'static str| {
        Request::builder().method(method).body(Full::<Bytes>::from(body)).unwrap()
    };
    let response = service.clone().oneshot(request(Method::POST, "gpt")).await.unwrap();
    let call: &Call = response.body().extensions().get().unwrap();
    assert_eq!((&*call.model, call.stream), ("gpt", true));

    let response = service.clone().oneshot(request(Method::GET, "")).await.unwrap();
    assert!(response.body().extensions().get::<Call>().is_none());

    let error = service.oneshot(request(Method::POST, "")).await.unwrap_err();
    assert_eq!(refused(&error).0, Class::InvalidRequest);
}

#[tokio::test(start_paused = true)]
async fn a_dialect_peeks_at_calls_and_refuses_what_is_none() {
    let service = BufferLayer::for_dialect(crate::rescue::Plain).layer(Echo);
    let request = |body: &'static str| Request::post("/").body(Full::<Bytes>::from(body)).unwrap();
    let response = service.clone().oneshot(request("model:workhorse")).await.unwrap();
    let call: &Call = response.body().extensions().get().unwrap();
    assert_eq!((&*call.model, call.model_span.clone()), ("workhorse", Some(6..15)));

    let error = service.clone().oneshot(request("nonsense")).await.unwrap_err();
    assert_eq!(refused(&error), status(400));
    let report = Failure::find(error.as_ref()).unwrap().report().unwrap().clone();
    assert_eq!((&*report.message, report.param.as_deref()), ("no model", Some("model")));

    let list = Request::get("/models").body(Full::<Bytes>::default()).unwrap();
    assert!(service.oneshot(list).await.is_ok(), "a GET is no call");
}
