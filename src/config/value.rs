//! Readers of single values. Their errors complete the sentence "`key` in [table] …".

use std::time::Duration;

use super::near::nearest;
use super::{duration, size};

pub(super) type Value<'a> = toml::de::DeValue<'a>;

/// Any text that is not blank.
pub(super) fn text<'a>(value: &'a Value<'a>) -> Result<&'a str, String> {
    match value.as_str() {
        Some(text) if text.trim().is_empty() => Err("is empty".to_owned()),
        Some(text) if text.chars().any(char::is_control) => Err("has control characters".to_owned()),
        Some(text) => Ok(text),
        None => Err(format!("must be a string, not {}", kind(value))),
    }
}

pub(super) fn flag(value: &Value<'_>) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("must be true or false, not {}", kind(value)))
}

/// A whole number from one up.
pub(super) fn count(value: &Value<'_>) -> Result<u32, String> {
    let Some(number) = integer(value) else {
        return Err(format!("must be a whole number, not {}", kind(value)));
    };
    match u32::try_from(number) {
        Ok(0) | Err(_) => Err(format!("must be at least 1 and at most {}, not {number}", u32::MAX)),
        Ok(count) => Ok(count),
    }
}

/// From zero to one, both included.
pub(super) fn ratio(value: &Value<'_>) -> Result<f64, String> {
    let number = match (integer(value), value.as_float()) {
        (Some(integer), _) => integer as f64,
        (None, Some(float)) => float.as_str().parse().map_err(|_| "must be a number".to_owned())?,
        (None, None) => return Err(format!("must be a number between 0 and 1, not {}", kind(value))),
    };
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    let percent = if (1.0..=100.0).contains(&number) {
        format!("; for {number} % write {}", number / 100.0)
    } else {
        String::new()
    };
    Err(format!("must be between 0 and 1, not {number}{percent}"))
}

/// As [`ratio`], without zero, at which a circuit would open on success.
pub(super) fn rate(value: &Value<'_>) -> Result<f64, String> {
    match ratio(value)? {
        0.0 => Err("must be above 0; at 0 even calls that succeed would open the circuit".to_owned()),
        rate => Ok(rate),
    }
}

pub(super) fn duration(value: &Value<'_>) -> Result<Duration, String> {
    match (value.as_str(), integer(value)) {
        (Some(text), _) => duration::parse(text),
        (None, Some(number)) => {
            Err(format!("must be a duration with its unit; write \"{number}s\" or \"{number}ms\""))
        }
        (None, None) => Err(format!("must be a duration such as \"8s\", not {}", kind(value))),
    }
}

pub(super) fn size(value: &Value<'_>) -> Result<usize, String> {
    match (value.as_str(), integer(value)) {
        (Some(text), _) => size::parse(text),
        (None, Some(bytes)) => size::from_bytes(bytes),
        (None, None) => Err(format!("must be a size such as \"20MiB\", not {}", kind(value))),
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(value: &Value<'_>, choices: &[(&'static str, T)]) -> Result<T, String> {
    let words = || choices.iter().map(|(word, _)| *word);
    let Some(text) = value.as_str() else {
        return Err(format!("must be one of {}, not {}", listed(words()), kind(value)));
    };
    match choices.iter().find(|(word, _)| *word == text) {
        Some((_, choice)) => Ok(*choice),
        None => Err(match nearest(text, words()) {
            Some(meant) => format!("cannot be `{text}`; did you mean `{meant}`?"),
            None if is_word(text) => format!("cannot be `{text}`; write one of {}", listed(words())),
            None => format!("cannot be that; write one of {}", listed(words())),
        }),
    }
}

/// Can it be shown? A key that was put in the wrong place cannot.
fn is_word(text: &str) -> bool {
    text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// `a`, `b`, `c`, in backticks.
pub(super) fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// What a value is, with its article.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "an integer",
        Value::Float(_) => "a float",
        Value::Boolean(_) => "a boolean",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

fn integer(value: &Value<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}
