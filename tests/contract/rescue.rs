#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};
use tower_failover::dialect::canonical::{Answer, Event, Request as Canonical};
use tower_failover::dialect::{Decode, Dialect, Encode, Encoded, Invalid, Peek, Reply, Signal, Target, sse};
use tower_failover::facts::{Attempt, Attempts, Call, Losses, Member};
use tower_failover::failure::{Class, Failure, Report};
use tower_failover::rescue::{Rescue, RescueLayer, Respond};
use tower_failover::testing::ReadinessProbe;

/// A dialect of lines: a request is `model:NAME`, an error `STATUS CLASS: MESSAGE | DETAIL`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain;

#[derive(Debug)]
pub(crate) struct Nothing;

impl Decode for Nothing {
    fn decode(&mut self, _: &sse::Frame<'_>, _: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        unreachable!()
    }
}

impl Encode for Nothing {
    fn encode(&mut self, _: &Event<'_>, _: &mut Vec<u8>) {
        unreachable!()
    }

    fn finish(&mut self, _: &mut Vec<u8>) -> bool {
        unreachable!()
    }
}

impl Dialect for Plain {
    type Decoder = Nothing;
    type Encoder = Nothing;

    fn name(&self) -> &'static str {
        "plain"
    }

    fn path(&self, _: &Target<'_>, _: &Call) -> Option<Cow<'static, str>> {
        unreachable!()
    }

    fn request_headers(&self, _: &HeaderMap, _: &Target<'_>, _: bool) -> HeaderMap {
        unreachable!()
    }

    fn peek<'a>(&self, _: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        let name = body.strip_prefix(b"model:").ok_or_else(|| Invalid::new("no model").at("model"))?;
        let name = std::str::from_utf8(name).map_err(|_| Invalid::new("no text"))?;
        Ok(Peek::new(name).with_model_span(6..body.len()))
    }

    fn holds_foreign(&self, _: &[u8], _: &Target<'_>) -> bool {
        unreachable!()
    }

    fn scrub(&self, _: &[u8], _: &Target<'_>, _: &mut Losses) -> Result<Vec<u8>, Invalid> {
        unreachable!()
    }

    fn decode_request<'a>(&self, _: &'a [u8]) -> Result<Canonical<'a>, Invalid> {
        unreachable!()
    }

    fn encode_request(&self, _: &Canonical<'_>, _: &Target<'_>, _: &mut Losses) -> Result<Encoded, Failure> {
        unreachable!()
    }

    fn decode_answer<'a>(&self, _: &'a [u8]) -> Result<Answer<'a>, Invalid> {
        unreachable!()
    }

    fn encode_answer(&self, _: &Answer<'_>, _: &Reply) -> Vec<u8> {
        unreachable!()
    }

    fn decoder(&self) -> Nothing {
        unreachable!()
    }

    fn encoder(&self, _: Reply) -> Nothing {
        unreachable!()
    }

    fn decode_error(&self, _: Option<StatusCode>, _: &[u8]) -> Failure {
        unreachable!()
    }

    fn encode_error(
        &self,
        failure: &Failure,
        status: StatusCode,
        message: &str,
        detail: Option<&str>,
    ) -> Vec<u8> {
        // As careless as a dialect could be: whatever the failure holds is shown.
        let said = failure.report().map_or("", |report| &report.message);
        format!("{} {}: {message} {said}| {}", status.as_u16(), failure.class(), detail.unwrap_or("-")).into()
    }

    fn encode_error_event(&self, failure: &Failure, _: &str) -> Vec<u8> {
        let said = failure.report().map_or("", |report| &report.message);
        format!("event: error\ndata: {}{said}\n\n", failure.class()).into()
    }

    fn signal(&self, _: &sse::Frame<'_>) -> Signal {
        unreachable!()
    }

    fn terminal_frame(&self) -> &'static [u8] {
        unreachable!()
    }

    fn check_answer(&self, _: &[u8]) -> Result<(), Failure> {
        unreachable!()
    }
}

type Answered = Response<Full<Bytes>>;

