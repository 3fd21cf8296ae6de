use serde_json::value::RawValue;

use super::entries::{Entries, text};
use crate::dialect::quoted::quoted;

/// The schema, saying itself what it is for: where a dialect has no other place for that. `None` where it does so
/// already, or is no schema.
pub(crate) fn described(schema: &RawValue, what_for: &str) -> Option<Box<RawValue>> {
    // `true` is the schema of all, as is an object with nothing in it.
    let entries = if schema.get() == "true" { Entries(Vec::new()) } else { Entries::of(schema)? };
    let own = entries.get("description").and_then(text).filter(|own| !own.is_empty());
    let description = match &own {
        Some(own) if own.contains(what_for) => return None,
        Some(own) => format!("{what_for}\n\n{own}"),
        None => what_for.to_owned(),
    };
    let mut out = b"{\"description\":".to_vec();
    quoted(&mut out, &description);
    for entry in entries.0.iter().filter(|entry| entry.key != "description") {
        out.push(b',');
        quoted(&mut out, &entry.key);
        out.push(b':');
        out.extend_from_slice(entry.value.get().as_bytes());
    }
    out.push(b'}');
    RawValue::from_string(String::from_utf8(out).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_schema_is_for_stands_above_what_it_says_of_itself() {
        let described = |schema, text| {
            described(serde_json::from_str(schema).unwrap(), text).map(|new| new.get().to_owned())
        };
        let rows = [
            (r#"{"type":"object","a":1.50}"#, Some(r#"{"description":"A bill.","type":"object","a":1.50}"#)),
            (r#"{"type":"object","description":""}"#, Some(r#"{"description":"A bill.","type":"object"}"#)),
            (r#"{"description":"Sums."}"#, Some(r#"{"description":"A bill.\n\nSums."}"#)),
            (r#"{"description":"A bill. All of it."}"#, None),
            ("true", Some(r#"{"description":"A bill."}"#)),
            ("7", None),
        ];
        for (schema, wanted) in rows {
            assert_eq!(described(schema, "A bill.").as_deref(), wanted, "{schema}");
        }
    }
}
