use std::time::Duration;

use crate::failure::{Class, Failure};

/// Where nobody said when to come back: about as long as a circuit stays open.
const DEFAULT: Duration = Duration::from_secs(5);

/// A hint that a caller can wait for with his connection open.
const SHORT: Duration = Duration::from_secs(5);

/// What no caller should be told to exceed, whatever a provider made up.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The value of `Retry-After`, in whole seconds. Zero would invite a caller to come back at once.
pub(super) fn after(failure: &Failure) -> u64 {
    let hint = failure.retry_after().unwrap_or(DEFAULT).min(LONGEST);
    (hint.as_secs() + u64::from(hint.subsec_nanos() > 0)).max(1)
}

/// Should the caller's SDK repeat the call by itself, after `made` attempts of ours?
pub(super) fn is_welcome(failure: &Failure, made: u32) -> bool {
    let class = failure.class();
    if class.is_callers() || class == Class::DeadlineExceeded {
        return false;
    }
    let was_refused_here = made == 0 && matches!(class, Class::CircuitOpen | Class::Shed);
    failure.retry_after().map_or(was_refused_here, |hint| hint <= SHORT)
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_caller_is_asked_to_repeat_only_what_may_help() {
        assert!(is_welcome(&hinted(Class::RateLimited, 5000), 3));
        assert!(!is_welcome(&hinted(Class::RateLimited, 5001), 3));
        assert!(!is_welcome(&Failure::new(Class::ServerError), 3));
        assert!(is_welcome(&Failure::new(Class::CircuitOpen), 0));
        assert!(!is_welcome(&Failure::new(Class::CircuitOpen), 1));
        assert!(!is_welcome(&hinted(Class::CircuitOpen, 20_000), 0));
        assert!(!is_welcome(&hinted(Class::DeadlineExceeded, 1), 0));
        assert!(!is_welcome(&hinted(Class::ContextOverflow, 1), 1));
        assert!(!is_welcome(&Failure::new(Class::Unsupported), 0));
    }
}
