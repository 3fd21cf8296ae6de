//! OpenAI Chat Completions as it comes over the wire.
//!
//! Written from the vendor's API reference and from what its official SDK reads, and not with `dialect`: a
//! format that is tested with itself agrees with itself.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{Complaint, Finish, Part, Say, ToolCall, WireError, WireFrame, argument_pieces, token};
use crate::testing::Refusal;

pub(crate) fn answer(say: &Say) -> Value {
    let text = say.whole_text();
    let content = if text.is_empty() && !say.calls.is_empty() { Value::Null } else { text.into() };
    let mut message = json!({"role": "assistant", "content": content, "refusal": null, "annotations": []});
    if !say.calls.is_empty() {
        message["tool_calls"] =
            (0..).zip(&say.calls).map(|(index, call)| tool_call(say, index, call)).collect();
    }
    json!({
        "id": id(say), "object": "chat.completion", "created": say.created, "model": say.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish(say)}],
        "usage": usage(say), "service_tier": "default", "system_fingerprint": "fp_fake",
    })
}

pub(crate) fn frames(say: &Say) -> Vec<WireFrame> {
    let first = if say.text.is_empty() && !say.calls.is_empty() { Value::Null } else { "".into() };
    let mut frames =
        vec![delta(say, Part::Lifecycle, &json!({"role": "assistant", "content": first, "refusal": null}))];
    frames.extend(say.text.iter().map(|piece| delta(say, Part::Content, &json!({"content": piece}))));
    for (index, call) in (0..).zip(&say.calls) {
        let mut start = tool_call(say, index, call);
        start["index"] = index.into();
        start["function"]["arguments"] = "".into();
        frames.push(delta(say, Part::Content, &json!({"tool_calls": [start]})));
        frames.extend(argument_pieces(&call.arguments).iter().map(|piece| {
            let part = json!({"index": index, "function": {"arguments": piece}});
            delta(say, Part::Content, &json!({"tool_calls": [part]}))
        }));
    }
    frames.push(chunk(say, Part::Finish, &json!([choice(&json!({}), &finish(say))]), &Value::Null));
    if say.include_usage {
        frames.push(chunk(say, Part::Finish, &json!([]), &usage(say)));
    }
    frames.push(WireFrame { part: Part::Terminal, bytes: Bytes::from_static(b"data: [DONE]\n\n") });
    frames
}

fn delta(say: &Say, part: Part, delta: &Value) -> WireFrame {
    chunk(say, part, &json!([choice(delta, &Value::Null)]), &Value::Null)
}

fn choice(delta: &Value, finish: &Value) -> Value {
    json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish})
}

fn chunk(say: &Say, part: Part, choices: &Value, usage: &Value) -> WireFrame {
    let mut chunk = json!({
        "id": id(say), "object": "chat.completion.chunk", "created": say.created, "model": say.model,
        "service_tier": "default", "system_fingerprint": "fp_fake", "choices": choices,
    });
    // The field is there, and null, on every chunk but one: only where usage was asked for.
    if say.include_usage {
        chunk["usage"] = usage.clone();
    }
    WireFrame { part, bytes: data(&chunk) }
}

fn data(value: &Value) -> Bytes {
    format!("data: {value}\n\n").into()
}

fn id(say: &Say) -> String {
    format!("chatcmpl-{}", token(say.serial, 29))
}

fn tool_call(say: &Say, index: u64, call: &ToolCall) -> Value {
    let id = format!("call_{}", token(say.serial * 100 + index, 24));
    let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
    json!({"id": id, "type": "function", "function": function})
}

fn finish(say: &Say) -> Value {
    match say.finish {
        Finish::Missing => Value::Null,
        Finish::Length => "length".into(),
        Finish::Blocked => "content_filter".into(),
        Finish::Natural if say.calls.is_empty() => "stop".into(),
        Finish::Natural => "tool_calls".into(),
    }
}

fn usage(say: &Say) -> Value {
    // Thoughts are counted, and not shown: this API has no place for them.
    let (input, thoughts) = (say.input_tokens, say.thought_tokens());
    let output = say.output_tokens() + thoughts;
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": thoughts, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}

pub(crate) fn error_frame() -> Bytes {
    data(&error_body("The server had an error while processing your request.", "server_error", None, None))
}

pub(crate) fn malformed_frame() -> Bytes {
    Bytes::from_static(
        b"data: {\"id\":\"chatcmpl-broken\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"ind\n\n",
    )
}

pub(crate) fn error(status: StatusCode) -> Value {
    let (message, kind, code) = match status.as_u16() {
        401 => ("Incorrect API key provided.", "invalid_request_error", Some("invalid_api_key")),
        402 => ("You have run out of credits.", "insufficient_quota", Some("insufficient_quota")),
        403 => ("You are not allowed to use this resource.", "invalid_request_error", Some("forbidden")),
        404 => ("The model does not exist.", "invalid_request_error", Some("model_not_found")),
        429 => ("Rate limit reached for requests.", "requests", Some("rate_limit_exceeded")),
        503 | 529 => ("The server is currently overloaded.", "server_error", Some("server_is_overloaded")),
        500..=599 => ("The server had an error processing your request.", "server_error", None),
        _ => ("The request is not valid.", "invalid_request_error", None),
    };
    error_body(message, kind, None, code)
}

pub(crate) fn refusal(refusal: Refusal) -> WireError {
    const BAD: &str = "invalid_request_error";
    let (status, body) = match refusal {
        Refusal::ContextOverflow => {
            let message = "This model's maximum context length is 8192 tokens. However, your messages resulted \
                           in 9001 tokens. Please reduce the length of the messages.";
            (400, error_body(message, BAD, Some("messages"), Some("context_length_exceeded")))
        }
        Refusal::ContentPolicy => {
            let message = "The request was rejected by the safety system.";
            (400, error_body(message, BAD, None, Some("content_policy_violation")))
        }
        Refusal::InsufficientQuota => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, error_body(message, "insufficient_quota", None, Some("insufficient_quota")))
        }
        Refusal::ModelNotFound => {
            let message = "The model does not exist or you do not have access to it.";
            (404, error_body(message, BAD, None, Some("model_not_found")))
        }
        Refusal::Prefill => {
            (400, error_body("The last message must not be an assistant's.", BAD, Some("messages"), None))
        }
    };
    WireError { status: StatusCode::from_u16(status).unwrap_or_default(), body }
}

pub(crate) fn complaint(complaint: &Complaint) -> Value {
    error_body(&complaint.message, "invalid_request_error", complaint.param.as_deref(), complaint.code)
}

fn error_body(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Value {
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

pub(crate) fn headers(serial: u64) -> HeaderMap {
    const LIMIT: u64 = 10_000;
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    set("x-request-id", format!("req_{}", token(serial, 32).to_ascii_lowercase()));
    set("openai-processing-ms", "1".to_owned());
    set("openai-version", "2020-10-01".to_owned());
    set("x-ratelimit-limit-requests", LIMIT.to_string());
    set("x-ratelimit-remaining-requests", (LIMIT - serial % LIMIT).to_string());
    set("x-ratelimit-reset-requests", "6ms".to_owned());
    set("x-ratelimit-limit-tokens", "30000000".to_owned());
    set("x-ratelimit-remaining-tokens", "29999900".to_owned());
    set("x-ratelimit-reset-tokens", "0s".to_owned());
    headers
}
