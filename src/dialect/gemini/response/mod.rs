//! Whole answers: read, written and checked. Chunks of a stream have the same shape.

mod check;
mod decode;
mod encode;
mod parts;
mod sources;
mod time;

pub(super) mod call;
pub(super) mod finish;
pub(super) mod glance;
pub(super) mod grounding;
pub(super) mod json;
pub(super) mod logprobs;
pub(super) mod part;
pub(super) mod pieces;
pub(super) mod place;
pub(super) mod seal;
pub(super) mod usage;
pub(super) mod wire;

pub(super) use self::check::check;
pub(super) use self::decode::{decode, tokens};
pub(super) use self::encode::{encode, origin};
pub(super) use self::sources::{Kept, Metadata, read as read_sources};
