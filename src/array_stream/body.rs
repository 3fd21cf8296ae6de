use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::array::Array;
use crate::failure::BoxError;

pin_project! {
    /// The body of a response of [`ArrayStream`](super::ArrayStream): the inner one, or an array of what is in it.
    ///
    /// Fails where the inner body fails, and never with a closing bracket before. Dropping it drops the inner
    /// one.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B> {
        Pass { #[pin] inner: B },
        One { #[pin] inner: B, bracket: Bracket },
        // In a box, since nearly all answers pass.
        Events { #[pin] inner: B, array: Box<Array> },
    }
}

/// How much of the brackets around one value has been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    /// Not known yet whether any are needed.
    Undecided,
    Open,
    /// None needed.
    Passing,
    /// The body is over, or it failed.
    Over,
}

impl<B> ResponseBody<B> {
    pub(super) const fn pass(inner: B) -> Self {
        Self { kind: Kind::Pass { inner } }
    }

    pub(super) const fn one(inner: B) -> Self {
        Self { kind: Kind::One { inner, bracket: Bracket::Undecided } }
    }

    pub(super) fn events(inner: B) -> Self {
        Self { kind: Kind::Events { inner, array: Box::new(Array::new()) } }
    }
}

type Polled = Poll<Option<Result<Frame<Bytes>, BoxError>>>;

/// Puts brackets around an object, the first with its first piece and the last behind its last.
fn poll_one<B>(inner: Pin<&mut B>, bracket: &mut Bracket, cx: &mut Context<'_>) -> Polled
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    if *bracket == Bracket::Over {
        return Poll::Ready(None);
    }
    let Some(frame) = ready!(inner.poll_frame(cx)) else {
        let was = std::mem::replace(bracket, Bracket::Over);
        return Poll::Ready((was == Bracket::Open).then(|| Ok(Frame::data(Bytes::from_static(b"]")))));
    };
    let frame = match frame {
        Ok(frame) => frame,
        Err(error) => {
            *bracket = Bracket::Over;
            return Poll::Ready(Some(Err(error.into())));
        }
    };
    Poll::Ready(Some(Ok(frame.map_data(|data| match (*bracket, data.trim_ascii_start().first()) {
        (Bracket::Undecided, Some(b'{')) => {
            *bracket = Bracket::Open;
            [b"[", &data[..]].concat().into()
        }
        (Bracket::Undecided, Some(_)) => {
            *bracket = Bracket::Passing;
            data
        }
        _ => data,
    }))))
}

fn poll_events<B>(mut inner: Pin<&mut B>, array: &mut Array, cx: &mut Context<'_>) -> Polled
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    loop {
        if let Some(chunk) = array.take() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if let Some(end) = array.end() {
            // Told once; after that the stream is simply over.
            return Poll::Ready(std::mem::replace(end, Ok(())).err().map(Err));
        }
        match ready!(inner.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                // Behind an array that is over there is no place for trailers.
                if let Ok(chunk) = frame.into_data() {
                    array.push(chunk);
                }
            }
            Some(Err(error)) => array.fail(error.into()),
            None => array.finish(),
        }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        match self.project().kind.project() {
            KindProj::Pass { inner } => inner.poll_frame(cx).map_err(Into::into),
            KindProj::One { inner, bracket } => poll_one(inner, bracket, cx),
            KindProj::Events { inner, array } => poll_events(inner, array, cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Pass { inner } => inner.is_end_stream(),
            Kind::One { inner, bracket } => match bracket {
                Bracket::Over => true,
                Bracket::Undecided | Bracket::Passing => inner.is_end_stream(),
                Bracket::Open => false,
            },
            Kind::Events { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Pass { inner } => inner.size_hint(),
            Kind::One { .. } | Kind::Events { .. } => SizeHint::default(),
        }
    }
}
