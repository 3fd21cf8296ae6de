//! Streams: read, written, and classified frame by frame.

mod calls;
mod decoder;
mod encoder;
mod follow;
mod glance;
mod plain;
mod signal;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(super) use self::follow::{follow, follow_finish};
pub(super) use self::signal::signal;

/// The data of the terminal frame.
const DONE: &[u8] = b"[DONE]";
/// The terminal frame.
pub(super) const TERMINAL: &[u8] = b"data: [DONE]\n\n";
