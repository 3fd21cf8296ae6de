use tower_layer::Layer;

use super::{DialectMend, Mend, Resume};
use crate::dialect::Dialect;
use crate::facts::Exclusions;

/// Applies [`Resume`].
///
/// Holds no state beside its limits, so it may be applied any number of times.
#[derive(Clone, Debug)]
#[must_use]
pub struct ResumeLayer<P> {
    policy: P,
    limits: Limits,
}

/// How much is done for one answer.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) resumptions: usize,
    pub(super) remember: usize,
    pub(super) except: Exclusions,
}

impl<P: Mend> ResumeLayer<P> {
    /// Completes answers that `policy` can read.
    pub fn new(policy: P) -> Self {
        let limits = Limits { resumptions: 2, remember: 256 * 1024, except: Exclusions::default() };
        Self { policy, limits }
    }

    /// How often one answer is gone on with, should it break off again and again. Default 2; with 0 the layer does
    /// nothing.
    pub fn resumptions(mut self, most: usize) -> Self {
        self.limits.resumptions = most;
        self
    }

    /// How much of an answer is remembered, in bytes of the stream. One that is longer when it breaks off is not
    /// completed. Default 256 KiB.
    pub fn remember(mut self, bytes: usize) -> Self {
        self.limits.remember = bytes;
        self
    }

    /// Answers of these members are left as they are when they break off.
    pub fn except(mut self, members: Exclusions) -> Self {
        self.limits.except = members;
        self
    }
}

impl<D: Dialect> ResumeLayer<DialectMend<D>> {
    /// Completes answers in `dialect`: the caller's own, into which all members translate.
    pub fn for_dialect(dialect: D) -> Self {
        Self::new(DialectMend::new(dialect))
    }

    /// Says whether the service below [heeds the fact `Prefill`](DialectMend::with_prefill), so that answers can be
    /// continued and need not be repeated. Default: no.
    pub fn prefill(self, is_heeded: bool) -> Self {
        Self { policy: self.policy.with_prefill(is_heeded), limits: self.limits }
    }
}

impl<S, P: Clone> Layer<S> for ResumeLayer<P> {
    type Service = Resume<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        Resume::new(inner, self.policy.clone(), self.limits.clone())
    }
}
