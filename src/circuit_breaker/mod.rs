//! Stop asking.
