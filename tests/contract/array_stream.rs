//! Tower's contract, and the array as a caller sees it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::array_stream::{ArrayStreamLayer, BrokenStream};
use tower_failover::failure::{Class, Failure};
use tower_failover::testing::ReadinessProbe;

const ARRAY: &str = "/v1beta/models/m:streamGenerateContent?key=k";
const EVENTS: &str = "/v1beta/models/m:streamGenerateContent?key=k&alt=sse";

/// A body in pieces, which may fail or hang at its end.
#[derive(Debug, Default)]
struct Pieces {
    pieces: VecDeque<&'static str>,
    fails: bool,
    hangs: bool,
    _held: Arc<()>,
}

impl Pieces {
    fn of(pieces: impl IntoIterator<Item = &'static str>) -> Self {
        Self { pieces: pieces.into_iter().collect(), ..Self::default() }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.pieces.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes()))))),
            None if self.hangs => Poll::Pending,
            None if std::mem::take(&mut self.fails) => Poll::Ready(Some(Err("reset".into()))),
            None => Poll::Ready(None),
        }
    }
}

fn response(status: u16, kind: &str, body: Pieces) -> Response<Pieces> {
    Response::builder()
        .status(status)
        .header("content-type", kind)
        .header("content-length", "7")
        .body(body)
        .unwrap()
}

/// The content type, the length and the body that come back; the body ends with `!` where it failed.
async fn seen(uri: &str, inner: Response<Pieces>) -> (String, bool, String) {
    let mut inner = Some(inner);
    let service = service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(inner.take().unwrap())));
    let mut service = ArrayStreamLayer::for_gemini().layer(service);
    let request = Request::post(uri).body(()).unwrap();
    let response = service.ready().await.unwrap().call(request).await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let has_length = response.headers().contains_key("content-length");
    let (mut text, mut body) = (String::new(), response.into_body());
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap()),
            Err(_) => text.push('!'),
        }
    }
    assert!(body.frame().await.is_none(), "an end is an end");
    (kind, has_length, text)
}

const JSON: &str = "application/json; charset=UTF-8";

#[tokio::test]
async fn a_stream_is_an_array_for_whoever_did_not_ask_for_events() {
    let stream = || Pieces::of(["data: {\"a\":1}\r\n\r\nda", "ta: {\"error\":{\"code\":503}}\r\n", "\r\n"]);
    let (kind, has_length, body) = seen(ARRAY, response(200, "text/event-stream", stream())).await;
    assert_eq!(
        (kind.as_str(), has_length, body.as_str()),
        (JSON, false, "[{\"a\":1}\n,\n{\"error\":{\"code\":503}}]")
    );
    let (kind, has_length, body) = seen(EVENTS, response(200, "text/event-stream", stream())).await;
    assert!(kind == "text/event-stream" && has_length && body.starts_with("data: {\"a\":1}\r\n\r\n"));
}

#[tokio::test]
async fn an_error_or_a_whole_answer_is_an_array_of_one() {
    for status in [200, 400, 503] {
        let body = Pieces::of(["", " {\"error\":", "{}}"]);
        let (kind, has_length, body) = seen(ARRAY, response(status, "application/json", body)).await;
        assert_eq!(
            (kind.as_str(), has_length, body.as_str()),
            ("application/json", false, "[ {\"error\":{}}]")
        );
    }
    let (_, has_length, body) = seen(EVENTS, response(503, JSON, Pieces::of(["{\"error\":{}}"]))).await;
    assert!(has_length && body == "{\"error\":{}}");
}

#[tokio::test]
async fn what_is_a_list_already_or_no_json_passes() {
    let list = seen(ARRAY, response(200, JSON, Pieces::of(["[{}\n", ",{}]"]))).await;
    assert_eq!(list.2, "[{}\n,{}]");
    assert_eq!(seen(ARRAY, response(502, "text/html", Pieces::of(["<html>"]))).await.2, "<html>");
    assert_eq!(seen(ARRAY, response(503, JSON, Pieces::of([]))).await.2, "");
    let mut packed = response(200, "text/event-stream", Pieces::of(["\u{1f}"]));
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(seen(ARRAY, packed).await, ("text/event-stream".to_owned(), true, "\u{1f}".to_owned()));
}

