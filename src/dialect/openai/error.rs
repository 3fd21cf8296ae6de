//! Errors: of providers, in all their shapes, and for callers, in the one the SDK expects.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaf::{self, Raw};
use crate::dialect::cut::cut;
use crate::dialect::quoted::quoted;
use crate::failure::{Class, Failure, OPENAI, Report, hint};

/// How much of a provider's message is kept, in bytes.
const MAX_MESSAGE: usize = 4096;
/// How much of a code, a type or a parameter is kept, in bytes.
const MAX_WORD: usize = 256;
/// How many lists around an error are looked into.
const DEEPEST: usize = 3;

/// All the places in which servers of this dialect put their words.
#[derive(Default, Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    code: Raw<'a>,
    #[serde(borrow)]
    param: Raw<'a>,
    /// Of frameworks that servers are written with.
    #[serde(borrow)]
    detail: Raw<'a>,
    /// Groq's status inside a stream.
    #[serde(borrow)]
    status_code: Raw<'a>,
    /// Gemini's and gRPC's name of the status.
    #[serde(borrow)]
    status: Raw<'a>,
    #[serde(borrow)]
    request_id: Raw<'a>,
    /// Azure's code behind the code.
    #[serde(borrow)]
    innererror: Raw<'a>,
    /// OpenRouter's words of the provider behind it.
    #[serde(borrow)]
    metadata: Raw<'a>,
    /// The name of an exception, of clouds.
    #[serde(borrow, rename = "__type")]
    exception: Raw<'a>,
    #[serde(borrow)]
    resets_in_seconds: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    raw: Raw<'a>,
}

/// Reads a provider's error.
pub(in crate::dialect) fn decode(status: Option<StatusCode>, body: &[u8]) -> Failure {
    let Said { report, status: inner_status, behind, reset } = read(body);
    let status_read = status.or(inner_status);
    let mut failure = OPENAI.failure(status_read, report);
    // Whoever passes on what another said may know less of it than the other.
    if let Some(behind) = behind.filter(|_| is_vague(failure.class())) {
        let theirs = decode(status_read, behind.as_bytes());
        failure = Failure::new(theirs.class())
            .with_scope(theirs.scope())
            .with_retry_after(failure.retry_after().max(theirs.retry_after()))
            .with_report(failure.report().cloned().unwrap_or_default());
    }
    let hint = failure.retry_after().or(reset.filter(|_| failure.class() != Class::InvalidRequest));
    let failure = failure.with_retry_after(hint);
    match status {
        Some(status) => failure.with_status(status),
        None => failure,
    }
}

/// Does the status alone say as much?
const fn is_vague(class: Class) -> bool {
    matches!(class, Class::InvalidRequest | Class::RateLimited | Class::Auth)
}

/// Is it an error at all, by its shape?
#[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
pub(in crate::dialect) fn is_error(body: &[u8]) -> bool {
    let Some(outer) = outer(body) else { return false };
    let is_named = outer.code.is_some() || outer.kind.is_some();
    outer.error.is_some() || (outer.message.is_some() && is_named) || outer.detail.is_some()
}

/// What a body that is not JSON is.
pub(in crate::dialect) fn describe(body: &[u8]) -> Option<&'static str> {
    let start = body.trim_ascii_start();
    match start.first() {
        None => Some("The provider sent an empty body."),
        Some(b'<') => Some("The provider sent a page of HTML instead of JSON."),
        _ => None,
    }
}

/// What a body says.
#[derive(Default)]
struct Said {
    report: Report,
    /// The status it names: the only one there is inside a stream.
    status: Option<StatusCode>,
    /// What another provider behind this one has said.
    behind: Option<String>,
    reset: Option<Duration>,
}

fn read(body: &[u8]) -> Said {
    let Some(outer) = outer(body) else {
        let text = String::from_utf8_lossy(&body[..body.len().min(MAX_MESSAGE)]);
        return Said { report: Report::new(describe(body).unwrap_or(text.trim())), ..Said::default() };
    };
    let inner: Body<'_> =
        leaf::read(outer.error.filter(|error| error.get().starts_with('{'))).unwrap_or_default();
    let word = |inner: Raw<'_>, outer: Raw<'_>| word_of(inner).or_else(|| word_of(outer));
    let message = inner.message.or(outer.error.filter(|error| error.get().starts_with('"')));
    let detail = inner.detail.or(outer.detail);
    let message = match (message.or(outer.message), detail) {
        (Some(message), _) => leaf::json_text(message),
        (None, Some(detail)) => complaints(detail).map_or_else(|| leaf::json_text(detail), Cow::Owned),
        (None, None) => Cow::Borrowed(""),
    };
    let mut report = Report::new(cut(&message, MAX_MESSAGE));
    // The type of an event that is an error says no more than that.
    let kind = word(inner.kind, outer.kind).filter(|kind| kind != "error");
    let exception = || word(inner.exception, outer.exception).map(|name| exception(&name).to_owned());
    let is_named = |name: &String| !name.bytes().all(|byte| byte.is_ascii_digit());
    report.kind = kind.or_else(exception).or_else(|| word(inner.status, outer.status).filter(is_named));
    report.code = word(inner.code, outer.code).or_else(|| code_behind(inner.innererror));
    report.param = word(inner.param, outer.param);
    report.request_id = word(inner.request_id, outer.request_id);
    let numbers = [inner.status_code, inner.code, outer.status_code, outer.code];
    let status = numbers.into_iter().find_map(status_of).or_else(|| {
        (report.kind.as_deref() == Some("invalid_request_error")).then_some(StatusCode::BAD_REQUEST)
    });
    let metadata: Metadata<'_> = leaf::read(inner.metadata).unwrap_or_default();
    let reset = inner.resets_in_seconds.and_then(|raw| leaf::json_text(raw).parse().ok());
    Said {
        report,
        status,
        behind: metadata.raw.map(|raw| cut(&leaf::json_text(raw), MAX_MESSAGE).to_owned()),
        reset: reset.and_then(hint::seconds),
    }
}

