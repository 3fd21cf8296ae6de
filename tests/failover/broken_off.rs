//! Answers whose last word is that they failed, that nobody knows, or that comes too soon.

use serde_json::{Value, json};
use tower_failover::testing::{FakeProvider, RecordedReply};

use crate::faults::assert_torn;
use crate::resume::spoken;
use crate::support::{APIS, Answer, Api, Gateway, join};

const FALLBACK: &str = "the fallback's answer";
const HALF: &str = "half of an ";
/// Retries take their time, and no silence is a stall.
const SETTINGS: &str = r#"
    [retry]
    attempts = 2
    base = "10ms"
    [stream]
    rescue = "error"
    first_token = "60s"
    idle = "60s"
    [timeouts]
    attempt = "60s"
    total = "120s"
"#;

/// The words for an answer that was broken off, of the members that have such words.
fn failures() -> Vec<(Api, Value)> {
    let chat = ["insufficient_system_resource", "abort", "error"].map(|word| (Api::OpenAi, json!(word)));
    let gemini = [json!("OTHER"), json!(5), json!("MALFORMED_RESPONSE"), json!("MALFORMED_FUNCTION_CALL")];
    chat.into_iter().chain(gemini.map(|word| (Api::Gemini, word))).collect()
}

/// Words that nobody knows, or that excuse nothing.
fn unknown() -> Vec<(Api, Value)> {
    vec![
        (Api::OpenAi, json!("of_tomorrow")),
        (Api::Anthropic, json!("of_tomorrow")),
        (Api::Gemini, json!("OF_TOMORROW")),
        (Api::Gemini, json!("NO_IMAGE")),
        (Api::Gemini, json!("IMAGE_OTHER")),
        (Api::Gemini, json!(99)),
    ]
}

/// An answer of this member that says `text` and ends with `word`.
fn reply(api: Api, text: &str, word: &Value, is_stream: bool) -> RecordedReply {
    match (api, is_stream) {
        (Api::OpenAi, false) => {
            whole(&json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": word}]}))
        }
        (Api::Anthropic, false) => {
            whole(&json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": if text.is_empty() { json!([]) } else { json!([{"type": "text", "text": text}]) },
            "stop_reason": word, "usage": {"input_tokens": 1, "output_tokens": 1}}))
        }
        (Api::Gemini, false) => {
            whole(&json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"},
            "finishReason": word, "index": 0}]}))
        }
        (Api::OpenAi, true) => {
            let chunk = |delta: Value, word: &Value| {
                json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
                    "choices": [{"index": 0, "delta": delta, "finish_reason": word}]})
            };
            let said = chunk(json!({"role": "assistant", "content": text}), &Value::Null);
            frames(&[said, chunk(json!({}), word)], "data: [DONE]\n\n")
        }
        (Api::Anthropic, true) => {
            let start = json!({"type": "message_start", "message": {"id": "msg_1", "type": "message",
                "role": "assistant", "model": "m", "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}});
            let open = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
            let said = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
            let close = json!({"type": "content_block_stop", "index": 0});
            let end = json!({"type": "message_delta", "delta": {"stop_reason": word}, "usage": {"output_tokens": 1}});
            frames(&[start, open, said, close, end, json!({"type": "message_stop"})], "")
        }
        (Api::Gemini, true) => {
            let said = json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}]});
            frames(&[said, json!({"candidates": [{"finishReason": word, "index": 0}]})], "")
        }
        (Api::Responses, _) => unreachable!("it has no such words"),
    }
}

fn whole(body: &Value) -> RecordedReply {
    RecordedReply::json(200, body.to_string())
}

fn frames(events: &[Value], end: &str) -> RecordedReply {
    let frame = |event: &Value| match event["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {event}\n\n"),
        None => format!("data: {event}\n\n"),
    };
    RecordedReply::sse(events.iter().map(frame).collect::<String>() + end)
}

/// A primary that answers so however often it is asked, and a fallback that goes on with nothing that was begun.
async fn between(api: Api, reply: &RecordedReply) -> (Gateway, FakeProvider, FakeProvider) {
    let primary = api.provider("unused").await;
    for _ in 0..3 {
        primary.reply(reply.clone());
    }
    let fallback = Api::Responses.provider(FALLBACK).await;
    let members = [(api, primary.base_url()), (Api::Responses, fallback.base_url())];
    (Gateway::with_settings(&members, SETTINGS).await, primary, fallback)
}

/// What each front gets of this reply.
async fn each_front(api: Api, reply: &RecordedReply, is_stream: bool, check: impl Fn(Api, Answer)) {
    let ask = async |front: Api| {
        let (gateway, _primary, _fallback) = between(api, reply).await;
        check(front, gateway.ask(front, is_stream).await);
    };
    join(APIS.into_iter().map(ask)).await;
}

fn assert_fell_over(front: Api, answer: &Answer, is_stream: bool, what: &str) {
    assert_eq!(answer.status, 200, "{front:?} {what}: {answer:?}");
    assert_eq!(answer.header("x-failover-provider"), "fallback", "{front:?} {what}: {answer:?}");
    assert_eq!(answer.read(front, is_stream).text, FALLBACK, "{front:?} {what}");
}

