//! Ids and names that the API takes.

use std::borrow::Cow;

use crate::dialect::hash::hash;
pub(super) use crate::dialect::openai::names::{tool_name, user_id};

/// The longest id of a tool call that all versions of the API take.
const MAX_ID: usize = 40;

/// An id for a tool call that the API takes.
pub(super) fn call_id(id: &str) -> Cow<'_, str> {
    crate::dialect::openai::names::call_id(id, MAX_ID)
}

/// An id made up for a call that came without one, the same whenever it is made up again.
pub(super) fn invented_id(answer: &str, index: usize) -> String {
    format!("call_{:024x}", hash(&format!("{answer}#{index}")) >> 32)
}
