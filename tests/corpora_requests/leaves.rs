//! A JSON value as the list of its leaves.

use serde_json::Value;

/// A scalar, or an empty list or object, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    /// As a caller would write it: `messages[1].content[0].text`.
    pub(crate) path: String,
    /// The last name in the path.
    pub(crate) key: &'a str,
    pub(crate) value: &'a Value,
}

pub(crate) fn leaves(value: &Value) -> Vec<Leaf<'_>> {
    let mut found = Vec::new();
    walk(String::new(), "", value, &mut found);
    found
}

fn walk<'a>(path: String, key: &'a str, value: &'a Value, found: &mut Vec<Leaf<'a>>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                walk(format!("{path}{dot}{name}"), name, value, found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                walk(format!("{path}[{index}]"), key, item, found);
            }
        }
        _ => found.push(Leaf { path, key, value }),
    }
}

/// The path with its indexes left out.
pub(crate) fn pattern(path: &str) -> String {
    let mut is_index = false;
    path.chars()
        .filter(|c| {
            is_index = match c {
                '[' => true,
                ']' => false,
                _ => return !is_index,
            };
            true
        })
        .collect()
}

/// Is `path` the same as `above`, or within it?
pub(crate) fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
