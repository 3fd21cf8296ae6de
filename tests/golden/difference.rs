//! What two values do not have in common.

use serde_json::Value;

/// One line for each place at which they differ.
pub(crate) fn differences(was: &Value, is: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(Some(was), Some(is), "", &mut found);
    found
}

fn compare(was: Option<&Value>, is: Option<&Value>, path: &str, found: &mut Vec<String>) {
    match (was, is) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let added = is.keys().filter(|name| !was.contains_key(*name));
            for name in was.keys().chain(added) {
                let dot = if path.is_empty() { "" } else { "." };
                compare(was.get(name), is.get(name), &format!("{path}{dot}{name}"), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for index in 0..was.len().max(is.len()) {
                compare(was.get(index), is.get(index), &format!("{path}[{index}]"), found);
            }
        }
        (was, is) if was == is => {}
        (Some(was), Some(is)) => found.push(format!("{path}: {was} becomes {is}")),
        (Some(was), None) => found.push(format!("{path}: {was} is left out")),
        (None, is) => found.push(format!("{path}: {} is added", is.unwrap_or(&Value::Null))),
    }
}
