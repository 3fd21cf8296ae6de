//! Fields by either of their names, and complaints in this vendor's words.

use serde_json::Value;

use crate::testing::wire::Complaint;

/// A field by its name, or by the same with underscores, which the vendor takes as well.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> &'a Value {
    object.get(name).or_else(|| object.get(snake(name))).unwrap_or(&Value::Null)
}

pub(super) fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Every field is one that the vendor knows.
pub(super) fn known(at: &str, value: &Value, fields: &[&str]) -> Result<(), Complaint> {
    let object = value.as_object().ok_or_else(|| invalid(at, "expected an object"))?;
    let is_known = |name: &&String| fields.iter().any(|field| *field == *name || snake(field) == **name);
    let Some(name) = object.keys().find(|name| !is_known(name)) else { return Ok(()) };
    let place = if at.is_empty() { String::new() } else { format!(" at '{}'", snake(at)) };
    let message =
        format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.");
    Err(Complaint::new("", message))
}

pub(super) fn invalid(at: &str, why: &str) -> Complaint {
    Complaint::new("", format_args!("Invalid value at '{}': {why}", snake(at)))
}
