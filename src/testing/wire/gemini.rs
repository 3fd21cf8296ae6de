//! Gemini as it comes over the wire.
//!
//! Written from the vendor's API description and from recorded exchanges, and not with `dialect`: a format that
//! is tested with itself agrees with itself.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::{Complaint, Finish, Part, Say, WireError, WireFrame, token};
use crate::testing::Refusal;

pub(crate) fn answer(say: &Say) -> Value {
    if say.is_count {
        let details = json!([{"modality": "TEXT", "tokenCount": say.input_tokens}]);
        return json!({"totalTokens": say.input_tokens, "promptTokensDetails": details});
    }
    if say.finish == Finish::Blocked {
        return blocked(say);
    }
    let text = say.whole_text();
    let mut text = (!text.is_empty()).then(|| json!({"text": text}));
    // On a call where there is one, else on the text.
    if let (Some(part), true, false) = (&mut text, say.calls.is_empty(), say.thoughts.is_empty()) {
        part["thoughtSignature"] = signature(say).into();
    }
    let parts = thought(say, &say.thoughts.concat()).into_iter().chain(text).chain(calls(say));
    chunk(say, &parts.collect(), finish(say), say.output_tokens())
}

/// The prompt was refused: a 200 without a candidate.
fn blocked(say: &Say) -> Value {
    let usage = json!({"promptTokenCount": say.input_tokens, "totalTokenCount": say.input_tokens});
    json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": usage,
        "modelVersion": say.model, "responseId": token(say.serial, 22)})
}

/// Every piece has the shape of a whole answer, and all the usage so far. There is no end marker.
pub(crate) fn frames(say: &Say) -> Vec<WireFrame> {
    let frame = |part, value: &Value| WireFrame { part, bytes: data(value) };
    if say.finish == Finish::Blocked {
        return vec![frame(Part::Finish, &blocked(say))];
    }
    let mut frames = Vec::new();
    for piece in &say.thoughts {
        let parts: Value = thought(say, piece).into_iter().collect();
        if say.shows_thoughts {
            frames.push(frame(Part::Content, &chunk(say, &parts, None, 0)));
        }
    }
    for (piece, so_far) in say.text.iter().zip(1..) {
        frames.push(frame(Part::Content, &chunk(say, &json!([{"text": piece}]), None, so_far)));
    }
    if !say.calls.is_empty() {
        let calls: Vec<Value> = calls(say).collect();
        frames.push(frame(Part::Content, &chunk(say, &calls.into(), None, say.output_tokens())));
    }
    let mut last = json!({"text": ""});
    if say.calls.is_empty() && !say.thoughts.is_empty() {
        last["thoughtSignature"] = signature(say).into();
    }
    let end = chunk(say, &json!([last]), finish(say), say.output_tokens());
    frames.push(frame(Part::Finish, &end));
    frames
}

fn chunk(say: &Say, parts: &Value, finish: Option<&str>, output: u64) -> Value {
    let mut candidate = json!({"content": {"parts": parts, "role": "model"}, "index": 0});
    if let Some(reason) = finish {
        candidate["finishReason"] = reason.into();
    }
    json!({"candidates": [candidate], "usageMetadata": usage(say, output), "modelVersion": say.model,
        "responseId": token(say.serial, 22)})
}

fn thought(say: &Say, text: &str) -> Option<Value> {
    (say.shows_thoughts && !text.is_empty()).then(|| json!({"text": text, "thought": true}))
}

/// Calls of tools. The first bears the signature of the thoughts; only newer models give calls an id.
fn calls(say: &Say) -> impl Iterator<Item = Value> + '_ {
    (0..).zip(&say.calls).map(move |(nth, call)| {
        let mut part = json!({"functionCall": {"name": call.name, "args": call.arguments}});
        if generation(&say.model) >= 3 {
            part["functionCall"]["id"] = token(say.serial * 100 + nth, 8).to_ascii_lowercase().into();
        }
        if nth == 0 && (!say.thoughts.is_empty() || generation(&say.model) >= 3) {
            part["thoughtSignature"] = signature(say).into();
        }
        part
    })
}

/// The 3 of `gemini-3-pro`, and 0 where there is none.
pub(crate) fn generation(model: &str) -> u32 {
    let number = model.split_once("gemini-").map_or("", |(_, rest)| rest);
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

/// Base64 of nothing in particular.
fn signature(say: &Say) -> String {
    format!("Ci{}", token(say.serial * 100 + 97, 122))
}

fn finish(say: &Say) -> Option<&'static str> {
    match say.finish {
        Finish::Missing => None,
        Finish::Length => Some("MAX_TOKENS"),
        Finish::Natural | Finish::Blocked => Some("STOP"),
    }
}

