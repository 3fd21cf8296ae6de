//! Complaints in this vendor's words.

use serde_json::Value;

use crate::testing::wire::Complaint;

/// Every field is one that the vendor knows.
pub(super) fn known(at: &str, value: &Value, fields: &[&str]) -> Result<(), Complaint> {
    let object = value.as_object().ok_or_else(|| invalid_type(at, "an object"))?;
    let Some(name) = object.keys().find(|name| !fields.contains(&name.as_str())) else { return Ok(()) };
    let param = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
    Err(Complaint::new(&param, format_args!("Unknown parameter: '{param}'.")).with_code("unknown_parameter"))
}

pub(super) fn missing(param: &str) -> Complaint {
    let message = format!("Missing required parameter: '{param}'.");
    Complaint::new(param, message).with_code("missing_required_parameter")
}

pub(super) fn invalid_type(param: &str, wanted: &str) -> Complaint {
    let message = format!("Invalid type for '{param}': expected {wanted}.");
    Complaint::new(param, message).with_code("invalid_type")
}

pub(super) fn invalid_value(param: &str, found: &Value, wanted: &[&str]) -> Complaint {
    let message = format!("Invalid value: {found}. Supported values are: {}.", wanted.join(", "));
    Complaint::new(param, message).with_code("invalid_value")
}

/// One of these words, or nothing.
pub(super) fn choice(param: &str, found: &Value, wanted: &[&str]) -> Result<(), Complaint> {
    if found.is_null() || found.as_str().is_some_and(|word| wanted.contains(&word)) {
        return Ok(());
    }
    Err(invalid_value(param, found, wanted))
}

/// 1 to 64 letters, digits, `_` or `-`.
pub(super) fn is_name(param: &str, name: &Value) -> Result<(), Complaint> {
    let Some(name) = name.as_str() else { return Err(missing(param)) };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if (1..=64).contains(&name.len()) && name.bytes().all(is_part) {
        return Ok(());
    }
    let message = format!("Invalid '{param}': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.");
    Err(Complaint::new(param, message).with_code("invalid_value"))
}
