use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::request::Translator;
use super::{LossPolicy, LossRules, ResponseBody, ResponseFuture};
use crate::body::Buffered;
use crate::dialect::Dialect;
use crate::failure::BoxError;

/// Lets a caller of one dialect be served by a member of another.
///
/// See the [module documentation](super).
#[derive(Debug)]
pub struct SchemaNormalizer<S, F, M, P = LossRules> {
    inner: S,
    translator: Arc<Translator<F, M, P>>,
}

impl<S, F, M, P> SchemaNormalizer<S, F, M, P> {
    pub(super) const fn new(inner: S, translator: Arc<Translator<F, M, P>>) -> Self {
        Self { inner, translator }
    }
}

impl<S: Clone, F, M, P> Clone for SchemaNormalizer<S, F, M, P> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), translator: Arc::clone(&self.translator) }
    }
}

impl<S, F, M, P, B> Service<Request<Buffered>> for SchemaNormalizer<S, F, M, P>
where
    S: Service<Request<Buffered>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    F: Dialect,
    M: Dialect,
    P: LossPolicy,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<B, M::Decoder, F::Encoder>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, B, F, M>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        match self.translator.translate(request) {
            Ok((request, exchange)) => ResponseFuture::calling(self.inner.call(request), exchange),
            // Nothing has left for the provider, whatever the class says of most failures of its kind.
            Err(failure) => ResponseFuture::refused(failure.refused_here()),
        }
    }
}
