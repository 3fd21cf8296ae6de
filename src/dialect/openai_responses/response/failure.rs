//! Errors that stand in an answer or a stream, where no status tells what they are.

use std::borrow::Cow;

use http::StatusCode;

use super::wire::{self, Raw};
use crate::dialect::cut::cut;
use crate::failure::{Class, Failure, OPENAI, Report};

/// How much of a provider's message is kept, in bytes.
const MAX_MESSAGE: usize = 4096;
/// How much of a code, a type or a parameter is kept, in bytes.
const MAX_WORD: usize = 256;

#[derive(Default, serde::Deserialize)]
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
}

/// The failure that JSON with an error in it tells of: the error itself, what holds it as `error`, or an event
/// in its flat form. Of anything else, the text is the message.
pub(crate) fn of(json: &str) -> Failure {
    let json = json.trim();
    let body: Body<'_> = match json.starts_with('{') {
        true => serde_json::from_str(json).unwrap_or_default(),
        false => Body::default(),
    };
    let nested = body.error.map(|error| error.get());
    let inner: Option<Body<'_>> =
        nested.filter(|error| error.starts_with('{')).and_then(|error| serde_json::from_str(error).ok());
    let body = inner.unwrap_or(body);
    let said = body.message.map(|message| message.get()).or(nested);
    let message = said.map_or(Cow::Borrowed(if json.starts_with('{') { "" } else { json }), wire::json_text);
    let mut report = Report::new(cut(&message, MAX_MESSAGE));
    // The type of the event is none of the error.
    report.kind = word(body.kind).filter(|kind| kind != "error");
    report.code = word(body.code);
    report.param = word(body.param);
    Failure::new(class(&report)).with_report(report)
}

fn class(report: &Report) -> Class {
    let word = report.code.as_deref().or(report.kind.as_deref()).unwrap_or_default();
    if word.ends_with("_policy") || word.ends_with("_policy_violation") {
        return Class::ContentPolicy;
    }
    let status = report.code.as_deref().and_then(|code| code.parse().ok()).and_then(status);
    OPENAI.class(status.or_else(|| is_callers(word, report).then_some(StatusCode::BAD_REQUEST)), report)
}

/// Of what the caller sent: the API words such errors of images and prompts alike.
fn is_callers(word: &str, report: &Report) -> bool {
    report.kind.as_deref() == Some("invalid_request_error")
        || ["invalid_", "image_", "unsupported_", "empty_image"].iter().any(|start| word.starts_with(start))
            && word != "invalid_api_key"
        || word == "failed_to_download_image"
}

fn status(code: u16) -> Option<StatusCode> {
    StatusCode::from_u16(code).ok().filter(|status| status.is_client_error() || status.is_server_error())
}

/// A code is a string or a number.
fn word(raw: Raw<'_>) -> Option<String> {
    let raw = raw?;
    let word = match raw.get().as_bytes().first() {
        Some(b'"') => wire::text(Some(raw))?,
        Some(b'-' | b'0'..=b'9') => Cow::Borrowed(raw.get()),
        _ => return None,
    };
    Some(cut(&word, MAX_WORD).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_in_each_of_its_shapes() {
        for (json, class, message) in [
            (r#"{"type":"error","code":"server_error","message":"m","param":null}"#, Class::ServerError, "m"),
            (
                r#"{"type":"error","error":{"type":"tokens","code":"rate_limit_exceeded","message":"m"}}"#,
                Class::RateLimited,
                "m",
            ),
            (r#"{"code":"server_is_overloaded","message":"m"}"#, Class::Overloaded, "m"),
            (r#"{"code":"invalid_prompt","message":"m"}"#, Class::InvalidRequest, "m"),
            (r#"{"code":"bio_policy","message":"m"}"#, Class::ContentPolicy, "m"),
            (r#"{"code":"image_content_policy_violation","message":"m"}"#, Class::ContentPolicy, "m"),
            (r#"{"error":{"code":"invalid_api_key","message":"m"}}"#, Class::Auth, "m"),
            (r#"{"error":"m"}"#, Class::ServerError, "m"),
            (r#"{"error":{"code":503,"message":"m"}}"#, Class::Overloaded, "m"),
            ("upstream died", Class::ServerError, "upstream died"),
            ("{", Class::ServerError, ""),
        ] {
            let failure = of(json);
            assert_eq!(failure.class(), class, "{json}");
            assert_eq!(failure.report().map(|report| &*report.message), Some(message), "{json}");
            assert_ne!(failure.report().unwrap().kind.as_deref(), Some("error"), "{json}");
        }
    }
}
