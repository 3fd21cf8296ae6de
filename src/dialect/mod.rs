//! The wire wing: what providers' APIs look like, translated through one canonical model.
//!
//! A [`Dialect`] is one API: its path, requests, answers, stream framing and errors. Each is a value that
//! encodes and decodes between its wire and the [`canonical`] model, so any front can be served by any member.
//!
//! Nothing here awaits, reads a clock, or does I/O; nothing here is a tower service. Unknown fields are
//! tolerated, unknown events ignored, and whatever a target cannot carry is written into the ledger of
//! [`Losses`](crate::facts::Losses), by the path at which the caller wrote it.
//!
//! # What a translation adds
//!
//! A member is told what the caller said, and beyond it only what the member's API wants to hear. Between callers
//! and members of one dialect nothing is added.
//!
//! | API | is told unasked | since |
//! |---|---|---|
//! | all | the member's model; in words how to answer in JSON, where there is no field for it (a loss names the field) | |
//! | all | in a schema `additionalProperties: false`, types, and `required` where the vendor enforces it only so | a strict schema lacks them |
//! | all | ids for calls that have none, names for documents that have none | Gemini's callers need no ids |
//! | `anthropic-messages` | `max_tokens`: the most that the model can say | it has no default |
//! | `anthropic-messages` | `thinking` with an effort or instead of one; `input_schema` of an object without properties; the tools that the conversation has used | it refuses a request without |
//! | `openai-chat` | `stream_options.include_usage` | the caller, or the accounts, may want to know |
//! | `openai-chat` | for Mistral a turn `Understood.` between a result and a question, and `prefix` on words to go on with | it refuses other orders |
//! | `openai-chat`, `openai-responses` | for the form of an answer the name `response`, and `strict: true` for callers whose own dialect always enforces it | it wants the name, and enforces on demand |
//! | `openai-responses` | `store: false`, and `reasoning.encrypted_content` with the answer | only by their ids could answers be gone on from |
//! | `openai-responses` | `strict: false` of tools, `detail: "auto"` of images | left out, the first would be `true`; its types demand the second |
//! | `openai-responses` | `reasoning.summary: "auto"` for callers whose own dialect shows thoughts | it shows them only on demand |
//! | `gemini` | `includeThoughts` with a wish to think; the type of an answer with its schema | it shows them only on demand; it wants the type |
//! | `gemini` | the name of the function with its result; for calls of another model the seal that the vendor has documented for them | it refuses a request without |
//!
//! Three things are left out and no loss: what says only what holds anyway (a default spelled out, an empty list), what
//! says the same a second time, and what of a schema is for those who keep it (`$schema`, `$comment`).

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
mod arguments;
#[cfg(any(feature = "openai-chat", feature = "gemini"))]
mod broken_off;
mod capabilities;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod check;
mod choices;
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
#[cfg(any(feature = "openai-responses", feature = "gemini"))]
mod looks;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod members;
#[cfg(any(feature = "openai-chat", feature = "gemini"))]
mod mostly_one;
#[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
mod openai;
#[cfg(any(feature = "anthropic-messages", feature = "gemini"))]
mod queue;
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
#[cfg(any(feature = "anthropic-messages", feature = "gemini", feature = "openai-responses"))]
mod seal;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod slots;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini",
    feature = "schema-normalizer"
))]
pub(crate) mod surrogates;
mod target;
#[cfg(any(
    feature = "openai-chat",
    feature = "openai-responses",
    feature = "anthropic-messages",
    feature = "gemini"
))]
mod told;
mod untold;
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
pub use self::arguments::GarbledCall;
pub use self::capabilities::{Capabilities, Changes, Models, Sampling, Thinking, Vendor};
pub use self::choices::Choices;
pub use self::invalid::Invalid;
pub use self::reply::{Reply, ToolNames};
pub use self::resumed::Resumed;
pub use self::target::{Flavour, Target};
pub use self::untold::Untold;
