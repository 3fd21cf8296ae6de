use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Mark;

pin_project! {
    /// The future of [`DegradedMarker`](super::DegradedMarker). Dropping it drops the inner one.
    #[derive(Debug)]
    pub struct ResponseFuture<F, M, Req> {
        #[pin]
        inner: F,
        mark: M,
        // Says which `Mark` is meant; no request is held.
        _request: PhantomData<fn(Req)>,
    }
}

impl<F, M, Req> ResponseFuture<F, M, Req> {
    pub(super) const fn new(inner: F, mark: M) -> Self {
        Self { inner, mark, _request: PhantomData }
    }
}

impl<F, M, Req, Res, E> Future for ResponseFuture<F, M, Req>
where
    F: Future<Output = Result<Res, E>>,
    M: Mark<Req, Res>,
{
    type Output = Result<Res, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut result = ready!(this.inner.poll(cx));
        if let Ok(response) = &mut result {
            this.mark.mark(response);
        }
        Poll::Ready(result)
    }
}
