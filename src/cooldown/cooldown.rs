use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::state::{Event, State, Ticket, Verdict, Word};
use crate::facts::Availability;
use crate::failure::Class;

/// The cooldown of one credential, or of one provider: shared by all who use it. A clone is the same one.
///
/// See the [module](super) for the rules.
#[derive(Clone)]
pub struct Cooldown(Arc<Inner>);

struct Inner {
    name: Arc<str>,
    /// A copy of what the state last said of itself: while calls pass, nobody takes the lock.
    word: AtomicU64,
    state: Mutex<State>,
}

impl Cooldown {
    /// No longer than this, whatever the provider says: 24 h.
    pub const LONGEST: Duration = super::state::LONGEST;
    /// A probe that has said nothing for this long has lost its place: 60 s.
    pub const LEASE: Duration = super::state::LEASE;

    /// Of a credential or a provider of this name, which stands in events and errors. Never put a key here.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        let state = State::default();
        let word = AtomicU64::new(state.word().0);
        Self(Arc::new(Inner { name: name.into(), word, state: Mutex::new(state) }))
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(super) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.0.name)
    }

    /// Are the two one and the same?
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Is it worth sending a call now? Only looks: it never uses up the probe. One atomic load while calls pass.
    #[must_use]
    pub fn availability(&self, now: Instant) -> Availability {
        match self.word().passing() {
            Some(_) => Availability::Up,
            None => self.with(|state| state.availability(now)),
        }
    }

    /// When the next call passes; `None` where calls pass, or where a probe decides.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.word().passing().map_or_else(|| self.with(|state| state.until(Instant::now())), |_| None)
    }

    /// Refuses all calls for this long, at most a day, as a refusal of this class would: a status page that shows
    /// an outage, a budget of one's own that is spent. What cools longer already is not shortened.
    pub fn cool(&self, time: Duration, class: Class) {
        let now = Instant::now();
        self.with(|state| state.cool(time, class, now));
    }

    /// Ends it: somebody has put a new key in, or money.
    ///
    /// The circuit of the member that was refused rests for reasons of its own; see
    /// `CircuitHandle::force_closed`.
    pub fn clear(&self) {
        self.with(State::clear);
    }

    pub(super) fn word(&self) -> Word {
        Word(self.0.word.load(Ordering::Acquire))
    }

    /// Will a call be refused, so that the inner service need not be ready for it?
    pub(super) fn is_shut(&self) -> bool {
        self.word().passing().is_none()
            && matches!(self.with(|state| state.availability(Instant::now())), Availability::Down(_))
    }

    pub(super) fn admit(&self) -> Result<Ticket, Option<Duration>> {
        self.word().passing().map_or_else(|| self.with(|state| state.admit(Instant::now())), Ok)
    }

    /// For how long a call is refused that has not asked.
    pub(super) fn remaining(&self) -> Option<Duration> {
        match self.availability(Instant::now()) {
            Availability::Down(remaining) => remaining,
            _ => None,
        }
    }

    pub(super) fn settle(&self, ticket: Ticket, verdict: Verdict<'_>) {
        let is_news = match verdict {
            Verdict::Nothing => ticket.is_probe,
            Verdict::Well => ticket.is_probe || !self.word().is_at_rest(),
            Verdict::Cool { .. } | Verdict::Unreachable { .. } => true,
        };
        if is_news {
            let now = Instant::now();
            self.with(|state| state.settle(ticket, verdict, now));
        }
    }

    /// Does something to the state, then tells the world, when the lock is free again.
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // Nothing panics under the lock but a bug here, and a state that is off is better than one that panics for
        // ever.
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut state);
        let word = state.word().0;
        if self.0.word.load(Ordering::Relaxed) != word {
            self.0.word.store(word, Ordering::Release);
        }
        let event = state.take_event();
        drop(state);
        if let Some(event) = event {
            self.tell(event);
        }
        done
    }

    fn tell(&self, event: Event) {
        let name = self.name();
        match event {
            Event::Began { class: Class::Auth, time } => {
                tracing::error!(
                    name,
                    ?time,
                    "the provider refuses the key: all members that use it are out until it is mended"
                );
            }
            Event::Began { class, time } => {
                tracing::warn!(name, %class, ?time, "cooling down, with all who share it");
            }
            Event::WentOn { class, time } => {
                tracing::warn!(name, %class, ?time, "still cooling down: a probe failed");
            }
            Event::Over => tracing::info!(name, "no longer cooling down"),
        }
    }
}

impl fmt::Debug for Cooldown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cooldown")
            .field("name", &self.0.name)
            .field("is_cooling", &self.word().passing().is_none())
            .finish_non_exhaustive()
    }
}
