use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{GeminiArray, ResponseBody, ResponseFuture, WantsArray};
use crate::failure::BoxError;

/// Answers those who want one JSON array with one. See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct ArrayStream<S, P = GeminiArray> {
    pub(super) inner: S,
    pub(super) policy: P,
}

impl<S, P, A, B> Service<Request<A>> for ArrayStream<S, P>
where
    S: Service<Request<A>, Response = Response<B>>,
    P: WantsArray,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let wants_array = self.policy.wants_array(&parts);
        ResponseFuture::new(self.inner.call(Request::from_parts(parts, body)), wants_array)
    }
}
