//! What the two dialects of OpenAI have in common, and the servers that are compatible with either.

pub(super) mod error;
pub(super) mod fields;
pub(super) mod form;
pub(super) mod headers;
pub(super) mod leaf;
pub(super) mod media;
pub(super) mod names;
pub(super) mod peek;
pub(super) mod strict;
