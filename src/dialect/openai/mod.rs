//! What the two dialects of OpenAI have in common, and the servers that are compatible with either.

pub(super) mod effort;
pub(super) mod error;
pub(super) mod fields;
pub(super) mod form;
pub(super) mod headers;
pub(super) mod leaf;
pub(super) mod media;
pub(super) mod names;
pub(super) mod peek;
pub(super) mod shared;
pub(super) mod strict;

/// The vendor's tiers of service. Servers compatible with his dialects have others, which he refuses.
pub(super) const TIERS: [&str; 7] = ["auto", "default", "flex", "priority", "scale", "fast", "ultrafast"];
