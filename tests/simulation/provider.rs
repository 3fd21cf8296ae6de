//! A provider without a network: what leaves the stack arrives here, and comes back late, broken, or not at all.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tower::{BoxError, Service};
use tower_failover::body::Buffered;

use crate::rng::Rng;
use crate::wire::{Api, words};

/// How a provider is for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    Fine,
    Slow,
    Showers,
    Outage,
    Limited,
    Silent,
}

/// One provider, and what it remembers.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    api: Api,
    rng: Rng,
    begin: Instant,
    /// For ten seconds each.
    weather: Arc<[Weather]>,
    pub(crate) asked: Arc<AtomicU64>,
    pub(crate) open: Arc<AtomicI64>,
}

impl Provider {
    pub(crate) fn new(api: Api, rng: &Rng, is_outage: bool) -> Self {
        let day = |_| match rng.below(12) {
            _ if is_outage => Weather::Outage,
            0 => Weather::Slow,
            1 | 2 => Weather::Showers,
            3 => Weather::Outage,
            4 => Weather::Limited,
            5 => Weather::Silent,
            _ => Weather::Fine,
        };
        Self {
            api,
            rng: rng.clone(),
            begin: Instant::now(),
            weather: (0..12).map(day).collect(),
            asked: Arc::default(),
            open: Arc::default(),
        }
    }

    fn now(&self) -> Weather {
        let day = usize::try_from(self.begin.elapsed().as_secs() / 10).unwrap();
        self.weather[day % self.weather.len()]
    }

    async fn answer(self, body: Bytes, held: Held) -> Result<Response<Sent>, BoxError> {
        let rng = self.rng.clone();
        let asked = serde_json::from_slice(&body)?;
        let (count, begun, is_stream) = Api::asked(&asked);
        let said: String = words(count).concat();
        let Some(missing) = said.strip_prefix(&*begun) else { return Ok(self.refusal(400, held)) };
        sleep(rng.millis(300)).await;
        match self.now() {
            Weather::Outage => return Ok(self.refusal(503, held)),
            Weather::Limited if rng.percent(70) => return Ok(self.refusal(429, held)),
            Weather::Silent => sleep(Duration::from_secs(3600)).await,
            Weather::Slow => sleep(rng.millis(15_000)).await,
            Weather::Showers if rng.percent(20) => return Err("connection reset by peer".into()),
            Weather::Showers if rng.percent(20) => return Ok(self.refusal(500, held)),
            _ => {}
        }
        let words = split(missing);
        if !is_stream {
            return Ok(reply("application/json", Sent::whole(self.api.whole(&words), held)));
        }
        Ok(reply("text/event-stream", self.stream(words, held)))
    }

    /// Words at random intervals, to an end that may come too early.
    fn stream(&self, words: Vec<String>, held: Held) -> Sent {
        let (sender, receiver) = mpsc::channel(1);
        let (api, rng, is_rough) = (self.api, self.rng.clone(), self.now() == Weather::Showers);
        tokio::spawn(async move {
            let fate = if is_rough { rng.below(8) } else { 8 };
            let end = rng.below(words.len() as u64 + 1) as usize;
            let say = async |text: String| sender.send(Ok(Bytes::from(text))).await;
            say(api.opening()).await?;
            for (index, word) in words.iter().enumerate() {
                sleep(rng.millis(200)).await;
                match fate {
                    0 if index == end => return say(api.error_event()).await,
                    // Cut cleanly, torn, silent.
                    1 if index == end => return Ok(()),
                    2 if index == end => return sender.send(Err("connection reset by peer".into())).await,
                    3 if index == end => sleep(Duration::from_secs(3600)).await,
                    _ => {}
                }
                say(api.word(word)).await?;
            }
            say(api.closing(words.len())).await
        });
        Sent { receiver: Some(receiver), whole: None, _held: held }
    }

    fn refusal(&self, status: u16, held: Held) -> Response<Sent> {
        let kind = if status == 429 { "rate_limit_error" } else { "server_error" };
        let body = format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"not now"}}}}"#);
        let mut response = reply("application/json", Sent::whole(body, held));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        if status == 429 && self.rng.percent(50) {
            let seconds = self.rng.below(8).to_string();
            response.headers_mut().insert("retry-after", seconds.parse().unwrap());
        }
        response
    }
}

/// The text in words again, each with the space before it.
fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        words.push(word.to_owned());
    }
    words
}

fn reply(kind: &'static str, body: Sent) -> Response<Sent> {
    Response::builder().header("content-type", kind).body(body).unwrap()
}

/// A call that is open, until it is dropped.
#[derive(Debug)]
struct Held(Arc<AtomicI64>);

impl Held {
    fn new(open: &Arc<AtomicI64>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body on its way.
#[derive(Debug)]
pub(crate) struct Sent {
    receiver: Option<mpsc::Receiver<Result<Bytes, BoxError>>>,
    whole: Option<Bytes>,
    _held: Held,
}

impl Sent {
    fn whole(body: String, held: Held) -> Self {
        Self { receiver: None, whole: Some(body.into()), _held: held }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(whole) = self.whole.take() {
            return Poll::Ready(Some(Ok(Frame::data(whole))));
        }
        let Some(receiver) = &mut self.receiver else { return Poll::Ready(None) };
        receiver.poll_recv(cx).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}

impl Service<Request<Buffered>> for Provider {
    type Response = Response<Sent>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Sent>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let held = Held::new(&self.open);
        Box::pin(self.clone().answer(request.into_body().into_bytes(), held))
    }
}
