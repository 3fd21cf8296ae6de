//! Errors, there and back.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use serde_json::value::RawValue;

use crate::dialect::cut::cut;
use crate::dialect::quoted::quoted;
use crate::failure::{Class, Failure, GEMINI, Report, Scope, hint};

/// The longest message that is kept, in bytes.
const LONGEST: usize = 4096;
/// How often an error is unwrapped that somebody has wrapped in text.
const DEEPEST: usize = 3;

type Raw<'a> = Option<&'a RawValue>;

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    status: Raw<'a>,
    #[serde(borrow)]
    code: Raw<'a>,
    #[serde(borrow)]
    details: Raw<'a>,
    /// Of proxies and frameworks.
    #[serde(borrow)]
    detail: Raw<'a>,
}

/// What the details of an error may be. They are told apart by a type that nobody needs: their fields have
/// names of their own.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    reason: Raw<'a>,
    #[serde(borrow, rename = "retryDelay")]
    retry_delay: Raw<'a>,
    #[serde(borrow)]
    violations: Option<Vec<Violation<'a>>>,
    #[serde(borrow, rename = "fieldViolations")]
    field_violations: Option<Vec<Violation<'a>>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Violation<'a> {
    #[serde(borrow, rename = "quotaId")]
    quota_id: Raw<'a>,
    #[serde(borrow)]
    field: Raw<'a>,
}

/// An error, read.
#[derive(Default)]
struct Read {
    report: Report,
    status: Option<StatusCode>,
    retry_after: Option<Duration>,
    /// The quota of a whole day is used up.
    is_daily: bool,
    /// And it is that of all models together.
    is_of_all: bool,
}

/// Reads an error: in the API's own shape, alone or in a list, or in what proxies make of it.
pub(super) fn decode(status: Option<StatusCode>, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let read =
        read(&text, DEEPEST).unwrap_or_else(|| Read { report: Report::new(prose(&text)), ..Read::default() });
    let mut failure = GEMINI.failure(status.or(read.status), read.report);
    if failure.class() == Class::RateLimited && read.is_daily {
        let scope = if read.is_of_all { Scope::Credential } else { Scope::Member };
        failure = Failure::new(Class::QuotaExhausted)
            .with_scope(scope)
            .with_report(failure.report().cloned().unwrap_or_default());
    }
    // Beside the quota of a day stands when that of a minute is renewed.
    let is_brief = matches!(failure.class(), Class::RateLimited | Class::Overloaded);
    let hint = read.retry_after.or(failure.retry_after()).filter(|_| is_brief);
    let failure = failure.with_retry_after(hint);
    match status {
        Some(status) => failure.with_status(status),
        None => failure,
    }
}

fn read(text: &str, depth: usize) -> Option<Read> {
    let text = text.trim();
    let depth = depth.checked_sub(1)?;
    match text.as_bytes().first()? {
        b'{' => {}
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            return read(items.first()?.get(), depth);
        }
        b'"' => return read(&serde_json::from_str::<String>(text).ok()?, depth),
        _ => return None,
    }
    let outer: Body<'_> = serde_json::from_str(text).ok()?;
    let is_object = |raw: &&RawValue| raw.get().starts_with('{');
    let inner =
        outer.error.filter(is_object).and_then(|error| serde_json::from_str::<Body<'_>>(error.get()).ok());
    let wrapped = inner.is_none().then_some(outer.error).flatten().and_then(word);
    let inner = inner.unwrap_or_default();
    let message =
        inner.message.or(outer.message).or(outer.detail).and_then(word).or(wrapped).unwrap_or_default();
    // Some proxies send the whole error as the message of another.
    if let Some(read) = read(&message, depth).filter(|read| !read.report.message.is_empty()) {
        return Some(read);
    }
    let mut found = Read { report: Report::new(cut(&message, LONGEST)), ..Read::default() };
    found.report.kind = inner.status.or(outer.status).and_then(word);
    found.status = inner.code.or(outer.code).and_then(status_of);
    let details = inner
        .details
        .or(outer.details)
        .and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
    for detail in details.unwrap_or_default() {
        if let Ok(detail) = serde_json::from_str::<Detail<'_>>(detail.get()) {
            add_detail(&mut found, detail);
        }
    }
    Some(found)
}

