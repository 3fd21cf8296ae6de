//! Tower's contract, and the wire as a caller sees it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use proptest::prelude::*;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::{AnyDialect, Dialect};
use tower_failover::facts::{Call, Loss, LossKind, Losses, Prefill};
use tower_failover::failure::{BoxError, Class, Failure};
use tower_failover::schema_normalizer::{LossPolicy, LossRules, SchemaNormalizerLayer, Verdict};
use tower_failover::stream_guard::StreamGuardLayer;
use tower_failover::testing::ReadinessProbe;

const ASK: &str = r#"{"model":"workhorse","messages":[{"role":"user","content":"Hi"}],"temperature":0.70}"#;
const ASK_STREAM: &str =
    r#"{"model":"workhorse","stream":true,"messages":[{"role":"user","content":"Hi"}],"logit_bias":{"1":2}}"#;

const CLAUDE: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}"#;
const CLAUDE_STREAM: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: ping\ndata: {\"type\":\"ping\"}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hel\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"lo\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":2}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);
const CLAUDE_OVERLOADED: &str = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";

/// A body in pieces, which may break at its end, and counts its drops.
#[derive(Debug)]
struct Pieces {
    pieces: VecDeque<Option<Bytes>>,
    hangs: bool,
    drops: Arc<AtomicUsize>,
}

impl Pieces {
    fn of(text: &str) -> Self {
        let pieces = [Some(Bytes::copy_from_slice(text.as_bytes()))].into();
        Self { pieces, hangs: false, drops: Arc::default() }
    }

    fn cut(text: &[u8], cuts: &[usize]) -> Self {
        let mut from = 0;
        let pieces = cuts.iter().copied().chain([text.len()]).map(|to| {
            let piece = Bytes::copy_from_slice(&text[from..to]);
            from = to;
            Some(piece)
        });
        Self { pieces: pieces.collect(), hangs: false, drops: Arc::default() }
    }

    fn then_reset(mut self) -> Self {
        self.pieces.push_back(None);
        self
    }

    fn then_hang(mut self) -> Self {
        self.hangs = true;
        self
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.pieces.pop_front() {
            Some(Some(piece)) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            Some(None) => Poll::Ready(Some(Err("connection reset by peer".into()))),
            None if self.hangs => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}

fn answer(status: u16, headers: &[(&str, &str)], body: Pieces) -> Response<Pieces> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body).unwrap()
}

fn json(body: &str) -> Response<Pieces> {
    answer(200, &[("content-type", "application/json")], Pieces::of(body))
}

fn stream(body: Pieces) -> Response<Pieces> {
    answer(200, &[("content-type", "text/event-stream; charset=utf-8")], body)
}

fn ask(body: &str) -> Request<Buffered> {
    let mut request = Request::new(Buffered::from(body.to_owned()));
    request.headers_mut().insert("authorization", "Bearer callers-own".parse().unwrap());
    request.headers_mut().insert("x-api-key", "callers-own".parse().unwrap());
    request.headers_mut().insert("traceparent", "00-1-2-03".parse().unwrap());
    request
}

/// What a caller of the real stack sees, and what the member was sent.
struct Seen {
    sent: Option<Request<Buffered>>,
    result: Result<(Response<()>, String, Option<BoxError>), BoxError>,
}

impl Seen {
    #[track_caller]
    fn whole(self) -> (Response<()>, String) {
        let (head, body, error) = self.result.expect("an answer");
        assert!(error.is_none(), "{error:?}");
        (head, body)
    }

    #[track_caller]
    fn failure(self) -> Failure {
        match self.result {
            Ok((_, body, _)) => panic!("an answer: {body}"),
            Err(error) => Failure::find(error.as_ref()).expect("a failure").clone(),
        }
    }
}

async fn exchange<F: Dialect, M: Dialect>(
    front: F,
    member: M,
    request: Request<Buffered>,
    response: Response<Pieces>,
) -> Seen {
    let sent = Arc::new(Mutex::new(None));
    let mut response = Some(response);
    let slot = Arc::clone(&sent);
    let client = service_fn(move |request| {
        *slot.lock().unwrap() = Some(request);
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap()))
    });
    let layer = SchemaNormalizerLayer::new(front, member).model("real-model");
    let result = match layer.layer(client).oneshot(request).await {
        Ok(response) => Ok(read(response).await),
        Err(error) => Err(error),
    };
    let sent = sent.lock().unwrap().take();
    Seen { sent, result }
}

async fn read<B>(response: Response<B>) -> (Response<()>, String, Option<BoxError>)
where
    B: Body<Data = Bytes, Error = BoxError>,
{
    let (parts, body) = response.into_parts();
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    let mut failed = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    (Response::from_parts(parts, ()), String::from_utf8(bytes).unwrap(), failed)
}

