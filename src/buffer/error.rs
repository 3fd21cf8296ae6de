use std::error::Error;
use std::fmt;
use std::time::Duration;

use http::StatusCode;

use crate::failure::{BoxError, Class, Failure, Report};

/// The request was refused for its body, before any member was asked.
///
/// Its source is a [`Failure`] of class `InvalidRequest` with the status and a message for the caller, or what
/// the [`ReadCall`](super::ReadCall) policy returned.
#[derive(Debug)]
pub struct BodyRefused(Failure);

impl BodyRefused {
    pub(super) const fn because(failure: Failure) -> Self {
        Self(failure)
    }

    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The request body is larger than {limit} bytes."))
    }

    pub(super) fn too_slow(idle: Duration) -> Self {
        let message = format!("No part of the request body came for {} ms.", idle.as_millis());
        Self::new(StatusCode::REQUEST_TIMEOUT, message)
    }

    pub(super) fn encoded() -> Self {
        let message = "The request body has a Content-Encoding; send it uncompressed.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
    }

    /// The body failed while it was read. An error that tells its own failure keeps it; a limit set by a layer
    /// above is a limit.
    pub(super) fn broken(error: BoxError) -> Self {
        if let Some(failure) = Failure::find(error.as_ref()) {
            return Self(failure.clone());
        }
        let refused = if is_limit(error.as_ref()) {
            Self::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.")
        } else {
            Self::new(StatusCode::BAD_REQUEST, "The request body broke off.")
        };
        Self(refused.0.with_source(error))
    }

    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let report = Report::new(message);
        Self(Failure::new(Class::InvalidRequest).with_status(status).with_report(report))
    }
}

fn is_limit(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.any(|cause| cause.is::<http_body_util::LengthLimitError>())
}

impl fmt::Display for BodyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("request body refused")?;
        self.0.status().map_or(Ok(()), |status| write!(f, " with {}", status.as_u16()))
    }
}

impl Error for BodyRefused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
