use std::task::{Context, Poll};

use tower_service::Service;

use super::{Headers, Mark, ResponseFuture};

/// Marks responses. See the [module](super).
#[derive(Clone, Debug)]
pub struct DegradedMarker<S, M = Headers> {
    pub(super) inner: S,
    pub(super) mark: M,
}

impl<S, M, Req> Service<Req> for DegradedMarker<S, M>
where
    S: Service<Req>,
    M: Mark<Req, S::Response> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, M, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Req) -> Self::Future {
        self.mark.prepare(&mut request);
        ResponseFuture::new(self.inner.call(request), self.mark.clone())
    }
}