fn sent(seen: &Seen) -> (HeaderMap, String, String) {
    let request = seen.sent.as_ref().expect("the member was called");
    assert_eq!(request.method(), http::Method::POST);
    let body = String::from_utf8(request.body().bytes().to_vec()).unwrap();
    (request.headers().clone(), request.uri().to_string(), body)
}

#[tokio::test]
async fn between_equals_nothing_changes_but_the_model() {
    let said = r#"{ "id":"x", "choices":[{"index":0}], "unknown": 1.10 }"#;
    let seen = exchange(OpenAiChat, OpenAiChat, ask(ASK), json(said)).await;
    let (headers, uri, body) = sent(&seen);
    assert_eq!(body, ASK.replace("workhorse", "real-model"));
    assert_eq!(
        (uri.as_str(), headers["accept-encoding"].to_str().unwrap()),
        ("/chat/completions", "identity")
    );
    assert_eq!(seen.whole().1, said);
}

#[tokio::test]
async fn a_stream_between_equals_passes_byte_for_byte() {
    let said = "data: {\"choices\":[]}\r\n\r\n: ping\n\nnot even a stream";
    let seen = exchange(OpenAiChat, OpenAiChat, ask(ASK_STREAM), stream(Pieces::of(said))).await;
    let (head, body) = seen.whole();
    assert_eq!(body, said);
    assert_eq!(head.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
}

#[tokio::test]
async fn the_same_name_is_not_even_copied() {
    let request = ask(&ASK.replace("workhorse", "real-model"));
    let before = request.body().bytes().as_ptr();
    let seen = exchange(OpenAiChat, OpenAiChat, request, json("{}")).await;
    assert_eq!(seen.sent.unwrap().body().bytes().as_ptr(), before);
}

#[tokio::test]
async fn the_callers_credentials_never_reach_a_member() {
    for (front, member) in [("openai-chat", "openai-chat"), ("openai-chat", "anthropic-messages")] {
        let (front, member) = (front.parse::<AnyDialect>().unwrap(), member.parse::<AnyDialect>().unwrap());
        let seen = exchange(front, member, ask(ASK), json("{}")).await;
        let (headers, _, _) = sent(&seen);
        assert!(!headers.contains_key("authorization") && !headers.contains_key("x-api-key"), "{headers:?}");
        assert!(headers.values().all(|value| value != "callers-own"));
        assert_eq!(headers["traceparent"], "00-1-2-03");
    }
}

#[tokio::test]
async fn a_callers_mistake_is_told_without_asking_anyone() {
    for body in ["", "[]", "{\"model\":7}", "{\"model\":\"m\"", "{\"model\":\"m\",\"messages\":7}"] {
        let seen = exchange(OpenAiChat, AnthropicMessages, ask(body), json(CLAUDE)).await;
        assert!(seen.sent.is_none(), "{body}");
        let failure = seen.failure();
        assert_eq!(
            (failure.class(), failure.status()),
            (Class::InvalidRequest, Some(StatusCode::BAD_REQUEST))
        );
        assert!(!failure.report().unwrap().message.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn a_fact_read_from_another_body_is_not_trusted() {
    let mut request = ask(ASK);
    request.extensions_mut().insert(Call::new("other").with_model_span(2000..2010).with_stream(true));
    let seen = exchange(OpenAiChat, OpenAiChat, request, json("{}")).await;
    assert_eq!(sent(&seen).2, ASK.replace("workhorse", "real-model"));
}

#[tokio::test]
async fn half_a_character_is_replaced_for_whoever_would_refuse_it() {
    let ask_chat = r#"{"model":"workhorse","messages":[{"role":"user","content":"a\ud83db\ud83d\ude00"},
        {"role":"assistant","tool_calls":[{"id":"t","type":"function","function":{"name":"f","arguments":"{\"x\":\"c\\ud83d\"}"}}]},
        {"role":"tool","tool_call_id":"t","content":"d\ude00"}],
        "tools":[{"type":"function","function":{"name":"f","description":"e\ud83d",
            "parameters":{"type":"object","properties":{"x":{"type":"string","description":"f\ud83d"}}}}}]}"#;
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ask_chat), json(CLAUDE)).await;
    let body: serde_json::Value = serde_json::from_str(&sent(&seen).2).expect("what a strict reader takes");
    let told = body.to_string();
    for text in ["a\u{fffd}b\u{1f600}", "c\u{fffd}", "d\u{fffd}", "e\u{fffd}", "f\u{fffd}"] {
        assert!(told.contains(&format!("\"{text}\"")), "{text}: {told}");
    }

    let ask_claude = r#"{"model":"workhorse","max_tokens":9,"messages":[{"role":"user","content":"a\ud83d"}],"system":"\ude00b"}"#;
    let chat = r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}"#;
    let seen = exchange(AnthropicMessages, OpenAiChat, ask(ask_claude), json(chat)).await;
    let body: serde_json::Value = serde_json::from_str(&sent(&seen).2).unwrap();
    let told = body.to_string();
    assert!(told.contains("\"\u{fffd}b\"") && told.contains("\"a\u{fffd}\""), "{told}");

    // Between equals it is for the provider to say what he thinks of it.
    let seen = exchange(AnthropicMessages, AnthropicMessages, ask(ask_claude), json(CLAUDE)).await;
    assert_eq!(sent(&seen).2, ask_claude.replace("workhorse", "real-model"));
}

