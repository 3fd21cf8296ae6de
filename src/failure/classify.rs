use std::time::SystemTime;

use super::{BoxError, Failure, class_of_status};

/// Reads the result of a call: a [`Failure`], or `None` for success.
///
/// Closures implement it, so that any service can be judged:
///
/// ```
/// use tower_failover::failure::{BoxError, Class, Classify, Failure};
///
/// // An answer of a database, judged by its row count.
/// let empty_is_bad = |result: Result<&Vec<u8>, &BoxError>| match result {
///     Ok(rows) if rows.is_empty() => Some(Failure::new(Class::InvalidOutput)),
///     Ok(_) => None,
///     Err(error) => Some(Failure::of(error)),
/// };
/// assert!(empty_is_bad.classify(Ok(&vec![])).is_some());
/// ```
///
/// One that knows a few cases, and leaves the rest to another, is a [`Consider`](super::Consider).
pub trait Classify<Res> {
    /// Reads `result`.
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure>;
}

impl<F, Res> Classify<Res> for F
where
    F: Fn(Result<&Res, &BoxError>) -> Option<Failure>,
{
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure> {
        self(result)
    }
}

/// Reads an HTTP response by status and headers, and an error by the [`Failure`] it carries.
///
/// An error that carries none is a [`Class::ServerError`](super::Class::ServerError). When to come back is read by
/// [`retry_after`](super::retry_after), and for a rate limit that names no moment by
/// [`limit_reset`](super::limit_reset).
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl<B> Classify<http::Response<B>> for Standard {
    fn classify(&self, result: Result<&http::Response<B>, &BoxError>) -> Option<Failure> {
        let response = match result {
            Ok(response) => response,
            Err(error) => return Some(Failure::of(error)),
        };
        let class = class_of_status(response.status())?;
        let failure = Failure::new(class).with_status(response.status());
        Some(failure.with_hints(response.headers(), SystemTime::now()))
    }
}

/// Reads any service: a response is a success, an error is the [`Failure`] it carries.
///
/// For services that are not HTTP. An error that carries no failure is a [`Class::ServerError`](super::Class::ServerError).
#[derive(Clone, Copy, Debug, Default)]
pub struct OnError;

impl<Res> Classify<Res> for OnError {
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure> {
        result.err().map(Failure::of)
    }
}