#[tokio::test]
async fn nothing_said_is_excused_by_no_word_that_does_not_explain_it() {
    for (api, word) in failures().into_iter().chain(unknown()) {
        for is_stream in [false, true] {
            let what = format!("{api:?} {word} {is_stream}");
            each_front(api, &reply(api, "", &word, is_stream), is_stream, |front, answer| {
                assert_fell_over(front, &answer, is_stream, &what);
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_whole_answer_that_says_it_failed_is_none() {
    for (api, word) in failures() {
        each_front(api, &reply(api, HALF, &word, false), false, |front, answer| {
            assert_fell_over(front, &answer, false, &format!("{api:?} {word}"));
        })
        .await;
    }
}

#[tokio::test]
async fn a_stream_that_says_it_failed_is_an_interruption() {
    for (api, word) in failures() {
        each_front(api, &reply(api, HALF, &word, true), true, |front, answer| {
            let (body, what) = (answer.raw(), format!("{api:?} {word} for {front:?}: {}", answer.raw()));
            assert_eq!(spoken(front, body), HALF, "{what}");
            assert_torn(front, body, &what);
        })
        .await;
    }
}

#[tokio::test]
async fn what_was_broken_off_is_completed_by_who_can() {
    for front in APIS {
        let primary = Api::OpenAi.provider("unused").await;
        primary.reply(reply(Api::OpenAi, HALF, &json!("abort"), true));
        let fallback = Api::Anthropic.provider("half of an answer.").await;
        let members = [(Api::OpenAi, primary.base_url()), (Api::Anthropic, fallback.base_url())];
        let rescued = SETTINGS.replace("rescue = \"error\"", "");
        let gateway = Gateway::with_settings(&members, &rescued).await;
        let answer = gateway.ask(front, true).await;
        let reading = answer.read(front, true);
        assert_eq!(
            (&*reading.text, &*reading.finish),
            ("half of an answer.", "stop"),
            "{front:?} {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_word_that_nobody_knows_passes_between_equals_and_is_a_stop_elsewhere() {
    for (api, word) in unknown() {
        for is_stream in [false, true] {
            each_front(api, &reply(api, HALF, &word, is_stream), is_stream, |front, answer| {
                if api == front {
                    let body = answer.raw();
                    return assert!(
                        body.contains(HALF) && body.contains(&word.to_string()),
                        "{api:?}: {body}"
                    );
                }
                let reading = answer.read(front, is_stream);
                assert_eq!((&*reading.text, &*reading.finish), (HALF, "stop"), "{front:?} {api:?} {word}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn what_is_written_out_by_default_is_no_reason() {
    let chunk = |text: &str, word: &str| json!({"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": word, "index": 0}]});
    let unspecified = "FINISH_REASON_UNSPECIFIED";
    let reply = frames(&[chunk(HALF, unspecified), chunk("answer.", unspecified), chunk("", "STOP")], "");
    each_front(Api::Gemini, &reply, true, |front, answer| {
        assert_eq!(answer.read(front, true).text, "half of an answer.", "{front:?} {answer:?}");
    })
    .await;
    each_front(Api::Gemini, &frames(&[chunk(HALF, unspecified)], ""), true, |front, answer| {
        assert_torn(front, answer.raw(), &format!("{front:?} {answer:?}"));
    })
    .await;
}

fn responses(events: &[Value]) -> String {
    let frame = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
    events.iter().map(frame).collect()
}

#[tokio::test]
async fn a_response_that_ends_like_a_chat_before_it_is_completed_is_half_an_answer() {
    let response = |status: &str, output: Value| {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m", "output": output,
            "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}})
    };
    let created = json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([]))});
    let added = json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
        "item": {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}});
    let delta = json!({"type": "response.output_text.delta", "sequence_number": 2, "output_index": 0, "content_index": 0,
        "item_id": "msg_1", "delta": HALF, "logprobs": []});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": HALF, "annotations": []}]});
    let completed = json!({"type": "response.completed", "sequence_number": 3, "response": response("completed", json!([message]))});
    let done = "data: [DONE]\n\n";

    let half = responses(&[created.clone(), added.clone(), delta.clone()]) + done;
    let rest = responses(std::slice::from_ref(&completed));
    for stream in [half.clone(), half + &rest] {
        each_front(Api::Responses, &RecordedReply::sse(stream), true, |front, answer| {
            let what = format!("{front:?} {answer:?}");
            assert_eq!(spoken(front, answer.raw()), HALF, "{what}");
            assert_torn(front, answer.raw(), &what);
            assert!(
                front != Api::Responses || !answer.raw().contains("[DONE]"),
                "the SDK stops there: {what}"
            );
        })
        .await;
    }
    let nothing = responses(std::slice::from_ref(&created)) + done;
    each_front(Api::Responses, &RecordedReply::sse(nothing), true, |front, answer| {
        assert_fell_over(front, &answer, true, "[DONE] before anything");
    })
    .await;
    let whole = responses(&[created, added, delta, completed]) + done;
    each_front(Api::Responses, &RecordedReply::sse(whole + "data: {}\n\n"), true, |front, answer| {
        assert_eq!(answer.header("x-failover-provider"), "primary", "{front:?} {answer:?}");
        assert!(answer.raw().contains(HALF) && !answer.raw().contains("data: {}\n"), "{front:?} {answer:?}");
        if front != Api::Responses {
            assert_eq!(answer.read(front, true).text, HALF, "{front:?} {answer:?}");
        }
    })
    .await;
}