/// What a caller gets when the call fails so, after these attempts.
async fn rescued(failure: Failure, attempts: &[Attempt]) -> (StatusCode, HeaderMap, String) {
    let attempts = attempts.to_vec();
    let inner = service_fn(move |request: Request<()>| {
        let log = Attempts::find(request.extensions()).unwrap();
        attempts.iter().cloned().for_each(|attempt| log.record(attempt));
        ready(Err::<Answered, BoxError>(failure.clone().into()))
    });
    let response = RescueLayer::new(Plain).layer(inner).oneshot(Request::new(())).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.into()).unwrap())
}

fn attempt(class: Class) -> Attempt {
    Attempt::failed(&Failure::new(class), Duration::from_millis(20)).by(&Member::new("openai"))
}

// Errors

#[tokio::test]
async fn an_outage_is_a_503_that_says_when_to_come_back_and_what_was_tried() {
    let failure = Failure::new(Class::RateLimited).with_retry_after(Duration::from_millis(2300));
    let attempts = [attempt(Class::Timeout), attempt(Class::CircuitOpen)];
    let (status, headers, body) = rescued(failure, &attempts).await;
    assert_eq!(status, 503);
    assert_eq!(headers["retry-after"], "3");
    assert_eq!(headers["x-should-retry"], "false");
    assert_eq!(headers["x-failover-attempts"], "1", "a local refusal is listed and not counted");
    assert_eq!(headers["content-type"], "application/json");
    let (_, detail) = body.split_once("| ").unwrap();
    let expected = r#"{"attempts":[{"member":"openai","class":"timeout","ms":20},{"member":"openai","class":"circuit_open","ms":20}]}"#;
    assert_eq!(detail, expected);
}

#[tokio::test]
async fn a_caller_is_told_not_to_multiply_the_attempts_we_made() {
    let (_, headers, _) = rescued(Failure::new(Class::ServerError), &[attempt(Class::ServerError)]).await;
    assert_eq!(headers["retry-after"], "5");
    assert_eq!(headers["x-should-retry"], "false");
}

#[tokio::test]
async fn every_class_has_its_status() {
    use Class::*;
    let ours = [
        Connect,
        Timeout,
        ServerError,
        Overloaded,
        RateLimited,
        QuotaExhausted,
        Auth,
        ModelGone,
        InvalidOutput,
        Interrupted,
        CircuitOpen,
        CoolingDown,
        Shed,
        Cancelled,
    ];
    for class in ours {
        // Whatever status it was read from.
        let failure = Failure::new(class).with_status(StatusCode::UNAUTHORIZED);
        assert_eq!(rescued(failure, &[]).await.0, 503, "{class}");
    }
    assert_eq!(rescued(Failure::new(DeadlineExceeded), &[]).await.0, 504);
    for class in [InvalidRequest, ContentPolicy, ContextOverflow, Unsupported] {
        assert_eq!(rescued(Failure::new(class), &[]).await.0, 400, "{class}");
        let failure = Failure::new(class).with_status(StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(rescued(failure, &[]).await.0, 422, "{class}");
        let failure = Failure::new(class).with_status(StatusCode::BAD_GATEWAY);
        assert_eq!(rescued(failure, &[]).await.0, 400, "{class}");
    }
}

#[tokio::test]
async fn the_callers_own_error_comes_back_in_the_providers_words() {
    let failure = Failure::new(Class::InvalidRequest).with_report(Report::new("`n` must be positive"));
    let (_, headers, body) = rescued(failure, &[attempt(Class::InvalidRequest)]).await;
    assert!(body.contains("400 invalid_request: `n` must be positive"), "{body}");
    assert_eq!(headers["x-should-retry"], "false");
    assert!(!headers.contains_key("retry-after"));

    let mut report = Report::new("too long");
    report.verbatim = Some(Bytes::from_static(b"as it came"));
    let (_, _, body) = rescued(Failure::new(Class::ContextOverflow).with_report(report), &[]).await;
    assert_eq!(body, "as it came");
}

#[tokio::test]
async fn nothing_a_provider_says_of_our_account_reaches_the_caller() {
    let mut report = Report::new("Incorrect API key provided: sk-secret");
    report.verbatim = Some(Bytes::from_static(b"sk-secret"));
    let failure = Failure::new(Class::Auth)
        .with_status(StatusCode::UNAUTHORIZED)
        .with_report(report)
        .with_source(BoxError::from("https://host/?key=sk-secret"));
    let (status, headers, body) = rescued(failure, &[attempt(Class::Auth)]).await;
    assert_eq!(status, 503);
    assert!(!format!("{headers:?}{body}").contains("secret"), "{body}");
}

#[tokio::test]
async fn an_error_that_says_nothing_of_itself_is_rescued_too_and_not_shown() {
    let inner = service_fn(|_: Request<()>| ready(Err::<Answered, BoxError>("panic at sk-secret".into())));
    let response = RescueLayer::new(Plain).layer(inner).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), 503);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&body).contains("secret"));
}

