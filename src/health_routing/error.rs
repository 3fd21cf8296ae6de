use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::facts::Member;
use crate::failure::{Class, Failure, Outcome};

/// No member could answer.
///
/// Its source is the [`Failure`] that says it best: the only one there was; `Unsupported` if no member can carry
/// the request; `CircuitOpen` or `CoolingDown` if all were refused here and one of them may be back; `ContextOverflow` if
/// that is what every member said that answered at all, so that the caller gets the exact error and can shorten his
/// conversation; otherwise the first that came from a provider.
#[derive(Debug)]
pub struct AllFailed {
    failures: Vec<(Member, Failure)>,
    verdict: Failure,
}

impl AllFailed {
    pub(super) fn new(failures: Vec<(Member, Failure)>) -> Self {
        let verdict = verdict(&failures);
        Self { failures, verdict }
    }

    /// Who was asked, in order, and why each could not answer. Empty if all were excluded.
    #[must_use]
    pub fn failures(&self) -> &[(Member, Failure)] {
        &self.failures
    }

    /// The earliest moment at which a member said it may be back, counted from when it failed.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.verdict.retry_after()
    }
}

impl fmt::Display for AllFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no member could answer")?;
        for (index, (member, failure)) in self.failures.iter().enumerate() {
            let separator = if index == 0 { ": " } else { ", " };
            write!(f, "{separator}{member} {}", failure.class())?;
        }
        Ok(())
    }
}

impl Error for AllFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.verdict)
    }
}

fn verdict(failures: &[(Member, Failure)]) -> Failure {
    let said = |(_, failure): &(Member, Failure)| failure.retry_after();
    let earliest = failures.iter().filter_map(said).min().or_else(|| earliest_of_all(failures));
    let telling = most_telling(failures).cloned();
    // Nobody asked, nobody down: every member was excluded for this call.
    telling.unwrap_or(Failure::new(Class::Unsupported)).with_retry_after(earliest)
}

/// When nobody named a moment and all are out for long. One of whom nothing is known may be back at any time.
fn earliest_of_all(failures: &[(Member, Failure)]) -> Option<Duration> {
    let usual = failures.iter().map(|(_, failure)| match failure.outcome() {
        Outcome::Throttled(after) => after,
        _ => None,
    });
    usual.collect::<Option<Vec<_>>>()?.into_iter().min()
}

fn most_telling(failures: &[(Member, Failure)]) -> Option<&Failure> {
    let all = || failures.iter().map(|(_, failure)| failure);
    let is_overflow = |failure: &Failure| failure.class() == Class::ContextOverflow;
    let overflow = all().find(|failure| is_overflow(failure));
    if overflow.is_some() && all().filter(|failure| answered(failure.class())).all(is_overflow) {
        return overflow;
    }
    // One overflow among other failures is not the caller's last word: somebody larger may be back soon.
    let remote = all().find(|failure| !failure.class().is_local() && !is_overflow(failure));
    // Nor is what one member cannot carry, if another that can will be back.
    let hopeful = || all().find(|failure| failure.class() != Class::Unsupported);
    remote.or_else(hopeful).or_else(|| all().next())
}

/// Did the provider itself say something?
const fn answered(class: Class) -> bool {
    !class.is_local() && !matches!(class, Class::Connect | Class::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Report;

    fn all(failures: impl IntoIterator<Item = Failure>) -> AllFailed {
        AllFailed::new(failures.into_iter().map(|failure| (Member::new("m"), failure)).collect())
    }

    fn class(failures: impl IntoIterator<Item = Class>) -> Class {
        Failure::find(&all(failures.into_iter().map(Failure::new))).unwrap().class()
    }

    #[test]
    fn the_verdict_is_the_failure_that_says_it_best() {
        assert_eq!(class([Class::Shed]), Class::Shed);
        assert_eq!(class([Class::CircuitOpen, Class::CircuitOpen]), Class::CircuitOpen);
        assert_eq!(class([Class::CircuitOpen, Class::Timeout, Class::Auth]), Class::Timeout);
        assert_eq!(class([Class::Unsupported, Class::CircuitOpen]), Class::CircuitOpen);
        assert_eq!(class([Class::Unsupported, Class::Unsupported]), Class::Unsupported);
        assert_eq!(class([]), Class::Unsupported);
    }

    #[test]
    fn a_context_overflow_is_the_verdict_only_if_all_that_answered_say_so() {
        use Class::{CircuitOpen, ContextOverflow, Overloaded, Timeout};
        assert_eq!(class([ContextOverflow, ContextOverflow]), ContextOverflow);
        assert_eq!(class([CircuitOpen, ContextOverflow, Timeout]), ContextOverflow);
        assert_eq!(class([ContextOverflow, Overloaded]), Overloaded);
    }

    #[test]
    fn the_providers_own_words_survive() {
        let said = Failure::new(Class::ContextOverflow).with_report(Report::new("too long"));
        let error = all([said, Failure::new(Class::ContextOverflow)]);
        assert_eq!(Failure::find(&error).unwrap().report().unwrap().message, "too long");
    }

    #[test]
    fn where_nobody_named_a_moment_and_all_are_out_for_long_that_is_said() {
        let after = |classes: &[Class]| all(classes.iter().map(|class| Failure::new(*class))).retry_after();
        assert_eq!(after(&[Class::Auth, Class::QuotaExhausted]), Some(Outcome::HARD_DOWN));
        assert_eq!(after(&[Class::Auth, Class::Timeout]), None);
        assert_eq!(after(&[]), None);
    }

    #[test]
    fn the_hint_is_the_earliest_of_all() {
        let hinted = |class, seconds| Failure::new(class).with_retry_after(Duration::from_secs(seconds));
        let error = all([
            hinted(Class::QuotaExhausted, 300),
            hinted(Class::RateLimited, 7),
            Failure::new(Class::Timeout),
        ]);
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(Failure::find(&error).unwrap().retry_after(), Some(Duration::from_secs(7)));
    }
}
