use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Extensions, StatusCode};

use super::{Member, Usage};
use crate::failure::{Class, Failure};

/// How one attempt ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Who was asked; `None` where nobody said.
    pub member: Option<Member>,
    /// Why it failed; `None` for the one that answered.
    pub class: Option<Class>,
    /// The status it failed with.
    pub status: Option<StatusCode>,
    /// How long it took.
    pub elapsed: Duration,
    /// What it cost, as far as its member told, of an answer that broke off or that completed another. `None` of all
    /// others: they are not read.
    pub usage: Option<Usage>,
    is_local: bool,
}

impl Attempt {
    /// An attempt that answered.
    #[must_use]
    pub fn answered(elapsed: Duration) -> Self {
        Self { member: None, class: None, status: None, elapsed, usage: None, is_local: false }
    }

    /// An attempt that failed.
    #[must_use]
    pub fn failed(failure: &Failure, elapsed: Duration) -> Self {
        let (class, status) = (Some(failure.class()), failure.status());
        Self { member: None, class, status, elapsed, usage: None, is_local: failure.is_local() }
    }

    /// Who was asked.
    #[must_use]
    pub fn by(mut self, member: &Member) -> Self {
        self.member = Some(member.clone());
        self
    }

    /// Did it reach for the provider, or was it refused here?
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        !self.is_local
    }
}

/// The log of one call's attempts, shared by all who make them.
///
/// Whoever ends an attempt records it: `retry_budget` those it repeats, `health_routing` those it sees the end
/// of. The log outlives a future that is dropped, so that a call cut by its deadline can still tell what was
/// tried. It keeps the first [`Attempts::KEPT`] and counts the rest.
#[derive(Clone, Debug, Default)]
pub struct Attempts(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    kept: Vec<Attempt>,
    /// Entries below this index have their member.
    named: usize,
    remote: u32,
}

impl Attempts {
    /// How many attempts are kept in full.
    pub const KEPT: usize = 32;

    /// The log on a request, if there is one.
    #[must_use]
    pub fn find(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The log on a request; a new one is left there if there was none.
    #[must_use]
    pub fn find_or_insert(extensions: &mut Extensions) -> Self {
        extensions.get_or_insert_with(Self::default).clone()
    }

    /// Records an attempt.
    pub fn record(&self, attempt: Attempt) {
        let mut log = self.lock();
        log.remote = log.remote.saturating_add(u32::from(attempt.is_remote()));
        if log.kept.len() < Self::KEPT {
            log.kept.push(attempt);
        }
    }

    /// Records the attempt that ends a member's turn, and gives the member's name to those before it that were
    /// recorded by a layer that does not know whom it wraps.
    pub fn record_last_of(&self, member: &Member, attempt: Attempt) {
        self.record(attempt);
        let mut log = self.lock();
        let named = log.named;
        for attempt in &mut log.kept[named..] {
            attempt.member.get_or_insert_with(|| member.clone());
        }
        log.named = log.kept.len();
    }

    /// Notes what the last answer of this member cost.
    pub fn spent(&self, member: &Member, usage: Usage) {
        let mut log = self.lock();
        let is_its_answer =
            |attempt: &&mut Attempt| attempt.class.is_none() && attempt.member.as_ref() == Some(member);
        if let Some(attempt) = log.kept.iter_mut().rev().find(is_its_answer) {
            attempt.usage = Some(usage);
        }
    }

    /// How many attempts reached for a provider.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lock().remote
    }

    /// The attempts so far, the first [`Attempts::KEPT`] of them.
    #[must_use]
    pub fn list(&self) -> Vec<Attempt> {
        self.lock().kept.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Log> {
        // The log is a list of finished entries: a panic elsewhere leaves nothing half-done in it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_get_the_name_of_the_member_whose_turn_they_belong_to() {
        let log = Attempts::default();
        let failed = || Attempt::failed(&Failure::new(Class::ServerError), Duration::ZERO);
        log.record(failed());
        log.record_last_of(&Member::new("a"), failed());
        log.record_last_of(&Member::new("b"), Attempt::answered(Duration::ZERO));
        let names: Vec<_> =
            log.list().iter().map(|a| a.member.as_ref().unwrap().provider().to_owned()).collect();
        assert_eq!(names, ["a", "a", "b"]);
    }

    #[test]
    fn local_refusals_are_listed_and_not_counted() {
        let log = Attempts::default();
        log.record(Attempt::failed(&Failure::new(Class::CircuitOpen), Duration::ZERO));
        let too_long = Failure::new(Class::ContextOverflow).refused_here();
        log.record(Attempt::failed(&too_long, Duration::ZERO));
        log.record(Attempt::answered(Duration::ZERO));
        assert_eq!((log.count(), log.list().len()), (1, 3));
    }

    #[test]
    fn a_cost_belongs_to_the_last_answer_of_its_member() {
        let log = Attempts::default();
        let (a, b) = (Member::new("a"), Member::new("b"));
        log.record(Attempt::answered(Duration::ZERO).by(&a));
        log.record(Attempt::answered(Duration::ZERO).by(&a));
        log.record(Attempt::failed(&Failure::new(Class::Timeout), Duration::ZERO).by(&a));
        log.record(Attempt::answered(Duration::ZERO).by(&b));
        log.spent(&a, Usage { output: Some(3), ..Usage::default() });
        log.spent(&Member::new("c"), Usage::default());
        let costs: Vec<_> = log.list().iter().map(|attempt| attempt.usage?.output).collect();
        assert_eq!(costs, [None, Some(3), None, None]);
    }

    #[test]
    fn the_log_is_bounded_and_goes_on_counting() {
        let log = Attempts::default();
        for _ in 0..100 {
            log.record(Attempt::answered(Duration::ZERO));
        }
        assert_eq!((log.count(), log.list().len()), (100, Attempts::KEPT));
    }
}
