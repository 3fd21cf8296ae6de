//! The commit point.
