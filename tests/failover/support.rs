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

/// What a caller makes of an answer, whatever its dialect.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reading {
    pub(crate) text: String,
    /// Names and arguments of the tools called; arguments as JSON where they are.
    pub(crate) tools: Vec<(String, Value)>,
    /// `stop`, `length`, `tool_calls`, `content_filter`, or the dialect's own word.
    pub(crate) finish: String,
    pub(crate) input: u64,
    pub(crate) output: u64,
}

fn arguments(text: &str) -> Value {
    let text = if text.is_empty() { "{}" } else { text };
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Reading {
    pub(crate) fn of_chat(body: &Value) -> Self {
        let choice = &body["choices"][0];
        let calls = choice["message"]["tool_calls"].as_array().map_or(&[][..], Vec::as_slice);
        let tools = calls.iter().map(|call| {
            let function = &call["function"];
            (text(&function["name"]).to_owned(), arguments(text(&function["arguments"])))
        });
        Self {
            text: text(&choice["message"]["content"]).to_owned(),
            tools: tools.collect(),
            finish: text(&choice["finish_reason"]).to_owned(),
            input: body["usage"]["prompt_tokens"].as_u64().unwrap_or_default(),
            output: body["usage"]["completion_tokens"].as_u64().unwrap_or_default(),
        }
    }

    pub(crate) fn of_chat_stream(stream: &str) -> Self {
        let mut this = Self::default();
        let mut calls: Vec<(String, String)> = Vec::new();
        let frames = data_lines(stream);
        assert_eq!(frames.last().map(String::as_str), Some("[DONE]"), "a stream ends with [DONE]: {stream}");
        for frame in &frames[..frames.len() - 1] {
            let chunk: Value = serde_json::from_str(frame).expect("JSON");
            assert!(chunk.get("error").is_none(), "an error in the stream: {frame}");
            if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
                this.input = usage["prompt_tokens"].as_u64().unwrap_or_default();
                this.output = usage["completion_tokens"].as_u64().unwrap_or_default();
            }
            let Some(choice) = chunk["choices"].get(0).filter(|choice| choice["index"] == 0) else {
                continue;
            };
            this.text.push_str(text(&choice["delta"]["content"]));
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"].as_u64().unwrap_or_default() as usize;
                calls.resize(calls.len().max(index + 1), Default::default());
                if calls[index].0.is_empty() {
                    calls[index].0.push_str(text(&call["function"]["name"]));
                }
                calls[index].1.push_str(text(&call["function"]["arguments"]));
            }
            if let Some(finish) = choice["finish_reason"].as_str() {
                finish.clone_into(&mut this.finish);
            }
        }
        this.tools = calls.into_iter().map(|(name, text)| (name, arguments(&text))).collect();
        this
    }

    pub(crate) fn of_message(body: &Value) -> Self {
        let mut this = Self { finish: finish_of_message(&body["stop_reason"]), ..Self::default() };
        for block in body["content"].as_array().expect("content") {
            match text(&block["type"]) {
                "text" => this.text.push_str(text(&block["text"])),
                "tool_use" => this.tools.push((text(&block["name"]).to_owned(), block["input"].clone())),
                _ => {}
            }
        }
        this.count(&body["usage"]);
        this
    }

    pub(crate) fn of_message_stream(stream: &str) -> Self {
        let mut this = Self::default();
        let mut usage = json!({});
        let mut input: Option<(String, String)> = None;
        let mut is_over = false;
        for frame in data_lines(stream) {
            assert!(!is_over, "nothing follows message_stop: {stream}");
            let event: Value = serde_json::from_str(&frame).expect("JSON");
            match text(&event["type"]) {
                "message_start" => usage = event["message"]["usage"].clone(),
                "content_block_start" if event["content_block"]["type"] == "tool_use" => {
                    input = Some((text(&event["content_block"]["name"]).to_owned(), String::new()));
                }
                "content_block_delta" => {
                    this.text.push_str(text(&event["delta"]["text"]));
                    if let Some((_, input)) = &mut input {
                        input.push_str(text(&event["delta"]["partial_json"]));
                    }
                }
                "content_block_stop" => {
                    this.tools.extend(input.take().map(|(name, text)| (name, arguments(&text))));
                }
                "message_delta" => {
                    this.finish = finish_of_message(&event["delta"]["stop_reason"]);
                    for (name, value) in event["usage"].as_object().into_iter().flatten() {
                        usage[name] = value.clone();
                    }
                }
                "message_stop" => is_over = true,
                "error" => panic!("an error in the stream: {frame}"),
                _ => {}
            }
        }
        assert!(is_over, "a stream ends with message_stop: {stream}");
        this.count(&usage);
        this
    }

    /// Anthropic counts what was read from and written to the cache apart.
    fn count(&mut self, usage: &Value) {
        let field = |name: &str| usage[name].as_u64().unwrap_or_default();
        self.input =
            field("input_tokens") + field("cache_read_input_tokens") + field("cache_creation_input_tokens");
        self.output = field("output_tokens");
    }
}

fn finish_of_message(reason: &Value) -> String {
    match text(reason) {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => other,
    }
    .to_owned()
}

/// The data of each frame, by the letter of the specification: an independent reader.
fn data_lines(stream: &str) -> Vec<String> {
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let frames = stream.split("\n\n").map(|frame| {
        let lines = frame.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    });
    frames.filter(|data| !data.is_empty()).collect()
}
