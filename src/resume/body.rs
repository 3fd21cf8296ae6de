use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::Mend;
use super::case::Case;
use super::stream::Stream;
use crate::body::Buffered;
use crate::failure::BoxError;

pin_project! {
    /// Response body of [`Resume`](super::Resume): the inner one, and where that breaks off, what another attempt
    /// adds to it.
    ///
    /// Frames of the inner body pass untouched. While the answer is being completed the body is pending. Dropping
    /// it drops the call that is under way.
    pub struct ResponseBody<S, B, P>
    where
        S: Service<Request<Buffered>>,
    {
        #[pin]
        kind: Kind<S, B, P>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<S, B, P>
    where
        S: Service<Request<Buffered>>,
    {
        Pass { #[pin] inner: B },
        // In a box, once per stream: every layer above moves this body.
        Kept { stream: Pin<Box<Stream<S, B, P>>> },
    }
}

impl<S, B, P> ResponseBody<S, B, P>
where
    S: Service<Request<Buffered>>,
{
    pub(super) const fn pass(inner: B) -> Self {
        Self { kind: Kind::Pass { inner } }
    }

    pub(super) fn kept(response: Response<B>, case: Box<Case<S, P>>) -> Response<Self> {
        let (parts, body) = response.into_parts();
        let stream = Box::pin(Stream::new(&parts, body, case));
        Response::from_parts(parts, Self { kind: Kind::Kept { stream } })
    }
}

impl<S, B, P> Body for ResponseBody<S, B, P>
where
    S: Service<Request<Buffered>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    P: Mend,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().kind.project() {
            KindProj::Pass { inner } => inner.poll_frame(cx).map_err(Into::into),
            KindProj::Kept { stream } => stream.as_mut().poll_data(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Pass { inner } => inner.is_end_stream(),
            Kind::Kept { stream } => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Pass { inner } => inner.size_hint(),
            // More may have to be added.
            Kind::Kept { .. } => SizeHint::default(),
        }
    }
}

impl<S, B, P> fmt::Debug for ResponseBody<S, B, P>
where
    S: Service<Request<Buffered>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