/// Thoughts are counted beside the answer, not in it.
fn usage(say: &Say, output: u64) -> Value {
    let (input, thoughts) = (say.input_tokens, say.thought_tokens());
    let mut usage = json!({
        "promptTokenCount": input, "candidatesTokenCount": output, "totalTokenCount": input + output + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": input}],
    });
    if thoughts > 0 {
        usage["thoughtsTokenCount"] = thoughts.into();
    }
    usage
}

fn data(value: &Value) -> Bytes {
    format!("data: {value}\r\n\r\n").into()
}

pub(crate) fn error_frame() -> Bytes {
    data(&error(StatusCode::SERVICE_UNAVAILABLE, None))
}

pub(crate) fn malformed_frame() -> Bytes {
    Bytes::from_static(b"data: {\"candidates\": [{\"content\": {\"par\r\n\r\n")
}

/// The frames as elements of one array, whose end is the only end marker that this API has.
pub(crate) fn array(frames: Vec<WireFrame>, is_whole: bool) -> Vec<WireFrame> {
    let element = |(nth, frame): (usize, WireFrame)| {
        let text = String::from_utf8_lossy(&frame.bytes);
        let element = text.trim_start_matches("data: ").trim_end();
        let before = if nth == 0 { "[" } else { ",\r\n" };
        WireFrame { part: frame.part, bytes: format!("{before}{element}").into() }
    };
    let mut frames: Vec<WireFrame> = frames.into_iter().enumerate().map(element).collect();
    if is_whole {
        let end = if frames.is_empty() { "[]" } else { "\r\n]" };
        frames.push(WireFrame { part: Part::Terminal, bytes: Bytes::from_static(end.as_bytes()) });
    }
    frames
}

pub(crate) fn error(status: StatusCode, retry_after: Option<Duration>) -> Value {
    let (name, message) = match status.as_u16() {
        401 => ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
        403 => ("PERMISSION_DENIED", "The caller does not have permission"),
        404 => ("NOT_FOUND", "The model is not found for API version v1beta."),
        429 => ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        499 => ("CANCELLED", "The operation was cancelled."),
        504 => ("DEADLINE_EXCEEDED", "The request timed out. Please try again."),
        503 | 529 => ("UNAVAILABLE", "The model is overloaded. Please try again later."),
        500..=599 => ("INTERNAL", "An internal error has occurred. Please retry."),
        _ => ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    };
    let mut body = error_body(status.as_u16(), name, message);
    if let Some(after) = retry_after {
        let delay = format!("{}s", after.as_secs_f64());
        let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay});
        body["error"]["details"] = json!([info]);
    }
    body
}

/// With 400, where others say 401.
pub(crate) fn wrong_key() -> WireError {
    let mut body = error_body(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.");
    body["error"]["details"] = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]);
    WireError { status: StatusCode::BAD_REQUEST, body }
}

pub(crate) fn refusal(refusal: Refusal) -> WireError {
    const BAD: &str = "INVALID_ARGUMENT";
    let (status, name, message) = match refusal {
        Refusal::ContextOverflow => {
            let message =
                "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).";
            (400, BAD, message)
        }
        Refusal::ContentPolicy => (400, BAD, "The request was blocked."),
        Refusal::InsufficientQuota => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            (429, "RESOURCE_EXHAUSTED", message)
        }
        Refusal::ModelNotFound => {
            let message = "models/no-such-model is not found for API version v1beta, or is not supported for \
                           generateContent. Call ListModels to see the list of available models and their \
                           supported methods.";
            (404, "NOT_FOUND", message)
        }
        Refusal::Prefill => (400, BAD, "Please ensure that the conversation ends with a user role."),
    };
    let mut body = error_body(status, name, message);
    if refusal == Refusal::InsufficientQuota {
        let violation = json!({"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests"});
        body["error"]["details"] =
            json!([{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]}]);
    }
    WireError { status: StatusCode::from_u16(status).unwrap_or_default(), body }
}

pub(crate) fn complaint(complaint: &Complaint) -> Value {
    let message = match &complaint.param {
        Some(param) => format!("* GenerateContentRequest.{param}: {}\n", complaint.message),
        None => complaint.message.clone(),
    };
    error_body(400, "INVALID_ARGUMENT", &message)
}

fn error_body(code: u16, status: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "status": status}})
}

/// None of them says anything of limits.
pub(crate) fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("server", HeaderValue::from_static("scaffolding on HTTPServer2"));
    headers.insert("server-timing", HeaderValue::from_static("gfet4t7; dur=1"));
    headers.insert("vary", HeaderValue::from_static("Origin, X-Origin, Referer"));
    headers
}
