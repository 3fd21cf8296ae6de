//! The assembly, top to bottom.
