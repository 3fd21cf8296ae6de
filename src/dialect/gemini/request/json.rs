//! Writing JSON straight into the body.

use serde_json::value::RawValue;

use crate::dialect::quoted::quoted;

/// Appends `,` unless something has just been opened.
pub(super) fn separate(out: &mut Vec<u8>) {
    if !matches!(out.last(), None | Some(b'{' | b'[' | b':')) {
        out.push(b',');
    }
}

/// Appends `,"name":`, or `"name":` right after an opening brace.
pub(super) fn key(out: &mut Vec<u8>, name: &str) {
    separate(out);
    quoted(out, name);
    out.push(b':');
}

/// Appends a member with a string value.
pub(super) fn string_field(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    quoted(out, text);
}

/// Appends a member whose value is JSON already.
pub(super) fn raw_field(out: &mut Vec<u8>, name: &str, value: &str) {
    key(out, name);
    out.extend_from_slice(value.as_bytes());
}

/// Appends a member that is an object, and what `write` writes into it; nothing where that is nothing.
pub(super) fn object_field(out: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
    let before = out.len();
    raw_field(out, name, "{");
    let opened = out.len();
    write(out);
    if out.len() == opened {
        out.truncate(before);
    } else {
        out.push(b'}');
    }
}

/// The text as a JSON object, if it is one. What stands around it is cut off.
pub(super) fn object(text: &str) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

/// Does this value say nothing: `null`, `false`, or an empty string, list or object?
pub(super) fn says_nothing(value: &RawValue) -> bool {
    match value.get().as_bytes() {
        b"null" | b"false" | b"\"\"" => true,
        [b'[', inner @ .., b']'] | [b'{', inner @ .., b'}'] => inner.trim_ascii().is_empty(),
        _ => false,
    }
}
