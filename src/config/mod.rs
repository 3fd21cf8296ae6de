//! A stack read from a file.
