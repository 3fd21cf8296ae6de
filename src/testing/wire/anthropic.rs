//! Anthropic Messages as it comes over the wire.
//!
//! Written from the vendor's API reference and from what its official SDK reads, and not with `dialect`: a
//! format that is tested with itself agrees with itself.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Complaint, Finish, Part, Say, WireError, WireFrame, argument_pieces, token};
use crate::testing::Refusal;

pub(crate) fn answer(say: &Say) -> Value {
    if say.is_count {
        return json!({"input_tokens": say.input_tokens});
    }
    let mut message = message(say);
    let text = say.whole_text();
    let text = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
    let calls = (0..).zip(&say.calls).map(|(index, call)| {
        json!({"type": "tool_use", "id": tool_id(say, index), "name": call.name, "input": call.arguments})
    });
    let thought = thinks(say)
        .then(|| json!({"type": "thinking", "thinking": say.thoughts.concat(), "signature": signature(say)}));
    message["content"] = thought.into_iter().chain(text).chain(calls).collect();
    message["stop_reason"] = stop_reason(say);
    message["usage"] = usage(say, say.output_tokens() + say.thought_tokens());
    message
}

pub(crate) fn frames(say: &Say) -> Vec<WireFrame> {
    let mut frames = vec![frame(
        Part::Lifecycle,
        "message_start",
        &json!({"type": "message_start", "message": message(say)}),
    )];
    let mut index = 0;
    if thinks(say) {
        let thoughts = say.thoughts.iter().map(|piece| json!({"type": "thinking_delta", "thinking": piece}));
        let signature = json!({"type": "signature_delta", "signature": signature(say)});
        let start = json!({"type": "thinking", "thinking": "", "signature": ""});
        block(&mut frames, index, &start, thoughts.chain([signature]));
        index += 1;
    }
    if !say.text.is_empty() || say.calls.is_empty() {
        let deltas = say.text.iter().map(|piece| json!({"type": "text_delta", "text": piece}));
        block(&mut frames, index, &json!({"type": "text", "text": ""}), deltas);
        index += 1;
    }
    for (call, nth) in say.calls.iter().zip(0..) {
        let start = json!({"type": "tool_use", "id": tool_id(say, nth), "name": call.name, "input": {}});
        // The first piece is always empty.
        let pieces = std::iter::once(String::new()).chain(argument_pieces(&call.arguments));
        let deltas = pieces.map(|piece| json!({"type": "input_json_delta", "partial_json": piece}));
        block(&mut frames, index, &start, deltas);
        index += 1;
    }
    let delta = json!({"stop_reason": stop_reason(say), "stop_sequence": null});
    let usage = usage(say, say.output_tokens() + say.thought_tokens());
    let end = json!({"type": "message_delta", "delta": delta, "usage": usage});
    frames.push(frame(Part::Finish, "message_delta", &end));
    frames.push(frame(Part::Terminal, "message_stop", &json!({"type": "message_stop"})));
    frames
}

fn block(frames: &mut Vec<WireFrame>, index: u64, start: &Value, deltas: impl Iterator<Item = Value>) {
    let part = if start["type"] == "tool_use" { Part::Content } else { Part::Lifecycle };
    let start = json!({"type": "content_block_start", "index": index, "content_block": start});
    frames.push(frame(part, "content_block_start", &start));
    if index == 0 {
        frames.push(frame(Part::Lifecycle, "ping", &json!({"type": "ping"})));
    }
    frames.extend(deltas.map(|delta| {
        let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
        frame(Part::Content, "content_block_delta", &delta)
    }));
    let stop = json!({"type": "content_block_stop", "index": index});
    frames.push(frame(Part::Lifecycle, "content_block_stop", &stop));
}

fn frame(part: Part, event: &str, data: &Value) -> WireFrame {
    WireFrame { part, bytes: event_bytes(event, data) }
}

fn event_bytes(event: &str, data: &Value) -> Bytes {
    format!("event: {event}\ndata: {data}\n\n").into()
}

fn message(say: &Say) -> Value {
    json!({
        "id": format!("msg_01{}", token(say.serial, 22)), "type": "message", "role": "assistant",
        "model": say.model, "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(say, 1),
    })
}

fn thinks(say: &Say) -> bool {
    say.shows_thoughts && !say.thoughts.is_empty()
}

fn signature(say: &Say) -> String {
    format!("EqQB{}", token(say.serial * 100 + 97, 120))
}

