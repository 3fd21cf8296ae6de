use std::any::type_name;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower_layer::Layer;

use super::jitter::Jitter;
use super::turn::Rules;
use super::usual::Usual;
use super::{Budget, HttpRetry, RetryBudget};

/// Asks the same member again, briefly and within a [`Budget`].
///
/// All services made by one layer, and by its clones, share one budget and one estimate of the time an answer
/// takes: use a layer of its own for every member. See the [module](super).
pub struct RetryBudgetLayer<P = HttpRetry> {
    shared: Arc<Shared<P>>,
}

/// What all services of a layer have in common. A clone is made when a setter changes a layer that is already
/// in use, and keeps the state.
#[derive(Clone)]
pub(super) struct Shared<P> {
    pub(super) policy: P,
    pub(super) rules: Rules,
    pub(super) budget: Budget,
    pub(super) usual: Arc<Usual>,
    pub(super) jitter: Arc<Jitter>,
}

impl<P> RetryBudgetLayer<P> {
    /// Reads requests and results by `policy`: any [`Classify`](crate::failure::Classify), such as
    /// [`OnError`](crate::failure::OnError) or a closure, or a [`RetryPolicy`](super::RetryPolicy).
    #[must_use]
    pub fn new(policy: P) -> Self {
        let shared = Shared {
            policy,
            rules: Rules::default(),
            budget: Budget::default(),
            usual: Arc::default(),
            jitter: Arc::default(),
        };
        Self { shared: Arc::new(shared) }
    }
}

impl<P> RetryBudgetLayer<P>
where
    P: Clone,
{
    /// Attempts at most, the first included. Default 3; one or none means that nothing is repeated.
    #[must_use]
    pub fn attempts(self, attempts: u32) -> Self {
        self.with(|shared| shared.rules.attempts = attempts)
    }

    /// No attempt starts later than this after the first. Default 8 s.
    #[must_use]
    pub fn window(self, window: Duration) -> Self {
        self.with(|shared| shared.rules.window = window)
    }

    /// The longest wait before the first retry; it doubles with every further one. Default 250 ms.
    ///
    /// After a connection that could not be made it is 50 ms, or this if it is less.
    #[must_use]
    pub fn base(self, base: Duration) -> Self {
        self.with(|shared| shared.rules.base = base)
    }

    /// The longest wait before any retry that the provider did not ask for. Default 4 s.
    #[must_use]
    pub fn cap(self, cap: Duration) -> Self {
        self.with(|shared| shared.rules.cap = cap)
    }

    /// Draws from this budget, which can be shared with other layers.
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        self.with(|shared| shared.budget = budget)
    }

    /// Draws the random waits from this seed, for tests that want the same ones every time.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.with(|shared| shared.jitter = Arc::new(Jitter::seeded(seed)))
    }

    fn with(mut self, change: impl FnOnce(&mut Shared<P>)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

/// For HTTP.
impl Default for RetryBudgetLayer<HttpRetry> {
    fn default() -> Self {
        Self::new(HttpRetry::default())
    }
}

impl<P> Clone for RetryBudgetLayer<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P, S> Layer<S> for RetryBudgetLayer<P> {
    type Service = RetryBudget<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryBudget::new(Arc::clone(&self.shared), inner)
    }
}

impl<P> fmt::Debug for RetryBudgetLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RetryBudgetLayer").field(&self.shared).finish()
    }
}

/// Policies are often closures, which have no `Debug`.
impl<P> fmt::Debug for Shared<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("policy", &type_name::<P>())
            .field("rules", &self.rules)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
