//! A whole answer, read and written.

use crate::dialect::canonical::Answer;
use crate::dialect::{Invalid, Reply};
use crate::failure::{Class, Failure};

/// Reads a member's answer.
pub(super) fn decode(_body: &[u8]) -> Result<Answer<'_>, Invalid> {
    Err(Invalid::new("not part of this build"))
}

/// Writes an answer for the caller.
pub(super) fn encode(_answer: &Answer<'_>, _reply: &Reply) -> Vec<u8> {
    Vec::new()
}

/// Is this 200 an answer at all?
pub(super) fn check(_body: &[u8]) -> Result<(), Failure> {
    Err(Failure::new(Class::InvalidOutput))
}
