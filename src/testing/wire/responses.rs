//! OpenAI Responses as it comes over the wire.
//!
//! Written from the vendor's API reference and from what its official SDK reads, and not with `dialect`: a
//! format that is tested with itself agrees with itself.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Finish, Part, Say, ToolCall, WireError, WireFrame, argument_pieces, token};
use crate::testing::Refusal;

/// What encrypted thoughts of this vendor begin with.
pub(crate) const SEAL: &str = "gAAAAA";

pub(crate) fn answer(say: &Say) -> Value {
    if say.is_count {
        return json!({"object": "response.input_tokens", "input_tokens": say.input_tokens});
    }
    ended(say)
}

/// The response, when it is over.
fn ended(say: &Say) -> Value {
    let (status, details) = match say.finish {
        Finish::Length => ("incomplete", json!({"reason": "max_output_tokens"})),
        Finish::Blocked => ("incomplete", json!({"reason": "content_filter"})),
        Finish::Natural => ("completed", Value::Null),
        Finish::Missing => ("in_progress", Value::Null),
    };
    let mut response = response(say, status);
    response["incomplete_details"] = details;
    response["output"] = items(say).into();
    response["usage"] = usage(say);
    response
}

pub(crate) fn failed_answer(say: &Say) -> Value {
    let mut response = response(say, "failed");
    response["error"] = json!({"code": "server_error", "message": BUSY});
    response
}

/// A response, before there is anything in it.
fn response(say: &Say, status: &str) -> Value {
    let mut response = json!({
        "id": format!("resp_{}", token(say.serial, 48)), "object": "response", "created_at": say.created,
        "status": status, "background": false, "error": null, "incomplete_details": null,
        "instructions": null, "max_output_tokens": null, "max_tool_calls": null, "model": say.model,
        "output": [], "parallel_tool_calls": true, "previous_response_id": null,
        "reasoning": {"effort": null, "summary": null}, "safety_identifier": null, "service_tier": "default",
        "store": true, "temperature": 1.0, "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto", "tools": [], "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled",
        "usage": null, "user": null, "metadata": {},
    });
    for (name, value) in say.echo.as_object().into_iter().flatten() {
        response[name] = value.clone();
    }
    response
}

/// All that is put out, in order.
fn items(say: &Say) -> Vec<Value> {
    let thoughts = (!say.thoughts.is_empty()).then(|| reasoning(say));
    let text = say.whole_text();
    let message = (!text.is_empty()).then(|| message(say, &json!([output_text(&text)])));
    let calls = (0..).zip(&say.calls).map(|(nth, call)| function_call(say, nth, call));
    thoughts.into_iter().chain(message).chain(calls).collect()
}

fn reasoning(say: &Say) -> Value {
    let summary = if say.shows_thoughts { json!([summary_text(&say.thoughts.concat())]) } else { json!([]) };
    let sealed = format!("{SEAL}B{}", token(say.serial * 100 + 97, 120));
    json!({"id": format!("rs_{}", token(say.serial * 100 + 98, 48)), "type": "reasoning", "summary": summary,
        "encrypted_content": sealed})
}

