//! A call of a tool whose arguments are not JSON never ends a stream well, whoever speaks to whom.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{AnyDialect, Dialect};
use tower_failover::failure::{BoxError, Class, Failure};
use tower_failover::schema_normalizer::SchemaNormalizerLayer;
use tower_failover::stream_guard::StreamGuardLayer;

fn fronts() -> [AnyDialect; 4] {
    [OpenAiChat.into(), AnthropicMessages.into(), OpenAiResponses.into(), Gemini.into()]
}

/// Those that tell arguments as text. Gemini has objects.
fn members() -> [AnyDialect; 3] {
    [OpenAiChat.into(), AnthropicMessages.into(), OpenAiResponses.into()]
}

fn request(front: &AnyDialect) -> Request<Buffered> {
    let messages = json!([{"role": "user", "content": "Hi"}]);
    let (uri, body) = match front.name() {
        "openai-chat" => ("/", json!({"model": "w", "stream": true, "messages": messages})),
        "anthropic-messages" => {
            ("/", json!({"model": "w", "stream": true, "max_tokens": 9, "messages": messages}))
        }
        "openai-responses" => ("/", json!({"model": "w", "stream": true, "input": "Hi"})),
        _ => (
            "/v1beta/models/w:streamGenerateContent?alt=sse",
            json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
        ),
    };
    Request::post(uri).body(Buffered::from(body.to_string())).unwrap()
}

/// One call with these arguments. Does the limit cut it off?
fn stream(member: &AnyDialect, arguments: &[&str], is_cut: bool) -> String {
    match member.name() {
        "openai-chat" => chat(arguments, if is_cut { "length" } else { "tool_calls" }),
        "anthropic-messages" => claude(arguments, if is_cut { "max_tokens" } else { "tool_use" }),
        _ => response(arguments, if is_cut { "incomplete" } else { "completed" }),
    }
}

fn chat(arguments: &[&str], reason: &str) -> String {
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        format!("data: {}\n\n", json!({"id": "c", "model": "m", "choices": [choice]}))
    };
    let call = |call: Value| chunk(json!({"tool_calls": [call]}), Value::Null);
    let mut stream = call(json!({"index": 0, "id": "call_1", "function": {"name": "f", "arguments": ""}}));
    for piece in arguments {
        stream += &call(json!({"index": 0, "function": {"arguments": piece}}));
    }
    stream + &chunk(json!({}), json!(reason)) + "data: [DONE]\n\n"
}

fn events(events: &[Value]) -> String {
    let event = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    events.iter().map(event).collect()
}

fn claude(arguments: &[&str], reason: &str) -> String {
    let message = json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": null, "usage": {"input_tokens": 1, "output_tokens": 1}});
    let mut all = vec![
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "tool_use", "id": "t", "name": "f", "input": {}}}),
    ];
    all.extend(arguments.iter().map(|piece| {
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": piece}})
    }));
    all.push(json!({"type": "content_block_stop", "index": 0}));
    all.push(
        json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}}),
    );
    all.push(json!({"type": "message_stop"}));
    events(&all)
}

fn response(arguments: &[&str], status: &str) -> String {
    let call = |arguments: &str| json!({"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": arguments});
    let answer = |status: &str, output: Value| {
        json!({"id": "r", "object": "response", "model": "m", "status": status, "output": output,
            "incomplete_details": {"reason": "max_output_tokens"}})
    };
    let whole = arguments.concat();
    let mut all = vec![
        json!({"type": "response.created", "response": answer("in_progress", json!([]))}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": call("")}),
    ];
    all.extend(arguments.iter().map(
        |piece| json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": piece}),
    ));
    all.push(json!({"type": "response.output_item.done", "output_index": 0, "item": call(&whole)}));
    let kind = format!("response.{status}");
    all.push(json!({"type": kind, "response": answer(status, json!([call(&whole)]))}));
    events(&all)
}

/// What the caller gets before it ends, and how it ends; an error where he gets nothing.
async fn ask(
    front: &AnyDialect,
    member: &AnyDialect,
    stream: String,
) -> Result<(String, Result<(), BoxError>), BoxError> {
    let client = service_fn(move |_: Request<Buffered>| {
        let frames = stream.split_inclusive("\n\n").map(|frame| Bytes::copy_from_slice(frame.as_bytes()));
        let body = Frames(frames.collect());
        let response = Response::builder().header("content-type", "text/event-stream").body(body).unwrap();
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let member = SchemaNormalizerLayer::new(*front, *member).model("m").layer(client);
    let response = StreamGuardLayer::for_dialect(*front).layer(member).oneshot(request(front)).await?;
    Ok(read(response.into_body()).await)
}

/// A body in frames.
struct Frames(VecDeque<Bytes>);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|frame| Ok(Frame::data(frame))))
    }
}

async fn read<B>(body: B) -> (String, Result<(), BoxError>)
where
    B: Body<Data = Bytes, Error = BoxError>,
{
    let mut body = std::pin::pin!(body);
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text += std::str::from_utf8(&frame.into_data().unwrap()).unwrap(),
            Err(error) => return (text, Err(error)),
        }
    }
    (text, Ok(()))
}

#[tokio::test(start_paused = true)]
async fn half_a_call_with_a_good_reason_is_invalid_output() {
    for front in &fronts() {
        for member in &members() {
            for arguments in [&["{\"a\":", "\"x"][..], &["{\"a\":1}", "}"], &["{a:1}"]] {
                let cell = format!("{} from {}: {arguments:?}", front.name(), member.name());
                let result = ask(front, member, stream(member, arguments, false)).await;
                // Where a call is held back until it is whole, another member can still be asked.
                let error = match (front.name(), result) {
                    ("gemini", result) => result.expect_err(&cell),
                    (_, result) => {
                        let (text, end) = result.expect(&cell);
                        for reason in
                            ["finish_reason\":\"", "stop_reason\":\"", "response.completed", "[DONE]"]
                        {
                            assert!(!text.contains(reason), "{cell}: {text}");
                        }
                        end.expect_err(&cell)
                    }
                };
                assert_eq!(Failure::of(&error).class(), Class::InvalidOutput, "{cell}: {error:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_whole_or_take_nothing_or_were_cut_off_end_well() {
    for front in &fronts() {
        for member in &members() {
            for (arguments, is_cut) in [
                (&["{\"a\":", "\"x\"}"][..], false),
                (&[], false),
                (&["", "{}"], false),
                (&["{\"a\":", "\"x"], true),
            ] {
                let cell = format!("{} from {}: {arguments:?}", front.name(), member.name());
                let (text, end) = ask(front, member, stream(member, arguments, is_cut)).await.expect(&cell);
                assert!(end.is_ok(), "{cell}: {end:?} after {text}");
                assert!(!text.contains("_raw"), "{cell}: {text}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_garbled_call_that_comes_with_its_reason_can_fail_over() {
    let choice = json!({"index": 0, "finish_reason": "tool_calls", "delta": {"tool_calls": [
        {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{\"a\":"}}]}});
    let frame = format!("data: {}\n\ndata: [DONE]\n\n", json!({"id": "c", "choices": [choice]}));
    let chat = OpenAiChat.into();
    let error = ask(&chat, &chat, frame).await.expect_err("nothing was committed");
    assert_eq!(Failure::of(&error).class(), Class::InvalidOutput);
}
