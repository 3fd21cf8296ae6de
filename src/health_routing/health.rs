use tokio::time::Instant;

use crate::facts::Availability;

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
