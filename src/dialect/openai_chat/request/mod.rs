//! Requests: peeked at, scrubbed, read and written.

mod body;
mod decode;
mod encode;
mod message;
mod part;
mod reword;
mod scrub;
mod settings;
mod thoughts;
mod tool;
mod tools;
mod turns;

pub(super) use self::decode::decode;
pub(super) use self::encode::encode;
pub(super) use self::scrub::{holds_foreign, scrub};

use crate::dialect::openai::{fields as read, peek};
