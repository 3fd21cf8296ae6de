use tokio::time::Instant;

use crate::facts::{Availability, Vitals};
use crate::failure::Class;

/// What is known of a member before it is asked, from memory.
///
/// Closures implement it; `()` knows nothing, so the member counts as up. It is asked once per call and member
/// and must not block: read a circuit's state, a cooldown, a flag.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use tokio::time::Instant;
/// use tower_failover::facts::Availability;
/// use tower_failover::health_routing::Health;
///
/// let in_maintenance = Arc::new(AtomicBool::new(true));
/// let health = move |_: Instant| match in_maintenance.load(Ordering::Relaxed) {
///     true => Availability::Down(None),
///     false => Availability::Up,
/// };
/// assert_eq!(health.availability(Instant::now()), Availability::Down(None));
/// ```
pub trait Health: Send + Sync {
    /// Whether the member is worth asking at `now`.
    fn availability(&self, now: Instant) -> Availability;

    /// What its last calls were like, if that is known. Asked only of members that are
    /// [interchangeable](super::Candidate::interchangeable), among which it decides, and for explanations.
    fn vitals(&self, now: Instant) -> Option<Vitals> {
        let _ = now;
        None
    }

    /// Why a call is refused that comes while it is down: what the list of attempts says then, and the error. One of
    /// those that are [our own](Class::is_local).
    fn refusal(&self, now: Instant) -> Class {
        let _ = now;
        Class::CircuitOpen
    }

    /// The member is about to be asked as the [last resort](super::WhenAllDown::LastResort), although it is down:
    /// whatever would refuse the call for that reason alone may let one pass.
    fn last_resort(&self, now: Instant) {
        let _ = now;
    }
}

impl<F> Health for F
where
    F: Fn(Instant) -> Availability + Send + Sync,
{
    fn availability(&self, now: Instant) -> Availability {
        self(now)
    }
}

impl Health for () {
    fn availability(&self, _: Instant) -> Availability {
        Availability::Up
    }
}