#[tokio::test]
async fn a_whole_answer_is_translated_and_names_who_answered() {
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK), json(CLAUDE)).await;
    let (_, uri, body) = sent(&seen);
    assert_eq!(uri, "/v1/messages");
    assert!(body.contains("\"real-model\"") && body.contains("max_tokens"), "{body}");
    let (head, body) = seen.whole();
    assert_eq!(head.headers()[CONTENT_TYPE], "application/json");
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["model"], "claude-x");
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["total_tokens"], 5);
}

#[tokio::test]
async fn what_a_member_could_not_carry_is_told() {
    let seen =
        exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(Pieces::of(CLAUDE_STREAM))).await;
    let (head, _) = seen.whole();
    let losses = head.extensions().get::<Losses>().expect("a ledger");
    assert!(
        losses.iter().any(|loss| loss.kind == LossKind::Dropped && loss.field == "logit_bias"),
        "{losses}"
    );
    let seen = exchange(OpenAiChat, OpenAiChat, ask(ASK), json("{}")).await;
    assert!(seen.whole().0.extensions().get::<Losses>().is_none());
}

#[tokio::test]
async fn a_malformed_tool_call_is_no_answer_unless_it_was_cut_off() {
    let called = |arguments: &str, reason: &str| {
        let call = serde_json::json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}});
        let message = serde_json::json!({"role": "assistant", "content": null, "tool_calls": [call]});
        serde_json::json!({"id": "1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
        .to_string()
    };
    let ask_claude = r#"{"model":"workhorse","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#;
    for reason in ["tool_calls", "stop"] {
        let body = called("{\"city\": Oslo}", reason);
        let seen = exchange(AnthropicMessages, OpenAiChat, ask(ask_claude), json(&body)).await;
        assert_eq!(seen.failure().class(), Class::InvalidOutput, "{reason}");
        assert_eq!(
            OpenAiChat.check_answer(body.as_bytes()).unwrap_err().class(),
            Class::InvalidOutput,
            "{reason}"
        );
    }
    for (arguments, reason) in
        [("{\"city\":\"Osl", "length"), ("{}", "tool_calls"), ("", "stop"), (" ", "stop")]
    {
        let body = called(arguments, reason);
        let seen = exchange(AnthropicMessages, OpenAiChat, ask(ask_claude), json(&body)).await;
        let (_, told) = seen.whole();
        assert!(told.contains("tool_use"), "{told}");
        assert!(OpenAiChat.check_answer(body.as_bytes()).is_ok(), "{arguments} {reason}");
    }
}

#[tokio::test]
async fn what_the_provider_itself_calls_a_failure_is_no_answer_in_any_dialect() {
    let body = r#"{"candidates":[{"content":{"parts":[{"text":"Let me see."}]},"finishReason":"MALFORMED_FUNCTION_CALL"}],"responseId":"r"}"#;
    let whole = exchange(OpenAiChat, Gemini, ask(ASK), json(body)).await;
    assert_eq!(whole.failure().class(), Class::InvalidOutput);
    let frames = Pieces::of(&format!("data: {body}\r\n\r\n"));
    let (_, body, error) =
        exchange(OpenAiChat, Gemini, ask(ASK_STREAM), stream(frames)).await.result.unwrap();
    assert_eq!(told(&body), ("Let me see.".to_owned(), vec![], 0));
    assert_eq!(Failure::of(&error.unwrap()).class(), Class::InvalidOutput);
}

/// What becomes of a request under a policy: the losses of its answer, or the failure and whether the member was
/// called all the same.
async fn judged<F, M, P>(front: F, member: M, policy: P, body: &str) -> Result<String, (Failure, bool)>
where
    F: Dialect,
    M: Dialect,
    P: LossPolicy + Clone,
{
    let called = Arc::new(AtomicUsize::new(0));
    let calls = Arc::clone(&called);
    let client = service_fn(move |_: Request<Buffered>| {
        calls.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok::<_, Infallible>(json(CLAUDE)))
    });
    let layer = SchemaNormalizerLayer::new(front, member).model("claude-x").losses(policy);
    match layer.layer(client).oneshot(ask(body)).await {
        Ok(response) => {
            Ok(response.extensions().get::<Losses>().map(ToString::to_string).unwrap_or_default())
        }
        Err(error) => {
            let failure = Failure::find(error.as_ref()).expect("a failure").clone();
            Err((failure, called.load(Ordering::SeqCst) > 0))
        }
    }
}

