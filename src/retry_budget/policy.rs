use std::time::Duration;

use tokio::time::Instant;

use crate::facts::{Attempts, Deadline, Usual};
use crate::failure::{BoxError, Classify, Failure, Standard, should_retry};

/// What the layer has to know of requests and results.
///
/// Only [`classify`](Self::classify) is required. Whatever implements
/// [`Classify`] is such a policy, a closure too; [`HttpRetry`] reads the facts of an HTTP request besides.
///
/// ```
/// use tokio::time::Instant;
/// use tower_failover::failure::{BoxError, Failure};
/// use tower_failover::retry_budget::RetryPolicy;
///
/// #[derive(Clone)]
/// struct Statement { sql: String, until: Option<Instant> }
///
/// /// Repeats what only reads.
/// #[derive(Clone)]
/// struct Reads;
///
/// impl RetryPolicy<Statement, Vec<String>> for Reads {
///     fn classify(&self, result: Result<&Vec<String>, &BoxError>) -> Option<Failure> {
///         result.err().map(Failure::of)
///     }
///
///     fn clone_request(&self, statement: &Statement) -> Option<Statement> {
///         statement.sql.starts_with("select").then(|| statement.clone())
///     }
///
///     fn deadline(&self, statement: &Statement) -> Option<Instant> {
///         statement.until
///     }
/// }
/// # let _ = tower_failover::retry_budget::RetryBudgetLayer::new(Reads);
/// ```
///
/// An implementation has to name the type of the response (`http::Response<B>` will do): for a bare type
/// parameter the compiler cannot rule out that somebody else implements `Classify`.
pub trait RetryPolicy<Req, Res> {
    /// Reads the result of an attempt: a failure, or `None` for success.
    ///
    /// The failure's [class](crate::failure::Class::same_member) decides whether the same member is asked
    /// again, its [`retry_after`](Failure::retry_after) when at the earliest.
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure>;

    /// The request once more, for the next attempt; `None` for one that must not be repeated.
    ///
    /// Called once before each attempt that can still be followed by another.
    fn clone_request(&self, request: &Req) -> Option<Req>
    where
        Req: Clone,
    {
        Some(request.clone())
    }

    /// Whether a failed attempt may be repeated as far as its own words go; the class has to allow it as well.
    fn may_repeat(&self, result: Result<&Res, &BoxError>) -> bool {
        let _ = result;
        true
    }

    /// When the whole call is over; `None` where nobody said.
    fn deadline(&self, request: &Req) -> Option<Instant> {
        let _ = request;
        None
    }

    /// Says on the request how long an answer usually takes, at the least. Asked only where the time that is left is
    /// not much longer.
    fn usual(&self, request: &mut Req, usual: Duration) {
        let _ = (request, usual);
    }

    /// Where attempts that are repeated are written down; `None` for nowhere.
    fn attempts(&self, request: &Req) -> Option<Attempts> {
        let _ = request;
        None
    }
}

impl<C, Req, Res> RetryPolicy<Req, Res> for C
where
    C: Classify<Res>,
{
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure> {
        Classify::classify(self, result)
    }
}

/// For HTTP: results are read by a [`Classify`] ([`Standard`] unless told otherwise), the facts [`Deadline`] and
/// [`Attempts`] from the request, and what says `x-should-retry: false` is not repeated: a response, or a failure that
/// was [read from one](Failure::not_to_be_repeated).
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpRetry<C = Standard> {
    classifier: C,
}

impl<C> HttpRetry<C> {
    /// Reads results by `classifier`.
    #[must_use]
    pub const fn new(classifier: C) -> Self {
        Self { classifier }
    }
}

impl<C, ReqBody, ResBody> RetryPolicy<http::Request<ReqBody>, http::Response<ResBody>> for HttpRetry<C>
where
    C: Classify<http::Response<ResBody>>,
{
    fn classify(&self, result: Result<&http::Response<ResBody>, &BoxError>) -> Option<Failure> {
        self.classifier.classify(result)
    }

    fn may_repeat(&self, result: Result<&http::Response<ResBody>, &BoxError>) -> bool {
        match result {
            Ok(response) => should_retry(response.headers()) != Some(false),
            Err(error) => !Failure::find(error.as_ref()).is_some_and(Failure::is_not_to_be_repeated),
        }
    }

    fn deadline(&self, request: &http::Request<ReqBody>) -> Option<Instant> {
        Deadline::find(request.extensions()).map(|deadline| deadline.0)
    }

    fn usual(&self, request: &mut http::Request<ReqBody>, usual: Duration) {
        request.extensions_mut().insert(Usual(usual));
    }

    fn attempts(&self, request: &http::Request<ReqBody>) -> Option<Attempts> {
        Attempts::find(request.extensions()).cloned()
    }
}
