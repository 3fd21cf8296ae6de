//! Writing JSON into a buffer, piece by piece.

use serde::Serialize;

use crate::dialect::quoted::quoted;

/// Appends a string, escaped.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    quoted(out, text);
}

/// Appends a value. Strings, numbers and raw JSON in structs cannot fail to be written to memory.
pub(super) fn value<T>(out: &mut Vec<u8>, value: &T)
where
    T: Serialize + ?Sized,
{
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "nothing here fails to be written");
}
