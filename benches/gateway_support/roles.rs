//! The servers: a fast upstream, the bare proxy, and the gateway.

use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::uri::{Authority, Scheme};
use axum::http::{Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post_service;
use axum::serve::ListenerExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_failover::config::Config;
use tower_failover::dialect::openai_chat::OpenAiChat;

use super::frames;

/// Runs one server until it is killed. It prints its port first.
pub(crate) fn run(args: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let upstream = args.get(1).map_or(0, |port| port.parse().expect("a port"));
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        println!("{}", listener.local_addr().expect("an address").port());
        match args[0].as_str() {
            "upstream" => serve_upstream(listener).await,
            "proxy" => serve(listener, proxy(upstream)).await,
            "gateway" => serve(listener, gateway(upstream)).await,
            role => panic!("no such role: {role}"),
        }
    });
}

pub(crate) async fn serve(listener: TcpListener, app: Router) {
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, app).await.expect("serving");
}

fn gateway(upstream: u16) -> Router {
    let config = format!(
        r#"
        [providers.openai]
        dialect = "openai-chat"
        base_url = "http://127.0.0.1:{upstream}/v1"
        api_key = "x"
        [providers.anthropic]
        dialect = "anthropic-messages"
        base_url = "http://127.0.0.1:{upstream}"
        api_key = "x"
        [providers.dead]
        dialect = "openai-chat"
        base_url = "http://127.0.0.1:{upstream}/dead"
        api_key = "x"
        [[classes.same.members]]
        provider = "openai"
        model = "gpt-5-mini"
        [[classes.other.members]]
        provider = "anthropic"
        model = "claude-sonnet-4-6"
        [[classes.pair.members]]
        provider = "openai"
        model = "gpt-5-mini"
        [[classes.pair.members]]
        provider = "dead"
        model = "gpt-5-mini"
        [[classes.failover.members]]
        provider = "dead"
        model = "gpt-5-mini"
        [[classes.failover.members]]
        provider = "openai"
        model = "gpt-5-mini"
        "#
    );
    let stack = config.parse::<Config>().expect("a right configuration").stack().expect("a stack");
    let dead = stack.classes().find(|class| class.name() == "failover").expect("the class");
    dead.circuits().next().expect("its primary").force_open(std::time::Duration::from_secs(3600));
    Router::new().route("/v1/chat/completions", post_service(stack.front(OpenAiChat)))
}

/// The least an axum reverse proxy can do: both bodies streamed through, nothing parsed, nothing retried.
fn proxy(upstream: u16) -> Router {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(http);
    let authority: Authority = format!("127.0.0.1:{upstream}").parse().expect("an authority");
    Router::new().fallback(forward).with_state((client, authority))
}

type Upstream = (Client<HttpConnector, Body>, Authority);

async fn forward(State((client, authority)): State<Upstream>, mut request: Request<Body>) -> Response {
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts).expect("a URI");
    request.headers_mut().remove(header::HOST);
    match client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Prepared bytes over bare sockets, so that the upstream never is what is measured.
async fn serve_upstream(listener: TcpListener) {
    let answers: &'static Answers = Box::leak(Box::new(Answers::prepare()));
    loop {
        if let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            tokio::spawn(answer(socket, answers));
        }
    }
}

struct Answers {
    /// By dialect: OpenAI, Anthropic.
    buffered: [Vec<u8>; 2],
    /// The head first, then one write per chunk.
    streamed: [Vec<Vec<u8>>; 2],
}

async fn answer(mut socket: TcpStream, answers: &'static Answers) {
    let mut request = Vec::with_capacity(4096);
    loop {
        request.clear();
        while !frames::is_whole(&request) {
            match socket.read_buf(&mut request).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let has = |needle: &[u8]| memchr::memmem::find(&request, needle).is_some();
        let dialect = usize::from(has(b"/messages HTTP"));
        if !(has(br#""stream":true"#)) {
            if socket.write_all(&answers.buffered[dialect]).await.is_err() {
                return;
            }
            continue;
        }
        for chunk in &answers.streamed[dialect] {
            if socket.write_all(chunk).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

const PROSE: &str =
    "The gateway forwards each token as it arrives, and the reader sees \\\"text\\\" without delay. ";

impl Answers {
    fn prepare() -> Self {
        let openai = format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1741569952,"model":"gpt-5-mini","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}}}"#,
            PROSE.repeat(6)
        );
        let anthropic = format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6","content":[{{"type":"text","text":"{}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":19,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":10}}}}"#,
            PROSE.repeat(90)
        );
        Self {
            buffered: [buffered(&openai), buffered(&anthropic)],
            streamed: [frames::streamed(frames::openai(100)), frames::streamed(frames::anthropic(100))],
        }
    }
}

fn buffered(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
