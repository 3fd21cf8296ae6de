//! Which member.
