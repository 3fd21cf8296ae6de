use std::fmt;
use std::sync::{Arc, PoisonError};

use tokio::time::Instant;

use super::ring::{Ring, WINDOW};
use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};

/// One retry, in the unit the budget counts in.
const RETRY: i64 = 1000;

/// How many retries all calls together may make.
///
/// One failed call that is repeated is a service; all calls repeated at once are a second outage. Two limits
/// hold, and a retry needs both:
///
/// - **Ratio.** Within 60 s (ten buckets of 6 s), retries are at most 0.2 of the first attempts, plus a reserve
///   of one a second, so that a quiet service can retry at all.
/// - **In flight.** Retries that wait or run at this moment are at most 20 % of the active calls, and at least
///   3. This one holds when calls last a minute, and the ratio learns of the trouble too late.
///
/// A clone is the same budget. It is exact under concurrency, counts in thousandths of a retry so that any
/// ratio holds as written, and costs the same after a week of silence as after a second.
///
/// [`RetryBudgetLayer`](super::RetryBudgetLayer) uses one by itself. Alone:
///
/// ```
/// use tokio::time::Instant;
/// use tower_failover::retry_budget::Budget;
///
/// let budget = Budget::default();
/// let call = budget.enter(Instant::now()); // deposits; active until dropped
///
/// // … the first attempt fails …
/// if let Some(mut withdrawal) = budget.try_withdraw(Instant::now()) {
///     // … wait a little: dropped here, the withdrawal would be given back …
///     withdrawal.begin();
///     // … the second attempt: dropped from here on, it is spent …
/// }
/// drop(call);
/// ```
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    limits: Limits,
    ring: Mutex<Ring>,
    active: AtomicUsize,
    /// Grows only under the lock of the ring, so that it never passes its limit; shrinks anywhere.
    extra: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Thousandths of a retry which a first attempt deposits.
    deposit: i64,
    /// Thousandths of a retry that a whole window has for nothing.
    reserve: i64,
    floor: usize,
    /// Thousandths of the active calls.
    share: usize,
}

impl Budget {
    /// A budget with limits of its own.
    pub const fn builder() -> BudgetBuilder {
        BudgetBuilder { ratio: 0.2, reserve: 1, floor: 3, share: 0.2 }
    }

    /// A budget of this ratio and the default limits otherwise.
    #[must_use]
    pub fn new(ratio: f64) -> Self {
        Self::builder().ratio(ratio).build()
    }

    /// A budget that grants nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::builder().ratio(0.0).reserve(0).in_flight(0, 0.0).build()
    }

    /// A first attempt starts: it deposits, and is active until the guard is dropped.
    pub fn enter(&self, now: Instant) -> ActiveCall {
        let bucket = self.0.deposit(now);
        self.0.active.fetch_add(1, Ordering::Relaxed);
        ActiveCall { budget: self.clone(), bucket }
    }

    /// Takes one retry, if both limits allow it.
    pub fn try_withdraw(&self, now: Instant) -> Option<Withdrawal> {
        let mut ring = self.0.ring();
        let active = self.0.active.load(Ordering::Relaxed);
        if self.0.extra.load(Ordering::Acquire) >= self.0.limits.in_flight(active) {
            return None;
        }
        let bucket = self.0.limits.withdraw(&mut ring, now)?;
        self.0.extra.fetch_add(1, Ordering::Relaxed);
        drop(ring);
        Some(Withdrawal { budget: self.clone(), bucket, has_begun: false })
    }

    /// How many retries the ratio would grant now.
    #[must_use]
    pub fn balance(&self, now: Instant) -> u64 {
        let mut ring = self.0.ring();
        ring.roll(now);
        u64::try_from((ring.total() + self.0.limits.reserve) / RETRY).unwrap_or(0)
    }

    /// Deposits without a guard, for callers that cannot hold one.
    #[cfg(feature = "tower-retry")]
    pub(super) fn deposit_only(&self, now: Instant) {
        self.0.deposit(now);
    }

    /// Withdraws by the ratio alone, for callers that cannot hold a guard.
    #[cfg(feature = "tower-retry")]
    pub(super) fn withdraw_only(&self, now: Instant) -> bool {
        self.0.limits.withdraw(&mut self.0.ring(), now).is_some()
    }
}

