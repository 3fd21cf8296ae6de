use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::layer::Settings;
use super::reading::Reading;
use super::{ReadCall, ResponseFuture};
use crate::body::Buffered;
use crate::failure::BoxError;

/// Collects request bodies. See the [module](super).
#[derive(Clone, Debug)]
pub struct Buffer<S, R = ()> {
    inner: S,
    settings: Settings<R>,
}

impl<S, R> Buffer<S, R> {
    pub(super) const fn over(inner: S, settings: Settings<R>) -> Self {
        Self { inner, settings }
    }
}

impl<S, R, B, Res> Service<Request<B>> for Buffer<S, R>
where
    S: Service<Request<Buffered>, Response = Response<Res>> + Clone,
    S::Error: Into<BoxError>,
    R: ReadCall + Clone,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Response = Response<Res>;
    type Error = BoxError;
    type Future = ResponseFuture<S, R, B>;

    /// Always ready: the inner service is asked when the body is there.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let reading = Reading::new(request, self.settings.clone());
        // A clone, which the future itself brings to readiness: `inner` was never asked.
        ResponseFuture::new(self.inner.clone(), reading)
    }
}
