//! Streams: read, written, and classified frame by frame. There is no frame that ends one.

mod calls;
mod decoder;
mod encoder;
mod plain;
mod signal;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(super) use self::signal::signal;
