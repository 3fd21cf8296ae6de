//! JSON Schemas as strict decoding takes them: every object closed, and no bounds, which move into the
//! description, where the model at least reads them. The vendor's SDKs do the same.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::json;
use super::super::wire::Str;

/// Deeper schemas are left as they are: no provider compiles them.
const DEEPEST: usize = 48;

const BOUNDS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// A schema rewritten.
pub(super) struct Closed {
    pub(super) text: Vec<u8>,
    /// Something of it is not enforced any more.
    pub(super) has_lost: bool,
}

/// Closes every object of a schema.
pub(super) fn closed(schema: &RawValue) -> Closed {
    let mut closed = Closed { text: Vec::with_capacity(schema.get().len() + 64), has_lost: false };
    closed.schema(schema, 0);
    closed
}

struct Entries<'a>(Vec<(Str<'a>, &'a RawValue)>);

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
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl Closed {
    fn copy(&mut self, value: &RawValue) {
        self.text.extend_from_slice(value.get().as_bytes());
    }

    /// A schema, or a list of schemas.
    fn schema(&mut self, value: &RawValue, depth: usize) {
        let text = value.get();
        if depth < DEEPEST {
            if let Ok(Entries(entries)) = serde_json::from_str(text) {
                return self.entries(&entries, depth);
            }
            if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(text) {
                return self.list(&list, depth);
            }
        }
        self.copy(value);
    }

    fn list(&mut self, list: &[&RawValue], depth: usize) {
        self.text.push(b'[');
        for (index, value) in list.iter().enumerate() {
            if index > 0 {
                self.text.push(b',');
            }
            self.schema(value, depth + 1);
        }
        self.text.push(b']');
    }

    fn entries(&mut self, entries: &[(Str<'_>, &RawValue)], depth: usize) {
        let is_object = entries.iter().any(|(Str(key), value)| {
            key == "properties" || (key == "type" && value.get().contains("\"object\""))
        });
        let mut bounds = Vec::new();
        let mut description = None;
        self.text.push(b'{');
        for (Str(key), value) in entries {
            match &**key {
                "additionalProperties" if is_object => self.has_lost |= value.get() != "false",
                "minItems" if !matches!(value.get(), "0" | "1") => bounds.push((key, value)),
                key_of_bound if BOUNDS.contains(&key_of_bound) => bounds.push((key, value)),
                "description" => description = Some(value),
                "oneOf" => self.member("anyOf", |closed| closed.schema(value, depth + 1)),
                "properties" | "$defs" | "definitions" => {
                    self.member(key, |closed| closed.named(value, depth + 1));
                }
                "items" | "anyOf" | "allOf" | "not" => {
                    self.member(key, |closed| closed.schema(value, depth + 1));
                }
                _ => self.member(key, |closed| closed.copy(value)),
            }
        }
        self.describe(description, &bounds);
        if is_object {
            json::raw_field(&mut self.text, "additionalProperties", "false");
        }
        self.text.push(b'}');
    }

    /// An object whose values are schemas. Its keys are names, whatever they look like.
    fn named(&mut self, value: &RawValue, depth: usize) {
        let Ok(Entries(entries)) = serde_json::from_str(value.get()) else { return self.copy(value) };
        self.text.push(b'{');
        for (Str(name), value) in &entries {
            self.member(name, |closed| closed.schema(value, depth + 1));
        }
        self.text.push(b'}');
    }

    fn member(&mut self, key: &str, write: impl FnOnce(&mut Self)) {
        if self.text.last() != Some(&b'{') {
            self.text.push(b',');
        }
        json::string(&mut self.text, key);
        self.text.push(b':');
        write(self);
    }

    fn describe(
        &mut self,
        description: Option<&&RawValue>,
        bounds: &[(&std::borrow::Cow<'_, str>, &&RawValue)],
    ) {
        if bounds.is_empty() {
            if let Some(value) = description {
                self.member("description", |closed| closed.copy(value));
            }
            return;
        }
        self.has_lost = true;
        let words = description.and_then(|value| serde_json::from_str::<Str<'_>>(value.get()).ok());
        let mut words = words.map_or_else(String::new, |Str(words)| format!("{words}\n\n"));
        for (index, (key, value)) in bounds.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            words.push_str(&format!("{separator}{key}: {value}"));
        }
        self.member("description", |closed| json::string(&mut closed.text, &words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(schema: &str) -> (String, bool) {
        let closed = closed(serde_json::from_str(schema).unwrap());
        (String::from_utf8(closed.text).unwrap(), closed.has_lost)
    }

    #[test]
    fn a_schema_that_is_strict_already_keeps_every_digit() {
        let schema = r#"{"type":"object","properties":{"minimum":{"type":"number","enum":[1.50,2e3]}},"required":["minimum"],"additionalProperties":false}"#;
        assert_eq!(close(schema), (schema.to_owned(), false));
    }

    #[test]
    fn objects_are_closed_and_bounds_become_words() {
        let (text, has_lost) = close(
            r#"{"type":"object","properties":{"age":{"type":"integer","minimum":0,"description":"Years"},
            "tags":{"type":"array","items":{"type":"object","properties":{}}}}}"#,
        );
        assert_eq!(
            text,
            concat!(
                r#"{"type":"object","properties":{"age":{"type":"integer","description":"Years\n\nminimum: 0"},"#,
                r#""tags":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}},"#,
                r#""additionalProperties":false}"#,
            )
        );
        assert!(has_lost);
    }

    #[test]
    fn a_schema_without_a_bottom_is_left_alone() {
        let deep = "{\"items\":".repeat(200) + "{}" + &"}".repeat(200);
        assert_eq!(close(&deep).0, deep);
    }
}
