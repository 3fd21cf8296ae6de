//! An upstream that is slow and breaks every fifth call, and the gateway before it.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::Uri;
use axum::routing::{get, post_service};
use axum::serve::ListenerExt;
use axum::{Router, ServiceExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::sleep;
use tower::ServiceBuilder;
use tower_failover::config::Config;
use tower_failover::dialect::openai_chat::OpenAiChat;

use crate::gateway_support::frames;

/// Runs one server until it is killed. It prints its port first.
pub(crate) fn run(args: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let listener = runtime.block_on(async { listen() }).expect("a port");
    println!("{}", listener.local_addr().expect("an address").port());
    match args {
        [role, words, pause] if role == "upstream" => {
            let (words, pause) = (words.parse().expect("a number"), pause.parse().expect("milliseconds"));
            runtime.block_on(upstream(listener, words, pause));
        }
        [role, upstream, patience] if role == "gateway" => {
            let app = gateway(upstream, patience.parse().expect("milliseconds"));
            runtime.spawn(serve(listener, app));
            count(&runtime);
        }
        _ => panic!("no such role: {args:?}"),
    }
}

/// The queue of a listener is 128 long as a rule. Whoever comes when it is full takes himself for connected, and his
/// request is sent again after 0.2 s, 0.4 s, 0.8 s and so on: some streams of a crowd would begin a minute late.
fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    socket.listen(4096)
}

/// What the gateway has allocated and not freed, in bytes, as of a moment ago.
static LIVE: AtomicI64 = AtomicI64::new(0);

/// Runs what was spawned, and keeps account of the heap. The counter tells only how a stretch of time went, so the
/// runtime runs in stretches; there is one thread, and with it one account.
fn count(runtime: &Runtime) {
    loop {
        let run = || runtime.block_on(async { sleep(Duration::from_millis(100)).await });
        let stretch = allocation_counter::measure(run);
        LIVE.fetch_add(stretch.bytes_current, Ordering::Relaxed);
    }
}

/// As the gateway of the examples does.
async fn serve(listener: TcpListener, app: Router) {
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let app = ServiceBuilder::new().map_request(arrived).service(app);
    axum::serve(listener, ServiceExt::<Request>::into_make_service(app)).await.expect("serving");
}

/// A router keeps the address of a call, and with it all that the connection has read so far, unless it is a copy.
fn arrived(mut request: Request) -> Request {
    if let Ok(uri) = Uri::try_from(request.uri().to_string()) {
        *request.uri_mut() = uri;
    }
    request
}

/// With the default circuits. A stream may be silent for `patience` ms, twice that before its first word, and four times
/// that if nobody else can be asked: by default a minute, which would be all that the last streams of a run wait for.
fn gateway(upstream: &str, patience: u64) -> Router {
    let (first_token, attempt) = (2 * patience, 4 * patience);
    let config = format!(
        r#"
        [stream]
        first_token = "{first_token}ms"
        idle = "{patience}ms"
        [timeouts]
        attempt = "{attempt}ms"
        [providers.openai]
        dialect = "openai-chat"
        base_url = "http://127.0.0.1:{upstream}/v1"
        api_key = "x"
        [providers.anthropic]
        dialect = "anthropic-messages"
        base_url = "http://127.0.0.1:{upstream}"
        api_key = "x"
        [[classes.same.members]]
        provider = "openai"
        model = "gpt-5-mini"
        [[classes.same.members]]
        provider = "anthropic"
        model = "claude-sonnet-4-6"
        [[classes.other.members]]
        provider = "anthropic"
        model = "claude-sonnet-4-6"
        [[classes.other.members]]
        provider = "openai"
        model = "gpt-5-mini"
        "#
    );
    let stack = config.parse::<Config>().expect("a right configuration").stack().expect("a stack");
    let held = || async {
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        format!("{tasks} {}", LIVE.load(Ordering::Relaxed))
    };
    Router::new()
        .route("/v1/chat/completions", post_service(stack.front(OpenAiChat)))
        .route("/held", get(held))
}

/// What an upstream does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// 503, with a hint.
    Unavailable,
    /// The connection ends after the head.
    CutBeforeContent,
    /// The connection ends in the middle.
    CutInMidStream,
    /// Silence from the start, or from the middle on, until the gateway hangs up.
    SilentBeforeHead,
    SilentInMidStream,
}

impl Fault {
    /// Of forty calls in a row eight go wrong; the first ones are good.
    const fn of(call: u64) -> Self {
        match call % 40 {
            5 | 25 => Self::Unavailable,
            10 | 30 => Self::CutBeforeContent,
            15 | 35 => Self::CutInMidStream,
            20 => Self::SilentBeforeHead,
            39 => Self::SilentInMidStream,
            _ => Self::None,
        }
    }
}

/// How an upstream answers.
struct Manner {
    /// By dialect, OpenAI and Anthropic: the head first, then one write per chunk.
    answers: [Vec<Vec<u8>>; 2],
    /// The longest pause between two of them, in milliseconds.
    pause: u64,
}

/// Answers word by word, with a pause of up to so many milliseconds after each.
async fn upstream(listener: TcpListener, words: usize, pause: u64) {
    let mut answers = [frames::openai(words), frames::anthropic(words)].map(frames::streamed);
    for answer in &mut answers {
        // As providers do: who has read the last event can use the connection again.
        let end = answer.pop().expect("an end");
        answer.last_mut().expect("a last event").extend(end);
    }
    let manner: &'static Manner = Box::leak(Box::new(Manner { answers, pause }));
    loop {
        if let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            tokio::spawn(connection(socket, manner));
        }
    }
}

static CALLS: AtomicU64 = AtomicU64::new(0);

async fn connection(mut socket: TcpStream, manner: &'static Manner) {
    let mut request = Vec::new();
    loop {
        request.clear();
        while !frames::is_whole(&request) {
            match socket.read_buf(&mut request).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let is_anthropic = memchr::memmem::find(&request, b"/messages HTTP").is_some();
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        if answer(&mut socket, manner, is_anthropic, call).await.is_none() {
            return;
        }
    }
}

const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 1\r\n\r\n";

/// Nothing, when the connection is to end.
async fn answer(socket: &mut TcpStream, manner: &Manner, is_anthropic: bool, call: u64) -> Option<()> {
    let answer = &manner.answers[usize::from(is_anthropic)];
    let least = manner.pause / 5;
    let fault = Fault::of(call);
    let stop = match fault {
        Fault::None => usize::MAX,
        Fault::Unavailable => return socket.write_all(UNAVAILABLE).await.ok(),
        Fault::CutBeforeContent => 1,
        Fault::SilentBeforeHead => 0,
        Fault::CutInMidStream | Fault::SilentInMidStream => answer.len() / 2,
    };
    for (at, chunk) in answer.iter().enumerate() {
        if at == stop {
            if matches!(fault, Fault::SilentBeforeHead | Fault::SilentInMidStream) {
                let _ = socket.read(&mut [0]).await;
            }
            return None;
        }
        socket.write_all(chunk).await.ok()?;
        let more = mix(call ^ (at as u64) << 32) % (manner.pause - least);
        sleep(Duration::from_millis(least + more)).await;
    }
    Some(())
}

/// A number that looks random and is the same in each run.
pub(crate) const fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
