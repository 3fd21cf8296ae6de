//! Streams: read, written, and classified frame by frame.
//!
//! A stream tells the life of every item and of every part in it, and ends with the answer as a whole. Items
//! are known by their place in the output: ids change in the middle of some providers' streams.

mod calls;
mod decoder;
mod encoder;
mod fields;
mod follow;
mod items;
mod open;
mod said;
mod signal;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(super) use self::follow::{follow, follow_finish};
pub(super) use self::signal::signal;

use self::fields::Fields;
use crate::dialect::sse::Frame;

/// How streams of OpenAI's older API end, and those of some servers of this one.
const DONE: &[u8] = b"[DONE]";

/// What an event is: its own word for it, or else that of its frame.
fn kind<'a>(frame: &'a Frame<'_>, fields: &Fields<'a>) -> Option<&'a str> {
    fields.kind.or_else(|| std::str::from_utf8(frame.event?).ok())
}
