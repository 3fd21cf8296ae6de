//! Schemas in the vendor's own notation, a part of OpenAPI's, read as JSON Schema.
//!
//! Types are written in upper case (or as the numbers of the protocol), `nullable` is a word of its own, bounds
//! that count are strings, and the order of the properties may be said.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::json;
use super::read::{self, camel};
use crate::dialect::Invalid;
use crate::dialect::canonical::Json;
use crate::dialect::json_schema::Nesting;
use crate::dialect::quoted::quoted;

/// Deeper schemas are left as they are: no provider compiles them.
const DEEPEST: usize = 48;
/// Of the protocol, whose numbers some clients write.
const TYPES: [&str; 8] = ["", "string", "number", "integer", "boolean", "array", "object", "null"];
/// Counts, which are strings there.
const COUNTS: [&str; 6] =
    ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

/// The same schema as JSON Schema; the very one where it is that already. `nesting` is of those before it, `path`
/// where it stands.
pub(super) fn normalised<'a>(
    schema: &'a RawValue,
    path: &str,
    nesting: &mut Nesting,
) -> Result<Json<'a>, Invalid> {
    if !nesting.takes(schema) {
        return Err(Invalid::new(format!("{path}: {}", Nesting::TOO_DEEP)).at(path));
    }
    let mut out = Vec::with_capacity(schema.get().len() + 32);
    write(&mut out, schema, 0);
    let read = String::from_utf8(out).ok().filter(|text| text != schema.get());
    Ok(match read.and_then(|text| RawValue::from_string(text).ok()) {
        Some(owned) => Cow::Owned(owned),
        None => Cow::Borrowed(schema),
    })
}

fn copy(out: &mut Vec<u8>, value: &RawValue) {
    out.extend_from_slice(value.get().as_bytes());
}

/// A schema, or a list of them.
fn write(out: &mut Vec<u8>, value: &RawValue, depth: usize) {
    if depth < DEEPEST && value.get().starts_with('{') {
        if let Ok(entries) = read::entries(value.get()) {
            return schema(out, &entries, depth);
        }
    }
    if depth < DEEPEST && value.get().starts_with('[') {
        if let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            out.push(b'[');
            for item in list {
                json::separate(out);
                write(out, item, depth + 1);
            }
            return out.push(b']');
        }
    }
    copy(out, value);
}

