//! One caller: asks, listens, perhaps goes away, and says how it ended.

use std::convert::Infallible;
use std::ops::AddAssign;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Service, ServiceExt};

use crate::rng::Rng;
use crate::wire::{Api, heard, words};

/// How the calls of a world ended, and what they cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    /// The whole answer.
    pub(crate) whole: u64,
    /// An error with a status.
    pub(crate) refused: u64,
    /// The beginning of the answer, and an error event.
    pub(crate) broken: u64,
    /// The caller went away.
    pub(crate) cancelled: u64,
    /// Providers were asked so often.
    pub(crate) attempts: u64,
}

impl Ends {
    pub(crate) const fn all(&self) -> u64 {
        self.whole + self.refused + self.broken + self.cancelled
    }
}

impl AddAssign for Ends {
    fn add_assign(&mut self, other: Self) {
        self.whole += other.whole;
        self.refused += other.refused;
        self.broken += other.broken;
        self.cancelled += other.cancelled;
        self.attempts += other.attempts;
    }
}

/// What one caller does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    pub(crate) api: Api,
    is_stream: bool,
    words: u64,
    deadline: Option<Duration>,
    patience: Duration,
}

/// The class's own deadline.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

impl Caller {
    pub(crate) fn random(rng: &Rng) -> Self {
        Self {
            api: if rng.percent(50) { Api::Chat } else { Api::Anthropic },
            is_stream: rng.percent(60),
            words: 1 + rng.below(30),
            deadline: rng.percent(20).then(|| Duration::from_millis(500 + rng.below(20_000))),
            patience: if rng.percent(10) { rng.millis(5000) } else { Duration::from_secs(3600) },
        }
    }

    /// Asks, and insists that there is an end in time and that it is one.
    pub(crate) async fn ask<S, B>(self, service: S) -> Ends
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let begin = Instant::now();
        let Ok(ends) = timeout(self.patience, self.listen(service)).await else {
            return Ends { cancelled: 1, ..Ends::default() };
        };
        // Whatever is tried, it is tried within the caller's time.
        let limit = self.deadline.unwrap_or(DEADLINE).min(DEADLINE) + Duration::from_secs(1);
        assert!(begin.elapsed() <= limit, "{self:?} took {:?}", begin.elapsed());
        ends
    }

    async fn listen<S, B>(self, service: S) -> Ends
    where
        S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let mut request = Request::post("/").header("content-type", "application/json");
        if let Some(deadline) = self.deadline {
            request = request.header("x-failover-deadline-ms", deadline.as_millis().to_string());
        }
        let body = self.api.question(self.words, self.is_stream).to_string();
        let response = service.oneshot(request.body(Full::from(body)).unwrap()).await;
        let (head, body) = response.unwrap_or_else(|never| match never {}).into_parts();
        let mut body = pin!(body);
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(Into::into).unwrap_or_else(|error| panic!("{self:?} torn: {error}"));
            text.extend_from_slice(&frame.into_data().unwrap_or_default());
            // A caller who is a little slow.
            sleep(Duration::from_millis(self.words % 3)).await;
        }
        self.end(head.status.as_u16(), &String::from_utf8(text).unwrap())
    }

    fn end(self, status: u16, body: &str) -> Ends {
        let all = words(self.words).concat();
        if status != 200 {
            let error: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(error["error"]["message"].is_string(), "{status} {body}");
            assert!([503, 504].contains(&status), "{status} {body}");
            return Ends { refused: 1, ..Ends::default() };
        }
        if !self.is_stream {
            assert_eq!(self.api.text_of(&serde_json::from_str(body).unwrap()), all);
            return Ends { whole: 1, ..Ends::default() };
        }
        let heard = heard(self.api, body);
        if heard.is_error {
            assert!(all.starts_with(&heard.text), "{:?} of {all:?}", heard.text);
            return Ends { broken: 1, ..Ends::default() };
        }
        assert!(heard.is_finished, "no end: {body}");
        assert_eq!(heard.text, all);
        Ends { whole: 1, ..Ends::default() }
    }
}
