//! Writing JSON that somebody else wrote.

use std::borrow::Cow;

use crate::dialect::canonical::Text;
use crate::dialect::quoted::quoted;

/// Appends JSON on one line: frames of a stream have no room for more. In JSON a line end is only ever space.
pub(crate) fn line(out: &mut Vec<u8>, json: &str) {
    let mut rest = json.as_bytes();
    while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
        out.extend_from_slice(&rest[..end]);
        rest = &rest[end + 1..];
    }
    out.extend_from_slice(rest);
}

/// Appends a number.
pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(number.to_string().as_bytes());
}

/// JSON without the space that the vendor lays it out with. Digits and order stay.
pub(crate) fn compact(json: &str) -> Text<'_> {
    if memchr::memchr(b'\n', json.as_bytes()).is_none() {
        return Cow::Borrowed(json);
    }
    let (mut in_string, mut is_escaped) = (false, false);
    let is_kept = |c: &char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match c {
            '"' if !was_escaped => in_string = !in_string,
            '\\' if !was_escaped => is_escaped = true,
            ' ' | '\t' | '\n' | '\r' if !in_string => return false,
            _ => {}
        }
        true
    };
    Cow::Owned(json.chars().filter(is_kept).collect())
}

/// Arguments as the object that the API has for them; `null` is what some models say in place of one with nothing in it.
/// `None` for what a model cut off or garbled: there is no call that holds it, and whatever object were made up in its
/// place would be taken for what the model said.
pub(crate) fn object(arguments: &str) -> Option<&str> {
    match arguments.trim_ascii() {
        "" | "null" => Some("{}"),
        arguments => is_object(arguments).then_some(arguments),
    }
}

/// Appends `"functionCall":{…}`. The last are the arguments, as an [`object`].
pub(crate) fn call(out: &mut Vec<u8>, [id, name, arguments]: [&str; 3]) {
    out.extend_from_slice(b"\"functionCall\":{");
    if !id.is_empty() {
        out.extend_from_slice(b"\"id\":");
        quoted(out, id);
        out.push(b',');
    }
    out.extend_from_slice(b"\"name\":");
    quoted(out, name);
    out.extend_from_slice(b",\"args\":");
    line(out, arguments);
    out.push(b'}');
}

/// Is this one whole JSON object?
pub(crate) fn is_object(json: &str) -> bool {
    json.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_goes_and_words_stay() {
        let json = "{\n  \"a b\": 1.50e3,\r\n\t\"c\": \"\\\" \\\\\", \"d\": [ ]\n}";
        assert_eq!(compact(json), r#"{"a b":1.50e3,"c":"\" \\","d":[]}"#);
        assert_eq!(compact(r#"{"a": 1}"#), r#"{"a": 1}"#);
        let mut out = Vec::new();
        line(&mut out, json);
        let line = String::from_utf8(out).unwrap();
        assert!(!line.contains(['\n', '\r']) && is_object(&line));
    }

    #[test]
    fn arguments_are_an_object_or_there_is_no_call() {
        for none in ["", " ", "null", " null\n"] {
            assert_eq!(object(none), Some("{}"));
        }
        let mut out = Vec::new();
        call(&mut out, ["", "f", object(" {\"b\":1,\n\"a\":2} ").unwrap()]);
        assert_eq!(out, br#""functionCall":{"name":"f","args":{"b":1,"a":2}}"#);
        for garbled in [r#"{"a":"#, "[1]", "1", "{}}", "nul"] {
            assert_eq!(object(garbled), None, "{garbled}");
        }
    }
}
