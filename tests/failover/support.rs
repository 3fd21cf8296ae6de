//! A gateway between two fake providers, and a caller of any dialect.

use std::future::{Future, poll_fn};
use std::task::Poll;

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
use tower_failover::dialect::AnyDialect;
use tower_failover::stack::Stack;
use tower_failover::testing::{FakeProvider, FakeProviderBuilder};

pub(crate) use crate::reading::Reading;

/// A dialect, as a caller's or as a member's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    OpenAi,
    Anthropic,
    Responses,
    Gemini,
}

pub(crate) const APIS: [Api; 4] = [Api::OpenAi, Api::Anthropic, Api::Responses, Api::Gemini];

impl Api {
    /// Another one, and each is the other of some.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::OpenAi => Self::Anthropic,
            Self::Anthropic => Self::Responses,
            Self::Responses => Self::Gemini,
            Self::Gemini => Self::OpenAi,
        }
    }

    pub(crate) const fn dialect(self) -> &'static str {
        match self {
            Self::OpenAi => "openai-chat",
            Self::Anthropic => "anthropic-messages",
            Self::Responses => "openai-responses",
            Self::Gemini => "gemini",
        }
    }

    /// The route that serves callers of this dialect.
    const fn route(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1/chat/completions",
            Self::Anthropic => "/v1/messages",
            Self::Responses => "/v1/responses",
            Self::Gemini => "/v1beta/models/{*call}",
        }
    }

    /// The route that counts tokens, where it is another one.
    const fn counting_route(self) -> Option<&'static str> {
        match self {
            Self::Anthropic => Some("/v1/messages/count_tokens"),
            Self::Responses => Some("/v1/responses/input_tokens"),
            Self::OpenAi | Self::Gemini => None,
        }
    }

    /// Where a caller of this dialect sends a question to `class`.
    pub(crate) fn path(self, class: &str, is_stream: bool) -> String {
        match (self, is_stream) {
            (Self::Gemini, false) => format!("/v1beta/models/{class}:generateContent"),
            (Self::Gemini, true) => format!("/v1beta/models/{class}:streamGenerateContent?alt=sse"),
            _ => self.route().to_owned(),
        }
    }

    /// A provider of this dialect, to be equipped.
    pub(crate) fn builder(self) -> FakeProviderBuilder {
        match self {
            Self::OpenAi => FakeProvider::openai(),
            Self::Anthropic => FakeProvider::anthropic(),
            Self::Responses => FakeProvider::responses(),
            Self::Gemini => FakeProvider::gemini(),
        }
    }

    /// A provider of this dialect that answers with `text`.
    pub(crate) async fn provider(self, text: &str) -> FakeProvider {
        self.builder().answer(text).start().await.expect("a loopback port")
    }

    /// A plain question in this dialect.
    pub(crate) fn question(self, is_stream: bool) -> Value {
        match self {
            Self::Gemini => json!({
                "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
                "generationConfig": {"maxOutputTokens": 256},
            }),
            Self::Responses => json!({
                "model": "workhorse", "max_output_tokens": 256, "stream": is_stream, "input": "hello",
            }),
            Self::OpenAi if is_stream => json!({
                "model": "workhorse", "max_tokens": 256, "stream": true,
                "messages": [{"role": "user", "content": "hello"}], "stream_options": {"include_usage": true},
            }),
            Self::OpenAi | Self::Anthropic => json!({
                "model": "workhorse", "max_tokens": 256, "stream": is_stream,
                "messages": [{"role": "user", "content": "hello"}],
            }),
        }
    }

    /// Insists that the body is an error as this dialect's official SDK reads it, and says its message.
    pub(crate) fn error_message(self, body: &Value) -> String {
        let error = &body["error"];
        let (is_shaped, message) = match self {
            Self::Anthropic => (body["type"] == "error" && error["type"].is_string(), &error["message"]),
            Self::Gemini => (error["code"].is_u64() && error["status"].is_string(), &error["message"]),
            Self::OpenAi | Self::Responses => {
                (body["type"].is_null() && error["type"].is_string(), &error["message"])
            }
        };
        let message = message.as_str().unwrap_or_default().to_owned();
        assert!(is_shaped && message.len() > 8, "not an error of {self:?}: {body}");
        message
    }
}

/// All of them at once: most of them wait most of the time.
pub(crate) async fn join<F>(futures: impl IntoIterator<Item = F>)
where
    F: Future<Output = ()>,
{
    let mut pending: Vec<_> = futures.into_iter().map(Box::pin).collect();
    poll_fn(|cx| {
        pending.retain_mut(|future| future.as_mut().poll(cx).is_pending());
        if pending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Impatient, so that a silent provider is noticed at once; with one retry.
pub(crate) const IMPATIENT: &str = r#"
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
        let model = |index| format!("{}-model", member_name(index));
        let models: Vec<String> = (0..members.len()).map(model).collect();
        let members = members.iter().zip(&models).map(|((api, url), model)| (*api, url.clone(), &**model));
        Self::with_models(&members.collect::<Vec<_>>(), settings).await
    }

    pub(crate) async fn with_models(members: &[(Api, String, &str)], settings: &str) -> Self {
        let mut text = settings.to_owned();
        for (index, (api, base_url, model)) in members.iter().enumerate() {
            let (name, dialect) = (member_name(index), api.dialect());
            text.push_str(&format!(
                "\n[providers.{name}]\ndialect = {dialect:?}\nbase_url = {base_url:?}\napi_key = \"sk-gateway-secret\"\n\
                 [[classes.workhorse.members]]\nprovider = {name:?}\nmodel = {model:?}\n"
            ));
        }
        Self::configured(&text).await
    }

    /// As this file says.
    pub(crate) async fn configured(text: &str) -> Self {
        let config: Config = text.parse().expect("a right configuration");
        Self::serve(config.stack().expect("a stack")).await
    }

    pub(crate) async fn serve(stack: Stack) -> Self {
        let front = |app: Router, api: Api| {
            let dialect = AnyDialect::parse(api.dialect()).expect("a dialect");
            let routes = [Some(api.route()), api.counting_route()];
            let add = |app: Router, route| app.route(route, post_service(stack.front(dialect)));
            routes.into_iter().flatten().fold(app, add)
        };
        let app = APIS.into_iter().fold(Router::new(), front);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async { axum::serve(listener, app).await.expect("serving") });
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { url, stack, server, client }
    }

    /// Asks the plain question, and reads all of the answer.
    pub(crate) async fn ask(&self, front: Api, is_stream: bool) -> Answer {
        self.post(&front.path("workhorse", is_stream), front.question(is_stream).to_string()).await
    }

    /// Sends any body, and reads all of the answer, which is wanted whole unless the body says otherwise.
    pub(crate) async fn send(&self, front: Api, body: impl Into<Bytes>) -> Answer {
        self.post(&front.path("workhorse", false), body).await
    }

    /// Sends any body anywhere.
    pub(crate) async fn post(&self, path: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::post(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header("authorization", "Bearer sk-caller-secret")
            .header("x-api-key", "sk-caller-secret")
            .header("x-goog-api-key", "sk-caller-secret")
            .header("anthropic-version", "2023-06-01")
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
            (Api::Responses, false) => Reading::of_response(&self.json()),
            (Api::Responses, true) => Reading::of_response_stream(self.raw()),
            (Api::Gemini, false) => Reading::of_gemini(&self.json()),
            (Api::Gemini, true) => Reading::of_gemini_stream(self.raw()),
        }
    }
}
