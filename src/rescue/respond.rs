use bytes::Bytes;
use http::Response;

use crate::facts::Attempts;
use crate::failure::{BoxError, Failure};

/// How an error is worded for the caller.
///
/// Closures implement it; [`DialectRescue`](super::DialectRescue) words errors in a dialect.
pub trait Respond {
    /// The response for a call that failed, after these attempts.
    fn respond(&self, error: &BoxError, attempts: Option<&Attempts>) -> Response<Bytes>;

    /// The last event, framed, of a stream that cannot be completed. Without one the stream breaks off, which
    /// is what happens unless this is overridden.
    fn event(&self, failure: &Failure) -> Option<Bytes> {
        let _ = failure;
        None
    }
}

impl<F> Respond for F
where
    F: Fn(&BoxError, Option<&Attempts>) -> Response<Bytes>,
{
    fn respond(&self, error: &BoxError, attempts: Option<&Attempts>) -> Response<Bytes> {
        self(error, attempts)
    }
}
