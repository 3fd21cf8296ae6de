//! A whole answer: read, written, and told from what is none.
//!
//! Much of it serves streams, too: their events hold the same items and parts, and their last one the answer.

mod check;
mod decode;
mod encode;

pub(super) mod annotation;
pub(super) mod envelope;
pub(super) mod finish;
pub(super) mod ids;
pub(super) mod item;
pub(super) mod logprobs;
pub(super) mod seal;
pub(super) mod usage;
pub(super) mod wire;

pub(super) use self::check::check;
pub(super) use self::decode::{call_id, decode, output, signature};
pub(super) use self::encode::encode;
