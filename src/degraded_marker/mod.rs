//! The honest label.
