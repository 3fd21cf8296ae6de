//! The table of failures, row by row, on the assembled stack: how often a member is asked, whether the next one is,
//! and what its circuit and its credential make of it. And what deadlines and a total outage mean above all that.
#![allow(missing_docs, clippy::unwrap_used)]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::facts::{Availability, Member};
use tower_failover::failure::{BoxError, Class, Failure, Scope};
use tower_failover::stack::{ClassStack, MemberStack, Stack};

type Body = BoxBody<Bytes, BoxError>;
type Result<T> = std::result::Result<T, BoxError>;
type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>>> + Send>>;

/// A member's client that does as it is told, and counts.
#[derive(Clone)]
struct Fake {
    asked: Arc<AtomicUsize>,
    act: Arc<Mutex<Arc<dyn Fn() -> Answering + Send + Sync>>>,
}

impl Fake {
    fn new<F>(act: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response<Body>>> + Send + 'static,
    {
        let fake = Self { asked: Arc::default(), act: Arc::new(Mutex::new(Arc::new(|| unreachable!()))) };
        fake.now(act);
        fake
    }

    /// From now on it does this.
    fn now<F>(&self, act: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Response<Body>>> + Send + 'static,
    {
        *self.act.lock().unwrap() = Arc::new(move || Box::pin(act()));
    }

    fn failing(failure: Failure) -> Self {
        Self::new(move || std::future::ready(Err(failure.clone().into())))
    }

    fn answering() -> Self {
        Self::new(|| async { Ok(answer()) })
    }

    fn slow(seconds: u64) -> Self {
        Self::new(move || async move {
            sleep(Duration::from_secs(seconds)).await;
            Ok(answer())
        })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Service<Request<Buffered>> for Fake {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Buffered>) -> Answering {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let act = Arc::clone(&self.act.lock().unwrap());
        act()
    }
}

fn answer() -> Response<Body> {
    let message = json!({"role": "assistant", "content": "hello"});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
    let body =
        json!({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice], "usage": usage});
    let body = Full::new(Bytes::from(body.to_string())).map_err(|never| match never {}).boxed();
    Response::builder().header("content-type", "application/json").body(body).unwrap()
}

fn stream_answer() -> Response<Body> {
    let frames = concat!(
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"hello\"}}]}\n\n",
        "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: [DONE]\n\n",
    );
    let body = Full::new(Bytes::from(frames)).map_err(|never| match never {}).boxed();
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

/// A class of these members, in order, and somebody who calls it.
struct World {
    members: Vec<MemberStack<Fake>>,
    stack: Stack<Fake>,
}

struct Said {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Said {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl World {
    fn of<const N: usize>(fakes: [&Fake; N]) -> Self {
        Self::with(fakes, |member| member)
    }

    fn with<const N: usize>(
        fakes: [&Fake; N],
        tune: impl Fn(MemberStack<Fake>) -> MemberStack<Fake>,
    ) -> Self {
        let member = |(index, fake): (usize, &&Fake)| {
            let member = Member::new(format!("provider{index}")).with_model("m");
            tune(MemberStack::new(member, OpenAiChat, (*fake).clone()))
        };
        let members: Vec<_> = fakes.iter().enumerate().map(member).collect();
        let mut rest = members.iter().cloned();
        let class = ClassStack::new("c", rest.next().unwrap());
        let stack = Stack::new([rest.fold(class, ClassStack::with_fallback)]);
        Self { members, stack }
    }

    async fn ask(&self) -> Said {
        self.ask_within(None, false).await
    }

    async fn ask_within(&self, deadline: Option<Duration>, is_stream: bool) -> Said {
        let body =
            json!({"model": "c", "stream": is_stream, "messages": [{"role": "user", "content": "hi"}]});
        let mut request = Request::post("/v1/chat/completions").header("content-type", "application/json");
        if let Some(deadline) = deadline {
            request = request.header("x-failover-deadline-ms", deadline.as_millis().to_string());
        }
        let request = request.body(Full::new(Bytes::from(body.to_string()))).unwrap();
        let (head, body) = self.stack.front(OpenAiChat).oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        Said { status: head.status, headers: head.headers, body }
    }
}

/// What the circuit counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Failure,
    Throttled,
    Neutral,
    Cancelled,
}

struct Row {
    class: Class,
    hint: Option<u64>,
    attempts: usize,
    next: bool,
    counted: Counted,
    credential_rests: bool,
}

const fn row(class: Class, attempts: usize, next: bool, counted: Counted) -> Row {
    Row { class, hint: None, attempts, next, counted, credential_rests: false }
}

const fn hinted(class: Class, seconds: u64, attempts: usize) -> Row {
    Row { hint: Some(seconds), ..row(class, attempts, true, Counted::Throttled) }
}

const fn resting(class: Class) -> Row {
    Row { credential_rests: true, ..row(class, 1, true, Counted::Throttled) }
}

/// `Interrupted` has no row: before the commit point an answer that breaks off is none (`InvalidOutput`), and after
/// it there is no other attempt to make.
const TABLE: [Row; 20] = [
    row(Class::Connect, 3, true, Counted::Failure),
    row(Class::Timeout, 1, true, Counted::Failure),
    row(Class::ServerError, 3, true, Counted::Failure),
    row(Class::Overloaded, 3, true, Counted::Failure),
    row(Class::RateLimited, 1, true, Counted::Throttled),
    hinted(Class::RateLimited, 1, 3),
    hinted(Class::RateLimited, 60, 1),
    resting(Class::QuotaExhausted),
    resting(Class::Auth),
    row(Class::ModelGone, 1, true, Counted::Throttled),
    row(Class::ContextOverflow, 1, true, Counted::Neutral),
    row(Class::ContentPolicy, 1, false, Counted::Neutral),
    row(Class::Unsupported, 1, true, Counted::Neutral),
    row(Class::InvalidRequest, 1, false, Counted::Neutral),
    row(Class::InvalidOutput, 2, true, Counted::Neutral),
    row(Class::CircuitOpen, 1, true, Counted::Neutral),
    row(Class::CoolingDown, 1, true, Counted::Neutral),
    row(Class::Shed, 1, true, Counted::Neutral),
    row(Class::DeadlineExceeded, 1, false, Counted::Cancelled),
    row(Class::Cancelled, 1, false, Counted::Cancelled),
];

#[tokio::test(start_paused = true)]
async fn every_row_of_the_table_holds_on_the_assembled_stack() {
    for row in TABLE {
        let failure = Failure::new(row.class).with_retry_after(row.hint.map(Duration::from_secs));
        let (primary, fallback) = (Fake::failing(failure), Fake::answering());
        let world = World::of([&primary, &fallback]);
        let said = world.ask().await;
        let name = format!("{} {:?}", row.class, row.hint);
        assert_eq!(primary.asked(), row.attempts, "{name}: attempts");
        assert_eq!(fallback.asked(), usize::from(row.next), "{name}: next member");
        assert_eq!(said.status == StatusCode::OK, row.next, "{name}: {}", said.body);
        let totals = world.members[0].circuit().snapshot().totals;
        let attempts = row.attempts as u64;
        let counts = [totals.failures, totals.throttled, totals.neutral, totals.cancelled];
        let mut expected = [0; 4];
        expected[row.counted as usize] = attempts;
        assert_eq!((counts, totals.successes), (expected, 0), "{name}: circuit");
        let is_resting = world.members[0].credential().availability(Instant::now()) != Availability::Up;
        assert_eq!(is_resting, row.credential_rests, "{name}: credential");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_after_its_first_content_counts_as_a_failure_of_its_member() {
    let torn = Fake::new(|| async {
        let (parts, body) = stream_answer().into_parts();
        let whole = body.collect().await?.to_bytes();
        let end = whole.windows(2).position(|pair| pair == b"\n\n").unwrap() + 2;
        Ok(Response::from_parts(parts, Full::new(whole.slice(..end)).map_err(|never| match never {}).boxed()))
    });
    // Nobody goes on with it, so that what is counted is the one attempt.
    let world = World::with([&torn], |member| member.with_resumption(false));
    let said = world.ask_within(None, true).await;
    assert_eq!((said.status, torn.asked()), (StatusCode::OK, 1));
    assert!(
        said.body.as_str().is_some_and(|body| body.contains("error") && !body.contains("[DONE]")),
        "{}",
        said.body
    );
    assert_eq!(world.members[0].circuit().snapshot().totals.failures, 1);
}

#[tokio::test(start_paused = true)]
async fn what_rests_a_member_is_not_asked_by_the_next_call() {
    for (class, is_asked) in [
        (Class::RateLimited, false),
        (Class::QuotaExhausted, false),
        (Class::Auth, false),
        (Class::ModelGone, false),
        (Class::ContextOverflow, true),
        (Class::InvalidOutput, true),
        (Class::Timeout, true),
    ] {
        let failure = Failure::new(class).with_retry_after(Duration::from_secs(60));
        let (primary, fallback) = (Fake::failing(failure), Fake::answering());
        let world = World::of([&primary, &fallback]);
        world.ask().await;
        let asked = primary.asked();
        assert_eq!(world.ask().await.status, StatusCode::OK);
        assert_eq!(primary.asked() > asked, is_asked, "{class}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_one_request_alone_is_beyond_rests_nobody() {
    let failure = Failure::new(Class::RateLimited).with_scope(Scope::Request);
    let (primary, fallback) = (Fake::failing(failure), Fake::answering());
    let world = World::of([&primary, &fallback]);
    for asked in 1..=3 {
        assert_eq!(world.ask().await.status, StatusCode::OK);
        assert_eq!((primary.asked(), fallback.asked()), (asked, asked));
    }
    let totals = world.members[0].circuit().snapshot().totals;
    assert_eq!((totals.neutral, totals.throttled, totals.failures), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ours_is_never_the_callers() {
    for class in [Class::Auth, Class::QuotaExhausted] {
        let failure = Failure::new(class).with_status(StatusCode::UNAUTHORIZED);
        let primary = Fake::failing(failure);
        let said = World::of([&primary]).ask().await;
        assert_eq!(said.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!((said.header("retry-after"), said.header("x-should-retry")), ("300", "false"));
        let error = &said.body["error"];
        let words = format!("{} {} {}", error["message"], error["type"], error["code"]).to_lowercase();
        for word in ["auth", "key", "credential", "quota", "401", "billing"] {
            assert!(!words.contains(word), "{words}");
        }
    }
}

// Deadlines.

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_that_cannot_finish() {
    let (primary, fallback) = (Fake::slow(4), Fake::answering());
    let world = World::of([&primary, &fallback]);
    for _ in 0..5 {
        assert_eq!(world.ask().await.header("x-failover-provider"), "provider0");
    }
    let said = world.ask_within(Some(2 * SECOND), false).await;
    assert_eq!((said.status, said.header("x-failover-provider")), (StatusCode::OK, "provider1"));
    assert_eq!((primary.asked(), fallback.asked()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn who_usually_answers_in_time_is_given_that_time() {
    let (primary, fallback) = (Fake::slow(8), Fake::slow(8));
    let world = World::of([&primary, &fallback]);
    for _ in 0..5 {
        world.ask().await;
    }
    let said = world.ask_within(Some(9 * SECOND), false).await;
    assert_eq!((said.status, said.header("x-failover-provider")), (StatusCode::OK, "provider0"));
}

#[tokio::test(start_paused = true)]
async fn a_silent_route_is_asked_once_and_the_next_one_has_what_is_left() {
    let (silent, fallback) = (Fake::new(std::future::pending), Fake::slow(50));
    let world = World::of([&silent, &fallback]);
    let start = Instant::now();
    let said = world.ask_within(Some(115 * SECOND), false).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    assert_eq!((silent.asked(), fallback.asked(), start.elapsed()), (1, 1, 110 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_would_outlast_the_deadline_is_not_begun() {
    let hint = Failure::new(Class::RateLimited).with_retry_after(3 * SECOND);
    let (limited, fallback) = (Fake::failing(hint), Fake::answering());
    let world = World::of([&limited, &fallback]);
    let start = Instant::now();
    assert_eq!(world.ask_within(Some(2 * SECOND), false).await.status, StatusCode::OK);
    assert_eq!((limited.asked(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_drips_does_not_outlive_the_deadline() {
    for is_stream in [false, true] {
        let dripping = Fake::new(move || async move {
            let head = if is_stream { stream_answer() } else { answer() };
            let (parts, _) = head.into_parts();
            let first = Bytes::from_static(if is_stream {
                b"data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n"
            } else {
                b"{\"id\":\"c\","
            });
            let timer = tokio::time::interval_at(Instant::now() + SECOND, SECOND);
            Ok(Response::from_parts(parts, Drip { next: Some(first), timer }.boxed()))
        });
        let world = World::of([&dripping]);
        let start = Instant::now();
        let said = world.ask_within(Some(30 * SECOND), is_stream).await;
        let took = start.elapsed();
        assert!((29 * SECOND..=31 * SECOND).contains(&took), "stream {is_stream}: {took:?}");
        assert!(is_stream || said.status == StatusCode::GATEWAY_TIMEOUT, "{}", said.status);
    }
}

/// Something, and then a space every second, for ever.
struct Drip {
    next: Option<Bytes>,
    timer: tokio::time::Interval,
}

impl http_body::Body for Drip {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        if let Some(first) = self.next.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.timer.poll_tick(cx).map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

// All down.

#[tokio::test(start_paused = true)]
async fn when_all_are_down_the_earliest_real_hope_is_named() {
    let limited = |seconds| Failure::new(Class::RateLimited).with_retry_after(Duration::from_secs(seconds));
    let (late, soon) = (Fake::failing(limited(60)), Fake::failing(limited(20)));
    let refused = Fake::failing(Failure::new(Class::Auth));
    let world = World::of([&late, &refused, &soon]);
    let first = world.ask().await;
    assert_eq!((first.status, first.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "20"));
    tokio::time::advance(5 * SECOND).await;
    let second = world.ask().await;
    assert_eq!((second.status, second.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "15"));
    assert_eq!(second.header("x-should-retry"), "false");
    assert_eq!((late.asked(), refused.asked(), soon.asked()), (1, 1, 1), "nobody is asked in vain");
    tokio::time::advance(15 * SECOND).await;
    soon.now(|| async { Ok(answer()) });
    assert_eq!(world.ask().await.status, StatusCode::OK, "the hope was real");
}

#[tokio::test(start_paused = true)]
async fn the_last_that_can_be_asked_has_more_time_for_its_first_token() {
    let slow = || {
        Fake::new(|| async {
            sleep(30 * SECOND).await;
            Ok(stream_answer())
        })
    };
    let (first, last) = (slow(), slow());
    let world = World::of([&first, &last]);
    let start = Instant::now();
    let said = world.ask_within(None, true).await;
    let body = said.body.as_str().unwrap();
    assert!(body.contains("hello") && body.contains("[DONE]") && !body.contains("error"), "{body}");
    assert_eq!((said.status, first.asked(), last.asked()), (StatusCode::OK, 1, 1));
    assert_eq!(
        start.elapsed(),
        40 * SECOND,
        "ten for whom another can follow, as long as it takes for the last"
    );
    let silent = Fake::new(std::future::pending);
    let world = World::of([&silent]);
    let start = Instant::now();
    assert_eq!(world.ask_within(Some(20 * SECOND), true).await.status, StatusCode::OK, "keepalive began it");
    assert_eq!(start.elapsed(), 20 * SECOND, "and never longer than the caller has");
}
