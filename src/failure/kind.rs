use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::{BoxError, Class, Outcome, Report, Scope};

/// A failed attempt, read once and in full.
///
/// Cheap to clone; `Debug` and `Display` show no body and no header, so that nothing secret reaches a log.
#[derive(Clone)]
pub struct Failure {
    class: Class,
    scope: Scope,
    retry_after: Option<Duration>,
    status: Option<StatusCode>,
    member: Option<Arc<str>>,
    report: Option<Arc<Report>>,
    source: Option<Arc<dyn Error + Send + Sync>>,
    is_local: bool,
    is_blameless: bool,
    is_final: bool,
}

impl Failure {
    /// A failure of this class, with the scope the class usually has.
    #[must_use]
    pub const fn new(class: Class) -> Self {
        Self {
            class,
            scope: class.scope(),
            retry_after: None,
            status: None,
            member: None,
            report: None,
            source: None,
            is_local: class.is_local(),
            is_blameless: false,
            is_final: false,
        }
    }

    /// What it concerns, where that differs from the class's usual scope.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// When the provider said to come back, counted from the moment the failure was read.
    #[must_use]
    pub fn with_retry_after(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.retry_after = after.into();
        self
    }

    /// The HTTP status it was read from: somebody answered, even where the class is mostly one of our own refusals.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self.is_local = self.is_local && !self.class.is_local();
        self
    }

    /// The member that failed.
    #[must_use]
    pub fn with_member(mut self, member: impl Into<Arc<str>>) -> Self {
        self.member = Some(member.into());
        self
    }

    /// The provider's own words.
    #[must_use]
    pub fn with_report(mut self, report: Report) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// What caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// Refused here, before anything left for the provider, though the class is one that providers answer with,
    /// too: a request that is known to be too long.
    #[must_use]
    pub fn refused_here(mut self) -> Self {
        self.is_local = true;
        self
    }

    /// Says nothing against whom it was sent to: a breaker takes it for a call whose caller went away.
    #[must_use]
    pub fn blameless(mut self) -> Self {
        self.is_blameless = true;
        self
    }

    /// The provider said that it would say the same again (`x-should-retry: false`). Others may say something else.
    #[must_use]
    pub fn not_to_be_repeated(mut self) -> Self {
        self.is_final = true;
        self
    }

    /// Did the provider say that it would say the same again?
    #[must_use]
    pub const fn is_not_to_be_repeated(&self) -> bool {
        self.is_final
    }

    /// Was this refused here, before anything left for the provider? See [`Class::is_local`].
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.is_local
    }

    /// The class.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// What it concerns.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// When the provider, or our own circuit, said to come back. Uncapped: each reader caps for itself.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The HTTP status it was read from.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The member that failed.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The provider's own words, if it had any.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.report.as_deref()
    }

    /// What a circuit breaker makes of it.
    ///
    /// A limit that this request alone is beyond ([`Scope::Request`]) keeps nobody else away.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        match Outcome::of(self.class, self.retry_after) {
            _ if self.is_blameless => Outcome::Cancelled,
            Outcome::Throttled(_) if matches!(self.scope, Scope::Request) => Outcome::Neutral,
            outcome => outcome,
        }
    }

    /// Finds the failure in an error or in its chain of sources.
    #[must_use]
    pub fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(failure) = error.downcast_ref::<Self>() {
                return Some(failure);
            }
            // `Box::new(failure).into()` makes a box in a box, and the outer one has the inner one's source.
            if let Some(failure) = error.downcast_ref::<Box<Self>>() {
                return Some(failure);
            }
            next = error.source();
        }
        None
    }

    /// The failure inside `error`, or a [`Class::ServerError`] for an error that says nothing of itself.
    #[must_use]
    pub fn of(error: &BoxError) -> Self {
        Self::find(error.as_ref()).cloned().unwrap_or_else(|| Self::new(Class::ServerError))
    }

    /// Like [`Failure::of`], keeping a foreign error as the source.
    #[must_use]
    pub fn from_error(error: BoxError) -> Self {
        match Self::find(error.as_ref()) {
            Some(failure) => failure.clone(),
            None => Self::new(Class::ServerError).with_source(error),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("class", &self.class)
            .field("scope", &self.scope)
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("member", &self.member)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class.as_str())?;
        if let Some(status) = self.status {
            write!(f, " (status {})", status.as_u16())?;
        }
        if let Some(member) = self.member() {
            write!(f, " from {member}")?;
        }
        Ok(())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(Failure);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn a_failure_is_found_anywhere_in_the_chain_of_sources() {
        let inner = Failure::new(Class::Overloaded).with_status(StatusCode::SERVICE_UNAVAILABLE);
        let error: BoxError = Box::new(Outer(inner));
        assert_eq!(Failure::of(&error).class(), Class::Overloaded);
        assert_eq!(Failure::of(&error).status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    }

    #[test]
    fn what_came_with_a_status_was_not_refused_here() {
        let status = StatusCode::NOT_FOUND;
        assert!(Failure::new(Class::Unsupported).is_local());
        assert!(
            !Failure::new(Class::Unsupported).with_status(status).is_local(),
            "a provider cannot, and said so"
        );
        assert!(Failure::new(Class::ContextOverflow).refused_here().with_status(status).is_local());
    }

    #[test]
    fn a_failure_is_found_in_a_box_in_a_box() {
        let error: BoxError = Box::new(Failure::new(Class::Connect)).into();
        assert_eq!(Failure::of(&error).class(), Class::Connect);
    }

    #[test]
    fn an_error_that_says_nothing_of_itself_is_a_server_error_and_kept_as_the_source() {
        let failure = Failure::from_error("boom".into());
        assert_eq!(failure.class(), Class::ServerError);
        assert_eq!(failure.source().map(ToString::to_string).as_deref(), Some("boom"));
    }

    #[test]
    fn what_providers_answer_too_is_local_only_where_it_was_refused_here() {
        let overflow = Failure::new(Class::ContextOverflow);
        assert!(!overflow.is_local() && overflow.refused_here().is_local());
        assert!(Failure::new(Class::Unsupported).is_local());
    }

    #[test]
    fn neither_debug_nor_display_shows_what_the_provider_said() {
        let failure =
            Failure::new(Class::Auth).with_report(Report::new("Incorrect API key provided: sk-secret"));
        assert!(!format!("{failure:?} {failure}").contains("secret"));
    }
}
