use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::Vigil;
use crate::dialect::sse::is_event_stream;
use crate::failure::{BoxError, Class, Failure, Report};

pin_project! {
    /// The body of the answer, or signs of life and then the body of the answer.
    ///
    /// If nobody answers, it ends with the error of the call. Dropping it drops the call.
    pub struct ResponseBody<F, B, V> {
        #[pin]
        kind: Kind<F, B, V>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<F, B, V> {
        Inner { #[pin] body: B },
        // In a box: it is rare, and would make the body of every answer large.
        Waiting { waiting: Pin<Box<Waiting<F, V>>> },
        Failed,
    }
}

pin_project! {
    /// A call whose head was sent before it had one.
    pub(super) struct Waiting<F, V> {
        inner: Pin<Box<F>>,
        sign: Bytes,
        vigil: V,
        every: Duration,
        #[pin]
        pause: Sleep,
    }
}

impl<F, V> Waiting<F, V> {
    pub(super) fn new(inner: Pin<Box<F>>, sign: Bytes, vigil: V, every: Duration) -> Self {
        // The first sign goes with the head.
        Self { inner, sign, vigil, every, pause: sleep(Duration::ZERO) }
    }
}

/// What comes of waiting.
enum Turn<B> {
    Sign(Bytes),
    Answer { body: B, late_head: Option<Bytes> },
}

impl<F, V> Waiting<F, V> {
    fn poll<B, E>(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Turn<B>, BoxError>>
    where
        F: Future<Output = Result<Response<B>, E>>,
        E: Into<BoxError>,
        V: Vigil,
    {
        let mut this = self.project();
        if let Poll::Ready(result) = this.inner.as_mut().poll(cx) {
            let response = result.map_err(Into::into)?;
            if !goes_on(&response) {
                return Poll::Ready(Err(no_stream().into()));
            }
            let late_head = this.vigil.late_head(response.extensions());
            return Poll::Ready(Ok(Turn::Answer { body: response.into_body(), late_head }));
        }
        ready!(this.pause.as_mut().poll(cx));
        this.pause.as_mut().reset(Instant::now() + *this.every);
        // Registers the timer: this poll may be the last before the next sign is due.
        let _ = this.pause.poll(cx);
        Poll::Ready(Ok(Turn::Sign(this.sign.clone())))
    }
}

/// Can a stream whose head is out go on with this?
fn goes_on<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    response.status().is_success() && is_event_stream(headers) && !headers.contains_key(CONTENT_ENCODING)
}

fn no_stream() -> Failure {
    Failure::new(Class::InvalidOutput).with_report(Report::new("The answer is no event stream."))
}

impl<F, B, V> ResponseBody<F, B, V> {
    pub(super) const fn inner(body: B) -> Self {
        Self { kind: Kind::Inner { body } }
    }

    /// The head of a stream, before anybody has answered.
    pub(super) fn waiting(waiting: Waiting<F, V>) -> Response<Self> {
        let mut response = Response::new(Self { kind: Kind::Waiting { waiting: Box::pin(waiting) } });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

impl<F, B, V, E> Body for ResponseBody<F, B, V>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    V: Vigil,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut kind = self.project().kind;
        loop {
            let turn = match kind.as_mut().project() {
                KindProj::Inner { body } => return body.poll_frame(cx).map_err(Into::into),
                KindProj::Waiting { waiting } => ready!(waiting.as_mut().poll(cx)),
                KindProj::Failed => return Poll::Ready(None),
            };
            match turn {
                Ok(Turn::Sign(sign)) => return Poll::Ready(Some(Ok(Frame::data(sign)))),
                Ok(Turn::Answer { body, late_head }) => {
                    kind.set(Kind::Inner { body });
                    if let Some(late_head) = late_head {
                        return Poll::Ready(Some(Ok(Frame::data(late_head))));
                    }
                }
                Err(error) => {
                    kind.set(Kind::Failed);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Waiting { .. } => false,
            Kind::Failed => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl<F, B, V> fmt::Debug for ResponseBody<F, B, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}
