use http::Response;
use http_body::Body;

use super::{Permit, ResponseBody};
use crate::failure::{BoxError, Classify, Outcome, Standard};

/// Says what a call tells about the health of whom it was sent to, and when.
///
/// A closure to an [`Outcome`] is a judge; it judges as soon as there is a result:
///
/// ```
/// use tower_failover::circuit_breaker::CircuitBreakerLayer;
/// use tower_failover::failure::{BoxError, Outcome};
///
/// let layer = CircuitBreakerLayer::new(|result: Result<&Vec<u8>, &BoxError>| match result {
///     Ok(rows) if rows.is_empty() => Outcome::Neutral,
///     Ok(_) => Outcome::Success,
///     Err(_) => Outcome::Failure,
/// });
/// ```
///
/// A judge of its own kind can take the [`Permit`] along, inside the response, and settle it when the answer
/// is really over.
pub trait Judge<Res> {
    /// What the caller gets: `Res`, or `Res` with its body watched.
    type Response;

    /// Judges `result` with `permit`, or arranges for that.
    ///
    /// # Errors
    ///
    /// Those of `result`. A judge may also turn an answer that is none into an error.
    fn judge(&self, result: Result<Res, BoxError>, permit: Permit) -> Result<Self::Response, BoxError>;
}

impl<F, Res> Judge<Res> for F
where
    F: Fn(Result<&Res, &BoxError>) -> Outcome,
{
    type Response = Res;

    fn judge(&self, result: Result<Res, BoxError>, permit: Permit) -> Result<Res, BoxError> {
        permit.settle(self(result.as_ref()));
        result
    }
}

/// Judges any service as soon as it returns.
///
/// For HTTP this looks at the head only, and a stream that breaks off is a success; see [`AtEndOfBody`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AtReturn<C> {
    classify: C,
}

impl<C> AtReturn<C> {
    /// Reads results with `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, Res> Judge<Res> for AtReturn<C>
where
    C: Classify<Res>,
{
    type Response = Res;

    fn judge(&self, result: Result<Res, BoxError>, permit: Permit) -> Result<Res, BoxError> {
        match self.classify.classify(result.as_ref()) {
            Some(failure) => permit.settle_failure(&failure),
            None => permit.settle(Outcome::Success),
        }
        result
    }
}

/// Judges an HTTP response when its body is over; a head that says failure, at once.
///
/// | the body | counts as |
/// |---|---|
/// | has begun | a good call in the window, until its end; for a probe, success |
/// | came to its end | success |
/// | failed | the [`Failure`](crate::failure::Failure) in its error; failure, where there is none |
/// | was dropped | cancelled: no trace is left in the window |
///
/// It reads no bytes: an error event inside a stream is seen only if a layer below turns it into an error, as
/// `stream_guard` does. Read bodies to their end: one that is dropped after its last event, without waiting
/// for the end, has said nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtEndOfBody<C = Standard> {
    classify: C,
}

impl<C> AtEndOfBody<C> {
    /// Reads heads with `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, B> Judge<Response<B>> for AtEndOfBody<C>
where
    C: Classify<Response<B>>,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<B>>;

    fn judge(
        &self,
        result: Result<Response<B>, BoxError>,
        permit: Permit,
    ) -> Result<Self::Response, BoxError> {
        let permit = match self.classify.classify(result.as_ref()) {
            Some(failure) => {
                permit.settle_failure(&failure);
                None
            }
            None => Some(permit),
        };
        Ok(result?.map(|body| ResponseBody::new(body, permit)))
    }
}
