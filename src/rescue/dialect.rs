use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use super::detail::detail;
use super::{Respond, retry};
use crate::dialect::Dialect;
use crate::facts::Attempts;
use crate::failure::{BoxError, Class, Failure};

const ATTEMPTS: HeaderName = HeaderName::from_static("x-failover-attempts");
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Words errors as `D` does. See the [module](super) for which status and which headers.
#[derive(Clone, Copy, Debug)]
pub struct DialectRescue<D> {
    dialect: D,
}

impl<D> DialectRescue<D> {
    /// In this dialect.
    pub const fn new(dialect: D) -> Self {
        Self { dialect }
    }
}

impl<D> Respond for DialectRescue<D>
where
    D: Dialect,
{
    fn respond(&self, error: &BoxError, attempts: Option<&Attempts>) -> Response<Bytes> {
        let failure = Failure::of(error);
        let mut response = if failure.class().is_callers() {
            self.callers(&failure)
        } else {
            self.ours(&bare(&failure), attempts)
        };
        let made = attempts.map(Attempts::count);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        if let Some(made) = made {
            headers.insert(ATTEMPTS, HeaderValue::from(made));
        }
        response
    }

    fn event(&self, failure: &Failure) -> Option<Bytes> {
        let (failure, message) = last_words(failure);
        Some(self.dialect.encode_error_event(&failure, &message).into())
    }

    fn heeds_sent(&self) -> bool {
        self.dialect.numbers_events()
    }

    fn event_after(&self, sent: &[u8], failure: &Failure) -> Option<Bytes> {
        let (failure, message) = last_words(failure);
        Some(self.dialect.encode_error_event_after(sent, &failure, &message).into())
    }
}

/// What a stream that cannot be completed ends with.
fn last_words(failure: &Failure) -> (Cow<'_, Failure>, Cow<'_, str>) {
    match failure.class() {
        class if class.is_callers() => (Cow::Borrowed(failure), callers_message(failure).into()),
        Class::Interrupted => {
            (Cow::Owned(bare(failure)), "The answer was interrupted and cannot be completed.".into())
        }
        // The head went out before there was an answer, and then there was none.
        _ => (Cow::Owned(bare(failure)), our_message(failure).into()),
    }
}

impl<D> DialectRescue<D>
where
    D: Dialect,
{
    /// The request has to change: the words of whoever decided so go back.
    fn callers(&self, failure: &Failure) -> Response<Bytes> {
        let status = failure.status().filter(StatusCode::is_client_error).unwrap_or(StatusCode::BAD_REQUEST);
        let report = failure.report();
        if let Some(body) = report.and_then(|report| report.verbatim.clone()) {
            return with_status(status, body);
        }
        let message = callers_message(failure);
        with_status(status, self.dialect.encode_error(failure, status, message, None).into())
    }

    fn ours(&self, failure: &Failure, attempts: Option<&Attempts>) -> Response<Bytes> {
        let status = match failure.class() {
            Class::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        let message = our_message(failure);
        let detail = detail(attempts);
        // A dialect that names the moment in the body names the same one.
        let after = retry::after(failure);
        let failure = failure.clone().with_retry_after(Duration::from_secs(after));
        let body = self.dialect.encode_error(&failure, status, &message, detail.as_deref());
        let mut response = with_status(status, body.into());
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after));
        response
    }
}

/// What whoever decided so has said, if he has.
fn callers_message(failure: &Failure) -> &str {
    let said = failure.report().map(|report| &*report.message).filter(|message| !message.is_empty());
    said.unwrap_or(match failure.class() {
        Class::ContextOverflow => {
            "The conversation does not fit the context of any model that could serve it."
        }
        Class::ContentPolicy => "The provider refused the content of the request.",
        Class::Unsupported => "No model that could serve this request can carry all of it.",
        _ => "The request is invalid.",
    })
}

fn our_message(failure: &Failure) -> String {
    match failure.class() {
        Class::DeadlineExceeded => "The time for this request was over before it was answered.".to_owned(),
        class => format!("No model could answer this request for now ({class})."),
    }
}

/// Class and hint, and nothing that a provider said about our account: a caller who reads of a key, or of money,
/// looks for the fault in his own.
fn bare(failure: &Failure) -> Failure {
    let class = match failure.class() {
        Class::Auth | Class::QuotaExhausted => Class::ServerError,
        class => class,
    };
    Failure::new(class).with_retry_after(failure.retry_after().or(retry::usual(failure)))
}

fn with_status(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}
