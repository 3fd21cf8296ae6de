//! What routing needs of a request, and no more.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fields::{Object, Path, unreadable};
use super::leaf::{self, Raw};
use crate::dialect::canonical::Text;
use crate::dialect::scan::{Once, Scan};
use crate::dialect::{Invalid, Peek};

/// Values as they are written; `null` is as good as absent.
#[derive(Default)]
struct Envelope<'a> {
    model: Option<&'a str>,
    stream: Option<&'a str>,
}

/// Reads model and stream, and that the rest is JSON.
pub(in crate::dialect) fn peek(body: &[u8]) -> Result<Peek<'_>, Invalid> {
    let envelope = match glance(body) {
        Some(envelope) => envelope,
        None => parse(body)?,
    };
    let value = envelope.model.ok_or_else(no_model)?;
    let model = leaf::unquoted(value).filter(|model| !model.is_empty()).ok_or_else(no_model)?;
    // The value is a slice of the body, so where it starts is the distance between the two.
    let start = value.as_ptr().addr() - body.as_ptr().addr();
    let stream = match envelope.stream {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Invalid::new("Invalid type for 'stream': expected a boolean.").at("stream")),
    };
    Ok(Peek::new(model).with_model_span(start..start + value.len()).with_stream(stream))
}

/// Reads the fields by hand: all of a request passes here, and few of its bytes are in them.
fn glance(body: &[u8]) -> Option<Envelope<'_>> {
    let (mut envelope, mut once) = (Envelope::default(), Once::default());
    let mut scan = Scan::new(body)?;
    scan.object(|scan, key| {
        match key {
            "model" => envelope.model = once.first(0, scan)?.raw().map(given)?,
            "stream" => envelope.stream = once.first(1, scan)?.raw().map(given)?,
            _ => scan.skip()?,
        }
        Some(())
    })?;
    scan.is_over().then_some(envelope)
}

fn given(value: &str) -> Option<&str> {
    (value != "null").then_some(value)
}

/// Reads the fields of what is unusual, or says what is wrong with it.
fn parse(body: &[u8]) -> Result<Envelope<'_>, Invalid> {
    #[derive(Deserialize)]
    struct Fields<'a> {
        #[serde(borrow)]
        model: Raw<'a>,
        #[serde(borrow)]
        stream: Raw<'a>,
    }
    let text = std::str::from_utf8(body).map_err(|_| unreadable("it is not valid UTF-8"))?;
    if !text.trim_ascii_start().starts_with('{') {
        return Err(unreadable("it is not a JSON object"));
    }
    let Fields { model, stream } = serde_json::from_str(text).map_err(|error| refused(&error))?;
    Ok(Envelope { model: model.map(RawValue::get), stream: stream.map(RawValue::get) })
}

fn refused(error: &serde_json::Error) -> Invalid {
    let message = error.to_string();
    let twice =
        ["model", "stream"].into_iter().find(|name| message.contains(&format!("duplicate field `{name}`")));
    match twice {
        Some(name) => Invalid::new(format!("Duplicate parameter: '{name}'.")).at(name),
        None => unreadable(&message),
    }
}

/// The model, of a request that is read whole.
pub(in crate::dialect) fn model<'a>(fields: &mut Object<'a>) -> Result<Text<'a>, Invalid> {
    let model = fields.text(&Path::Root, "model").ok().flatten();
    model.filter(|model| !model.is_empty()).ok_or_else(no_model)
}

/// A request that names no model, in the vendor's words.
fn no_model() -> Invalid {
    Invalid::new("You must provide a model parameter, and it must be a string.").at("model")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_is_where_the_models_json_stands() {
        let body = br#" {"stream" : true, "model" :  "workhorse" , "messages":[]} "#;
        let peek = peek(body).unwrap();
        assert_eq!((&*peek.model, peek.stream), ("workhorse", true));
        assert_eq!(&body[peek.model_span.unwrap()], br#""workhorse""#);
    }

    #[test]
    fn escapes_in_key_and_value_are_read_and_the_span_is_still_the_raw_json() {
        let body = br#"{"mod\u0065l":"gpt\u002d4"}"#;
        let peek = peek(body).unwrap();
        assert_eq!(peek.model, "gpt-4");
        assert_eq!(&body[peek.model_span.unwrap()], br#""gpt\u002d4""#);
    }

    #[test]
    fn only_the_outermost_model_counts() {
        let peek = peek(br#"{"metadata":{"model":"inner"},"model":"outer"}"#).unwrap();
        assert_eq!(peek.model, "outer");
    }

    #[test]
    fn what_is_no_request_is_refused_and_the_field_named() {
        let rows: [(&[u8], Option<&str>); 14] = [
            (b"", None),
            (b"null", None),
            (b"[\"gpt-4\",true]", None),
            (b"{\"model\":\"a\"} x", None),
            (b"{\"model\":\"a\"", None),
            (b"{\"model\":\"a\",}", None),
            (b"{\"model\":\"a\",\"x\":\"\xff\"}", None),
            (b"\xEF\xBB\xBF{\"model\":\"a\"}", None),
            (b"{}", Some("model")),
            (b"{\"model\":null}", Some("model")),
            (b"{\"model\":\"\"}", Some("model")),
            (b"{\"model\":[\"a\"]}", Some("model")),
            (b"{\"model\":\"a\",\"model\":\"b\"}", Some("model")),
            (b"{\"model\":\"a\",\"stream\":\"true\"}", Some("stream")),
        ];
        for (body, param) in rows {
            let invalid = peek(body).unwrap_err();
            assert_eq!(invalid.param(), param, "{:?}: {invalid}", String::from_utf8_lossy(body));
        }
    }
}
