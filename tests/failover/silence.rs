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
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::dialect::AnyDialect;
use tower_failover::facts::Member;
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
        drop(request);
        Box::pin(async move {
            sleep(USUAL).await;
            is_silent.wait_for(|is_silent| !is_silent).await?;
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
        let service = Stack::new([self.class.clone()]).front(dialect());
        self.calls.push(tokio::spawn(async move {
            let question = json!({"model": "workhorse", "stream": true,
                "messages": [{"role": "user", "content": "hi"}]});
            let request = Request::post("/").header("content-type", "application/json");
            let request = request.body(Full::<Bytes>::from(question.to_string())).unwrap();
            let response = service.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(body.windows(5).any(|text| text == b"hello"), "{body:?}");
        }));
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
