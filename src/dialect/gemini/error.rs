use http::StatusCode;

use crate::failure::{Class, Failure};

/// Reads a member's error.
pub(super) fn decode(_status: Option<StatusCode>, _body: &[u8]) -> Failure {
    Failure::new(Class::ServerError)
}

/// Writes an error for the caller.
pub(super) fn encode(
    _failure: &Failure,
    _status: StatusCode,
    _message: &str,
    _detail: Option<&str>,
) -> Vec<u8> {
    Vec::new()
}

/// Writes the error that ends a stream.
pub(super) fn encode_event(_failure: &Failure, _message: &str) -> Vec<u8> {
    Vec::new()
}
