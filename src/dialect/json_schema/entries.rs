//! Schemas as lists of keywords, in their order, borrowed from the text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A string. Serde lends a plain `Cow` only as a field.
#[derive(Deserialize)]
#[serde(transparent)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

/// One keyword of a schema.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) value: &'a RawValue,
    /// What other schemas that hold as well say under the same keyword.
    pub(super) more: Vec<&'a RawValue>,
}

impl<'a> Entry<'a> {
    /// All that is said under the keyword.
    pub(super) fn values(&self) -> impl Iterator<Item = &'a RawValue> {
        std::iter::once(self.value).chain(self.more.iter().copied())
    }
}

/// A JSON object in its order.
#[derive(Debug)]
pub(super) struct Entries<'a>(pub(super) Vec<Entry<'a>>);

impl<'a> Entries<'a> {
    /// The members of an object; `None` of anything else.
    pub(super) fn of(value: &'a RawValue) -> Option<Self> {
        // A quick look: most of what is asked are strings and numbers.
        value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok()).flatten()
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|entry| entry.key == key).map(|entry| entry.value)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Is this one of the types the schema names? A schema that names none is asked for its other keywords.
    pub(super) fn is_of(&self, kind: &str) -> bool {
        self.types().iter().any(|named| named == kind)
    }

    pub(super) fn types(&self) -> Vec<Cow<'a, str>> {
        self.get("type").map_or_else(Vec::new, |value| match text(value) {
            Some(kind) => vec![kind],
            None => strings(value),
        })
    }

    pub(super) fn is_object(&self) -> bool {
        self.is_of("object") || self.has("properties")
    }
}

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        let mut entries = Vec::new();
        while let Some((Str(key), value)) = map.next_entry()? {
            entries.push(Entry { key, value, more: Vec::new() });
        }
        Ok(Entries(entries))
    }
}

/// The items of an array; `None` of anything else.
pub(super) fn list(value: &RawValue) -> Option<Vec<&RawValue>> {
    value.get().starts_with('[').then(|| serde_json::from_str(value.get()).ok()).flatten()
}

/// A string; `None` of anything else.
pub(super) fn text(value: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(value.get()).ok().map(|Str(text)| text)
}

/// The strings in an array.
pub(super) fn strings(value: &RawValue) -> Vec<Cow<'_, str>> {
    list(value).unwrap_or_default().into_iter().filter_map(text).collect()
}