// Readiness and drops

/// Ready never again.
#[derive(Clone)]
struct Dead;

impl Service<Request<()>> for Dead {
    type Response = Answered;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Answered, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err(Failure::new(Class::Connect).into()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        unreachable!("it was never ready")
    }
}

#[tokio::test]
async fn a_service_that_is_dead_is_rescued_call_after_call() {
    let mut service = RescueLayer::new(Plain).layer(Dead);
    for _ in 0..2 {
        service.ready().await.unwrap();
        let response = service.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert_eq!(response.status(), 503);
        service = service.clone();
    }
}

#[tokio::test]
async fn it_calls_the_instance_that_was_ready_and_gives_its_place_back_when_dropped() {
    let answer = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Answered::default())));
    let probe = ReadinessProbe::new(answer);
    let mut service = RescueLayer::new(Plain).layer(probe.clone());
    for _ in 0..2 {
        service.ready().await.unwrap().call(Request::new(())).await.unwrap();
    }
    assert_eq!(probe.calls(), 2);

    let hung = service_fn(|_: Request<()>| pending::<Result<Answered, BoxError>>());
    let mut limited = ConcurrencyLimit::new(hung, 1);
    let service = RescueLayer::new(Plain).layer(limited.clone());
    let mut call = tokio_test::task::spawn(service.oneshot(Request::new(())));
    assert!(call.poll().is_pending());
    drop(call);
    assert!(tokio_test::task::spawn(limited.ready()).poll().is_ready());
}

#[tokio::test]
async fn a_closure_words_errors_in_its_own_way() {
    let layer = RescueLayer::with(|error: &BoxError, attempts: Option<&Attempts>| {
        Response::new(Bytes::from(format!("{error} after {}", attempts.map_or(0, Attempts::count))))
    });
    let inner = service_fn(|_: Request<()>| ready(Err::<Answered, BoxError>("boom".into())));
    let response = layer.layer(inner).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "boom after 0");
}

// Bodies

type Part = Result<Frame<Bytes>, BoxError>;

fn parts(parts: &[&'static str], error: BoxError) -> Vec<Part> {
    let data = parts.iter().map(|part| Ok(Frame::data(Bytes::from(*part))));
    data.chain([Err(error)]).collect()
}

/// A body of these parts.
struct Torn(VecDeque<Part>);

impl Body for Torn {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Part>> {
        Poll::Ready(self.0.pop_front())
    }
}

/// The body that a caller reads, and whether it ended cleanly.
async fn read<R: Respond + Clone>(
    layer: RescueLayer<R>,
    head: http::response::Builder,
    parts: Vec<Part>,
) -> (String, Result<(), BoxError>) {
    let mut response = Some(head.body(Torn(parts.into())).unwrap());
    let inner = service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(response.take().unwrap())));
    let service: Rescue<_, _> = layer.layer(inner);
    let mut body = std::pin::pin!(service.oneshot(Request::new(())).await.unwrap().into_body());
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap()),
            Err(error) => return (text, Err(error)),
        }
    }
    assert!(body.is_end_stream() || !text.contains("event: error"));
    (text, Ok(()))
}

fn events() -> http::response::Builder {
    Response::builder().header("content-type", "text/event-stream; charset=utf-8")
}

#[tokio::test]
async fn a_torn_event_stream_ends_with_one_error_event_and_then_cleanly() {
    let torn = parts(&["data: a\n\n", "data: b\n\n"], "https://host/?key=sk-secret".into());
    let (text, end) = read(RescueLayer::new(Plain), events(), torn).await;
    assert_eq!(text, "data: a\n\ndata: b\n\nevent: error\ndata: interrupted\n\n");
    end.unwrap();
}

