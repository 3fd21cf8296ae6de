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
#[cfg(feature = "gemini")]
pub mod gemini;
#[cfg(feature = "openai-chat")]
pub mod openai_chat;
#[cfg(feature = "openai-responses")]
pub mod openai_responses;
pub mod sse;

#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod any;
mod api;
mod capabilities;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod check;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod conversation;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod cut;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod hash;
mod invalid;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod json_schema;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod members;
#[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
mod openai;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod quoted;
mod reply;
mod resumed;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod scan;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod seal;
mod target;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod told;
#[cfg(test)]
mod wordings;

#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
pub use self::any::{AnyDecoder, AnyDialect, AnyEncoder, UnknownDialect};
pub use self::api::{Decode, Dialect, Encode, Encoded, Peek, Signal};
pub use self::capabilities::{Capabilities, Changes, Models, Sampling, Thinking, Vendor};
pub use self::invalid::Invalid;
pub use self::reply::{Reply, ToolNames};
pub use self::resumed::Resumed;
pub use self::target::{Flavour, Target};
