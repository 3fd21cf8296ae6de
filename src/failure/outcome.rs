use std::time::Duration;

use super::Class;

/// What one call says about the health of whom it was sent to.
///
/// A breaker needs less than a [`Failure`](super::Failure) tells: only whether to count, how, and until when
/// to stay away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It answered.
    Success,
    /// It failed.
    Failure,
    /// It is healthy and asks us to stay away, perhaps until then.
    Throttled(Option<Duration>),
    /// The call says nothing about its health: the request was wrong, or was refused by us.
    Neutral,
    /// The caller went away.
    Cancelled,
}

impl Outcome {
    /// How long a member is left alone after a refused key, a gone model or an empty balance that named no
    /// moment of its own: nothing a retry could mend, and a person has to act first.
    pub const HARD_DOWN: Duration = Duration::from_secs(300);

    /// The row of the [taxonomy](super) as a breaker sees it.
    #[must_use]
    pub const fn of(class: Class, retry_after: Option<Duration>) -> Self {
        match class {
            Class::Connect | Class::Timeout | Class::ServerError | Class::Overloaded | Class::Interrupted => {
                Self::Failure
            }
            Class::RateLimited => Self::Throttled(retry_after),
            Class::QuotaExhausted | Class::Auth | Class::ModelGone => {
                Self::Throttled(Some(match retry_after {
                    Some(after) => after,
                    None => Self::HARD_DOWN,
                }))
            }
            Class::Cancelled | Class::DeadlineExceeded => Self::Cancelled,
            _ => Self::Neutral,
        }
    }
}
