//! A gateway between two fake providers, and a caller of either dialect.

use axum::Router;
use axum::routing::post_service;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_failover::config::Config;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::stack::Stack;
use tower_failover::testing::FakeProvider;

pub(crate) use crate::reading::Reading;

/// A dialect, as a caller's or as a member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    OpenAi,
    Anthropic,
}

pub(crate) const APIS: [Api; 2] = [Api::OpenAi, Api::Anthropic];

impl Api {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::OpenAi => Self::Anthropic,
            Self::Anthropic => Self::OpenAi,
        }
    }

    const fn dialect(self) -> &'static str {
        match self {
            Self::OpenAi => "openai-chat",
            Self::Anthropic => "anthropic-messages",
        }
    }

    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1/chat/completions",
            Self::Anthropic => "/v1/messages",
        }
    }

    /// A provider of this dialect that answers with `text`.
    pub(crate) async fn provider(self, text: &str) -> FakeProvider {
        let provider = match self {
            Self::OpenAi => FakeProvider::openai(),
            Self::Anthropic => FakeProvider::anthropic(),
        };
        provider.answer(text).start().await.expect("a loopback port")
    }

    /// A plain question in this dialect.
    pub(crate) fn question(self, is_stream: bool) -> Value {
        let mut body = json!({
            "model": "workhorse", "max_tokens": 256, "stream": is_stream,
            "messages": [{"role": "user", "content": "hello"}],
        });
        if self == Self::OpenAi && is_stream {
            body["stream_options"] = json!({"include_usage": true});
        }
        body
    }
}

/// Impatient, so that a silent provider is noticed at once; with one retry.
const IMPATIENT: &str = r#"
    [retry]
    attempts = 2
    base = "10ms"
    cap = "20ms"
    [stream]
    first_token = "300ms"
    idle = "300ms"
    [timeouts]
    attempt = "300ms"
    total = "10s"
"#;

/// The stack, served on a loopback port, with `primary` before `fallback`.
pub(crate) struct Gateway {
    pub(crate) url: String,
    pub(crate) stack: Stack,
    server: tokio::task::JoinHandle<()>,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Gateway {
    pub(crate) async fn start(members: &[(Api, String)]) -> Self {
        Self::with_settings(members, IMPATIENT).await
    }

    pub(crate) async fn between(api: Api, primary: &FakeProvider, fallback: &FakeProvider) -> Self {
        Self::start(&[(api, primary.base_url()), (api.other(), fallback.base_url())]).await
    }

    pub(crate) async fn with_settings(members: &[(Api, String)], settings: &str) -> Self {
        let mut text = settings.to_owned();
        for (index, (api, base_url)) in members.iter().enumerate() {
            let (name, dialect) = (member_name(index), api.dialect());
            text.push_str(&format!(
                "\n[providers.{name}]\ndialect = {dialect:?}\nbase_url = {base_url:?}\napi_key = \"sk-gateway-secret\"\n\
                 [[classes.workhorse.members]]\nprovider = {name:?}\nmodel = \"{name}-model\"\n"
            ));
        }
        let config: Config = text.parse().expect("a right configuration");
        Self::serve(config.stack().expect("a stack")).await
    }

    async fn serve(stack: Stack) -> Self {
        let app = Router::new()
            .route(Api::OpenAi.path(), post_service(stack.front(OpenAiChat)))
            .route(Api::Anthropic.path(), post_service(stack.front(AnthropicMessages)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async { axum::serve(listener, app).await.expect("serving") });
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { url, stack, server, client }
    }

    /// Asks the plain question, and reads all of the answer.
    pub(crate) async fn ask(&self, front: Api, is_stream: bool) -> Answer {
        self.send(front, front.question(is_stream).to_string()).await
    }

    /// Sends any body, and reads all of the answer.
    pub(crate) async fn send(&self, front: Api, body: impl Into<Bytes>) -> Answer {
        let request = Request::post(format!("{}{}", self.url, front.path()))
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-caller-secret")
            .header("x-api-key", "sk-caller-secret")
            .body(Full::new(body.into()))
            .expect("a request");
        self.send_request(request).await
    }

    pub(crate) async fn send_request(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.client.request(request).await.expect("the gateway answers");
        let (head, body) = response.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).map_err(|error| error.to_string());
        Answer { status: head.status, headers: head.headers, body }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn member_name(index: usize) -> &'static str {
    ["primary", "fallback", "third"][index]
}

/// All that the caller got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// An error where the connection was torn.
    pub(crate) body: Result<Bytes, String>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn raw(&self) -> &str {
        let body = self.body.as_ref().expect("a whole body");
        std::str::from_utf8(body).expect("UTF-8")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.raw()).unwrap_or_else(|error| panic!("{error}: {}", self.raw()))
    }

    /// What is said in it, read as a caller of `front` reads it, who insists on a proper end.
    pub(crate) fn read(&self, front: Api, is_stream: bool) -> Reading {
        match (front, is_stream) {
            (Api::OpenAi, false) => Reading::of_chat(&self.json()),
            (Api::OpenAi, true) => Reading::of_chat_stream(self.raw()),
            (Api::Anthropic, false) => Reading::of_message(&self.json()),
            (Api::Anthropic, true) => Reading::of_message_stream(self.raw()),
        }
    }
}
