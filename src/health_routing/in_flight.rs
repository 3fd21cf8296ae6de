use std::time::Duration;

use tokio::time::Instant;

use crate::facts::{Attempt, Attempts, Member};
use crate::failure::{Class, Failure};

/// An attempt that is under way. Dropped before its end, it is recorded as cancelled: an attempt that was cut
/// by a deadline is exactly the one somebody will want to know about.
#[derive(Debug)]
pub(super) struct InFlight {
    log: Attempts,
    member: Member,
    began: Instant,
    is_over: bool,
}

impl InFlight {
    pub(super) fn begin(log: &Attempts, member: &Member) -> Self {
        Self { log: log.clone(), member: member.clone(), began: Instant::now(), is_over: false }
    }

    /// It ended, with this failure or none.
    pub(super) fn end(mut self, failure: Option<&Failure>) {
        self.is_over = true;
        self.record(failure);
    }

    fn record(&self, failure: Option<&Failure>) {
        let elapsed = self.began.elapsed();
        let attempt = match failure {
            Some(failure) => Attempt::failed(failure, elapsed),
            None => Attempt::answered(elapsed),
        };
        self.log.record_last_of(&self.member, attempt.by(&self.member));
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.is_over {
            self.record(Some(&Failure::new(Class::Cancelled)));
        }
    }
}

/// Records a member that was not asked, and why.
pub(super) fn refused(log: &Attempts, member: &Member, failure: &Failure) {
    log.record_last_of(member, Attempt::failed(failure, Duration::ZERO).by(member));
}
