use std::time::Duration;

use crate::failure::{Failure, Outcome};

/// Where nobody said when to come back: about as long as a circuit stays open.
const DEFAULT: Duration = Duration::from_secs(5);

/// What no caller should be told to exceed, whatever a provider made up.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The value of `Retry-After`, in whole seconds. Zero would invite a caller to come back at once.
pub(super) fn after(failure: &Failure) -> u64 {
    let hint = failure.retry_after().unwrap_or(DEFAULT).min(LONGEST);
    (hint.as_secs() + u64::from(hint.subsec_nanos() > 0)).max(1)
}

/// When to come back as far as the class tells: a key that was refused is not mended in five seconds.
pub(super) const fn usual(failure: &Failure) -> Option<Duration> {
    match failure.outcome() {
        Outcome::Throttled(after) => after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Class;

    fn hinted(class: Class, millis: u64) -> Failure {
        Failure::new(class).with_retry_after(Duration::from_millis(millis))
    }

    #[test]
    fn seconds_are_rounded_up_and_never_zero() {
        assert_eq!(after(&Failure::new(Class::Timeout)), 5);
        assert_eq!(after(&hinted(Class::RateLimited, 0)), 1);
        assert_eq!(after(&hinted(Class::RateLimited, 1001)), 2);
        assert_eq!(after(&hinted(Class::RateLimited, 3000)), 3);
        assert_eq!(after(&Failure::new(Class::Shed).with_retry_after(Duration::MAX)), 86_400);
    }
}
