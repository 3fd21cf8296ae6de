use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Observe, Sample};
use crate::failure::BoxError;

pin_project! {
    /// The response of [`Vitals`](super::Vitals).
    ///
    /// Dropping it cancels the call, which is then no longer under way.
    pub struct ResponseFuture<F, O, Req> {
        #[pin]
        inner: F,
        observe: O,
        sample: Option<Sample>,
        request: PhantomData<fn(Req)>,
    }
}

impl<F, O, Req> ResponseFuture<F, O, Req> {
    pub(super) const fn new(inner: F, observe: O, sample: Sample) -> Self {
        Self { inner, observe, sample: Some(sample), request: PhantomData }
    }
}

impl<F, O, Req, Res, E> Future for ResponseFuture<F, O, Req>
where
    F: Future<Output = Result<Res, E>>,
    E: Into<BoxError>,
    O: Observe<Req, Res>,
{
    type Output = Result<O::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx)).map_err(Into::into);
        let sample = this.sample.take().expect("polled after completion");
        Poll::Ready(this.observe.observe(result, sample))
    }
}

impl<F, O, Req> fmt::Debug for ResponseFuture<F, O, Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
