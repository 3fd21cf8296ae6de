//! What was torn and then ended, as some proxies end whatever they have: with a terminal frame of their own.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::dialect::sse::RawFrame;
use tower_failover::dialect::{AnyDialect, Dialect, Signal};
use tower_failover::facts::Call;
use tower_failover::failure::BoxError;
use tower_failover::schema_normalizer::SchemaNormalizerLayer;
use tower_failover::stream_guard::StreamGuardLayer;

use crate::{frames, scenarios};

/// Ends without a reason, of any dialect: servers that speak one and proxies that know another mix them.
const BARE_ENDS: [&str; 3] = [
    "data: [DONE]\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\ndata: [DONE]\n\n",
];

fn question(front: AnyDialect) -> Request<Buffered> {
    let (path, body) = match front.name() {
        "openai-chat" => (
            "/v1/chat/completions",
            r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#,
        ),
        "openai-responses" => ("/v1/responses", r#"{"model":"m","stream":true,"input":"Hi"}"#),
        "anthropic-messages" => (
            "/v1/messages",
            r#"{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#,
        ),
        "gemini" => (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#,
        ),
        other => panic!("a question in {other}"),
    };
    let mut request = Request::post(path).body(Buffered::from(body.to_owned())).unwrap();
    request.extensions_mut().insert(Call::new("m").with_stream(true));
    request
}

/// What the caller gets of it. An error before the first word is one, too.
pub(crate) async fn told(from: AnyDialect, to: AnyDialect, stream: Bytes) -> Result<Bytes, BoxError> {
    let member = service_fn(move |_: Request<Buffered>| {
        let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
        std::future::ready(Ok::<_, Infallible>(response.body(Full::new(stream.clone())).unwrap()))
    });
    let layers = ServiceBuilder::new()
        .layer(StreamGuardLayer::for_dialect(to))
        .layer(SchemaNormalizerLayer::new(to, from).model("m"));
    let response = layers.service(member).oneshot(question(to)).await?;
    Ok(response.into_body().collect().await?.to_bytes())
}

/// The frames before the one that says why the model stopped, and before an error.
fn untold(from: AnyDialect, stream: &[u8]) -> Vec<RawFrame> {
    let is_open = |frame: &RawFrame| {
        !matches!(from.signal(&frame.parse()), Signal::Finish | Signal::End | Signal::Error(_))
    };
    frames(stream).into_iter().take_while(is_open).collect()
}

/// Some servers of this dialect give no reason for calls: those that are there to the last brace, and nothing after
/// them, are an answer.
fn has_whole_calls(from: AnyDialect, part: &[RawFrame]) -> bool {
    let (mut calls, mut is_last) = (Vec::<String>::new(), false);
    for frame in part.iter().filter(|_| from.name() == "openai-chat") {
        let delta: Value = serde_json::from_slice(&frame.parse().data.unwrap()).unwrap();
        let delta = &delta["choices"][0]["delta"];
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            calls.resize(calls.len().max(index + 1), String::new());
            calls[index].push_str(call["function"]["arguments"].as_str().unwrap());
        }
        is_last = delta["tool_calls"].is_array();
    }
    is_last && calls.iter().all(|arguments| serde_json::from_str::<Value>(arguments).is_ok())
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_with_a_bare_end_is_none() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for from in AnyDialect::ALL {
        for path in scenarios(*from, "stream") {
            let untold = untold(*from, &std::fs::read(&path).unwrap());
            for (cut, end) in (0..=untold.len()).flat_map(|cut| BARE_ENDS.map(|end| (cut, end))) {
                let part = &untold[..cut];
                let is_whole = has_whole_calls(*from, part) && end.ends_with("data: [DONE]\n\n");
                let bytes = part.iter().flat_map(|frame| frame.bytes().to_vec()).chain(end.bytes());
                let stream: Bytes = bytes.collect();
                for to in AnyDialect::ALL {
                    tried += 1;
                    let told = told(*from, *to, stream.clone()).await;
                    if told.is_ok() != is_whole {
                        let name = path.file_name().unwrap().to_str().unwrap();
                        wrong.push(format!("{from} {name}, {cut} frames and {end:?}, to {to}: {told:?}"));
                    }
                }
            }
        }
    }
    assert!(tried > 1000, "only {tried}");
    assert!(
        wrong.is_empty(),
        "{} of {tried} taken for what they are not:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Two answers side by side: the first ends last, and first.
const SEVERAL: [(&str, [&[&str]; 2]); 2] = [
    (
        "openai-chat",
        [
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":1,"delta":{"role":"assistant","content":"b"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            ],
            &[
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"b"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":1,"delta":{"content":"b"}}]}"#,
                r#"{"id":"c","model":"m","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
            ],
        ],
    ),
    (
        "gemini",
        [
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}"#,
                r#"{"candidates":[{"index":1,"finishReason":"STOP"}]}"#,
                r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#,
                r#"{"candidates":[{"finishReason":"STOP"}]}"#,
            ],
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}"#,
                r#"{"candidates":[{"finishReason":"STOP"}]}"#,
                r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1}]}"#,
                r#"{"candidates":[{"index":1,"finishReason":"STOP"}]}"#,
            ],
        ],
    ),
];

#[tokio::test(start_paused = true)]
async fn half_of_several_answers_is_none() {
    for (name, [ends_last, ends_first]) in SEVERAL {
        let from: AnyDialect = name.parse().unwrap();
        for (chunks, first_is_over) in [(ends_last, ends_last.len()), (ends_first, 2)] {
            for (cut, end) in (0..=chunks.len()).flat_map(|cut| ["", BARE_ENDS[0]].map(|end| (cut, end))) {
                let frames = chunks[..cut].iter().map(|chunk| format!("data: {chunk}\n\n"));
                let stream: Bytes = frames.chain([end.to_owned()]).collect::<String>().into();
                for to in AnyDialect::ALL {
                    // Whoever gets one answer gets the first, and that one whole.
                    let gets_one = !SEVERAL.iter().any(|(name, _)| *name == to.name());
                    // A provider's own terminal frame counts, if one of them was given a reason.
                    let is_told = from == *to && end == "data: [DONE]\n\n" && from.name() == "openai-chat";
                    let one_is_over = first_is_over.min(3);
                    let is_whole = cut == chunks.len()
                        || (gets_one && cut >= first_is_over)
                        || (is_told && cut >= one_is_over);
                    let told = told(from, *to, stream.clone()).await;
                    assert_eq!(told.is_ok(), is_whole, "{from}, {cut} and {end:?}, to {to}: {told:?}");
                }
            }
        }
    }
}
