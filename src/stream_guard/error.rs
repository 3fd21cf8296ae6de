use std::error::Error;
use std::fmt;

use http::StatusCode;

use crate::dialect::GarbledCall;
use crate::facts::Operation;
use crate::failure::{BoxError, Class, Failure, Report, Scope};

/// Why an answer did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// No head of a buffered answer in time.
    NoHead,
    /// No content of a stream in time.
    NoFirstToken,
    /// Silence in the middle.
    Stalled,
    /// The limit of one attempt, from the call to the end.
    TooSlow,
    /// The caller's time is short, and others may be asked in what is left of it.
    Hurried,
    /// The caller's time is up.
    Deadline,
    /// The connection broke.
    Cut,
    /// The provider gave up in the middle of a stream, and said so.
    GaveUp,
    /// The stream ended, and nothing had been said.
    Empty,
    /// The stream ended, and no reason was given.
    NoFinish,
    /// A tool is called with arguments that are not JSON, and nothing cut them off.
    Garbled,
    /// More came before the first content than is held back.
    TooMuchHeld,
    /// The answer, or a frame of it, is larger than its limit.
    TooLarge,
}

impl Cause {
    /// What it means as long as the caller has received nothing.
    const fn before_commit(self) -> Class {
        match self {
            Self::NoHead | Self::NoFirstToken | Self::Stalled | Self::TooSlow | Self::Hurried => {
                Class::Timeout
            }
            Self::Deadline => Class::DeadlineExceeded,
            Self::Cut => Class::Connect,
            Self::GaveUp => Class::ServerError,
            Self::Empty | Self::NoFinish | Self::Garbled | Self::TooMuchHeld | Self::TooLarge => {
                Class::InvalidOutput
            }
        }
    }

    const fn after_commit(self) -> Class {
        match self {
            Self::Deadline => Class::DeadlineExceeded,
            // The answer came to its end, and the model is at fault for what it is.
            Self::Garbled => Class::InvalidOutput,
            _ => Class::Interrupted,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHead => "the head of the answer did not come in time",
            Self::NoFirstToken => "the first content of the stream did not come in time",
            Self::Stalled => "the answer stalled",
            Self::TooSlow => "the answer took too long in all",
            Self::Hurried => "the answer did not come before others had to be asked",
            Self::Deadline => "the deadline of the call passed",
            Self::Cut => "the connection broke in the middle of the answer",
            Self::GaveUp => "the provider gave up in the middle of the stream",
            Self::Empty => "the stream ended without any content",
            Self::NoFinish => "the stream ended without saying why",
            Self::Garbled => "the answer calls a tool with arguments that are not JSON",
            Self::TooMuchHeld => "too much came before the first content",
            Self::TooLarge => "the answer is larger than the limit",
        })
    }
}

/// An answer that did not come, or did not come to its end.
///
/// Its source is the [`Failure`]: before the commit point of a class that the next member may mend, after it
/// [`Class::Interrupted`], or [`Class::InvalidOutput`] where the model garbled what it was to say.
#[derive(Debug)]
pub struct BrokenAnswer {
    cause: Cause,
    failure: Failure,
}

impl BrokenAnswer {
    pub(super) fn before_commit(cause: Cause) -> Self {
        let failure = Failure::new(cause.before_commit());
        Self { cause, failure: if cause == Cause::Hurried { failure.blameless() } else { failure } }
    }

    pub(super) const fn after_commit(cause: Cause) -> Self {
        Self { cause, failure: Failure::new(cause.after_commit()) }
    }

    pub(super) fn caused_by(self, source: impl Into<BoxError>) -> Self {
        Self { failure: self.failure.with_source(source), ..self }
    }

    /// Why.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }
}

impl fmt::Display for BrokenAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for BrokenAnswer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.failure)
    }
}

/// An error of the service below, before anything was said. What it says of itself holds, with one exception:
/// an interruption that nobody has seen is no interruption.
pub(super) fn uncommitted(error: BoxError) -> BoxError {
    match Failure::find(error.as_ref()).map(Failure::class) {
        None => BrokenAnswer::before_commit(Cause::Cut).caused_by(error).into(),
        Some(Class::Interrupted) => BrokenAnswer::before_commit(Cause::NoFinish).caused_by(error).into(),
        Some(_) => error,
    }
}

/// Reads an error by what was asked. That a server has no route for counting says nothing of its model: many that speak
/// a vendor's API answer, and do not count.
pub(super) fn of_operation(error: BoxError, operation: Operation) -> BoxError {
    let is_missing = |status: &StatusCode| matches!(status.as_u16(), 404 | 405 | 501);
    let status = Failure::find(error.as_ref()).and_then(Failure::status).filter(is_missing);
    match (operation, status) {
        (Operation::CountTokens, Some(status)) => {
            let report = Report::new("No model of this class can count tokens for this API.");
            Failure::new(Class::Unsupported).with_status(status).with_report(report).with_source(error).into()
        }
        _ => error,
    }
}

/// An error of a body, before anything was said. There was a head, so an unknown one says nothing of the host.
pub(super) fn headed(error: BoxError) -> BoxError {
    if Failure::find(error.as_ref()).is_some() {
        return uncommitted(error);
    }
    let cut = BrokenAnswer::before_commit(Cause::Cut);
    BrokenAnswer { failure: cut.failure.with_scope(Scope::Request), ..cut }.caused_by(error).into()
}

/// An error after something was said: whatever it was, the answer is interrupted, unless it came to its end and is none.
pub(super) fn committed(cause: Cause, error: BoxError) -> BoxError {
    if GarbledCall::is_in(error.as_ref()) {
        return BrokenAnswer::after_commit(Cause::Garbled).caused_by(error).into();
    }
    match Failure::find(error.as_ref()).map(Failure::class) {
        Some(Class::Interrupted | Class::DeadlineExceeded | Class::Cancelled) => error,
        _ => BrokenAnswer::after_commit(cause).caused_by(error).into(),
    }
}
