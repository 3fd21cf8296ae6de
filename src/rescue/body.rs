use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::Respond;
use super::stream::Stream;
use crate::body::Buffered;
use crate::failure::BoxError;

pin_project! {
    /// The body of a response of [`Rescue`](super::Rescue): the inner one, or the body of an error.
    ///
    /// Frames pass untouched. An event stream that fails ends with one error event; any other body that fails
    /// passes its error on.
    pub struct ResponseBody<B, R> {
        #[pin]
        kind: Kind<B>,
        // Present while the inner body is an event stream.
        stream: Option<Stream<R>>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B> {
        Inner { #[pin] body: B },
        Own { body: Buffered },
    }
}

impl<B, R> ResponseBody<B, R> {
    /// Lets a response of the inner service pass.
    pub(super) fn passing(response: Response<B>, respond: R) -> Response<Self>
    where
        R: Respond,
    {
        let stream = Stream::of(response.headers(), respond);
        response.map(|body| Self { kind: Kind::Inner { body }, stream })
    }

    /// A response made here.
    pub(super) fn own(response: Response<Bytes>) -> Response<Self> {
        response.map(|bytes| Self { kind: Kind::Own { body: Buffered::new(bytes) }, stream: None })
    }
}

impl<B, R> Body for ResponseBody<B, R>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Respond,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        let frame = match this.kind.as_mut().project() {
            KindProj::Own { body } => return Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            KindProj::Inner { body } => ready!(body.poll_frame(cx)).map(|frame| frame.map_err(Into::into)),
        };
        if let (Some(Ok(frame)), Some(stream)) = (&frame, this.stream.as_mut()) {
            frame.data_ref().into_iter().for_each(|data| stream.passed(data));
        }
        let Some(Err(error)) = frame else {
            return Poll::Ready(frame);
        };
        let last_word = this.stream.take().and_then(|stream| stream.last_word(&error));
        let Some(event) = last_word else {
            return Poll::Ready(Some(Err(error)));
        };
        tracing::debug!("stream ended with an error event");
        // Drops the inner body; what follows the event is the end.
        this.kind.set(Kind::Own { body: Buffered::default() });
        Poll::Ready(Some(Ok(Frame::data(event))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Own { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            // An error event may have to be added.
            Kind::Inner { .. } if self.stream.is_some() => SizeHint::default(),
            Kind::Inner { body } => body.size_hint(),
            Kind::Own { body } => body.size_hint(),
        }
    }
}

impl<B, R> fmt::Debug for ResponseBody<B, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
