//! The wire wing: what providers' APIs look like, translated through one canonical model.
//!
//! A [`Dialect`] is one API: its path, requests, answers, stream framing and errors. Each is a value that
//! encodes and decodes between its wire and the [`canonical`] model, so any front can be served by any member.
//!
//! Nothing here awaits, reads a clock, or does I/O; nothing here is a tower service. Unknown fields are
//! tolerated, unknown events ignored, and whatever a target cannot carry is written into the ledger of
//! [`Losses`](crate::facts::Losses).

#[cfg(feature = "anthropic-messages")]
pub mod anthropic_messages;
pub mod canonical;
#[cfg(feature = "openai-chat")]
pub mod openai_chat;
pub mod sse;

#[cfg(any(feature = "openai-chat", feature = "anthropic-messages"))]
mod any;
mod api;
#[cfg(any(feature = "openai-chat", feature = "anthropic-messages"))]
mod cut;
mod invalid;
#[cfg(any(feature = "openai-chat", feature = "anthropic-messages"))]
mod quoted;
mod reply;

#[cfg(any(feature = "openai-chat", feature = "anthropic-messages"))]
pub use self::any::{AnyDecoder, AnyDialect, AnyEncoder, UnknownDialect};
pub use self::api::{Decode, Dialect, Encode, Encoded, Peek, Signal};
pub use self::invalid::Invalid;
pub use self::reply::{Reply, ToolNames};
