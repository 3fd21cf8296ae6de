//! Errors become responses.
