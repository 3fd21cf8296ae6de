use std::ops::Range;

use serde_json::value::RawValue;

use super::wire::{self, Object, Str};
use crate::dialect::{Invalid, Peek};
use crate::facts::Operation;

#[derive(serde::Deserialize)]
struct Head<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(default)]
    stream: Option<bool>,
}

/// Reads `model` and `stream`; all else is only checked to be JSON.
pub(super) fn peek(body: &[u8]) -> Result<Peek<'_>, Invalid> {
    let text = text(body)?;
    let Object(head) = serde_json::from_str::<Object<Head<'_>>>(text).map_err(|error| of(text, &error))?;
    let raw = head.model.ok_or_else(|| wire::wrong("model", "Field required"))?;
    let Str(model) = wire::read("model", raw)?;
    let model_span = Some(span(body, raw));
    Ok(Peek { model, model_span, stream: head.stream.unwrap_or(false), operation: Operation::Generate })
}

/// The body as text.
pub(super) fn text(body: &[u8]) -> Result<&str, Invalid> {
    std::str::from_utf8(body).map_err(|_| Invalid::new("The request body is not valid UTF-8."))
}

/// Where a value that was read from `body` stands in it.
pub(super) fn span(body: &[u8], raw: &RawValue) -> Range<usize> {
    let start = (raw.get().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    start..start + raw.get().len()
}

fn of(text: &str, error: &serde_json::Error) -> Invalid {
    // Serde does not name the field whose value has the wrong type; of two, it is the one that is not raw.
    if error.is_data() && serde_json::from_str::<Object<Loose<'_>>>(text).is_ok() {
        return wire::invalid("stream", error);
    }
    syntax(error)
}

#[derive(serde::Deserialize)]
struct Loose<'a> {
    #[serde(borrow, default, rename = "model")]
    _model: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "stream")]
    _stream: Option<&'a RawValue>,
}

/// The body is not JSON, no object, or names a field twice.
pub(super) fn syntax(error: &serde_json::Error) -> Invalid {
    if error.is_data() {
        return wire::invalid("", error);
    }
    Invalid::new(format!("The request body is not valid JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_of_the_model_is_that_of_its_json_value() {
        let body = br#" {"max_tokens":1, "model" : "cl\u0061ude", "stream":true} "#;
        let peek = peek(body).unwrap();
        assert_eq!(peek.model, "claude");
        assert!(peek.stream);
        assert_eq!(&body[peek.model_span.unwrap()], br#""cl\u0061ude""#);
    }

    #[test]
    fn what_is_no_request_is_refused_in_the_vendors_words() {
        let rows: &[(&[u8], &str, Option<&str>)] = &[
            (br#"{"stream":true}"#, "model: Field required", Some("model")),
            (br#"{"model":null}"#, "model: Field required", Some("model")),
            (br#"{"model":7}"#, "model: Input should be a valid string", Some("model")),
            (br#"{"model":"m","stream":"yes"}"#, "stream: Input should be a valid boolean", Some("stream")),
            (br#"{"model":"m","model":"n"}"#, "duplicate field `model`", None),
            (br#"["m",true]"#, "Input should be a valid dictionary", None),
        ];
        for (body, message, param) in rows {
            let invalid = peek(body).unwrap_err();
            assert_eq!((invalid.message(), invalid.param()), (*message, *param));
        }
        for body in [&b"{\"model\":\"m\"} x"[..], b"", b"{", b"{\"model\":\"m\",\"x\":\"\xff\"}", b"nonsense"]
        {
            assert!(peek(body).is_err(), "{body:?}");
        }
    }
}
