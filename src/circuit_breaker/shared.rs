use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::circuit::{Circuit, Event};
use super::ticket::{Kind, Place, Ticket, Vote, Word};
use super::{CircuitConfig, CircuitOpen, CircuitSnapshot, CircuitState, Permit};
use crate::facts::Availability;
use crate::sync::{AtomicU64, Mutex, Ordering};

/// One circuit, shared by all services of a layer, their permits and their handles.
#[derive(Debug)]
pub(super) struct Shared {
    name: Option<Arc<str>>,
    config: CircuitConfig,
    /// A copy of what the circuit last said of itself: while calls pass, admission takes no lock.
    word: AtomicU64,
    /// Calls that were ever admitted.
    admitted: AtomicU64,
    /// A copy, too: answers that ever began.
    answers: AtomicU64,
    circuit: Mutex<Circuit>,
    states: watch::Sender<CircuitState>,
}

impl Shared {
    pub(super) fn new(config: CircuitConfig, name: Option<Arc<str>>) -> Self {
        let circuit = Circuit::new(config.clone());
        Self {
            name,
            config,
            word: AtomicU64::new(circuit.word().0),
            admitted: AtomicU64::new(0),
            answers: AtomicU64::new(0),
            circuit: Mutex::new(circuit),
            states: watch::Sender::new(CircuitState::Closed),
        }
    }

    pub(super) const fn name(&self) -> Option<&Arc<str>> {
        self.name.as_ref()
    }

    pub(super) const fn config(&self) -> &CircuitConfig {
        &self.config
    }

    pub(super) fn word(&self) -> Word {
        Word(self.word.load(Ordering::Acquire))
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<CircuitState> {
        self.states.subscribe()
    }

    /// Would a call be refused?
    pub(super) fn is_shut(&self) -> bool {
        self.word().passing().is_none() && self.with(|circuit| circuit.is_shut(Instant::now()))
    }

    pub(super) fn availability(&self, now: Instant) -> Availability {
        match self.word().passing() {
            Some(_) => Availability::Up,
            None => self.with(|circuit| circuit.availability(now)),
        }
    }

    pub(super) fn admit(self: &Arc<Self>) -> Result<Permit, CircuitOpen> {
        if let Some(epoch) = self.word().passing() {
            let calls = self.admitted.fetch_add(1, Ordering::Relaxed);
            let place = Place { calls, answers: self.answers.load(Ordering::Relaxed) };
            let ticket = Ticket { epoch, kind: Kind::Call, place };
            // The clock is read only where somebody asks how long the call took.
            let started = self.config.slow_after.map(|_| Instant::now());
            return Ok(Permit::new(Arc::clone(self), ticket, started));
        }
        let now = Instant::now();
        match self.with(|circuit| {
            let ticket = circuit.admit(self.admitted(), now).ok_or_else(|| circuit.remaining(now))?;
            self.admitted.fetch_add(1, Ordering::Relaxed);
            Ok(ticket)
        }) {
            Ok(ticket) => Ok(Permit::new(Arc::clone(self), ticket, self.config.slow_after.map(|_| now))),
            Err(remaining) => Err(self.refusal(remaining)),
        }
    }

    /// How many calls have been admitted so far. Nothing else is read by it, so it need not be in order with anything.
    pub(super) fn admitted(&self) -> u64 {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Refuses a call whose inner service was never made ready.
    pub(super) fn turn_away(&self) -> CircuitOpen {
        let now = Instant::now();
        let remaining = self.with(|circuit| {
            circuit.turn_away(now);
            circuit.remaining(now)
        });
        self.refusal(remaining)
    }

    fn refusal(&self, retry_after: Option<Duration>) -> CircuitOpen {
        CircuitOpen::new(self.name.clone(), retry_after)
    }

    pub(super) fn begin(&self, ticket: Ticket, is_slow: bool, now: Instant) -> Option<Ticket> {
        self.with(|circuit| circuit.begin(ticket, is_slow, now))
    }

    pub(super) fn settle(&self, ticket: Ticket, vote: Vote, now: Instant) {
        self.with(|circuit| circuit.settle(ticket, vote, now));
    }

    pub(super) fn snapshot(&self, now: Instant) -> CircuitSnapshot {
        self.with(|circuit| {
            let word = circuit.word();
            let counts = circuit.counts_in_window(now);
            CircuitSnapshot {
                state: word.state(),
                is_disabled: word.is_disabled(),
                retry_after: circuit.remaining(now),
                consecutive_failures: circuit.run(),
                calls: counts.calls,
                failures: counts.failures,
                slow: counts.slow,
                doublings: circuit.doublings(),
                totals: circuit.totals(),
            }
        })
    }

    /// Does something to the circuit, then tells the world, when the lock is free again.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut Circuit) -> T) -> T {
        // A panic under the lock could only be a bug here; counts that are off by one are better than a
        // service that panics for ever.
        let mut circuit = self.circuit.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut circuit);
        let word = circuit.word().0;
        // Written only when it changed: other cores read it on every call.
        if self.word.load(Ordering::Relaxed) != word {
            self.word.store(word, Ordering::Release);
        }
        let answers = circuit.answers();
        if self.answers.load(Ordering::Relaxed) != answers {
            self.answers.store(answers, Ordering::Relaxed);
        }
        let event = circuit.take_event();
        drop(circuit);
        if let Some(event) = event {
            self.tell(event);
        }
        done
    }

    fn tell(&self, event: Event) {
        // The model checker knows nothing of the channel's lock.
        #[cfg(not(failover_loom))]
        // Two threads may come here in either order. Each reads the newest state under the channel's lock, so
        // that the last to come never leaves an old one.
        self.states.send_if_modified(|last| {
            let state = self.word().state();
            std::mem::replace(last, state) != state
        });
        let circuit = self.name.as_deref();
        match event {
            Event::Opened { reason, retry_after } => {
                tracing::info!(circuit, reason, ?retry_after, "circuit opened");
            }
            Event::Probing => tracing::info!(circuit, "circuit half open: probing"),
            Event::Closed { reason } => tracing::info!(circuit, reason, "circuit closed"),
            Event::Disabled => tracing::info!(circuit, "circuit disabled"),
            Event::Cooling { retry_after } => {
                tracing::info!(circuit, ?retry_after, "circuit cooling down, as the service asked");
            }
        }
    }
}
