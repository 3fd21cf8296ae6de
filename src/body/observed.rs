use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// How a body ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum End<'a, E> {
    /// It was read to its end.
    Complete,
    /// It failed.
    Failed(&'a E),
    /// It was dropped before its end: the caller went away.
    Dropped,
}

/// Who wants to know how a body goes.
pub trait Witness<E> {
    /// Data passed for the first time, and more may come: a body that is over with it has only its end to tell.
    fn first_data(&mut self) {}

    /// The body is over. Called exactly once.
    fn end(self, end: End<'_, E>);
}

pin_project! {
    /// A body that tells its witness how it went.
    ///
    /// Frames pass untouched. A body that knows its end (`is_end_stream`) is complete as soon as its last frame
    /// has passed, since hyper does not poll it again.
    #[derive(Debug)]
    pub struct Observed<B, W>
    where
        B: Body,
        W: Witness<B::Error>,
    {
        #[pin]
        inner: B,
        witness: Option<W>,
        has_begun: bool,
    }

    impl<B: Body, W: Witness<B::Error>> PinnedDrop for Observed<B, W> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(witness) = this.project().witness.take() {
                witness.end(End::Dropped);
            }
        }
    }
}

impl<B: Body, W: Witness<B::Error>> Observed<B, W> {
    /// Watches `inner`. An empty body is complete at once.
    pub fn new(inner: B, witness: W) -> Self {
        let mut this = Self { inner, witness: Some(witness), has_begun: false };
        if this.inner.is_end_stream() {
            finish(&mut this.witness, End::Complete);
        }
        this
    }
}

impl<B: Body, W: Witness<B::Error>> Body for Observed<B, W> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if this.inner.is_end_stream() {
                    finish(this.witness, End::Complete);
                } else if frame.is_data() && !std::mem::replace(this.has_begun, true) {
                    if let Some(witness) = this.witness {
                        witness.first_data();
                    }
                }
            }
            Some(Err(error)) => finish(this.witness, End::Failed(error)),
            None => finish(this.witness, End::Complete),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn finish<E, W: Witness<E>>(witness: &mut Option<W>, end: End<'_, E>) {
    if let Some(witness) = witness.take() {
        witness.end(end);
    }
}