#[tokio::test]
async fn a_body_that_fails_never_gets_its_closing_bracket() {
    let failing =
        |pieces: &'static [&'static str]| Pieces { fails: true, ..Pieces::of(pieces.iter().copied()) };
    let stream = response(200, "text/event-stream", failing(&["data: {}\n\ndata: {}\n\n"]));
    assert_eq!(seen(ARRAY, stream).await.2, "[{}\n,\n{}!");
    assert_eq!(seen(ARRAY, response(200, "text/event-stream", failing(&[]))).await.2, "!");
    assert_eq!(seen(ARRAY, response(500, JSON, failing(&["{\"a\""]))).await.2, "[{\"a\"!");
    let cut = response(200, "text/event-stream", Pieces::of(["data: {}\n\ndata: {\"a\""]));
    assert_eq!(seen(ARRAY, cut).await.2, "[{}!");
}

#[tokio::test]
async fn an_error_of_its_own_says_what_it_means_for_the_layers_above() {
    let inner = service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(response(200, "text/event-stream", Pieces::of(["data: {"]))))
    });
    let service = ArrayStreamLayer::for_gemini().layer(inner);
    let response = service.oneshot(Request::post(ARRAY).body(()).unwrap()).await.unwrap();
    let error = response.into_body().collect().await.unwrap_err();
    assert!(error.is::<BrokenStream>());
    assert_eq!(Failure::find(error.as_ref()).unwrap().class(), Class::Interrupted);
}

#[tokio::test]
async fn an_element_is_passed_on_as_soon_as_it_is_whole() {
    let held = Arc::new(());
    let body = Pieces {
        hangs: true,
        _held: Arc::clone(&held),
        ..Pieces::of(["data: {\"a\":1}\n\n", "data: {\"b\""])
    };
    let mut inner = Some(response(200, "text/event-stream", body));
    let service = service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(inner.take().unwrap())));
    let mut service = ArrayStreamLayer::for_gemini().layer(service);
    let response = service.call(Request::post(ARRAY).body(()).unwrap()).await.unwrap();
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "[{\"a\":1}");
    let mut next = tokio_test::task::spawn(body.frame());
    assert!(next.poll().is_pending());
    drop(next);
    assert_eq!(Arc::strong_count(&held), 2);
    drop(body);
    assert_eq!(Arc::strong_count(&held), 1, "dropping the body drops the inner one");
}

#[tokio::test]
async fn dropping_the_future_drops_the_call() {
    let held = Arc::new(());
    let witness = Arc::clone(&held);
    let inner = service_fn(move |_: Request<()>| {
        let witness = Arc::clone(&witness);
        async move {
            pending::<()>().await;
            drop(witness);
            Ok::<_, Infallible>(Response::new(Pieces::default()))
        }
    });
    let mut service = ArrayStreamLayer::for_gemini().layer(inner);
    let mut call = tokio_test::task::spawn(service.call(Request::post(ARRAY).body(()).unwrap()));
    assert!(call.poll().is_pending());
    assert_eq!(Arc::strong_count(&held), 3);
    drop(call);
    assert_eq!(Arc::strong_count(&held), 2);
}

#[tokio::test]
async fn readiness_is_that_of_the_inner_service() {
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(Pieces::default()))));
    let probe = ReadinessProbe::new(inner);
    let layer = ArrayStreamLayer::for_gemini();
    let mut service = layer.layer(ConcurrencyLimit::new(probe, 1));
    let mut clone = service.clone();
    let request = || Request::post(EVENTS).body(()).unwrap();
    let first = service.ready().await.unwrap().call(request());
    let mut blocked = tokio_test::task::spawn(clone.ready());
    assert!(blocked.poll().is_pending());
    drop(first);
    assert!(blocked.is_woken() && blocked.poll().is_ready());
}

#[tokio::test]
async fn a_closure_says_who_wants_an_array_and_errors_pass() {
    let layer = ArrayStreamLayer::new(|parts: &Parts| parts.headers.contains_key("x-array"));
    let inner = service_fn(|_: Request<()>| {
        ready(Ok::<_, BoxError>(response(200, "text/event-stream", Pieces::of(["data: 1\n\n"]))))
    });
    let mut request = Request::get("/").body(()).unwrap();
    request.headers_mut().insert("x-array", "1".parse().unwrap());
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "[1]");
    let failing = service_fn(|_: Request<()>| ready(Err::<Response<Pieces>, BoxError>("down".into())));
    let error = layer.layer(failing).oneshot(Request::get("/").body(()).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "down");
}
