use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::record::{Record, Verdict};
use super::silence::Silence;
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
    /// A [`Silence`], beside the record, so that a call that begins takes no lock.
    silence: AtomicU64,
    /// What its times are counted from.
    epoch: Instant,
    record: Mutex<Record>,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self(Arc::new(Tally {
            is_notable: AtomicBool::new(false),
            silence: AtomicU64::new(Silence::default().word()),
            epoch: Instant::now(),
            record: Mutex::new(Record::new()),
        }))
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
        let suspicion = self.0.suspicion(now);
        if suspicion.is_none() && !self.0.is_notable.load(Ordering::Acquire) {
            return Availability::Up;
        }
        let mut record = self.0.lock();
        let availability = record.availability(now);
        self.0.note(&record);
        let silent = suspicion.filter(|quiet| record.is_silence(*quiet, now));
        availability.and(silent.map_or(Availability::Up, Availability::Silent))
    }
}

impl Tally {
    /// A call that is awaited begins, and waits until it has answered or is gone.
    pub(super) fn waits(&self, now: Instant) {
        let time = self.time(now);
        self.change(|silence| silence.begun(time));
    }

    /// The first token of a call has come.
    pub(super) fn first_token(&self, took: Duration, is_awaited: bool, now: Instant) {
        self.end_silence(is_awaited, now);
        self.lock().first_token(took, is_awaited, now);
    }

    /// A call has answered, at once and in whole.
    pub(super) fn answered(&self, took: Duration, is_awaited: bool, now: Instant) {
        self.end_silence(is_awaited, now);
        let mut record = self.lock();
        record.first_token(took, is_awaited, now);
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

    /// Any call begins.
    pub(super) fn begun(&self, now: Instant) {
        if self.is_notable.load(Ordering::Acquire) {
            self.lock().begun(now);
        }
    }

    /// A call that waited waits no longer, and has no answer.
    pub(super) fn gone(&self) {
        self.change(Silence::gone);
    }

    /// A caller has left with nothing, after so long.
    pub(super) fn left(&self, waited: Duration, is_awaited: bool, now: Instant) {
        let mut record = self.lock();
        record.left(waited, is_awaited, now);
        self.note(&record);
    }

    /// Any answer ends it.
    fn end_silence(&self, is_awaited: bool, now: Instant) {
        let time = self.time(now);
        if is_awaited {
            self.change(|silence| silence.answered(time));
        } else if self.silence().waiting() > 0 {
            self.change(|silence| silence.since(time));
        }
    }

    /// All but the number of calls under way.
    fn read(&self, now: Instant) -> Vitals {
        let mut record = self.lock();
        let vitals = record.vitals(now);
        self.note(&record);
        let silent = self.suspicion(now).filter(|quiet| record.is_silence(*quiet, now));
        Vitals { waiting: self.silence().waiting(), silent, ..vitals }
    }

    /// For how long enough calls have waited in vain to make one wonder.
    fn suspicion(&self, now: Instant) -> Option<Duration> {
        self.silence().suspicion(self.time(now))
    }

    fn silence(&self) -> Silence {
        // The word is all there is to know, so there is nothing that its reader would have to see beside it.
        Silence::of_word(self.silence.load(Ordering::Relaxed))
    }

    fn change(&self, change: impl Fn(Silence) -> Silence) {
        let change = |word| Some(change(Silence::of_word(word)).word());
        let _ = self.silence.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    fn time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.epoch)
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
