use std::time::Duration;

use tower_layer::Layer;

use super::limits::Limits;
use super::{DialectGuard, Guard, StreamGuard};
use crate::dialect::Dialect;

/// Applies [`StreamGuard`].
///
/// Holds no state beside its limits, so it may be applied any number of times.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct StreamGuardLayer<G> {
    guard: G,
    limits: Limits,
}

impl<G: Guard> StreamGuardLayer<G> {
    /// Guards streams that `guard` can read: a closure, or a [`DialectGuard`].
    pub fn new(guard: G) -> Self {
        Self { guard, limits: Limits::default() }
    }

    /// The longest time from the call to the first content of a stream. Default 10 s.
    ///
    /// Where nothing is known of the call before the head, it runs from the head. Where nobody else can be asked, as
    /// [`LastChance`](crate::facts::LastChance) tells, it is [`attempt`](Self::attempt) if that is longer.
    pub fn first_token(mut self, patience: Duration) -> Self {
        self.limits.first_token = patience;
        self
    }

    /// The longest silence in the middle of an answer. Any byte ends it, also a comment. Default 20 s.
    pub fn idle(mut self, patience: Duration) -> Self {
        self.limits.idle = patience;
        self
    }

    /// The longest time from the call to the head of a buffered answer. Default 60 s.
    pub fn attempt(mut self, patience: Duration) -> Self {
        self.limits.attempt = patience;
        self
    }

    /// The longest time from the call to the end of the answer. Default 300 s.
    pub fn total(mut self, patience: Duration) -> Self {
        self.limits.total = patience;
        self
    }

    /// Where the request has a [`Deadline`](crate::facts::Deadline): whether some of the time that is left is kept for
    /// others. Then an attempt that is not the [`LastChance`](crate::facts::LastChance) gets three quarters of it to
    /// begin to answer, or to answer whole, and is a timeout after that; or twice the [`Usual`](crate::facts::Usual)
    /// time of an answer, if that is more. Default: no, as nobody may be there.
    pub fn leave_time(mut self, leaves_time: bool) -> Self {
        self.limits.leaves_time = leaves_time;
        self
    }

    /// How many bytes may come before the first content of a stream. Default 32 MiB, as of a buffered answer: some
    /// providers repeat instructions and tools there, however long they are. Silence is bounded by
    /// [`first_token`](Self::first_token).
    pub fn hold_back(mut self, bytes: usize) -> Self {
        self.limits.hold_back = bytes;
        self
    }

    /// The largest buffered answer, in bytes. Default 32 MiB, which is also the limit of one frame of a stream.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        self.limits.answer = bytes;
        self
    }
}

impl<D: Dialect> StreamGuardLayer<DialectGuard<D>> {
    /// Guards streams of `dialect`: the caller's own, where translation happens below.
    pub fn for_dialect(dialect: D) -> Self {
        Self::new(DialectGuard::new(dialect))
    }
}

impl<S, G: Clone> Layer<S> for StreamGuardLayer<G> {
    type Service = StreamGuard<S, G>;

    fn layer(&self, inner: S) -> Self::Service {
        StreamGuard::new(inner, self.guard.clone(), self.limits)
    }
}