const ASK_LOSSY: &str =
    r#"{"model":"workhorse","messages":[{"role":"user","content":"Hi"}],"seed":7,"logit_bias":{"1":2}}"#;
const ASK_SEARCH: &str = r#"{"model":"workhorse","messages":[{"role":"user","content":"Hi"}],"tools":[{"type":"custom","custom":{"name":"sql"}}]}"#;

#[tokio::test]
async fn what_is_lost_is_named_however_freely_it_may_be() {
    for verdict in [Verdict::Allow, Verdict::Warn] {
        let policy = move |_: &Loss| verdict;
        let losses = judged(OpenAiChat, AnthropicMessages, policy, ASK_LOSSY).await.unwrap();
        assert_eq!(losses, "dropped=seed, dropped=logit_bias", "{verdict:?}");
    }
}

#[tokio::test]
async fn a_member_that_may_not_lose_a_field_is_not_asked_and_another_may_be() {
    let rules = LossRules::new().with_field("seed", Verdict::SkipMember);
    let (failure, was_asked) = judged(OpenAiChat, AnthropicMessages, rules, ASK_LOSSY).await.unwrap_err();
    assert_eq!((failure.class(), was_asked), (Class::Unsupported, false));
    assert!(failure.class().fails_over() && failure.class().is_callers());
    let report = failure.report().unwrap();
    assert_eq!(report.param.as_deref(), Some("seed"));
    assert_eq!(
        report.message,
        "No model that could serve this request can carry all of it: `seed` would be dropped."
    );
}

#[tokio::test]
async fn a_field_that_may_not_be_lost_at_all_is_the_callers_error() {
    let rules = LossRules::new().with_default(Verdict::Reject).with_field("logit_bias", Verdict::Allow);
    let (failure, was_asked) = judged(OpenAiChat, AnthropicMessages, rules, ASK_LOSSY).await.unwrap_err();
    assert_eq!((failure.class(), was_asked), (Class::InvalidRequest, false));
    assert!(failure.is_local(), "no attempt was made");
    assert_eq!(failure.status(), Some(StatusCode::BAD_REQUEST));
    assert!(!failure.class().fails_over());
    let message = &failure.report().unwrap().message;
    assert!(message.contains("`seed`") && !message.contains("logit_bias"), "{message}");
}

#[tokio::test]
async fn what_changes_the_question_is_left_to_the_next_member_unless_it_is_allowed() {
    let (failure, was_asked) =
        judged(OpenAiChat, AnthropicMessages, LossRules::new(), ASK_SEARCH).await.unwrap_err();
    assert_eq!((failure.class(), was_asked), (Class::Unsupported, false));
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("tools[0].custom"));
    let rules = LossRules::new().with_essential(Verdict::Warn);
    let losses = judged(OpenAiChat, AnthropicMessages, rules, ASK_SEARCH).await.unwrap();
    assert_eq!(losses, "dropped=tools[0].custom");
}

#[tokio::test]
async fn what_is_scrubbed_between_equals_is_judged_as_well() {
    let body = r#"{"model":"workhorse","max_tokens":9,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"failover:openai-chat:x"},{"type":"text","text":"Hm."}]},{"role":"user","content":"So?"}]}"#;
    let losses = judged(AnthropicMessages, AnthropicMessages, LossRules::new(), body).await.unwrap();
    assert!(losses.contains("messages[1].content[0]"), "{losses}");
    let rules = LossRules::new().with_field("messages.*", Verdict::Reject);
    let (failure, was_asked) = judged(AnthropicMessages, AnthropicMessages, rules, body).await.unwrap_err();
    assert_eq!((failure.class(), was_asked), (Class::InvalidRequest, false));
}

/// The text, the finish reasons and the number of terminal frames in a stream of OpenAI's.
fn told(body: &str) -> (String, Vec<String>, usize) {
    let (mut text, mut reasons) = (String::new(), Vec::new());
    for data in body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]") {
        let chunk: serde_json::Value = serde_json::from_str(data).unwrap();
        for choice in chunk["choices"].as_array().unwrap() {
            text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            reasons.extend(choice["finish_reason"].as_str().map(str::to_owned));
        }
    }
    (text, reasons, body.matches("data: [DONE]").count())
}

fn hello() -> (String, Vec<String>, usize) {
    ("Hello".to_owned(), vec!["stop".to_owned()], 1)
}

#[tokio::test]
async fn a_stream_is_translated_as_it_comes() {
    let body = Pieces::of(CLAUDE_STREAM);
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body)).await;
    let (head, body) = seen.whole();
    assert_eq!(told(&body), hello());
    assert_eq!(head.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
}

#[tokio::test]
async fn nothing_that_follows_the_end_is_translated() {
    let body = Pieces::of(&format!("{CLAUDE_STREAM}{CLAUDE_OVERLOADED}{CLAUDE_STREAM}")).then_reset();
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body)).await;
    assert_eq!(told(&seen.whole().1), hello());
}

