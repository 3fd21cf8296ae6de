//! A primary that takes calls and says nothing, on a clock that stands still while nobody waits.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Service, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::dialect::AnyDialect;
use tower_failover::facts::{Call, Member};
use tower_failover::stack::{ClassStack, MemberStack, Stack};

const SECOND: Duration = Duration::from_secs(1);
const USUAL: Duration = Duration::from_millis(300);
/// Sixteen calls a second.
const PAUSE: Duration = Duration::from_micros(62_500);

/// A provider without a network, that answers after its usual time, or when it is no longer silent.
#[derive(Clone)]
struct Provider {
    is_silent: watch::Sender<bool>,
    asked: Arc<AtomicU64>,
}

impl Provider {
    fn new() -> Self {
        Self { is_silent: watch::Sender::new(false), asked: Arc::default() }
    }

    fn silent(&self, is_silent: bool) {
        self.is_silent.send_replace(is_silent);
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Service<Request<Buffered>> for Provider {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut is_silent = self.is_silent.subscribe();
        let is_stream = request.extensions().get::<Call>().is_some_and(|call| call.stream);
        Box::pin(async move {
            sleep(USUAL).await;
            is_silent.wait_for(|is_silent| !is_silent).await?;
            if !is_stream {
                let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]});
                let head = Response::builder().header("content-type", "application/json");
                return Ok(head.body(Full::from(body.to_string()))?);
            }
            let chunk = |delta, reason| {
                json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                    "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
            };
            let said = chunk(json!({"role": "assistant", "content": "hello"}), json!(null));
            let end = chunk(json!({}), json!("stop"));
            let body = format!("data: {said}\n\ndata: {end}\n\ndata: [DONE]\n\n");
            Ok(Response::builder().header("content-type", "text/event-stream").body(Full::from(body))?)
        })
    }
}

struct World {
    primary: Provider,
    fallback: Provider,
    class: ClassStack<Provider>,
    calls: Vec<JoinHandle<()>>,
}

impl World {
    fn new() -> Self {
        let (primary, fallback) = (Provider::new(), Provider::new());
        let member = |name: &'static str, provider: &Provider| {
            MemberStack::new(Member::new(name).with_model("m"), dialect(), provider.clone())
        };
        let class = ClassStack::new("workhorse", member("primary", &primary))
            .with_fallback(member("fallback", &fallback));
        Self { primary, fallback, class, calls: Vec::new() }
    }

    /// One call, which has to be answered.
    fn call(&mut self) {
        self.calls.push(tokio::spawn(self.ask(true)));
    }

    fn ask(&self, is_stream: bool) -> impl Future<Output = ()> + Send + 'static {
        let service = Stack::new([self.class.clone()]).front(dialect());
        async move {
            let question = json!({"model": "workhorse", "stream": is_stream,
                "messages": [{"role": "user", "content": "hi"}]});
            let request = Request::post("/").header("content-type", "application/json");
            let request = request.body(Full::<Bytes>::from(question.to_string())).unwrap();
            let response = service.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.windows(5).any(|text| text == b"hello"), "{body:?}");
        }
    }

    /// Sixteen calls a second, for so long, of callers who leave after this. Says how many got nothing.
    async fn impatient_traffic(&mut self, time: Duration, is_stream: bool, patience: Duration) -> usize {
        let (begin, mut calls) = (Instant::now(), Vec::new());
        while begin.elapsed() < time {
            let call = self.ask(is_stream);
            calls.push(tokio::spawn(async move { timeout(patience, call).await.is_err() }));
            sleep(PAUSE).await;
        }
        let mut left = 0;
        for call in calls {
            left += usize::from(call.await.unwrap());
        }
        left
    }

    /// Sixteen calls a second, for so long.
    async fn traffic(&mut self, time: Duration) {
        let begin = Instant::now();
        while begin.elapsed() < time {
            self.call();
            sleep(PAUSE).await;
        }
    }

    async fn all_are_answered(&mut self) {
        for call in self.calls.drain(..) {
            call.await.unwrap();
        }
    }

    fn state(&self) -> (&'static str, Option<String>) {
        let explanation = self.class.explain(Instant::now());
        (explanation.members[0].state, explanation.members[0].why.clone())
    }
}

