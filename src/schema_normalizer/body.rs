use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::transcode::Transcoder;
use crate::body::linger;
use crate::dialect::{Decode, Encode};
use crate::failure::BoxError;

/// How long a member that has said why it stops may keep its stream open without a word. What else it has to say,
/// as usage, comes at once; and the shortest sensible limit of whoever watches the stream is longer than this.
const AFTER_FINISH: Duration = Duration::from_secs(1);

pin_project! {
    /// Response body of [`SchemaNormalizer`](super::SchemaNormalizer): the member's own, or a translation.
    ///
    /// A translated stream reads from the member only what the caller asks for. It ends cleanly only if the
    /// model said why it stopped. A member that said so, and then neither ends its stream nor says anything for a
    /// second, has ended. Dropping it drops the call.
    #[derive(Debug)]
    pub struct ResponseBody<B, D, E> {
        #[pin]
        kind: Kind<B, D, E>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B, D, E> {
        Pass { #[pin] inner: B },
        Whole { bytes: Bytes },
        Transcode {
            // `None` when the stream is over.
            #[pin]
            inner: Option<B>,
            // In a box, once per stream: every layer above moves this body, and most answers are no streams.
            transcoder: Box<Transcoder<D, E>>,
            // Set only while a member that has finished is silent.
            silence: Option<Pin<Box<Sleep>>>,
        },
    }
}

impl<B, D, E> ResponseBody<B, D, E> {
    pub(super) const fn pass(inner: B) -> Self {
        Self { kind: Kind::Pass { inner } }
    }

    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { bytes } }
    }

    pub(super) fn transcode(inner: B, transcoder: Transcoder<D, E>) -> Self {
        Self { kind: Kind::Transcode { inner: Some(inner), transcoder: Box::new(transcoder), silence: None } }
    }
}

/// One chunk for the caller per chunk of the member, if there is anything in it for him.
fn poll_transcode<B, D, E>(
    mut inner: Pin<&mut Option<B>>,
    transcoder: &mut Transcoder<D, E>,
    silence: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    D: Decode,
    E: Encode,
{
    loop {
        if let Some(chunk) = transcoder.take() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if let Some(end) = transcoder.end() {
            if let Some(inner) = inner.as_mut().as_pin_mut() {
                linger(inner, cx);
            }
            inner.set(None);
            // Told once; after that the stream is simply over.
            let end = std::mem::replace(end, Ok(()));
            return Poll::Ready(end.err().map(Err));
        }
        let Some(body) = inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let Poll::Ready(next) = body.poll_frame(cx) else {
            if !transcoder.has_finished() {
                return Poll::Pending;
            }
            let silence = silence.get_or_insert_with(|| Box::pin(sleep(AFTER_FINISH)));
            ready!(silence.as_mut().poll(cx));
            transcoder.settle();
            continue;
        };
        *silence = None;
        match next {
            Some(Ok(frame)) => {
                if let Ok(chunk) = frame.into_data() {
                    transcoder.push(chunk);
                }
            }
            Some(Err(error)) => {
                inner.set(None);
                transcoder.finish(Some(error.into()));
            }
            None => {
                inner.set(None);
                transcoder.finish(None);
            }
        }
    }
}

impl<B, D, E> Body for ResponseBody<B, D, E>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    D: Decode,
    E: Encode,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().kind.project() {
            KindProj::Pass { inner } => inner.poll_frame(cx).map_err(Into::into),
            KindProj::Whole { bytes } => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            KindProj::Transcode { inner, transcoder, silence } => {
                poll_transcode(inner, transcoder, silence, cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Pass { inner } => inner.is_end_stream(),
            Kind::Whole { bytes } => bytes.is_empty(),
            Kind::Transcode { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Pass { inner } => inner.size_hint(),
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.len() as u64),
            Kind::Transcode { .. } => SizeHint::default(),
        }
    }
}