#[tokio::test]
async fn a_malformed_frame_is_skipped() {
    let body = CLAUDE_STREAM.replace("event: ping\ndata: {\"type\":\"ping\"}", "data: {\"type\":\"conte");
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(Pieces::of(&body))).await;
    assert_eq!(told(&seen.whole().1), hello());
}

#[tokio::test]
async fn a_stream_that_had_finished_is_completed_and_another_is_not() {
    let finished = CLAUDE_STREAM.split("event: message_stop").next().unwrap();
    for body in [Pieces::of(finished), Pieces::of(finished).then_reset()] {
        let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body)).await;
        assert_eq!(told(&seen.whole().1), hello());
    }
    let unfinished = CLAUDE_STREAM.split("event: message_delta").next().unwrap();
    let cut = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(Pieces::of(unfinished))).await;
    let (_, body, error) = cut.result.unwrap();
    assert_eq!(Failure::of(&error.unwrap()).class(), Class::Interrupted);
    assert_eq!(told(&body), ("Hello".to_owned(), vec![], 0));
}

#[tokio::test(start_paused = true)]
async fn a_member_that_has_finished_and_falls_silent_has_answered() {
    let finished = CLAUDE_STREAM.split("event: message_stop").next().unwrap();
    let began = tokio::time::Instant::now();
    let body = Pieces::of(finished).then_hang();
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body)).await;
    assert_eq!(told(&seen.whole().1), hello());
    assert_eq!(began.elapsed().as_secs(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_falls_silent_before_it_has_finished_is_not_cut_short() {
    let unfinished = CLAUDE_STREAM.split("event: message_delta").next().unwrap();
    let body = Pieces::of(unfinished).then_hang();
    let asked = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body));
    assert!(tokio::time::timeout(std::time::Duration::from_secs(60), asked).await.is_err(), "it was ended");
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_its_class() {
    let body = Pieces::of(CLAUDE_OVERLOADED);
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), stream(body)).await;
    let (_, body, error) = seen.result.unwrap();
    assert_eq!((body.as_str(), Failure::of(&error.unwrap()).class()), ("", Class::Overloaded));
}