fn dialect() -> AnyDialect {
    AnyDialect::parse("openai-chat").unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_falls_silent_is_left_before_its_first_call_has_timed_out() {
    let mut world = World::new();
    world.traffic(10 * SECOND).await;
    let before = world.primary.asked();
    assert_eq!(world.fallback.asked(), 0);
    world.primary.silent(true);
    world.traffic(9 * SECOND).await;
    let asked = world.primary.asked() - before;
    assert!((40..=60).contains(&asked), "asked {asked} times");
    let (state, why) = world.state();
    let why = why.unwrap();
    assert!(
        state == "silent" && why.contains("calls wait for a first token, and none has come for 9."),
        "{why}"
    );

    // From here on its circuit knows.
    world.traffic(20 * SECOND).await;
    let asked = world.primary.asked() - before;
    assert!(asked <= 65, "asked {asked} times");
    world.all_are_answered().await;
}

#[tokio::test(start_paused = true)]
async fn calls_go_back_to_the_primary_as_soon_as_it_answers() {
    let mut world = World::new();
    world.traffic(2 * SECOND).await;
    world.primary.silent(true);
    world.traffic(6 * SECOND).await;
    assert!(world.fallback.asked() > 40);
    world.primary.silent(false);
    sleep(SECOND).await;
    assert_eq!(world.state(), ("up", None));
    let fallback = world.fallback.asked();
    world.traffic(2 * SECOND).await;
    assert_eq!(world.fallback.asked(), fallback);
    world.all_are_answered().await;
}

#[tokio::test(start_paused = true)]
async fn a_burst_after_an_idle_minute_moves_nobody() {
    for idle in [10 * SECOND, 59 * SECOND, 70 * SECOND] {
        let mut world = World::new();
        world.traffic(5 * SECOND).await;
        sleep(idle).await;
        (0..100).for_each(|_| world.call());
        world.traffic(2 * SECOND).await;
        world.all_are_answered().await;
        assert_eq!(world.fallback.asked(), 0, "after {idle:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn four_calls_that_are_slow_move_nobody() {
    let mut world = World::new();
    world.traffic(SECOND).await;
    world.all_are_answered().await;
    world.primary.silent(true);
    (0..4).for_each(|_| world.call());
    sleep(9 * SECOND).await;
    assert_eq!(world.state(), ("up", None));
    world.primary.silent(false);
    world.all_are_answered().await;
    assert_eq!(world.fallback.asked(), 0);
}

/// How many callers find nobody there, of those who come in a minute and leave after so long.
async fn left_in_a_minute(is_stream: bool, patience: Duration) -> (usize, u64) {
    let mut world = World::new();
    assert_eq!(world.impatient_traffic(5 * SECOND, is_stream, patience).await, 0);
    let before = world.primary.asked();
    world.primary.silent(true);
    let left = world.impatient_traffic(60 * SECOND, is_stream, patience).await;
    (left, world.primary.asked() - before)
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_hangs_is_left_though_its_callers_never_wait_for_its_failure() {
    for (is_stream, patience) in
        [(false, 2 * SECOND), (false, 5 * SECOND), (true, 2 * SECOND), (true, 5 * SECOND)]
    {
        let (left, asked) = left_in_a_minute(is_stream, patience).await;
        // Those who were there when the first of them left, and then a probe in a while.
        let most = 16 * (patience.as_secs() + 1) as usize + 8;
        assert!(left <= most && asked <= most as u64 + 8, "{left} of {patience:?} left, {asked} asked");
    }
}

#[tokio::test(start_paused = true)]
async fn it_gets_a_tenth_of_the_calls_when_it_answers_again_and_soon_all_of_them() {
    let mut world = World::new();
    world.impatient_traffic(5 * SECOND, false, 2 * SECOND).await;
    world.primary.silent(true);
    world.impatient_traffic(20 * SECOND, false, 2 * SECOND).await;
    let (state, why) = world.state();
    assert!(state == "silent" && why.unwrap().contains("left"));
    world.primary.silent(false);
    let before = world.primary.asked();
    world.impatient_traffic(5 * SECOND, false, 2 * SECOND).await;
    sleep(20 * SECOND).await;
    let asked = world.primary.asked() - before;
    assert!(asked < 40, "{asked} at once");
    world.impatient_traffic(2 * SECOND, false, 2 * SECOND).await;
    sleep(10 * SECOND).await;
    let fallback = world.fallback.asked();
    assert_eq!(world.impatient_traffic(5 * SECOND, false, 2 * SECOND).await, 0);
    assert_eq!(world.fallback.asked(), fallback);
}

#[tokio::test(start_paused = true)]
async fn callers_who_change_their_minds_move_nobody() {
    let mut world = World::new();
    world.impatient_traffic(5 * SECOND, false, SECOND).await;
    // Sooner than anybody is answered, and while others are.
    assert!(world.impatient_traffic(5 * SECOND, false, USUAL / 2).await > 70);
    world.impatient_traffic(5 * SECOND, false, SECOND).await;
    assert_eq!(world.fallback.asked(), 0);
}
