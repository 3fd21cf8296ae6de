//! Bodies that make an attempt repeatable, and bodies that are watched.
//!
//! [`Buffered`] is a whole body in memory: a clone is a reference count, so an attempt can be repeated.
//! [`Observed`] tells a [`Witness`] how a response body went, exactly once, also when it is dropped: whatever
//! streams is judged at its end and not at its head.

mod buffered;
#[cfg(any(feature = "buffer", feature = "schema-normalizer", feature = "stream-guard"))]
mod gather;
#[cfg(any(feature = "resume", feature = "schema-normalizer", feature = "stream-guard"))]
mod linger;
mod observed;

pub use self::buffered::Buffered;
#[cfg(any(feature = "buffer", feature = "schema-normalizer", feature = "stream-guard"))]
pub(crate) use self::gather::Gather;
#[cfg(any(feature = "resume", feature = "schema-normalizer", feature = "stream-guard"))]
pub(crate) use self::linger::linger;
pub use self::observed::{End, Observed, Witness};
