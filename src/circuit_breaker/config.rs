use std::time::Duration;

/// When a circuit opens, for how long, and what closes it again.
///
/// ```
/// use std::time::Duration;
/// use tower_failover::circuit_breaker::CircuitConfig;
///
/// // Calls whose first token takes half a minute are as bad as failures.
/// let config = CircuitConfig::default().failures(3).slow_after(Duration::from_secs(30));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CircuitConfig {
    pub(super) failures: u32,
    pub(super) rate: f64,
    pub(super) min_calls: u32,
    pub(super) window: Duration,
    pub(super) open: Duration,
    pub(super) cap: Duration,
    pub(super) jitter: f64,
    pub(super) retry_after_cap: Duration,
    pub(super) slow_after: Option<Duration>,
    pub(super) slow_rate: f64,
    pub(super) probes_to_close: u32,
    pub(super) probe_lease: Duration,
    pub(super) seed: Option<u64>,
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            rate: 0.5,
            min_calls: 10,
            window: Duration::from_secs(30),
            open: Duration::from_secs(5),
            cap: Duration::from_secs(30),
            jitter: 0.2,
            retry_after_cap: Duration::from_secs(300),
            slow_after: None,
            slow_rate: 0.8,
            probes_to_close: 2,
            probe_lease: Duration::from_secs(60),
            seed: None,
        }
    }
}

impl CircuitConfig {
    /// Opens after so many failures in a row, however far apart. Default 5; `u32::MAX` switches the rule off.
    ///
    /// A row is broken by a call that comes to a good end. Failures are no row either while more calls than those fare
    /// better: calls that began to be answered while the last failed one waited, or that were begun before it, after
    /// the row began, and have outlived it.
    #[must_use]
    pub const fn failures(mut self, failures: u32) -> Self {
        self.failures = failures;
        self
    }

    /// Opens when this share of the calls in the window failed, 0 to 1. Default 0.5; more than 1 switches the
    /// rule off.
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }

    /// A share of fewer calls than this says nothing. Default 10.
    #[must_use]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.min_calls = calls;
        self
    }

    /// How far back calls are counted, in tenths of which they are forgotten. Default 30 s.
    #[must_use]
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How long the circuit stays open the first time; it doubles each time it opens again. Default 5 s.
    ///
    /// A whole [`window`](Self::window) spent closed takes one doubling back.
    #[must_use]
    pub const fn open(mut self, open: Duration) -> Self {
        self.open = open;
        self
    }

    /// The longest the circuit stays open, jitter included, unless the provider asks for more. Default 30 s.
    #[must_use]
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// By what share the open time is varied in either direction, 0 to 1, so that many processes do not probe
    /// in step. Default 0.2.
    #[must_use]
    pub const fn jitter(mut self, jitter: f64) -> Self {
        self.jitter = jitter;
        self
    }

    /// The longest a hint of the provider is believed. Default 300 s, which is also the time a member is left
    /// alone whose key was refused or whose balance is empty; a lower cap holds for those too.
    #[must_use]
    pub const fn retry_after_cap(mut self, cap: Duration) -> Self {
        self.retry_after_cap = cap;
        self
    }

    /// Counts calls as slow whose first data (or whose result, where there is no body) took longer than this.
    ///
    /// Off by default. Set it, for instance to four times the usual 95th percentile: a call that the caller
    /// gives up after this time counts as slow as well, and that is the only trace a hanging service leaves.
    #[must_use]
    pub fn slow_after(mut self, slow: impl Into<Option<Duration>>) -> Self {
        self.slow_after = slow.into();
        self
    }

    /// Opens when this share of the calls in the window was slow, 0 to 1. Default 0.8.
    #[must_use]
    pub const fn slow_rate(mut self, rate: f64) -> Self {
        self.slow_rate = rate;
        self
    }

    /// So many probes have to answer, one after the other, before the circuit closes. Default 2; at least 1.
    #[must_use]
    pub const fn probes_to_close(mut self, probes: u32) -> Self {
        self.probes_to_close = probes;
        self
    }

    /// A probe that has said nothing for this long has failed. Default 60 s.
    #[must_use]
    pub const fn probe_lease(mut self, lease: Duration) -> Self {
        self.probe_lease = lease;
        self
    }

    /// Makes the jitter repeatable, for tests.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}
