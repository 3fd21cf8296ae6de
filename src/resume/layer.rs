use tower_layer::Layer;

use super::{DialectMend, Mend, Resume};
use crate::dialect::Dialect;
use crate::facts::Exclusions;
use crate::failure::BoxError;

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
    pub(super) is_stall: fn(&BoxError) -> bool,
}

impl<P: Mend> ResumeLayer<P> {
    /// Completes answers that `policy` can read.
    pub fn new(policy: P) -> Self {
        let limits = Limits {
            resumptions: 2,
            remember: 256 * 1024,
            except: Exclusions::default(),
            is_stall: |_| false,
        };
        Self { policy, limits }
    }

    /// How often one answer is gone on with, should it break off again and again. Default 2; with 0 the layer does
    /// nothing.
    pub fn resumptions(mut self, most: usize) -> Self {
        self.limits.resumptions = most;
        self
    }

    /// How much memory an answer may take that is remembered while it passes, in bytes. One that has taken more when it
    /// breaks off is not completed. Of a frame only what differs from the one before is kept: a token takes some ten
    /// bytes, and its frame some hundreds. So that what is kept can be read, the stream itself may have at most 16
    /// times as many bytes. Default 256 KiB: of most streams more than ten thousand tokens.
    pub fn remember(mut self, bytes: usize) -> Self {
        self.limits.remember = bytes;
        self
    }

    /// By which errors it was silence that an answer broke off by. Then whoever was silent is asked last, by whatever
    /// way: he may be so once more, and for as long. By default nobody knows.
    pub fn stalls(mut self, is_stall: fn(&BoxError) -> bool) -> Self {
        self.limits.is_stall = is_stall;
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