fn summary_text(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

fn message(say: &Say, content: &Value) -> Value {
    let status = if say.finish == Finish::Length { "incomplete" } else { "completed" };
    json!({"id": format!("msg_{}", token(say.serial * 100 + 99, 48)), "type": "message", "status": status,
        "role": "assistant", "content": content})
}

fn output_text(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

fn function_call(say: &Say, nth: u64, call: &ToolCall) -> Value {
    let seed = say.serial * 100 + nth;
    json!({"id": format!("fc_{}", token(seed, 48)), "type": "function_call", "status": "completed",
        "arguments": call.arguments.to_string(), "call_id": format!("call_{}", token(seed, 24)),
        "name": call.name})
}

fn usage(say: &Say) -> Value {
    if say.finish == Finish::Missing {
        return Value::Null;
    }
    let (input, thoughts) = (say.input_tokens, say.thought_tokens());
    let output = say.output_tokens() + thoughts;
    json!({
        "input_tokens": input, "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": output, "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": input + output,
    })
}

/// The frames of a stream, each with its number.
struct Frames(Vec<WireFrame>);

impl Frames {
    fn push(&mut self, part: Part, kind: &str, mut event: Value) {
        event["type"] = kind.into();
        event["sequence_number"] = self.0.len().into();
        self.0.push(WireFrame { part, bytes: event_bytes(&event) });
    }

    /// An item from its beginning to its end, with what comes between.
    fn item(&mut self, index: usize, empty: &Value, whole: &Value, between: impl FnOnce(&mut Self)) {
        // A call is named at its beginning; the others begin with nothing.
        let part = if whole["type"] == "function_call" { Part::Content } else { Part::Lifecycle };
        self.push(part, "response.output_item.added", json!({"output_index": index, "item": empty}));
        between(self);
        let done = json!({"output_index": index, "item": whole});
        self.push(Part::Lifecycle, "response.output_item.done", done);
    }
}

fn event_bytes(event: &Value) -> Bytes {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default()).into()
}

pub(crate) fn frames(say: &Say) -> Vec<WireFrame> {
    let mut frames = Frames(Vec::new());
    for kind in ["response.created", "response.in_progress"] {
        frames.push(Part::Lifecycle, kind, json!({"response": response(say, "in_progress")}));
    }
    for (index, item) in items(say).iter().enumerate() {
        match item["type"].as_str() {
            Some("reasoning") => stream_reasoning(&mut frames, say, index, item),
            Some("message") => stream_message(&mut frames, say, index, item),
            _ => stream_call(&mut frames, index, item),
        }
    }
    let end = if say.finish == Finish::Natural { "response.completed" } else { "response.incomplete" };
    frames.push(Part::Finish, end, json!({"response": ended(say)}));
    frames.0
}

fn stream_reasoning(frames: &mut Frames, say: &Say, index: usize, item: &Value) {
    let mut empty = item.clone();
    empty["summary"] = json!([]);
    frames.item(index, &empty, item, |frames| {
        if !say.shows_thoughts {
            return;
        }
        let at = |mut event: Value| {
            event["item_id"] = item["id"].clone();
            event["output_index"] = index.into();
            event["summary_index"] = 0.into();
            event
        };
        let (begin, whole) = (summary_text(""), say.thoughts.concat());
        frames.push(Part::Lifecycle, "response.reasoning_summary_part.added", at(json!({"part": begin})));
        for piece in &say.thoughts {
            frames.push(Part::Content, "response.reasoning_summary_text.delta", at(json!({"delta": piece})));
        }
        frames.push(Part::Lifecycle, "response.reasoning_summary_text.done", at(json!({"text": whole})));
        let part = summary_text(&whole);
        frames.push(Part::Lifecycle, "response.reasoning_summary_part.done", at(json!({"part": part})));
    });
}

fn stream_message(frames: &mut Frames, say: &Say, index: usize, item: &Value) {
    let mut empty = message(say, &json!([]));
    empty["status"] = "in_progress".into();
    frames.item(index, &empty, item, |frames| {
        let at = |mut event: Value| {
            event["item_id"] = item["id"].clone();
            event["output_index"] = index.into();
            event["content_index"] = 0.into();
            event
        };
        let (begin, whole) = (output_text(""), say.whole_text());
        frames.push(Part::Lifecycle, "response.content_part.added", at(json!({"part": begin})));
        for piece in &say.text {
            let delta = at(json!({"delta": piece, "logprobs": []}));
            frames.push(Part::Content, "response.output_text.delta", delta);
        }
        let done = at(json!({"text": whole, "logprobs": []}));
        frames.push(Part::Lifecycle, "response.output_text.done", done);
        let part = output_text(&whole);
        frames.push(Part::Lifecycle, "response.content_part.done", at(json!({"part": part})));
    });
}

fn stream_call(frames: &mut Frames, index: usize, item: &Value) {
    let mut empty = item.clone();
    empty["status"] = "in_progress".into();
    empty["arguments"] = "".into();
    frames.item(index, &empty, item, |frames| {
        let at = |mut event: Value| {
            event["item_id"] = item["id"].clone();
            event["output_index"] = index.into();
            event
        };
        let whole = item["arguments"].as_str().unwrap_or_default();
        let arguments: Value = serde_json::from_str(whole).unwrap_or_default();
        for piece in argument_pieces(&arguments) {
            frames.push(Part::Content, "response.function_call_arguments.delta", at(json!({"delta": piece})));
        }
        let done = at(json!({"arguments": whole, "name": item["name"]}));
        frames.push(Part::Lifecycle, "response.function_call_arguments.done", done);
    });
}

const BUSY: &str = "The server had an error while processing your request. Sorry about that!";

/// Two events, as the vendor sends them: one says what went wrong, and one that the response has failed.
pub(crate) fn error_frame(say: &Say, after: usize) -> Bytes {
    let error = json!({"type": "server_error", "code": "server_error", "message": BUSY, "param": null});
    let error = json!({"type": "error", "sequence_number": after, "error": error});
    let failed =
        json!({"type": "response.failed", "sequence_number": after + 1, "response": failed_answer(say)});
    [event_bytes(&error), event_bytes(&failed)].concat().into()
}

pub(crate) fn malformed_frame() -> Bytes {
    Bytes::from_static(
        b"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_\n\n",
    )
}

pub(crate) fn refusal(refusal: Refusal) -> WireError {
    const BAD: &str = "invalid_request_error";
    let (status, kind, param, code, message) = match refusal {
        Refusal::ContextOverflow => {
            let message = "Your input exceeds the context window of this model. Please adjust your input and try again.";
            (400, BAD, Some("input"), "context_length_exceeded", message)
        }
        Refusal::ContentPolicy => {
            let message =
                "Invalid prompt: your prompt was flagged as potentially violating our usage policy.";
            (400, BAD, None, "invalid_prompt", message)
        }
        Refusal::InsufficientQuota => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, "insufficient_quota", None, "insufficient_quota", message)
        }
        // With 400, where the vendor's other API says 404.
        Refusal::ModelNotFound => {
            (400, BAD, Some("model"), "model_not_found", "The requested model does not exist.")
        }
        Refusal::Prefill => {
            (400, BAD, Some("input"), "invalid_value", "The last item must not be an assistant's.")
        }
    };
    let body = json!({"error": {"message": message, "type": kind, "param": param, "code": code}});
    WireError { status: StatusCode::from_u16(status).unwrap_or_default(), body }
}
