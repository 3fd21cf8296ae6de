//! Leaves of JSON, as they are found.
//!
//! They stay raw and are read on demand: servers that call themselves compatible disagree on what is a
//! string, a number, `null`, or absent, and one odd leaf must not cost the whole body.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

#[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
use crate::dialect::Invalid;
use crate::dialect::canonical::Text;
use crate::dialect::surrogates::mended;

/// A leaf: absent and `null` are the same.
pub(in crate::dialect) type Raw<'a> = Option<&'a RawValue>;

/// A string that borrows where it has no escapes; serde alone would copy a `Cow` inside an `Option`.
pub(in crate::dialect) struct Borrowed<'a>(pub(in crate::dialect) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Borrowed<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Borrowed<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Borrowed(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Borrowed(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Read)
    }
}

/// The string, if it is one.
pub(in crate::dialect) fn string(raw: &RawValue) -> Option<Text<'_>> {
    unquoted(raw.get())
}

/// The string that a piece of JSON is, if it is one. Half of a character is no reason to lose the others.
pub(in crate::dialect) fn unquoted(json: &str) -> Option<Text<'_>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    let whole = serde_json::from_str::<Borrowed<'_>>(json).ok().map(|text| text.0);
    whole.or_else(|| serde_json::from_slice(&mended(json.as_bytes())?).ok().map(Cow::Owned))
}

/// The string, if it is one and says something.
pub(in crate::dialect) fn text(raw: Raw<'_>) -> Option<Text<'_>> {
    raw.and_then(string).filter(|text| !text.is_empty())
}

/// The string that a piece of JSON is, with a mark in place of each half of a character: servers that count in UTF-16 cut
/// texts between two of them. Of anything else, its JSON.
pub(in crate::dialect) fn marked(json: &str) -> Text<'_> {
    if let Some(text) = unquoted(json) {
        return text;
    }
    let mut marked = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (before, escape) = rest.split_at(at);
        marked.push_str(before);
        let is_half = escape.get(..4).is_some_and(|start| {
            matches!(start.as_bytes(), [_, b'u', b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'])
        });
        let length = if is_half { 6 } else { 2 }.min(escape.len());
        let Some((escape, after)) = escape.split_at_checked(length) else { return Cow::Borrowed(json) };
        marked.push_str(if is_half { "\u{fffd}" } else { escape });
        rest = after;
    }
    marked.push_str(rest);
    serde_json::from_str::<String>(&marked).map_or(Cow::Borrowed(json), Cow::Owned)
}

/// The count, also where a server writes it as `12.0`. A missing or negative one is not known.
pub(in crate::dialect) fn count(raw: Raw<'_>) -> Option<u64> {
    written_count(raw?.get())
}

/// The count that a piece of JSON is, if it is one.
pub(in crate::dialect) fn written_count(json: &str) -> Option<u64> {
    if let Ok(number) = json.parse() {
        return Some(number);
    }
    let number: f64 = json.parse().ok()?;
    // Casts of floats saturate; counts of tokens stay far below where they lose precision.
    (number.is_finite() && number >= 0.0).then_some(number as u64)
}

/// A value of this type, or nothing where it is of another.
pub(in crate::dialect) fn read<'a, T>(raw: Raw<'a>) -> Option<T>
where
    T: serde::Deserialize<'a>,
{
    serde_json::from_str(raw?.get()).ok()
}

/// Is it an empty string, list or object?
#[cfg(feature = "openai-chat")]
pub(in crate::dialect) fn is_empty(raw: &RawValue) -> bool {
    match raw.get().as_bytes() {
        [b'"', inner @ .., b'"'] => inner.is_empty(),
        [b'[', inner @ .., b']'] | [b'{', inner @ .., b'}'] => inner.trim_ascii().is_empty(),
        _ => false,
    }
}

/// Reads one JSON object. Without the check, serde would take a list for a struct's fields in order.
#[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
pub(in crate::dialect) fn object<'a, T>(json: &'a [u8]) -> Result<T, Invalid>
where
    T: serde::Deserialize<'a>,
{
    let json = std::str::from_utf8(json).map_err(|_| Invalid::new("The body is not valid UTF-8."))?;
    if !json.trim_start().starts_with('{') {
        return Err(Invalid::new("The body is not a JSON object."));
    }
    Ok(serde_json::from_str(json)?)
}

/// The text of a string; of anything else, its JSON.
pub(in crate::dialect) fn json_text(raw: &RawValue) -> Text<'_> {
    string(raw).unwrap_or(Cow::Borrowed(raw.get()))
}
