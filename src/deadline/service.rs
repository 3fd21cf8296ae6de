use std::task::{Context, Poll};

use tokio::time::Instant;
use tower_service::Service;

use super::{DeadlineExceeded, DeadlinePolicy, HttpDeadline, ResponseFuture};
use crate::failure::BoxError;

/// A service whose calls end at their deadline.
///
/// See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct Deadline<S, P = HttpDeadline> {
    policy: P,
    inner: S,
}

impl<S, P> Deadline<S, P> {
    pub(super) const fn new(policy: P, inner: S) -> Self {
        Self { policy, inner }
    }
}

impl<S, P, Req> Service<Req> for Deadline<S, P>
where
    P: DeadlinePolicy<Req>,
    S: Service<Req>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        let now = Instant::now();
        match self.policy.deadline(&mut request, now) {
            Err(failure) => ResponseFuture::refused(failure.into()),
            Ok(Some(deadline)) if deadline <= now => ResponseFuture::refused(DeadlineExceeded::new().into()),
            Ok(deadline) => ResponseFuture::new(self.inner.call(request), deadline, now),
        }
    }
}