#[tokio::test]
async fn the_event_names_the_failure_and_not_what_the_provider_said() {
    let failure = Failure::new(Class::Timeout).with_report(Report::new("sk-secret"));
    let (text, _) = read(RescueLayer::new(Plain), events(), parts(&[], failure.into())).await;
    assert_eq!(text, "event: error\ndata: timeout\n\n");
}

#[tokio::test]
async fn an_error_event_never_becomes_part_of_the_frame_that_was_cut() {
    let torn = parts(&["data: a\n\ndata: {\"te"], "reset".into());
    let (text, _) = read(RescueLayer::new(Plain), events(), torn).await;
    assert!(text.ends_with("data: {\"te\n\nevent: error\ndata: interrupted\n\n"), "{text}");
}

#[tokio::test]
async fn any_other_body_that_fails_breaks_off() {
    let torn = || parts(&["{\"half\":"], "reset".into());
    let plain = Response::builder().header("content-type", "application/json");
    let zipped = events().header("content-encoding", "gzip");
    let sized = events().header("content-length", "100");
    for head in [plain, zipped, sized] {
        let (text, end) = read(RescueLayer::new(Plain), head, torn()).await;
        assert_eq!(text, "{\"half\":");
        assert_eq!(end.unwrap_err().to_string(), "reset");
    }
}

#[tokio::test]
async fn a_policy_without_an_event_lets_the_stream_break_off() {
    let layer = RescueLayer::with(|_: &BoxError, _: Option<&Attempts>| Response::new(Bytes::new()));
    assert!(read(layer, events(), parts(&["data: a\n\n"], "reset".into())).await.1.is_err());
}

#[tokio::test]
async fn a_response_passes_with_its_status_size_and_body() {
    let inner = service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(Response::builder().status(418).body(Full::<Bytes>::from("tea")).unwrap()))
    });
    let response = RescueLayer::new(Plain).layer(inner).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), 418);
    assert_eq!(response.body().size_hint().exact(), Some(3));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "tea");
}

// All four over an axum app

#[tokio::test]
async fn an_axum_app_gets_failover_without_a_change_to_its_handler() {
    use axum::{Router, routing::post};
    use tower::ServiceBuilder;
    use tower_failover::body::Buffered;
    use tower_failover::buffer::BufferLayer;
    use tower_failover::degraded_marker::DegradedMarkerLayer;
    use tower_failover::health_routing::HealthRoutingLayer;

    // The existing handler answers with a status, as it always has.
    let handler = |body: String| async move {
        let status = if body.ends_with("bad") { 400 } else { 503 };
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let fallback = service_fn(|request: Request<Buffered>| async move {
        match &request.body().bytes()[..] {
            b"model:poor" => Err(Failure::new(Class::QuotaExhausted)),
            _ => Ok(Response::new(axum::body::Body::from("from the fallback"))),
        }
    });
    let app = Router::new().route("/one", post(handler)).route("/two", post(handler)).layer(
        ServiceBuilder::new()
            .layer(RescueLayer::new(Plain))
            .layer(DegradedMarkerLayer::new())
            .layer(BufferLayer::for_dialect(Plain))
            .layer(HealthRoutingLayer::primary("openai").fallback("anthropic", fallback)),
    );
    let ask = |path: &str, body: &'static str| {
        app.clone().oneshot(Request::post(path).body(axum::body::Body::from(body)).unwrap())
    };

    let response = ask("/one", "model:workhorse").await.unwrap();
    assert_eq!(response.headers()["x-failover-provider"], "anthropic");
    assert_eq!(response.headers()["x-failover-class"], "workhorse");
    assert_eq!(response.headers()["x-failover-attempts"], "2");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "from the fallback");

    let response = ask("/two", "model:bad").await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["x-failover-provider"]),
        (400, &"openai".parse().unwrap())
    );

    let response = ask("/two", "model:poor").await.unwrap();
    assert_eq!(response.status(), 503);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.into()).unwrap();
    assert!(body.contains(r#"{"member":"openai","class":"overloaded","status":503,"#), "{body}");
    assert!(body.contains(r#"{"member":"anthropic","class":"quota_exhausted","#), "{body}");

    let response = ask("/one", "nonsense").await.unwrap();
    assert_eq!(response.status(), 400);
}
