use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::record::{Record, Verdict};
use crate::facts::{Availability, Vitals};

/// The vitals of one service, shared by all services of a layer, their samples and their handles.
#[derive(Debug)]
pub(super) struct Shared {
    in_flight: AtomicU32,
    /// A copy of what the record says of itself: as long as there is nothing to tell, asking takes no lock.
    is_notable: AtomicBool,
    record: Mutex<Record>,
}

impl Shared {
    pub(super) const fn new() -> Self {
        Self {
            in_flight: AtomicU32::new(0),
            is_notable: AtomicBool::new(false),
            record: Mutex::new(Record::new()),
        }
    }

    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

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

    pub(super) fn read(&self, now: Instant) -> Vitals {
        let mut record = self.lock();
        let mut vitals = record.vitals(now);
        self.note(&record);
        drop(record);
        vitals.in_flight = self.in_flight.load(Ordering::Relaxed);
        vitals
    }

    pub(super) fn availability(&self, now: Instant) -> Availability {
        if !self.is_notable.load(Ordering::Acquire) {
            return Availability::Up;
        }
        let vitals = self.read(now);
        match vitals.no_headroom {
            Some(rest) => Availability::Exhausted(rest),
            None if vitals.is_unsteady() => Availability::Unsteady,
            None => Availability::Up,
        }
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