fn schema(out: &mut Vec<u8>, entries: &[(Cow<'_, str>, &RawValue)], depth: usize) {
    let is_nullable = entries.iter().any(|(name, value)| name == "nullable" && value.get() == "true");
    let ordering = ordering(entries);
    out.push(b'{');
    for (name, value) in entries.iter().filter(|(_, value)| value.get() != "null") {
        let name = camel(name).map_or(Cow::Borrowed(&**name), Cow::Owned);
        match &*name {
            "type" => write_type(out, value, is_nullable),
            "enum" if is_nullable => with_null(out, &name, value, "null"),
            "anyOf" if is_nullable => {
                let mut list = Vec::new();
                write(&mut list, value, depth + 1);
                let list = RawValue::from_string(String::from_utf8_lossy(&list).into_owned());
                match list {
                    Ok(list) => with_null(out, &name, &list, "{\"type\":\"null\"}"),
                    Err(_) => json::raw_field(out, &name, value.get()),
                }
            }
            // What they say is said above, and by the order in which the properties stand.
            "nullable" | "propertyOrdering" => {}
            "format" if value.get() == "\"enum\"" => {}
            "example" => json::raw_field(out, "examples", &format!("[{value}]")),
            "items" | "anyOf" | "oneOf" | "allOf" | "not" | "additionalProperties" | "prefixItems" => {
                json::key(out, &name);
                write(out, value, depth + 1);
            }
            "properties" => named(out, "properties", (value, &ordering), depth + 1),
            "defs" | "$defs" => named(out, "$defs", (value, &[]), depth + 1),
            "ref" => reference(out, value),
            count if COUNTS.contains(&count) => match read::count(value) {
                Some(number) => json::raw_field(out, &name, &number.to_string()),
                None => json::raw_field(out, &name, value.get()),
            },
            _ => json::raw_field(out, &name, value.get()),
        }
    }
    out.push(b'}');
}

/// The order in which the properties are to be answered, where it is said. Models keep to that in which they stand.
fn ordering<'a>(entries: &[(Cow<'a, str>, &'a RawValue)]) -> Vec<Cow<'a, str>> {
    let said = entries.iter().find(|(name, _)| matches!(&**name, "propertyOrdering" | "property_ordering"));
    let list = said.and_then(|(_, value)| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok());
    list.unwrap_or_default().into_iter().filter_map(read::string).collect()
}

/// An object whose values are schemas. Its keys are names, whatever they look like.
fn named(out: &mut Vec<u8>, key: &str, (value, ordering): (&RawValue, &[Cow<'_, str>]), depth: usize) {
    json::key(out, key);
    let Ok(mut entries) = read::entries(value.get()) else { return copy(out, value) };
    if !ordering.is_empty() {
        let places: HashMap<&str, usize> =
            ordering.iter().enumerate().rev().map(|(place, name)| (&**name, place)).collect();
        entries.sort_by_cached_key(|(name, _)| places.get(&**name).copied().unwrap_or(usize::MAX));
    }
    out.push(b'{');
    for (name, value) in &entries {
        json::key(out, name);
        write(out, value, depth);
    }
    out.push(b'}');
}

fn write_type(out: &mut Vec<u8>, value: &RawValue, is_nullable: bool) {
    let word = match read::string(value) {
        Some(word) => word.to_ascii_lowercase(),
        None => match read::count(value).and_then(|number| TYPES.get(usize::try_from(number).ok()?)) {
            Some(word) => (*word).to_owned(),
            None => return json::raw_field(out, "type", value.get()),
        },
    };
    match &*word {
        "" | "type_unspecified" => {}
        word if is_nullable && word != "null" => {
            json::raw_field(out, "type", &format!("[\"{word}\",\"null\"]"));
        }
        word => json::string_field(out, "type", word),
    }
}

/// A list, and one more in it.
fn with_null(out: &mut Vec<u8>, name: &str, list: &RawValue, null: &str) {
    let inner = list.get().trim_end().strip_suffix(']').map(str::trim_end);
    match inner {
        Some("[") => json::raw_field(out, name, &format!("[{null}]")),
        Some(inner) => json::raw_field(out, name, &format!("{inner},{null}]")),
        None => json::raw_field(out, name, list.get()),
    }
}

fn reference(out: &mut Vec<u8>, value: &RawValue) {
    json::key(out, "$ref");
    match read::string(value) {
        Some(target) => match target.strip_prefix("#/defs/") {
            Some(name) => quoted(out, &format!("#/$defs/{name}")),
            None => quoted(out, &target),
        },
        None => copy(out, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalise(schema: &str) -> Json<'_> {
        normalised(serde_json::from_str(schema).unwrap(), "a", &mut Nesting::default()).unwrap()
    }

    fn read(schema: &str) -> String {
        normalise(schema).get().to_owned()
    }

    #[test]
    fn the_vendors_notation_becomes_json_schema() {
        let rows = [
            (
                r#"{"type":"OBJECT","properties":{"TYPE":{"type":"STRING"}},"property_ordering":["TYPE"]}"#,
                r#"{"type":"object","properties":{"TYPE":{"type":"string"}}}"#,
            ),
            (
                r#"{"properties":{"z":{},"b":{},"a":{}},"propertyOrdering":["a","none","b"]}"#,
                r#"{"properties":{"a":{},"b":{},"z":{}}}"#,
            ),
            (
                r#"{"type":"ARRAY","items":{"type":3},"min_items":"1","maxItems":5}"#,
                r#"{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":5}"#,
            ),
            (
                r#"{"type":"STRING","format":"enum","enum":["a"],"nullable":true}"#,
                r#"{"type":["string","null"],"enum":["a",null]}"#,
            ),
            (
                r#"{"any_of":[{"type":"STRING"}],"nullable":true}"#,
                r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
            ),
            (
                r##"{"ref":"#/defs/a","defs":{"a":{"type":"TYPE_UNSPECIFIED","example":1.50}}}"##,
                r##"{"$ref":"#/$defs/a","$defs":{"a":{"examples":[1.50]}}}"##,
            ),
        ];
        for (schema, wanted) in rows {
            assert_eq!(read(schema), wanted);
        }
    }

    #[test]
    fn a_json_schema_is_borrowed_as_it_is() {
        let schema = r#"{"type":"object","properties":{"max_items":{"type":["string","null"]}},"additionalProperties":false}"#;
        assert!(matches!(normalise(schema), Cow::Borrowed(raw) if raw.get() == schema));
    }
}
