use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{Respond, ResponseBody, ResponseFuture};
use crate::facts::Attempts;
use crate::failure::BoxError;

/// Makes responses of errors, and never fails. See the [module](super).
///
/// Leaves a log of [`Attempts`] on requests that have none, so that an error can list them.
#[derive(Debug)]
pub struct Rescue<S, R> {
    inner: S,
    respond: R,
    /// Why the inner service is not ready, to be told to the next caller.
    unready: Option<BoxError>,
}

impl<S, R> Rescue<S, R> {
    pub(super) const fn over(inner: S, respond: R) -> Self {
        Self { inner, respond, unready: None }
    }
}

impl<S, R> Clone for Rescue<S, R>
where
    S: Clone,
    R: Clone,
{
    fn clone(&self) -> Self {
        Self::over(self.inner.clone(), self.respond.clone())
    }
}

impl<S, R, B, Res> Service<Request<B>> for Rescue<S, R>
where
    S: Service<Request<B>, Response = Response<Res>>,
    S::Error: Into<BoxError>,
    R: Respond + Clone,
    Res: Body<Data = Bytes>,
    Res::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<Res, R>>;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future, R>;

    /// As ready as the inner service; where that failed, ready to say so in a response.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.unready.is_none() {
            self.unready = std::task::ready!(self.inner.poll_ready(cx)).err().map(Into::into);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let attempts = Attempts::find_or_insert(request.extensions_mut());
        match self.unready.take() {
            Some(error) => ResponseFuture::failed(error, attempts, self.respond.clone()),
            None => ResponseFuture::calling(self.inner.call(request), attempts, self.respond.clone()),
        }
    }
}
