//! Errors, there and back.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::value::RawValue;

use super::json;
use super::wire::{Object, Str};
use crate::dialect::cut::cut;
use crate::dialect::sse;
use crate::failure::table::THREAD_NOT_FOUND;
use crate::failure::{ANTHROPIC, Class, Failure, Report};

/// The longest message that is kept, in bytes.
const LONGEST: usize = 4096;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    request_id: Option<&'a RawValue>,
    /// The name of an exception, of clouds.
    #[serde(rename = "__type", borrow)]
    exception: Option<&'a RawValue>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Inner<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    code: Option<&'a RawValue>,
    #[serde(borrow)]
    param: Option<&'a RawValue>,
    #[serde(borrow)]
    details: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Details<'a> {
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
}

/// Reads an error, in the dialect's own shape or in any of those that stand-ins and proxies send instead.
pub(super) fn decode(status: Option<StatusCode>, body: &[u8]) -> Failure {
    let report = report(body);
    // Inside a stream there is no status but what the type says.
    let is_callers = report.kind.as_deref() == Some("invalid_request_error");
    let failure = ANTHROPIC.failure(status.or(is_callers.then_some(StatusCode::BAD_REQUEST)), report);
    match status {
        Some(status) => failure.with_status(status),
        None => failure,
    }
}

fn report(body: &[u8]) -> Report {
    let text = String::from_utf8_lossy(body);
    let Ok(Object(outer)) = serde_json::from_str::<Object<Body<'_>>>(&text) else {
        return Report::new(prose(&text));
    };
    let inner = outer.error.and_then(|error| serde_json::from_str::<Object<Inner<'_>>>(error.get()).ok());
    let inner = inner.map(|Object(inner)| inner).unwrap_or_default();
    let details = inner.details.and_then(|raw| serde_json::from_str::<Object<Details<'_>>>(raw.get()).ok());
    let message = inner.message.or(outer.message).or(outer.error).or(outer.detail).and_then(word);
    let code = details.and_then(|details| details.0.error_code).or(inner.code);
    Report {
        kind: inner.kind.or(outer.exception).and_then(word),
        code: code.and_then(word),
        param: inner.param.and_then(word),
        request_id: outer.request_id.and_then(word),
        ..Report::new(message.unwrap_or_default())
    }
}

/// A string, or the text of a number. Bounded.
fn word(value: &RawValue) -> Option<String> {
    match serde_json::from_str::<Str<'_>>(value.get()) {
        Ok(Str(text)) => Some(cut(&text, LONGEST).to_owned()),
        Err(_) if value.get() == "null" => None,
        Err(_) => Some(cut(value.get(), LONGEST).to_owned()),
    }
}

/// What a proxy says in a page or in plain text.
fn prose(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.starts_with('<') { Cow::Borrowed("an HTML page") } else { Cow::Borrowed(cut(text, LONGEST)) }
}

/// The type that the SDK expects with a status.
fn kind_of_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        408 | 504 => "timeout_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

/// In a stream there is no status, and the type is all the SDK has.
const fn kind_of_class(class: Class) -> &'static str {
    match class {
        Class::Overloaded | Class::CircuitOpen | Class::CoolingDown | Class::Shed => "overloaded_error",
        Class::RateLimited | Class::QuotaExhausted => "rate_limit_error",
        Class::Timeout | Class::DeadlineExceeded => "timeout_error",
        Class::InvalidRequest | Class::ContentPolicy | Class::ContextOverflow | Class::Unsupported => {
            "invalid_request_error"
        }
        _ => "api_error",
    }
}

/// Writes an error response.
pub(super) fn encode(failure: &Failure, status: StatusCode, message: &str, detail: Option<&str>) -> Vec<u8> {
    write(failure, kind_of_status(status), message, detail)
}

/// Writes an error as the last event of a stream.
pub(super) fn encode_event(failure: &Failure, message: &str) -> Vec<u8> {
    let mut out = Vec::new();
    sse::write_frame(&mut out, Some("error"), &write(failure, kind_of_class(failure.class()), message, None));
    out
}

fn write(failure: &Failure, kind: &str, message: &str, detail: Option<&str>) -> Vec<u8> {
    let mut out = b"{\"type\":\"error\",\"error\":{".to_vec();
    json::string_field(&mut out, "type", kind);
    json::string_field(&mut out, "message", message);
    let code = failure.report().and_then(|report| report.code.as_deref());
    if code == Some(THREAD_NOT_FOUND) {
        json::key(&mut out, "details");
        out.push(b'{');
        json::string_field(&mut out, "error_code", THREAD_NOT_FOUND);
        out.push(b'}');
    }
    out.push(b'}');
    json::key(&mut out, "request_id");
    json::string_or_null(&mut out, failure.report().and_then(|report| report.request_id.as_deref()));
    if let Some(detail) = detail.and_then(json::object) {
        json::raw_field(&mut out, "failover", detail.get());
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Failure {
        decode(StatusCode::from_u16(status).ok(), body.as_bytes())
    }

    #[test]
    fn the_vendors_own_shape_is_read_in_full() {
        let failure = read(
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"limit","details":{"error_code":"enforced_spend_limit_reached"}},"request_id":"req_1"}"#,
        );
        assert_eq!(failure.class(), Class::QuotaExhausted);
        let report = failure.report().unwrap();
        assert_eq!(report.message, "limit");
        assert_eq!(report.kind.as_deref(), Some("invalid_request_error"));
        assert_eq!(report.code.as_deref(), Some("enforced_spend_limit_reached"));
        assert_eq!(report.request_id.as_deref(), Some("req_1"));
    }

    #[test]
    fn stand_ins_are_understood_by_status_and_words() {
        let rows = [
            (502, "<html><body>Bad gateway</body></html>", Class::ServerError, "an HTML page"),
            (529, "", Class::Overloaded, ""),
            (
                429,
                r#"{"error":{"message":"slow","code":"rate_limit_exceeded","type":null}}"#,
                Class::RateLimited,
                "slow",
            ),
            (401, r#"{"error":"who are you"}"#, Class::Auth, "who are you"),
            (
                400,
                r#"{"message":"prompt is too long: 9 tokens"}"#,
                Class::ContextOverflow,
                "prompt is too long: 9 tokens",
            ),
            (500, r#"["odd"]"#, Class::ServerError, r#"["odd"]"#),
        ];
        for (status, body, class, message) in rows {
            let failure = read(status, body);
            assert_eq!((failure.class(), &*failure.report().unwrap().message), (class, message), "{body}");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_two_characters() {
        let failure = read(400, &"ä".repeat(5000));
        assert_eq!(failure.report().unwrap().message.len(), LONGEST);
    }

    #[test]
    fn a_caller_gets_the_type_his_sdk_knows_and_the_attempts_beside_it() {
        let failure = Failure::new(Class::Overloaded);
        let body =
            encode(&failure, StatusCode::SERVICE_UNAVAILABLE, "all \"down\"", Some(r#"{"attempts":[]}"#));
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"type":"error","error":{"type":"overloaded_error","message":"all \"down\""},"request_id":null,"failover":{"attempts":[]}}"#
        );
        let event = String::from_utf8(encode_event(&Failure::new(Class::Interrupted), "cut")).unwrap();
        assert_eq!(
            event,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"cut\"},\"request_id\":null}\n\n"
        );
    }
}
