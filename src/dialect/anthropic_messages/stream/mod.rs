//! Streams.

mod arguments;
mod decoder;
mod encoder;
mod signal;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(super) use self::signal::signal;

/// The frame that ends a stream.
pub(super) const TERMINAL: &[u8] = b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