#[tokio::test]
async fn a_whole_answer_where_a_stream_was_asked_for_is_told_as_one() {
    let seen = exchange(OpenAiChat, AnthropicMessages, ask(ASK_STREAM), json(CLAUDE)).await;
    let (head, body) = seen.whole();
    assert_eq!(told(&body), hello());
    assert_eq!(head.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
}

#[tokio::test]
async fn a_200_that_is_no_answer_is_a_failure_of_the_right_class() {
    let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    for request in [ASK, ASK_STREAM] {
        let class_of = async |response| {
            exchange(OpenAiChat, AnthropicMessages, ask(request), response).await.failure().class()
        };
        assert_eq!(class_of(json(overloaded)).await, Class::Overloaded);
        assert_eq!(class_of(json("<html>Sign in</html>")).await, Class::InvalidOutput);
        assert_eq!(class_of(json("")).await, Class::InvalidOutput);
        let gzip = answer(200, &[("content-encoding", "gzip")], Pieces::of("\u{1f}"));
        assert_eq!(class_of(gzip).await, Class::InvalidOutput);
        let reset = answer(200, &[], Pieces::of(CLAUDE).then_reset());
        assert_eq!(class_of(reset).await, Class::Connect);
    }
    let seen = exchange(OpenAiChat, OpenAiChat, ask(ASK), stream(Pieces::of("data: {}\n\n"))).await;
    assert_eq!(seen.failure().class(), Class::InvalidOutput);
}

#[tokio::test]
async fn an_answer_larger_than_the_limit_is_not_read() {
    let client = service_fn(|_: Request<Buffered>| async { Ok::<_, Infallible>(json(CLAUDE)) });
    let layer = SchemaNormalizerLayer::new(OpenAiChat, AnthropicMessages).answer_limit(16);
    let error = layer.layer(client).oneshot(ask(ASK)).await.unwrap_err();
    assert_eq!(Failure::of(&error).class(), Class::InvalidOutput);
}

#[tokio::test]
async fn an_error_response_becomes_a_failure_with_all_that_was_said() {
    let said = r#"{"error":{"message":"slow down","type":"rate_limit","code":"rate_limit_exceeded"}}"#;
    let headers = [("retry-after", "7"), ("x-request-id", "req_9")];
    let limited = || answer(429, &headers, Pieces::of(said));
    let failure = exchange(OpenAiChat, OpenAiChat, ask(ASK), limited()).await.failure();
    assert_eq!(
        (failure.class(), failure.status()),
        (Class::RateLimited, Some(StatusCode::TOO_MANY_REQUESTS))
    );
    assert_eq!(failure.retry_after(), Some(std::time::Duration::from_secs(7)));
    let report = failure.report().unwrap();
    assert_eq!((report.message.as_str(), report.request_id.as_deref()), ("slow down", Some("req_9")));
    assert_eq!(report.verbatim.as_deref(), Some(said.as_bytes()));
    // What is no JSON the caller could not read, nor what is said in another dialect.
    let page = answer(400, &[], Pieces::of("<html>no</html>"));
    let failure = exchange(OpenAiChat, OpenAiChat, ask(ASK), page).await.failure();
    assert_eq!((failure.class(), &failure.report().unwrap().verbatim), (Class::Unsupported, &None));
    let failure = exchange(AnthropicMessages, OpenAiChat, ask(&claude_ask()), limited()).await.failure();
    assert_eq!((failure.class(), &failure.report().unwrap().verbatim), (Class::RateLimited, &None));
}

fn claude_ask() -> String {
    ASK.replace("\"temperature\"", "\"max_tokens\":9,\"temperature\"")
}

#[tokio::test]
async fn an_error_response_is_read_up_to_a_bound_and_even_if_it_breaks() {
    let long = answer(500, &[], Pieces::of(&"x".repeat(1 << 20)).then_hang());
    let failure = exchange(OpenAiChat, OpenAiChat, ask(ASK), long).await.failure();
    assert_eq!((failure.class(), &failure.report().unwrap().verbatim), (Class::ServerError, &None));
    let broken = answer(503, &[], Pieces::of("{\"error\":").then_reset());
    let failure = exchange(OpenAiChat, OpenAiChat, ask(ASK), broken).await.failure();
    assert_eq!(failure.class(), Class::Overloaded);
}

#[tokio::test(start_paused = true)]
async fn an_error_response_that_stalls_is_known_by_its_head() {
    for (status, class) in [(401, Class::Auth), (429, Class::RateLimited), (503, Class::Overloaded)] {
        for begun in ["", r#"{"type":"error","error":{"type":"#] {
            let body = Pieces::of(begun).then_hang();
            let response = answer(status, &[("retry-after", "7"), ("request-id", "req_1")], body);
            let start = Instant::now();
            let failure =
                exchange(AnthropicMessages, AnthropicMessages, ask(&claude_ask()), response).await.failure();
            assert_eq!(start.elapsed(), Duration::from_secs(2), "{status}");
            assert_eq!((failure.class(), failure.status().unwrap().as_u16()), (class, status));
            assert_eq!(failure.retry_after(), Some(Duration::from_secs(7)), "{status}");
            let report = failure.report().unwrap();
            assert_eq!((report.request_id.as_deref(), &report.verbatim), (Some("req_1"), &None));
        }
    }
}

/// The limit is of errors: an answer may take its time.
#[tokio::test(start_paused = true)]
async fn an_answer_that_stalls_is_waited_for() {
    let body = Pieces::of(CLAUDE).then_hang();
    let response = answer(200, &[("content-type", "application/json")], body);
    let call = exchange(OpenAiChat, AnthropicMessages, ask(ASK), response);
    assert!(tokio::time::timeout(Duration::from_secs(60), call).await.is_err());
}

#[tokio::test]
async fn a_members_cookies_never_reach_the_caller() {
    let headers = [("content-type", "application/json"), ("set-cookie", "a=b"), ("x-request-id", "req_9")];
    for member in [AnyDialect::from(OpenAiChat), AnthropicMessages.into()] {
        let body = if member.name() == "openai-chat" { "{}" } else { CLAUDE };
        let seen = exchange(OpenAiChat, member, ask(ASK), answer(200, &headers, Pieces::of(body))).await;
        let (head, _) = seen.whole();
        let mut names: Vec<_> = head.headers().keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "x-request-id"]);
    }
}

#[tokio::test]
async fn a_tool_that_had_to_be_renamed_comes_back_under_its_own_name() {
    let long = "a.name.with.dots";
    let ask_with_tool = format!(
        r#"{{"model":"m","stream":true,"messages":[{{"role":"user","content":"Hi"}}],"tools":[{{"type":"function","function":{{"name":"{long}","parameters":{{"type":"object"}}}}}}]}}"#
    );
    let probe = exchange(OpenAiChat, AnthropicMessages, ask(&ask_with_tool), json(CLAUDE)).await;
    let body: serde_json::Value = serde_json::from_str(&sent(&probe).2).unwrap();
    let renamed = body["tools"][0]["name"].as_str().unwrap().to_owned();
    assert_ne!(renamed, long);
    let call = format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{{"type":"tool_use","id":"toolu_1","name":"{renamed}","input":{{}}}}],"stop_reason":"tool_use","usage":{{"input_tokens":3,"output_tokens":2}}}}"#
    );
    for stream in ["true", "false"] {
        let request = ask(&ask_with_tool.replace("true", stream));
        let (_, body) = exchange(OpenAiChat, AnthropicMessages, request, json(&call)).await.whole();
        assert!(body.contains(long) && !body.contains(&renamed), "{body}");
    }
}

