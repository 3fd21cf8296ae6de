use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use super::shared::Shared;
use super::{AtEndOfBody, Observe, ResponseFuture, Sample, VitalsHandle};
use crate::failure::{BoxError, Standard};

/// A service whose calls are watched. See the [module](super).
#[derive(Clone, Debug)]
pub struct Vitals<S, O = AtEndOfBody<Standard>> {
    inner: S,
    observe: O,
    shared: Arc<Shared>,
}

impl<S, O> Vitals<S, O> {
    pub(super) const fn new(inner: S, observe: O, shared: Arc<Shared>) -> Self {
        Self { inner, observe, shared }
    }

    /// Tells what the last calls were like.
    #[must_use]
    pub fn handle(&self) -> VitalsHandle {
        VitalsHandle::new(Arc::clone(&self.shared))
    }
}

impl<S, O, Req> Service<Req> for Vitals<S, O>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    O: Observe<Req, S::Response> + Clone,
{
    type Response = O::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, O, Req>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Req) -> Self::Future {
        let sample = Sample::begin(&self.shared, self.observe.is_awaited(&request));
        ResponseFuture::new(self.inner.call(request), self.observe.clone(), sample)
    }
}
