use std::time::Duration;

use tower_layer::Layer;

use super::{DialectKeepalive, Keepalive};

/// Sends signs of life while an answer is awaited. See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct KeepaliveLayer<V> {
    vigil: V,
    times: Times,
}

/// When signs are sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) after: Duration,
    pub(super) every: Duration,
}

impl<V> KeepaliveLayer<V> {
    /// Half of the 30 s after which the more impatient proxies cut a silent connection.
    const PATIENCE: Duration = Duration::from_secs(15);

    /// Keeps calls alive as `vigil` says.
    pub const fn new(vigil: V) -> Self {
        Self { vigil, times: Times { after: Self::PATIENCE, every: Self::PATIENCE } }
    }

    /// How long an answer may take before the head of a stream is sent without it; 15 s unless set. A head that
    /// was sent cannot say any more who served, nor be a status of an error.
    #[must_use]
    pub fn after(mut self, patience: Duration) -> Self {
        self.times.after = patience;
        self
    }

    /// How often a sign follows; every 15 s unless set, and never more often than once in a millisecond.
    #[must_use]
    pub fn every(mut self, pause: Duration) -> Self {
        self.times.every = pause.max(Duration::from_millis(1));
        self
    }
}

impl<D> KeepaliveLayer<DialectKeepalive<D>> {
    /// Keeps streams of this dialect alive.
    pub const fn for_dialect(dialect: D) -> Self {
        Self::new(DialectKeepalive::new(dialect))
    }
}

impl<S, V> Layer<S> for KeepaliveLayer<V>
where
    V: Clone,
{
    type Service = Keepalive<S, V>;

    fn layer(&self, inner: S) -> Self::Service {
        Keepalive::over(inner, self.vigil.clone(), self.times)
    }
}
