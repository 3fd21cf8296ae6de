use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::ResponseBody;
use super::case::Case;
use crate::body::Buffered;

pin_project! {
    /// Response future of [`Resume`](super::Resume). Dropping it drops the call.
    pub struct ResponseFuture<S, P>
    where
        S: Service<Request<Buffered>>,
    {
        #[pin]
        inner: S::Future,
        // In a box, once per stream: the future itself moves, and most answers are no streams.
        case: Option<Box<Case<S, P>>>,
    }
}

impl<S, P> ResponseFuture<S, P>
where
    S: Service<Request<Buffered>>,
{
    pub(super) const fn new(inner: S::Future, case: Option<Box<Case<S, P>>>) -> Self {
        Self { inner, case }
    }
}

impl<S, P, B> Future for ResponseFuture<S, P>
where
    S: Service<Request<Buffered>, Response = Response<B>>,
{
    type Output = Result<Response<ResponseBody<S, B, P>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let case = this.case.take().filter(|case| case.is_about(&response));
        Poll::Ready(Ok(match case {
            Some(case) => ResponseBody::kept(response, case),
            None => response.map(ResponseBody::pass),
        }))
    }
}

impl<S, P> fmt::Debug for ResponseFuture<S, P>
where
    S: Service<Request<Buffered>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
