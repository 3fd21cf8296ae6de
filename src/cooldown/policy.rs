use std::time::Duration;

use crate::failure::{BoxError, Class, Classify, Failure, Outcome, Scope, Standard};

/// What a result says of the credential it was asked for with, and of the provider.
///
/// A closure to a [`Reading`] is a policy:
///
/// ```
/// use std::time::Duration;
/// use tower_failover::cooldown::{CooldownLayer, Reading};
/// use tower_failover::failure::{BoxError, Class, Scope};
///
/// // A database that refuses logins for a minute.
/// let layer = CooldownLayer::new(|result: Result<&u64, &BoxError>| match result {
///     Ok(_) => Reading::Answered,
///     Err(error) if error.to_string().contains("login") => Reading::Cool {
///         scope: Scope::Credential,
///         time: Duration::from_secs(60),
///         class: Class::Auth,
///     },
///     Err(_) => Reading::Unknown,
/// });
/// # let _ = layer;
/// ```
pub trait CooldownPolicy<Res> {
    /// Reads `result`.
    fn read(&self, result: Result<&Res, &BoxError>) -> Reading;
}

impl<F, Res> CooldownPolicy<Res> for F
where
    F: Fn(Result<&Res, &BoxError>) -> Reading,
{
    fn read(&self, result: Result<&Res, &BoxError>) -> Reading {
        self(result)
    }
}

/// What a result says of whoever shares the credential or the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reading {
    /// There is an answer: the credential is good, and the provider is there.
    Answered,
    /// The provider is there, and has said nothing of the credential.
    Reached,
    /// The provider cannot be reached.
    Unreachable,
    /// All who share this are to leave it alone for a while.
    ///
    /// A scope of less than a credential cools nobody: that is for a circuit.
    Cool {
        /// A credential, or a provider.
        scope: Scope,
        /// For how long; at most a day.
        time: Duration,
        /// Why, for the event and the log. [`Class::Auth`] is told as an error.
        class: Class,
    },
    /// Nothing.
    Unknown,
}

/// Reads a failure by its [`Scope`], as found by a [`Classify`]. Default: [`Standard`], for HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByFailure<C = Standard> {
    classify: C,
}

impl<C> ByFailure<C> {
    /// Reads results with `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, Res> CooldownPolicy<Res> for ByFailure<C>
where
    C: Classify<Res>,
{
    fn read(&self, result: Result<&Res, &BoxError>) -> Reading {
        self.classify.classify(result).map_or(Reading::Answered, |failure| reading(&failure))
    }
}

fn reading(failure: &Failure) -> Reading {
    let (class, scope) = (failure.class(), failure.scope());
    match (class, scope) {
        _ if failure.is_local() => Reading::Unknown,
        (Class::Timeout | Class::DeadlineExceeded | Class::Cancelled, _) => Reading::Unknown,
        (_, Scope::Credential | Scope::Provider) => {
            // A hint of nothing is none: see `retry_after`.
            let hint = failure.retry_after().filter(|hint| !hint.is_zero());
            Reading::Cool { scope, time: hint.unwrap_or(Outcome::HARD_DOWN), class }
        }
        // A connection that was made and did not last says nothing of the host.
        (Class::Connect, Scope::Request) => Reading::Unknown,
        (Class::Connect, _) => Reading::Unreachable,
        _ => Reading::Reached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cool(scope: Scope, seconds: u64, class: Class) -> Reading {
        Reading::Cool { scope, time: Duration::from_secs(seconds), class }
    }

    #[test]
    fn the_scope_says_who_rests_and_the_hint_how_long() {
        let read = |failure: Failure| reading(&failure);
        let hour = Duration::from_secs(3600);
        assert_eq!(read(Failure::new(Class::Auth)), cool(Scope::Credential, 300, Class::Auth));
        let quota = Failure::new(Class::QuotaExhausted);
        assert_eq!(read(quota.clone()), cool(Scope::Credential, 300, Class::QuotaExhausted));
        let hinted = quota.clone().with_retry_after(hour);
        assert_eq!(read(hinted), cool(Scope::Credential, 3600, Class::QuotaExhausted));
        let zero = quota.clone().with_retry_after(Duration::ZERO);
        assert_eq!(read(zero), cool(Scope::Credential, 300, Class::QuotaExhausted));
        let down = Failure::new(Class::Overloaded).with_scope(Scope::Provider).with_retry_after(hour);
        assert_eq!(read(down), cool(Scope::Provider, 3600, Class::Overloaded));
        // The allowance of one model, and a rate: for the member's circuit.
        assert_eq!(read(quota.with_scope(Scope::Member)), Reading::Reached);
        assert_eq!(read(Failure::new(Class::RateLimited)), Reading::Reached);
    }

    #[test]
    fn what_was_never_sent_or_never_answered_says_nothing() {
        use Class::{Cancelled, CircuitOpen, CoolingDown, Shed, Timeout, Unsupported};
        for class in [CircuitOpen, CoolingDown, Shed, Unsupported, Timeout, Cancelled] {
            assert_eq!(reading(&Failure::new(class)), Reading::Unknown, "{class}");
        }
        assert_eq!(reading(&Failure::new(Class::Connect)), Reading::Unreachable);
        let cut = Failure::new(Class::Connect).with_scope(Scope::Request);
        assert_eq!(reading(&cut), Reading::Unknown);
        assert_eq!(reading(&Failure::new(Class::InvalidRequest)), Reading::Reached);
        assert_eq!(ByFailure::new(crate::failure::OnError).read(Ok(&1)), Reading::Answered);
    }
}
