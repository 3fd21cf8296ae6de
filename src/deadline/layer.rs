use std::time::Duration;

use tower_layer::Layer;

use super::{Deadline, HttpDeadline, Total};

/// Gives every call one deadline, all of its attempts included.
///
/// See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer<P = HttpDeadline> {
    policy: P,
}

impl DeadlineLayer<HttpDeadline> {
    /// For HTTP: at most `total`, and less where the caller's header says so.
    #[must_use]
    pub const fn new(total: Duration) -> Self {
        Self { policy: HttpDeadline::new(total) }
    }
}

/// For HTTP: at most [`DEFAULT_TOTAL`](super::DEFAULT_TOTAL).
impl Default for DeadlineLayer<HttpDeadline> {
    fn default() -> Self {
        Self::with_policy(HttpDeadline::default())
    }
}

impl DeadlineLayer<Total> {
    /// For any service: `total` for every call.
    ///
    /// A total of zero refuses every call; one too large for the clock never ends any.
    #[must_use]
    pub const fn any(total: Duration) -> Self {
        Self { policy: Total(total) }
    }
}

impl<P> DeadlineLayer<P> {
    /// As [`policy`](super::DeadlinePolicy) says.
    #[must_use]
    pub const fn with_policy(policy: P) -> Self {
        Self { policy }
    }
}

impl<P, S> Layer<S> for DeadlineLayer<P>
where
    P: Clone,
{
    type Service = Deadline<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        Deadline::new(self.policy.clone(), inner)
    }
}
