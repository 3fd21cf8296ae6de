use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_service::Service;

use super::Mark;

pin_project! {
    /// The future of [`DegradedMarker`](super::DegradedMarker). Dropping it drops the inner one.
    pub struct ResponseFuture<S, M, Req>
    where
        S: Service<Req>,
    {
        #[pin]
        inner: S::Future,
        mark: M,
    }
}

impl<S, M, Req> ResponseFuture<S, M, Req>
where
    S: Service<Req>,
{
    pub(super) const fn new(inner: S::Future, mark: M) -> Self {
        Self { inner, mark }
    }
}

impl<S, M, Req> Future for ResponseFuture<S, M, Req>
where
    S: Service<Req>,
    M: Mark<Req, S::Response>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut result = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut result {
            this.mark.mark(response);
        }
        Poll::Ready(result)
    }
}

impl<S, M, Req> fmt::Debug for ResponseFuture<S, M, Req>
where
    S: Service<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