/// `com.amazon.coral.service#ThrottlingException` without its origin.
fn exception(name: &str) -> &str {
    name.rsplit_once('#').map_or(name, |(_, name)| name)
}

fn code_behind(error: Raw<'_>) -> Option<String> {
    let inner: Body<'_> = leaf::read(error)?;
    word_of(inner.code)
}

/// What a server written with a validating framework says of each field: `messages.0.role: Field required`.
fn complaints(detail: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Complaint<'a> {
        #[serde(borrow, default)]
        loc: Vec<&'a RawValue>,
        #[serde(borrow)]
        msg: Raw<'a>,
    }
    let complaints: Vec<Complaint<'_>> = serde_json::from_str(detail.get()).ok()?;
    let worded = complaints.iter().map(|complaint| {
        let place: Vec<_> = complaint.loc.iter().map(|step| leaf::json_text(step)).collect();
        let place: Vec<&str> = place.iter().map(|step| &**step).filter(|step| *step != "body").collect();
        let message = leaf::text(complaint.msg)?;
        Some(if place.is_empty() { message.into_owned() } else { format!("{}: {message}", place.join(".")) })
    });
    let worded: Vec<String> = worded.collect::<Option<_>>()?;
    (!worded.is_empty()).then(|| worded.join("; "))
}

/// The outermost object; of a list, the first.
fn outer(body: &[u8]) -> Option<Body<'_>> {
    let mut text = std::str::from_utf8(body).ok()?.trim();
    // As often as somebody may have put it into a list, and no oftener: each time all of it is read.
    for _ in 0..DEEPEST {
        match text.as_bytes().first()? {
            b'{' => return serde_json::from_str(text).ok(),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                text = items.first()?.get();
            }
            b'"' => return Some(Body { message: serde_json::from_str(text).ok(), ..Body::default() }),
            _ => return None,
        }
    }
    None
}

/// A code is a string or a number.
fn word_of(raw: Raw<'_>) -> Option<String> {
    let raw = raw?;
    let word = match raw.get().as_bytes().first() {
        Some(b'"') => leaf::text(Some(raw))?,
        Some(b'-' | b'0'..=b'9') => Cow::Borrowed(raw.get()),
        _ => return None,
    };
    Some(cut(&word, MAX_WORD).to_owned())
}

fn status_of(raw: Raw<'_>) -> Option<StatusCode> {
    let code: u16 = raw.map(leaf::json_text)?.parse().ok()?;
    StatusCode::from_u16(code).ok().filter(|status| status.is_client_error() || status.is_server_error())
}

/// Writes an error for the caller.
pub(in crate::dialect) fn encode(
    failure: &Failure,
    status: StatusCode,
    message: &str,
    detail: Option<&str>,
) -> Vec<u8> {
    let mut out = br#"{"error":{"#.to_vec();
    members(&mut out, &Words::of(failure, Some(status)), message);
    if let Some(detail) = detail {
        out.extend_from_slice(br#","failover":"#);
        out.extend_from_slice(detail.as_bytes());
    }
    out.extend_from_slice(b"}}");
    out
}

/// What an error says beside its message.
pub(in crate::dialect) struct Words<'a> {
    pub(in crate::dialect) kind: &'a str,
    pub(in crate::dialect) code: Option<&'a str>,
    pub(in crate::dialect) param: Option<&'a str>,
}

impl<'a> Words<'a> {
    /// The words for a failure; of an error inside a stream there is no status.
    pub(in crate::dialect) fn of(failure: &'a Failure, status: Option<StatusCode>) -> Self {
        let (kind, code) = words(failure.class(), status);
        // Where one member decided the matter, the caller gets its own words.
        let Some(report) = failure.report().filter(|_| failure.class().is_callers()) else {
            return Self { kind, code: Some(code), param: None };
        };
        let code = report.code.as_deref().or(Some(code).filter(|_| report.kind.is_none()));
        Self { kind: report.kind.as_deref().unwrap_or(kind), code, param: report.param.as_deref() }
    }
}

/// Appends the members of the error object, without its braces.
pub(in crate::dialect) fn members(out: &mut Vec<u8>, words: &Words<'_>, message: &str) {
    out.extend_from_slice(br#""message":"#);
    quoted(out, message);
    out.extend_from_slice(br#","type":"#);
    quoted(out, words.kind);
    out.extend_from_slice(br#","param":"#);
    quoted_or_null(out, words.param);
    out.extend_from_slice(br#","code":"#);
    quoted_or_null(out, words.code);
}

/// Appends a string, or `null`.
pub(in crate::dialect) fn quoted_or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => quoted(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Type and code, in the vendor's words where it has some for the case.
fn words(class: Class, status: Option<StatusCode>) -> (&'static str, &'static str) {
    match class {
        Class::ContextOverflow => ("invalid_request_error", "context_length_exceeded"),
        Class::ContentPolicy => ("invalid_request_error", "content_filter"),
        Class::RateLimited => ("requests", "rate_limit_exceeded"),
        _ if status.is_some_and(|status| status == StatusCode::TOO_MANY_REQUESTS) => {
            ("requests", class.as_str())
        }
        _ if status.is_some_and(|status| status.is_client_error()) => {
            ("invalid_request_error", class.as_str())
        }
        Class::InvalidRequest => ("invalid_request_error", class.as_str()),
        _ => ("server_error", class.as_str()),
    }
}
