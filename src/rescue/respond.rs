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

    /// Does the last event depend on what was sent before it? If so, that is kept for
    /// [`event_after`](Self::event_after).
    fn heeds_sent(&self) -> bool {
        false
    }

    /// The last event where `sent` is what the caller got last: at least one whole event, if he got any, and nothing
    /// where it was too large to be kept.
    fn event_after(&self, sent: &[u8], failure: &Failure) -> Option<Bytes> {
        let _ = sent;
        self.event(failure)
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
