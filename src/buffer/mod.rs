//! The body once, bounded, cheap to clone.
