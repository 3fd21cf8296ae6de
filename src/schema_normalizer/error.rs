use std::error::Error;
use std::fmt;

use crate::dialect::{GarbledCall, Invalid};
use crate::failure::{BoxError, Class, Failure, Report, Scope};

/// Why a 200 is not an answer: the source of a failure of [`Class::InvalidOutput`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is compressed, though we said that we do not take that.
    Compressed,
    /// It is a stream where a whole answer was asked for.
    Stream,
    /// It is no answer of the member's dialect.
    Foreign,
    /// It does not say why the model stopped.
    Unfinished,
    /// It calls a tool with arguments that are not a JSON object, and nothing cut it off.
    Arguments,
    /// The provider says itself that what the model produced is none.
    Failed,
    /// It, or a frame of it, is larger than the limit.
    TooLarge,
}

impl Unreadable {
    pub(super) fn failure(self) -> Failure {
        Failure::new(Class::InvalidOutput).with_source(self)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compressed => "the answer is compressed, though it was asked for as it is",
            Self::Stream => "the answer is a stream, though a whole answer was asked for",
            Self::Foreign => "the answer is not of the provider's dialect",
            Self::Unfinished => "the answer does not say why the model stopped",
            Self::Arguments => "the answer calls a tool with arguments that are not a JSON object",
            Self::Failed => "the model produced what the provider itself calls no answer",
            Self::TooLarge => "the answer is larger than the limit",
        })
    }
}

impl Error for Unreadable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        matches!(self, Self::Arguments).then_some(&GarbledCall)
    }
}

/// The caller's request is wrong. No provider has to be asked to know that.
pub(super) fn invalid_request(invalid: Invalid) -> Failure {
    let mut report = Report::new(invalid.message());
    report.param = invalid.param().map(str::to_owned);
    Failure::new(Class::InvalidRequest)
        .with_status(http::StatusCode::BAD_REQUEST)
        .with_report(report)
        .with_source(invalid)
}

/// A body that broke while it was read: what it says of itself, or a broken connection.
pub(super) fn broken(error: BoxError) -> BoxError {
    if Failure::find(error.as_ref()).is_some() {
        return error;
    }
    // There was a head: the host can be reached.
    Failure::new(Class::Connect).with_scope(Scope::Request).with_source(error).into()
}
