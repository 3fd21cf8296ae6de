use bytes::Bytes;
use http::Method;
use http::request::Parts;

use crate::dialect::{Dialect, Invalid};
use crate::facts::Call;
use crate::failure::{Class, Failure, Report};

/// Reads what a call asks for, once, from the whole body.
///
/// Closures implement it; `()` reads nothing; [`Peeking`] reads as a dialect does.
pub trait ReadCall {
    /// The call, or `None` where the request is none and passes as it is.
    ///
    /// # Errors
    /// A failure with which to refuse the request, as a rule of class
    /// [`InvalidRequest`](crate::failure::Class::InvalidRequest).
    fn read(&self, parts: &Parts, body: &Bytes) -> Result<Option<Call>, Failure>;
}

impl<F> ReadCall for F
where
    F: Fn(&Parts, &Bytes) -> Result<Option<Call>, Failure>,
{
    fn read(&self, parts: &Parts, body: &Bytes) -> Result<Option<Call>, Failure> {
        self(parts, body)
    }
}

impl ReadCall for () {
    fn read(&self, _: &Parts, _: &Bytes) -> Result<Option<Call>, Failure> {
        Ok(None)
    }
}

/// Reads a call as `D` does. Requests other than POST, as for the list of models, are no calls.
///
/// A body that is no request of the dialect is refused with status 400 and the dialect's own message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peeking<D>(pub D);

impl<D> ReadCall for Peeking<D>
where
    D: Dialect,
{
    fn read(&self, parts: &Parts, body: &Bytes) -> Result<Option<Call>, Failure> {
        if parts.method != Method::POST {
            return Ok(None);
        }
        let peek = self.0.peek(&parts.uri, body).map_err(|invalid| refusal(&invalid))?;
        Ok(Some(peek.into_call()))
    }
}

fn refusal(invalid: &Invalid) -> Failure {
    let mut report = Report::new(invalid.message());
    report.param = invalid.param().map(str::to_owned);
    Failure::new(Class::InvalidRequest).with_status(http::StatusCode::BAD_REQUEST).with_report(report)
}
