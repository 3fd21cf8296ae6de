//! Writing JSON straight into the body: no tree, no intermediate strings.

use serde_json::value::RawValue;

use crate::dialect::quoted::quoted;

/// Appends `text` as a JSON string.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    quoted(out, text);
}

/// Appends a string, or `null`.
pub(super) fn string_or_null(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends an integer.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    let _ = serde_json::to_writer(out, &number);
}

/// Appends `,"name":`, or `"name":` right after an opening brace.
pub(super) fn key(out: &mut Vec<u8>, name: &str) {
    if !matches!(out.last(), None | Some(b'{')) {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends a member with a string value. `name` must need no escapes.
pub(super) fn string_field(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    string(out, text);
}

/// Appends a member with an integer value.
pub(super) fn number_field(out: &mut Vec<u8>, name: &str, value: u64) {
    key(out, name);
    number(out, value);
}

/// Appends a member whose value is JSON already.
pub(super) fn raw_field(out: &mut Vec<u8>, name: &str, value: &str) {
    key(out, name);
    out.extend_from_slice(value.as_bytes());
}

/// The text as a JSON object, if it is one. What stands around it is cut off.
pub(super) fn object(text: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

/// Is this JSON value one that says nothing: `null`, `false`, or an empty array, object or string?
pub(super) fn is_void(value: &RawValue) -> bool {
    let mut solid = value.get().bytes().filter(|byte| !byte.is_ascii_whitespace());
    let (first, second, third) = (solid.next(), solid.next(), solid.next());
    let is_empty = matches!(
        (first, second),
        (Some(b'['), Some(b']')) | (Some(b'{'), Some(b'}')) | (Some(b'"'), Some(b'"'))
    );
    matches!(first, Some(b'n' | b'f') | None) || (is_empty && third.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_that_say_nothing_are_void() {
        for (text, void) in [
            ("null", true),
            ("false", true),
            ("[ ]", true),
            ("{}", true),
            ("\"\"", true),
            ("true", false),
            ("0", false),
            ("[0]", false),
            ("{\"a\":1}", false),
            ("\"x\"", false),
        ] {
            assert_eq!(is_void(serde_json::from_str(text).unwrap()), void, "{text}");
        }
    }
}
