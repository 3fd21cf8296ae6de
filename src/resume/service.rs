use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::case::Case;
use super::layer::Limits;
use super::{Mend, ResponseBody, ResponseFuture};
use crate::body::Buffered;
use crate::failure::BoxError;

/// Completes answers that break off. See the [module documentation](super).
#[derive(Clone, Debug)]
pub struct Resume<S, P> {
    inner: S,
    policy: P,
    limits: Limits,
}

impl<S, P> Resume<S, P> {
    pub(super) const fn new(inner: S, policy: P, limits: Limits) -> Self {
        Self { inner, policy, limits }
    }
}

impl<S, P, B> Service<Request<Buffered>> for Resume<S, P>
where
    S: Service<Request<Buffered>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    P: Mend + Clone,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<S, B, P>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, P>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        if self.limits.resumptions == 0 || !self.policy.may_mend(&request) {
            return ResponseFuture::new(self.inner.call(request), None);
        }
        let clone = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, clone);
        let (policy, limits) = (self.policy.clone(), self.limits.clone());
        let future = ready.call(request.clone());
        // It will be asked whether it is ready again, should it be needed.
        let case = Case { service: ready, policy, request, limits };
        ResponseFuture::new(future, Some(Box::new(case)))
    }
}
