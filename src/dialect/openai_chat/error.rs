//! Errors in streams; the rest of them both of the vendor's dialects share.

use crate::dialect::openai::error::{Words, members};
pub(super) use crate::dialect::openai::error::{decode, describe, encode, is_error};
use crate::failure::Failure;

/// Writes an error as the last frame of a stream.
pub(super) fn encode_event(failure: &Failure, message: &str) -> Vec<u8> {
    let mut out = br#"data: {"error":{"#.to_vec();
    members(&mut out, &Words::of(failure, None), message);
    out.extend_from_slice(b"}}\n\n");
    out
}
