use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::shared::Shared;
use super::{CircuitSnapshot, CircuitState};
use crate::facts::Availability;

/// Looks at a circuit, and moves it by hand. Cheap to clone; holds no service.
#[derive(Clone, Debug)]
pub struct CircuitHandle {
    shared: Arc<Shared>,
}

impl CircuitHandle {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The name given to the layer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.shared.name().map(AsRef::as_ref)
    }

    /// The state. One atomic load.
    ///
    /// A circuit whose open time is over is still [`Open`](CircuitState::Open) until a call comes to probe it.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.shared.word().state()
    }

    /// Is it worth sending a call now? Only looks: it never uses up a probe.
    ///
    /// Not the same as [`state`](Self::state): a closed circuit that is cooling down, because the service
    /// asked for it, is [`Down`](Availability::Down) for as long; an open one whose time is over is on
    /// [`Probation`](Availability::Probation); a half-open one with its probe under way is `Down(None)`.
    #[must_use]
    pub fn availability(&self, now: Instant) -> Availability {
        self.shared.availability(now)
    }

    /// Refuses all calls for this long, then probes. Also takes back [`disable`](Self::disable).
    ///
    /// For overload that was noticed elsewhere: a status page, a failed health check, an operator.
    pub fn force_open(&self, time: Duration) {
        let now = Instant::now();
        self.shared.with(|circuit| circuit.force_open(time, now));
    }

    /// Lets the next call through as a probe, if the circuit is open, though its open time is not over. A pause
    /// that the service asked for stands.
    ///
    /// For who has nobody else to ask.
    pub fn probe_now(&self) {
        let now = Instant::now();
        self.shared.with(|circuit| circuit.probe_now(now));
    }

    /// Closes the circuit and forgets all it has counted, cooldown included. Also takes back
    /// [`disable`](Self::disable).
    pub fn force_closed(&self) {
        self.shared.with(|circuit| circuit.force_closed());
    }

    /// Lets everything pass, and opens no more, until [`force_closed`](Self::force_closed) or
    /// [`force_open`](Self::force_open). Totals go on being counted.
    pub fn disable(&self) {
        self.shared.with(|circuit| circuit.disable());
    }

    /// All there is to see.
    #[must_use]
    pub fn snapshot(&self) -> CircuitSnapshot {
        self.shared.snapshot(Instant::now())
    }

    /// Waits for changes of state. Cooldowns are none; states that pass quickly may be skipped, the last one
    /// never.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitState};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let circuit = CircuitBreakerLayer::default().handle();
    /// let mut states = circuit.watch();
    /// circuit.force_open(Duration::from_secs(1));
    /// states.changed().await.unwrap();
    /// assert_eq!(*states.borrow(), CircuitState::Open);
    /// # }
    /// ```
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<CircuitState> {
        self.shared.subscribe()
    }
}