fn add_detail(found: &mut Read, detail: Detail<'_>) {
    found.report.code = found.report.code.take().or_else(|| detail.reason.and_then(word));
    let delay = detail.retry_delay.and_then(word);
    found.retry_after = found.retry_after.or_else(|| delay.as_deref().and_then(hint::duration));
    for violation in detail.violations.into_iter().flatten() {
        let quota = violation.quota_id.and_then(word);
        let says = |word| quota.as_deref().is_some_and(|quota: &str| quota.contains(word));
        let is_daily = says("PerDay");
        found.is_of_all |= is_daily && !says("PerModel");
        found.is_daily |= is_daily;
    }
    for violation in detail.field_violations.into_iter().flatten() {
        found.report.param = found.report.param.take().or_else(|| violation.field.and_then(word));
    }
}

/// A string, or the text of another value. Bounded.
fn word(value: &RawValue) -> Option<String> {
    match value.get() {
        "null" | "\"\"" => None,
        // Twice the bound: one that holds another error is cut only once that is read.
        json => match serde_json::from_str::<String>(json) {
            Ok(text) => Some(cut(&text, 4 * LONGEST).to_owned()),
            Err(_) => Some(cut(json, LONGEST).to_owned()),
        },
    }
}

fn status_of(raw: &RawValue) -> Option<StatusCode> {
    let code: u16 = raw.get().trim_matches('"').parse().ok()?;
    StatusCode::from_u16(code).ok().filter(|status| status.is_client_error() || status.is_server_error())
}

/// What a proxy says in a page or in plain text.
fn prose(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.starts_with('<') { Cow::Borrowed("an HTML page") } else { Cow::Borrowed(cut(text, LONGEST)) }
}

/// The name that goes with a status.
fn name_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        402 | 403 => "PERMISSION_DENIED",
        404 | 410 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        416 => "OUT_OF_RANGE",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        400..=498 => "INVALID_ARGUMENT",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}

/// In a stream the status has gone out long ago; the SDKs take the error's own number for it.
const fn status_of_class(class: Class) -> StatusCode {
    match class {
        Class::Overloaded | Class::CircuitOpen | Class::CoolingDown | Class::Shed => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Class::RateLimited | Class::QuotaExhausted => StatusCode::TOO_MANY_REQUESTS,
        Class::Timeout | Class::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Class::InvalidRequest | Class::ContentPolicy | Class::ContextOverflow | Class::Unsupported => {
            StatusCode::BAD_REQUEST
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Writes an error response.
pub(super) fn encode(failure: &Failure, status: StatusCode, message: &str, detail: Option<&str>) -> Vec<u8> {
    let mut out = b"{\"error\":{\"code\":".to_vec();
    out.extend_from_slice(status.as_str().as_bytes());
    out.extend_from_slice(b",\"message\":");
    quoted(&mut out, message);
    out.extend_from_slice(b",\"status\":");
    quoted(&mut out, name_of(status));
    out.extend_from_slice(b",\"details\":[");
    if let Some(delay) = failure.retry_after() {
        let seconds = delay.as_millis().div_ceil(1000);
        let info = format!(
            "{{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"{seconds}s\"}}"
        );
        out.extend_from_slice(info.as_bytes());
    }
    if let Some(detail) = detail.and_then(fields_of) {
        if out.last() == Some(&b'}') {
            out.push(b',');
        }
        // Every detail has a type, by which the SDKs of some languages read it.
        out.extend_from_slice(b"{\"@type\":\"type.googleapis.com/failover.Attempts\"");
        if !detail.is_empty() {
            out.push(b',');
            out.extend_from_slice(detail.as_bytes());
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}}");
    out
}

/// What stands between the braces of a JSON object.
fn fields_of(detail: &str) -> Option<&str> {
    let raw: &RawValue = serde_json::from_str(detail).ok()?;
    Some(raw.get().strip_prefix('{')?.strip_suffix('}')?.trim())
}

/// Writes an error as the last event of a stream: the SDKs know it by its first field.
pub(super) fn encode_event(failure: &Failure, message: &str) -> Vec<u8> {
    let mut out = b"data: ".to_vec();
    out.extend_from_slice(&encode(failure, status_of_class(failure.class()), message, None));
    out.extend_from_slice(b"\r\n\r\n");
    out
}