#[tokio::test]
async fn the_layer_calls_the_instance_it_saw_ready() {
    let client = service_fn(|_: Request<Buffered>| async { Ok::<_, Infallible>(json("{}")) });
    let mut service = SchemaNormalizerLayer::new(OpenAiChat, OpenAiChat).layer(ReadinessProbe::new(client));
    let mut clone = service.clone();
    service.ready().await.unwrap().call(ask(ASK)).await.unwrap();
    clone.ready().await.unwrap().call(ask(ASK)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_the_connection_wherever_it_stands() {
    let collecting = |body: Pieces| (ask(ASK), answer(200, &[], body));
    let error = |body: Pieces| (ask(ASK), answer(500, &[], body));
    let mid_stream = |body: Pieces| (ask(ASK_STREAM), stream(body));
    for (request, response) in [
        collecting(Pieces::of("{").then_hang()),
        error(Pieces::of("{").then_hang()),
        mid_stream(Pieces::of(CLAUDE_STREAM.split("event: message_delta").next().unwrap()).then_hang()),
    ] {
        let drops = Arc::clone(&response.body().drops);
        let call = exchange(OpenAiChat, AnthropicMessages, request, response);
        assert!(tokio::time::timeout(std::time::Duration::from_secs(1), call).await.is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_split_of_a_members_bytes_tells_the_caller_the_same(
        seed in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        end in 0..=CLAUDE_STREAM.len(),
    ) {
        let text = &CLAUDE_STREAM.as_bytes()[..end];
        let mut cuts: Vec<usize> = seed.iter().map(|index| index.index(end + 1)).collect();
        cuts.sort_unstable();
        let (body, is_whole) = guarded(Pieces::cut(text, &[]));
        prop_assert_eq!(guarded(Pieces::cut(text, &cuts)), (body.clone(), is_whole));
        // Never a clean end without a finish reason, never a finish that was not told.
        prop_assert_eq!(is_whole, told(&body) == hello(), "{}", body);
    }
}

/// What a caller sees through both layers, and whether it ended cleanly.
fn guarded(body: Pieces) -> (String, bool) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut response = Some(stream(body));
    let client = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let service = ServiceBuilder::new()
        .layer(StreamGuardLayer::for_dialect(OpenAiChat))
        .layer(SchemaNormalizerLayer::new(OpenAiChat, AnthropicMessages))
        .service(client);
    runtime.block_on(async {
        match service.oneshot(ask(ASK_STREAM)).await {
            Err(error) => {
                assert!(Failure::of(&error).class().fails_over(), "{error}");
                (String::new(), false)
            }
            Ok(response) => {
                let (_, body, error) = read(response).await;
                let class = error.map(|error| Failure::of(&error).class());
                assert!(matches!(class, None | Some(Class::Interrupted)), "{class:?}");
                // The stamp of the second it was written in.
                let body = body
                    .split("\"created\":")
                    .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
                (body.collect::<Vec<_>>().join("\"created\":0"), class.is_none())
            }
        }
    })
}

#[tokio::test]
async fn tokens_are_counted_by_members_of_the_callers_own_dialect_only() {
    const COUNT: &str = r#"{"input_tokens":17}"#;
    let ask = || {
        let mut request = ask(r#"{"model":"workhorse","messages":[{"role":"user","content":"Hi"}]}"#);
        *request.uri_mut() = "/v1/messages/count_tokens".parse().unwrap();
        request
    };
    let seen = exchange(AnthropicMessages, AnthropicMessages, ask(), json(COUNT)).await;
    let (_, path, body) = sent(&seen);
    assert_eq!(path, "/v1/messages/count_tokens");
    assert_eq!(body, r#"{"model":"real-model","messages":[{"role":"user","content":"Hi"}]}"#);
    assert_eq!(seen.whole().1, COUNT);
    let seen = exchange(AnthropicMessages, OpenAiChat, ask(), json(COUNT)).await;
    assert!(seen.sent.is_none(), "the count of another model is no answer");
    let failure = seen.failure();
    assert_eq!(failure.class(), Class::Unsupported);
    assert!(failure.report().is_some_and(|report| report.message.contains("count tokens")));
}

#[tokio::test]
async fn whoever_does_not_go_on_with_an_answer_is_not_asked_to() {
    const BEGUN: &str = r#"{"model":"workhorse","max_tokens":9,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"He"}]}"#;
    let ask = async |member: AnyDialect, model: &'static str| {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let client = service_fn(move |_: Request<Buffered>| {
            counted.fetch_add(1, Ordering::SeqCst);
            async { Err::<Response<Buffered>, _>(BoxError::from(Failure::new(Class::Overloaded))) }
        });
        let layer = SchemaNormalizerLayer::new(AnyDialect::from(AnthropicMessages), member).model(model);
        let mut request = Request::new(Buffered::from(BEGUN));
        request.extensions_mut().insert(Prefill);
        let error = layer.layer(client).oneshot(request).await.err().unwrap();
        (Failure::of(&error).class(), calls.load(Ordering::SeqCst))
    };
    let refused = (Class::Unsupported, 0);
    assert_eq!(ask(OpenAiChat.into(), "gpt-4o").await, refused);
    assert_eq!(ask(AnthropicMessages.into(), "claude-opus-4-7").await, refused, "of the same dialect, too");
    assert_eq!(ask(AnthropicMessages.into(), "claude-sonnet-4-5").await, (Class::Overloaded, 1));
}

/// A request for each place in which a dialect has a schema, and the path of it.
fn with_schema(schema: &str) -> Vec<(AnyDialect, String, &'static str)> {
    let dialect = |name: &str| AnyDialect::parse(name).unwrap();
    let chat = |rest: &str| {
        format!(r#"{{"model":"workhorse","messages":[{{"role":"user","content":"Hi"}}],{rest}}}"#)
    };
    let responses = |rest: &str| format!(r#"{{"model":"workhorse","input":"Hi",{rest}}}"#);
    let message = |rest: &str| {
        format!(
            r#"{{"model":"workhorse","max_tokens":9,"messages":[{{"role":"user","content":"Hi"}}],{rest}}}"#
        )
    };
    let gemini = |rest: &str| {
        format!(r#"{{"model":"workhorse","contents":[{{"role":"user","parts":[{{"text":"Hi"}}]}}],{rest}}}"#)
    };
    let declared = |field: &str| {
        gemini(&format!(r#""tools":[{{"functionDeclarations":[{{"name":"f","{field}":{schema}}}]}}]"#))
    };
    let form = |field: &str| {
        let json = r#""responseMimeType":"application/json""#;
        gemini(&format!(r#""generationConfig":{{{json},"{field}":{schema}}}"#))
    };
    let tool = format!(r#""tools":[{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}]"#);
    let format = format!(
        r#""response_format":{{"type":"json_schema","json_schema":{{"name":"a","strict":true,"schema":{schema}}}}}"#
    );
    vec![
        (dialect("openai-chat"), chat(&tool), "tools[0].function.parameters"),
        (dialect("openai-chat"), chat(&format), "response_format"),
        (
            dialect("openai-responses"),
            responses(&format!(r#""tools":[{{"type":"function","name":"f","parameters":{schema}}}]"#)),
            "tools[0].parameters",
        ),
        (
            dialect("openai-responses"),
            responses(&format!(
                r#""text":{{"format":{{"type":"json_schema","name":"a","schema":{schema}}}}}"#
            )),
            "text.format",
        ),
        (
            dialect("anthropic-messages"),
            message(&format!(r#""tools":[{{"name":"f","input_schema":{schema}}}]"#)),
            "tools[0].input_schema",
        ),
        (
            dialect("anthropic-messages"),
            message(&format!(r#""output_config":{{"format":{{"type":"json_schema","schema":{schema}}}}}"#)),
            "output_config.format",
        ),
        (dialect("gemini"), declared("parameters"), "tools[0].functionDeclarations[0].parameters"),
        (
            dialect("gemini"),
            declared("parametersJsonSchema"),
            "tools[0].functionDeclarations[0].parametersJsonSchema",
        ),
        (dialect("gemini"), form("responseSchema"), "generationConfig.responseSchema"),
        (dialect("gemini"), form("responseJsonSchema"), "generationConfig.responseJsonSchema"),
    ]
}

#[tokio::test]
async fn a_schema_that_nobody_follows_to_its_end_is_refused_before_it_is_sent() {
    let nested =
        |depth: usize, inner: &str| r#"{"type":"array","items":"#.repeat(depth) + inner + &"}".repeat(depth);
    let wide = format!(
        r#"{{"type":"object","properties":{{{}"q":{{}}}}}}"#,
        r#""p":{"type":"string"},"#.repeat(20_000)
    );
    for (schema, is_refused) in
        [(nested(20, "{}"), false), (nested(4_000, "{}"), true), (nested(40, &wide), true)]
    {
        for (front, body, path) in with_schema(&schema) {
            for member in AnyDialect::ALL {
                let mut request = ask(&body);
                *request.uri_mut() = "/v1beta/models/workhorse:generateContent".parse().unwrap();
                let response = answer(503, &[], Pieces::of(""));
                let seen = exchange(front, *member, request, response).await;
                let is_sent = seen.sent.is_some();
                assert_eq!(is_sent, !is_refused || front == *member, "{front} {member} {path}");
                if !is_sent {
                    let failure = seen.failure();
                    let report = failure.report().unwrap();
                    assert_eq!(failure.class(), Class::InvalidRequest, "{front} {member} {path}");
                    assert_eq!(report.param.as_deref(), Some(path), "{front} {member}");
                    assert_eq!(report.message, format!("{path}: the schema is nested too deep"));
                }
            }
        }
    }
}
