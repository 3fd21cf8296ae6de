//! Streams.

mod arguments;
mod decoder;
mod encoder;
mod follow;
mod plain;
mod signal;
mod waiting;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(super) use self::follow::{follow, follow_finish};
pub(super) use self::signal::signal;

/// The frame that ends a stream.
pub(super) const TERMINAL: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
