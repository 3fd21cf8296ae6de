use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::record::{Record, Verdict};
use crate::facts::{Availability, Vitals};

/// The vitals of one service, shared by all services of a layer and their handles.
///
/// Who holds the tally beside this is a call under way, and so the count of its holders is theirs: it is kept
/// anyway, and an own counter would cost each call two more writes that all cores see.
#[derive(Debug)]
pub(super) struct Shared(Arc<Tally>);

/// What samples hold.
#[derive(Debug)]
pub(super) struct Tally {
    /// A copy of what the record says of itself: as long as there is nothing to tell, asking takes no lock.
    is_notable: AtomicBool,
    record: Mutex<Record>,
}

impl Shared {
    pub(super) fn new() -> Self {
        let record = Mutex::new(Record::new());
        Self(Arc::new(Tally { is_notable: AtomicBool::new(false), record }))
    }

    /// A call begins, and lasts until what is returned is dropped.
    pub(super) fn begin(&self) -> Arc<Tally> {
        Arc::clone(&self.0)
    }

    pub(super) fn read(&self, now: Instant) -> Vitals {
        let in_flight = u32::try_from(Arc::strong_count(&self.0) - 1).unwrap_or(u32::MAX);
        Vitals { in_flight, ..self.0.read(now) }
    }

    pub(super) fn availability(&self, now: Instant) -> Availability {
        if !self.0.is_notable.load(Ordering::Acquire) {
            return Availability::Up;
        }
        let vitals = self.0.read(now);
        match vitals.no_headroom {
            Some(rest) => Availability::Exhausted(rest),
            None if vitals.is_unsteady() => Availability::Unsteady,
            None => Availability::Up,
        }
    }
}

impl Tally {
    pub(super) fn first_token(&self, took: Duration, now: Instant) {
        self.lock().first_token(took, now);
    }

    /// A call that has answered, at once and in whole.
    pub(super) fn answered(&self, took: Duration, now: Instant) {
        let mut record = self.lock();
        record.first_token(took, now);
        record.ended(Verdict::Answered, took, now);
    }

    pub(super) fn ended(&self, verdict: Verdict, took: Duration, now: Instant) {
        let mut record = self.lock();
        record.ended(verdict, took, now);
        self.note(&record);
    }

    pub(super) fn exhausted(&self, rest: Duration, now: Instant) {
        let mut record = self.lock();
        record.exhausted(rest, now);
        self.note(&record);
    }

    /// All but the calls under way.
    fn read(&self, now: Instant) -> Vitals {
        let mut record = self.lock();
        let vitals = record.vitals(now);
        self.note(&record);
        vitals
    }

    /// Under the lock, so that the copy is never older than another's.
    fn note(&self, record: &Record) {
        let is_notable = record.is_notable();
        // Written only when it changed: other cores read it on every call.
        if self.is_notable.load(Ordering::Relaxed) != is_notable {
            self.is_notable.store(is_notable, Ordering::Release);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        // A panic under the lock could only be a bug here; figures that are off by one are better than a service
        // that panics for ever.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