fn tool_id(say: &Say, index: u64) -> String {
    format!("toolu_01{}", token(say.serial * 100 + index, 22))
}

fn stop_reason(say: &Say) -> Value {
    match say.finish {
        Finish::Missing => Value::Null,
        Finish::Length => "max_tokens".into(),
        Finish::Blocked => "refusal".into(),
        Finish::Natural if say.calls.is_empty() => "end_turn".into(),
        Finish::Natural => "tool_use".into(),
    }
}

fn usage(say: &Say, output: u64) -> Value {
    json!({
        "input_tokens": say.input_tokens, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
        "output_tokens": output, "service_tier": "standard",
    })
}

pub(crate) fn error_frame() -> Bytes {
    event_bytes(
        "error",
        &json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    )
}

pub(crate) fn malformed_frame() -> Bytes {
    Bytes::from_static(
        b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"del\n\n",
    )
}

pub(crate) fn error(status: StatusCode) -> Value {
    let (kind, message) = match status.as_u16() {
        401 => ("authentication_error", "invalid x-api-key"),
        402 => ("billing_error", "There is a problem with your billing."),
        403 => ("permission_error", "Your API key may not use this resource."),
        404 => ("not_found_error", "model: not found"),
        413 => ("request_too_large", "Request exceeds the maximum size."),
        429 => ("rate_limit_error", "This request would exceed your organization's rate limit."),
        504 => ("timeout_error", "The request timed out."),
        529 => ("overloaded_error", "Overloaded"),
        500..=599 => ("api_error", "Internal server error"),
        _ => ("invalid_request_error", "The request is not valid."),
    };
    error_body(kind, message)
}

pub(crate) fn refusal(refusal: Refusal) -> WireError {
    const BAD: &str = "invalid_request_error";
    let (status, kind, message) = match refusal {
        Refusal::ContextOverflow => (400, BAD, "prompt is too long: 210000 tokens > 200000 maximum"),
        Refusal::ContentPolicy => (400, BAD, "Output blocked by content filtering policy"),
        Refusal::InsufficientQuota => {
            (400, BAD, "Your credit balance is too low to access the Anthropic API.")
        }
        Refusal::ModelNotFound => (404, "not_found_error", "model: no such model"),
        Refusal::Prefill => {
            let message = "This model does not support assistant message prefill. The conversation must end \
                           with a user message.";
            (400, BAD, message)
        }
    };
    WireError { status: StatusCode::from_u16(status).unwrap_or_default(), body: error_body(kind, message) }
}

pub(crate) fn complaint(complaint: &Complaint) -> Value {
    let message = match &complaint.param {
        Some(param) => format!("{param}: {}", complaint.message),
        None => complaint.message.clone(),
    };
    error_body("invalid_request_error", &message)
}

fn error_body(kind: &str, message: &str) -> Value {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_011fake"})
}

pub(crate) fn headers(serial: u64, status: StatusCode) -> HeaderMap {
    const REQUESTS: u64 = 4_000;
    let mut headers = HeaderMap::new();
    let mut set = |name: &str, value: String| {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(name), value.try_into()) {
            headers.insert(name, value);
        }
    };
    set("request-id", format!("req_011{}", token(serial, 21)));
    let limits = [
        ("requests", REQUESTS, REQUESTS - serial % REQUESTS),
        ("input-tokens", 200_000, 199_000),
        ("output-tokens", 80_000, 79_000),
        ("tokens", 280_000, 278_000),
    ];
    let reset = rfc3339(SystemTime::now());
    for (name, limit, remaining) in limits {
        set(&format!("anthropic-ratelimit-{name}-limit"), limit.to_string());
        set(&format!("anthropic-ratelimit-{name}-remaining"), remaining.to_string());
        set(&format!("anthropic-ratelimit-{name}-reset"), reset.clone());
    }
    match status.as_u16() {
        429 | 529 => set("x-should-retry", "true".to_owned()),
        400 | 401 | 404 => set("x-should-retry", "false".to_owned()),
        _ => {}
    }
    headers
}

/// RFC 3339 in UTC, to the second. The calendar is Howard Hinnant's `civil_from_days`.
fn rfc3339(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_written_as_the_vendor_writes_them() {
        let at = |seconds| rfc3339(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(at(1_798_761_599), "2026-12-31T23:59:59Z");
    }
}