impl Inner {
    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Nothing in the ring's methods panics between two writes that belong together.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deposit(&self, now: Instant) -> u64 {
        let mut ring = self.ring();
        let bucket = ring.roll(now);
        ring.add(bucket, self.limits.deposit);
        bucket
    }
}

impl Limits {
    fn in_flight(&self, active: usize) -> usize {
        self.floor.max(active.saturating_mul(self.share) / 1000)
    }

    fn withdraw(&self, ring: &mut Ring, now: Instant) -> Option<u64> {
        let bucket = ring.roll(now);
        if ring.total() + self.reserve < RETRY {
            return None;
        }
        ring.add(bucket, -RETRY);
        Some(bucket)
    }
}

/// Ratio 0.2, reserve 1/s, in flight at most 20 % and at least 3.
impl Default for Budget {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limits", &self.0.limits)
            .field("active", &self.0.active.load(Ordering::Relaxed))
            .field("extra", &self.0.extra.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

/// A call that is under way. Dropping it ends it.
#[derive(Debug)]
#[must_use = "a call is active until this is dropped"]
pub struct ActiveCall {
    budget: Budget,
    bucket: u64,
}

impl ActiveCall {
    /// The call never left: its deposit is taken back, so that refusals earn no retries.
    pub fn void(self) {
        let Inner { limits, .. } = &*self.budget.0;
        self.budget.0.ring().add(self.bucket, -limits.deposit);
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        self.budget.0.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A retry that was granted.
///
/// Dropped before it [begins](Self::begin) it is given back; dropped later it is spent. It counts as in flight
/// until then in both cases.
#[derive(Debug)]
#[must_use = "a withdrawal that is dropped is given back"]
pub struct Withdrawal {
    budget: Budget,
    bucket: u64,
    has_begun: bool,
}

impl Withdrawal {
    /// The attempt starts.
    pub fn begin(&mut self) {
        self.has_begun = true;
    }

    /// The attempt never left after all: gives the retry back.
    pub fn refund(mut self) {
        self.has_begun = false;
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        if !self.has_begun {
            self.budget.0.ring().add(self.bucket, RETRY);
        }
        self.budget.0.extra.fetch_sub(1, Ordering::Release);
    }
}

/// Builds a [`Budget`] with limits of its own.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct BudgetBuilder {
    ratio: f64,
    reserve: u32,
    floor: usize,
    share: f64,
}

impl BudgetBuilder {
    /// Retries per first attempt, to three decimals: from 0 to 1000.
    pub const fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// Retries per second beside the ratio.
    pub const fn reserve(mut self, per_second: u32) -> Self {
        self.reserve = per_second;
        self
    }

    /// Retries in flight: at least `floor`, and at most this `share` of the active calls where that is more.
    pub const fn in_flight(mut self, floor: usize, share: f64) -> Self {
        self.floor = floor;
        self.share = share;
        self
    }

    /// The budget.
    #[must_use]
    pub fn build(self) -> Budget {
        let limits = Limits {
            deposit: thousandths(self.ratio),
            reserve: i64::from(self.reserve) * WINDOW.as_secs() as i64 * RETRY,
            floor: self.floor,
            share: thousandths(self.share) as usize,
        };
        Budget(Arc::new(Inner {
            limits,
            ring: Mutex::new(Ring::default()),
            active: AtomicUsize::new(0),
            extra: AtomicUsize::new(0),
        }))
    }
}

/// Nonsense (below zero, not a number) is zero.
fn thousandths(ratio: f64) -> i64 {
    (ratio.clamp(0.0, 1000.0) * 1000.0).round() as i64
}

#[cfg(all(test, failover_loom))]
mod models;
#[cfg(all(test, not(failover_loom)))]
mod tests;
