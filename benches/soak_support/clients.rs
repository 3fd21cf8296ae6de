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
pub(crate) type Ends = BTreeMap<&'static str, u64>;

const REFUSED: &str = "refused with an error status";

/// Keeps so many streams going for so long, and then waits for their ends.
pub(crate) fn run(port: u16, streams: u64, time: Duration) -> Ends {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let until = Instant::now() + time;
        let mut callers = JoinSet::new();
        for caller in 0..streams {
            // The first calls are spread over a moment: a listener's queue is short.
            let start = Duration::from_micros(caller * 500);
            callers.spawn(async move {
                sleep(start).await;
                call_until(port, until).await
            });
        }
        let mut all = Ends::new();
        while let Some(ends) = callers.join_next().await {
            for (end, count) in ends.expect("a caller that does not panic") {
                *all.entry(end).or_default() += count;
            }
        }
        all
    })
}

static CALLS: AtomicU64 = AtomicU64::new(0);

async fn call_until(port: u16, until: Instant) -> Ends {
    let mut ends = Ends::new();
    let requests = ["same", "other"].map(|class| load::request("/v1/chat/completions", class, true));
    let mut socket = None;
    while Instant::now() < until {
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        let patience = match call % 10 {
            9 => Duration::from_millis(mix(call) % 5_000),
            _ => Duration::from_secs(600),
        };
        let stream = stream(port, socket.take(), &requests[(call % 2) as usize]);
        let end = match timeout(patience, stream).await {
            Ok((end, kept)) => {
                socket = kept;
                end
            }
            Err(_) => "the client left",
        };
        *ends.entry(end).or_default() += 1;
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
