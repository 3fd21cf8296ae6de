//! The neutral model in the hub: what a conversation *is*, whatever the API it came through.
//!
//! Four dialects translated pairwise need twelve translators; through a hub each needs one. The hub is rich
//! enough that nothing has to be flattened to one vendor's shape, and it borrows from the body it was read
//! from: strings are `Cow`, JSON that nobody here has to understand stays raw, so that numbers keep their
//! digits and objects their order.

mod answer;
mod content;
mod event;
mod extras;
mod finish;
mod names;
mod request;
mod tool;

pub use self::answer::{Answer, Choice};
pub use self::content::{Cache, Citation, Content, Part, Position, Reasoning, Role, Source, Turn};
pub use self::event::Event;
pub(crate) use self::extras::Extras;
pub use self::finish::Finish;
pub use self::names::Names;
pub use self::request::{Effort, Extra, OutputFormat, ReasoningRequest, Request, Sampling};
pub use self::tool::{Tool, ToolCall, ToolChoice, ToolResult};

use std::borrow::Cow;

use serde_json::value::RawValue;

pub use crate::facts::Usage;

/// JSON that is carried and not read.
pub type Json<'a> = Cow<'a, RawValue>;

/// Text, borrowed from the body wherever it had no escapes.
pub type Text<'a> = Cow<'a, str>;
