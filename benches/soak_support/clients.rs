//! Callers: each asks for a stream, reads it slowly as it comes, and asks again; every tenth leaves early.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::roles::mix;
use crate::gateway_support::load;

/// How streams ended, and how many did.
#[derive(Default)]
pub(crate) struct Ends {
    pub(crate) counts: BTreeMap<&'static str, u64>,
    /// Of those that nobody left.
    pub(crate) longest: Duration,
    /// From the start of the first to the end of the last.
    pub(crate) all: Duration,
}

impl Ends {
    fn add(&mut self, other: Self) {
        for (end, count) in other.counts {
            *self.counts.entry(end).or_default() += count;
        }
        self.longest = self.longest.max(other.longest);
    }

    /// Streams that were given up.
    pub(crate) fn stuck(&self) -> u64 {
        self.counts.get(STUCK).copied().unwrap_or_default()
    }
}

const REFUSED: &str = "refused with an error status";
const STUCK: &str = "did not end";
const LEFT: &str = "the client left";

/// For how long streams are started, and for how long after that they may go on.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// Until all callers are there.
    pub(crate) ramp: Duration,
    pub(crate) time: Duration,
    pub(crate) grace: Duration,
}

impl Span {
    /// When a caller comes: a few first, and the more the more there are. If all came at once, the first refusals
    /// would be all that is known of the upstream for a while, and the circuits would be right to open.
    fn start(&self, caller: u64, streams: u64) -> Duration {
        let scale = |callers: u64| (callers as f64 / 20.0).ln_1p();
        self.ramp.mul_f64(scale(caller) / scale(streams))
    }
}

/// Keeps so many streams going for so long, and then waits for their ends.
pub(crate) fn run(port: u16, streams: u64, span: Span) -> Ends {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let began = Instant::now();
        let until = began + span.time;
        let mut callers = JoinSet::new();
        for caller in 0..streams {
            let start = span.start(caller, streams);
            callers.spawn(async move {
                sleep(start).await;
                call_until(port, until, span.grace).await
            });
        }
        let mut all = Ends::default();
        while let Some(ends) = callers.join_next().await {
            all.add(ends.expect("a caller that does not panic"));
        }
        all.all = began.elapsed();
        all
    })
}

static CALLS: AtomicU64 = AtomicU64::new(0);

async fn call_until(port: u16, until: Instant, grace: Duration) -> Ends {
    let mut ends = Ends::default();
    let requests = ["same", "other"].map(|class| load::request("/v1/chat/completions", class, true));
    let mut socket = None;
    while Instant::now() < until {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let (given_up, patience) = match call % 10 {
            9 => (LEFT, Duration::from_millis(mix(call) % 5_000)),
            _ => (STUCK, until + grace - began),
        };
        let stream = stream(port, socket.take(), &requests[(call % 2) as usize]);
        let end = match timeout(patience, stream).await {
            Ok((end, kept)) => {
                socket = kept;
                end
            }
            Err(_) => given_up,
        };
        *ends.counts.entry(end).or_default() += 1;
        if end != LEFT {
            ends.longest = ends.longest.max(began.elapsed());
        }
        if end == REFUSED {
            // As SDKs do.
            sleep(Duration::from_secs(1)).await;
        }
    }
    ends
}

/// One stream, and the connection if it can be used again.
async fn stream(port: u16, kept: Option<TcpStream>, request: &[u8]) -> (&'static str, Option<TcpStream>) {
    let mut socket = match kept {
        Some(socket) => socket,
        None => match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
            Ok(socket) => socket,
            Err(_) => return ("no connection", None),
        },
    };
    let mut answer = Vec::with_capacity(4096);
    if socket.write_all(request).await.is_err() {
        return ("no connection", None);
    }
    while !is_whole(&answer) {
        match socket.read_buf(&mut answer).await {
            Ok(0) | Err(_) => return ("broken off without a word", None),
            Ok(_) => {}
        }
    }
    let has = |needle: &[u8]| memmem::find(&answer, needle).is_some();
    let end = if !answer.starts_with(b"HTTP/1.1 200") {
        REFUSED
    } else if has(b"\"error\"") {
        "ended by a typed error in the stream"
    } else if has(b"[DONE]") {
        "complete"
    } else {
        "ended without its last event"
    };
    (end, Some(socket))
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = memmem::find(answer, b"\r\n\r\n") else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length =
        text.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
    length
        .map_or_else(|| answer.ends_with(b"\r\n0\r\n\r\n"), |length: usize| answer.len() >= head + 4 + length)
}

/// What the gateway answers to a `GET`.
pub(crate) fn get(port: u16, path: &str) -> String {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("a server that listens");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("a server that answers");
    answer.rsplit("\r\n").next().unwrap_or_default().to_owned()
}
