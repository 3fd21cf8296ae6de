//! The model, and what is asked of it, stand in the path: `/v1beta/models/{model}:generateContent`.

use std::borrow::Cow;
use std::fmt::Write;

use http::Uri;
use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use crate::dialect::{Invalid, Peek, Target};
use crate::facts::{Call, Operation};

/// What stands before a model's own name. The first is left out where a model is named.
const COLLECTIONS: [&str; 3] = ["models/", "tunedModels/", "dynamic/"];

const GENERATE: &str = "generateContent";
const STREAM: &str = "streamGenerateContent";
const COUNT: &str = "countTokens";

/// The path below the base URL, which has no version.
pub(crate) fn path(target: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
    let (collection, model) = split(target.model);
    let mut path = format!("/v1beta/{collection}");
    encode(&mut path, model);
    path.push(':');
    path.push_str(match call.operation {
        Operation::Generate if call.stream => "streamGenerateContent?alt=sse",
        Operation::Generate => GENERATE,
        Operation::CountTokens => COUNT,
    });
    Some(Cow::Owned(path))
}

/// The name by which a body may name the model, too: `models/gemini-2.5-flash`.
pub(super) fn resource(model: &str) -> String {
    let (collection, model) = split(model);
    format!("{collection}{model}")
}

fn split(model: &str) -> (&'static str, &str) {
    let known =
        COLLECTIONS.into_iter().find_map(|collection| Some((collection, model.strip_prefix(collection)?)));
    known.unwrap_or((COLLECTIONS[0], model))
}

fn encode(out: &mut String, segment: &str) {
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Reads model and method from the path, and that the body is a JSON object.
pub(crate) fn peek<'a>(uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
    let model = head(body)?;
    let path = decode(uri.path());
    let Some((resource, method)) = path.as_deref().and_then(named) else {
        let model = model.filter(|model| !model.is_empty()).ok_or_else(no_model)?;
        return Ok(Peek::new(bare(model)));
    };
    let peek = Peek::new(resource.to_owned());
    match method {
        GENERATE => Ok(peek),
        STREAM => Ok(peek.with_stream(true)),
        COUNT => Ok(peek.with_operation(Operation::CountTokens)),
        _ => Err(Invalid::new(format!(
            "The method '{method}' is not served here: use '{GENERATE}', '{STREAM}' or '{COUNT}'."
        ))),
    }
}

/// The model and the method that a path names. What stands before them (the version, a cloud's project) says
/// nothing about the call.
fn named(path: &str) -> Option<(&str, &str)> {
    let (at, collection) = COLLECTIONS.into_iter().find_map(|collection| {
        let at = path.find(collection).filter(|at| path[..*at].ends_with('/') || *at == 0)?;
        Some((at, collection))
    })?;
    let start = if collection == COLLECTIONS[0] { at + collection.len() } else { at };
    let (model, method) = path[start..].rsplit_once(':')?;
    (!model.is_empty()).then_some((model, method))
}

/// A model as callers name it.
pub(super) fn bare(model: Cow<'_, str>) -> Cow<'_, str> {
    match model {
        Cow::Borrowed(model) => Cow::Borrowed(model.strip_prefix(COLLECTIONS[0]).unwrap_or(model)),
        Cow::Owned(model) => match model.strip_prefix(COLLECTIONS[0]) {
            Some(model) => Cow::Owned(model.to_owned()),
            None => Cow::Owned(model),
        },
    }
}

#[derive(serde::Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
}

/// The body's own `model`, if it has one; all else is only checked to be JSON.
fn head(body: &[u8]) -> Result<Option<Cow<'_, str>>, Invalid> {
    let text = super::text(body)?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(super::unreadable("expected an object"));
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(|error| super::unreadable(&error.to_string()))?;
    head.model.map(|value| read::text(&Path::Root.field("model"), value)).transpose()
}

/// The body's own `model`, as the request names it.
pub(super) fn model<'a>(fields: &mut Object<'a>) -> Result<Cow<'a, str>, Invalid> {
    Ok(fields.text(&Path::Root, "model")?.map_or(Cow::Borrowed(""), bare))
}

fn no_model() -> Invalid {
    let message = format!("The path must name the model: /v1beta/models/{{model}}:{GENERATE}");
    Invalid::new(message).at("model")
}

/// Undoes percent-encoding; `None` for what is not text then.
fn decode(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str, body: &str) -> Result<(String, bool, Operation), String> {
        let uri: Uri = uri.parse().unwrap();
        let peek = peek(&uri, body.as_bytes()).map_err(|invalid| invalid.to_string())?;
        assert_eq!(peek.model_span, None);
        Ok((peek.model.into_owned(), peek.stream, peek.operation))
    }

    #[test]
    fn model_and_method_are_read_from_any_path_the_sdks_write() {
        let generate = Operation::Generate;
        for (uri, model, stream, operation) in [
            ("/v1beta/models/workhorse:generateContent", "workhorse", false, generate),
            ("/v1/models/workhorse:streamGenerateContent?alt=sse", "workhorse", true, generate),
            (
                "/proxy/v1alpha/models/a%20b%3Afree:countTokens?key=k",
                "a b:free",
                false,
                Operation::CountTokens,
            ),
            ("/v1beta/models/workhorse%3AgenerateContent", "workhorse", false, generate),
            ("/v1beta/models/team/workhorse:generateContent", "team/workhorse", false, generate),
            ("/v1beta/tunedModels/mine:generateContent", "tunedModels/mine", false, generate),
            (
                "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
                "gemini-2.5-pro",
                true,
                generate,
            ),
        ] {
            assert_eq!(read(uri, "{}"), Ok((model.to_owned(), stream, operation)), "{uri}");
        }
    }

    #[test]
    fn without_a_model_in_the_path_the_body_may_name_it() {
        assert_eq!(read("/", r#"{"model":"models/m"}"#).unwrap().0, "m");
        assert_eq!(read("/", r#"{"model":"tunedModels/m"}"#).unwrap().0, "tunedModels/m");
        assert!(read("/", "{}").unwrap_err().contains("/v1beta/models/{model}:generateContent"));
        assert!(read("/v1beta/models/m:embedContent", "{}").unwrap_err().contains("embedContent"));
        for body in ["", "[]", "{", "{\"a\":1}x", "null"] {
            assert!(read("/v1beta/models/m:generateContent", body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_path_is_what_the_api_calls_the_model() {
        let of = |model: &str, call: &Call| path(&Target::new(model), call).unwrap().into_owned();
        let call = Call::new("class");
        assert_eq!(of("gemini-2.5-pro", &call), "/v1beta/models/gemini-2.5-pro:generateContent");
        assert_eq!(of("models/gemini-2.5-pro", &call), "/v1beta/models/gemini-2.5-pro:generateContent");
        assert_eq!(of("tunedModels/mine", &call), "/v1beta/tunedModels/mine:generateContent");
        assert_eq!(of("a/b:c?ä", &call), "/v1beta/models/a%2Fb%3Ac%3F%C3%A4:generateContent");
        let stream = call.clone().with_stream(true);
        assert_eq!(of("m", &stream), "/v1beta/models/m:streamGenerateContent?alt=sse");
        let count = call.with_operation(Operation::CountTokens);
        assert_eq!(of("m", &count), "/v1beta/models/m:countTokens");
    }
}
