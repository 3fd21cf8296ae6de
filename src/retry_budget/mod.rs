//! The same member, briefly.
