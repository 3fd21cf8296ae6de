use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::layer::Times;
use super::{ResponseBody, ResponseFuture, Vigil};
use crate::failure::BoxError;

/// Sends signs of life while an answer is awaited. See the [module](super).
#[derive(Clone, Debug)]
pub struct Keepalive<S, V> {
    inner: S,
    vigil: V,
    times: Times,
}

impl<S, V> Keepalive<S, V> {
    pub(super) const fn over(inner: S, vigil: V, times: Times) -> Self {
        Self { inner, vigil, times }
    }
}

impl<S, V, B, Res> Service<Request<B>> for Keepalive<S, V>
where
    S: Service<Request<B>, Response = Response<Res>>,
    S::Error: Into<BoxError>,
    V: Vigil + Clone,
    Res: Body<Data = Bytes>,
    Res::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<S::Future, Res, V>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, V>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let sign = self.vigil.sign(request.extensions());
        let inner = self.inner.call(request);
        match sign {
            Some(sign) => ResponseFuture::held(inner, sign, self.vigil.clone(), self.times),
            None => ResponseFuture::plain(inner),
        }
    }
}
