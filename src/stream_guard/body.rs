use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::alarm::{Alarm, Pace, Timer};
use super::error::committed;
use super::watch::{Step, Watch};
use super::{BrokenAnswer, Cause, Guard};
use crate::body::linger;
use crate::failure::BoxError;

/// How long the terminal frame is waited for, once the model has said why it stopped: only the usage is still to
/// come, and it is written in the same breath.
const AFTER_FINISH: Duration = Duration::from_secs(5);

pin_project! {
    /// Response body of [`StreamGuard`](super::StreamGuard).
    ///
    /// Ends cleanly only if the model said why it stopped; otherwise with an error in which
    /// [`Failure::find`](crate::failure::Failure::find) finds an interruption, or
    /// [`InvalidOutput`](crate::failure::Class::InvalidOutput) where a tool was called with what is not JSON and nothing
    /// cut it off. Dropping it drops the call.
    #[derive(Debug)]
    pub struct ResponseBody<B, G> {
        #[pin]
        kind: Kind<B, G>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = KindProj]
    enum Kind<B, G> {
        Whole { bytes: Bytes },
        // In a box, once per stream: every layer above moves this body, and most answers are no streams.
        Stream { stream: Pin<Box<Stream<B, G>>> },
    }
}

pin_project! {
    #[derive(Debug)]
    struct Stream<B, G> {
        // `None` when it was read to its end, or given up.
        #[pin]
        inner: Option<B>,
        #[pin]
        timer: Timer,
        idle: Duration,
        // The provider is silent, and not the caller slow.
        pace: Pace,
        watch: Watch,
        // Goes out first.
        held: VecDeque<Bytes>,
        end: Option<End>,
        guard: G,
    }
}

/// How a stream ends, once it has.
#[derive(Debug)]
enum End {
    Clean,
    Broken(Option<BoxError>),
}

impl<B, G> ResponseBody<B, G> {
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { kind: Kind::Whole { bytes } }
    }

    pub(super) fn stream(
        inner: Option<B>,
        watch: Watch,
        held: VecDeque<Bytes>,
        guard: G,
        (timer, idle): (Timer, Duration),
    ) -> Self {
        let stream = Stream { inner, timer, idle, pace: Pace::default(), watch, held, end: None, guard };
        Self { kind: Kind::Stream { stream: Box::pin(stream) } }
    }
}

impl<B, G> Stream<B, G>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    G: Guard,
{
    fn poll_data(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let this = self.as_mut().project();
            if let Some(frames) = this.held.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(frames))));
            }
            match this.end {
                Some(End::Clean) => return Poll::Ready(None),
                Some(End::Broken(error)) => return Poll::Ready(error.take().map(Err)),
                None => {}
            }
            match this.watch.next(this.guard) {
                Step::Forward(frames) => return Poll::Ready(Some(Ok(Frame::data(frames)))),
                Step::Starve => ready!(self.as_mut().poll_inner(cx)),
                Step::End => self.as_mut().end(cx),
                Step::Over => self.as_mut().complete(),
                Step::Fail(failure) => self.as_mut().abort(committed(Cause::GaveUp, failure)),
                // What comes after the reason takes nothing back, however much it is.
                Step::Break(cause @ Cause::TooLarge) => {
                    self.as_mut().stop(BrokenAnswer::after_commit(cause).into());
                }
                Step::Break(cause) => self.as_mut().abort(BrokenAnswer::after_commit(cause).into()),
            }
        }
    }

    /// Takes in one more chunk, or learns that there is none.
    fn poll_inner(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.as_mut().project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            self.stop(BrokenAnswer::after_commit(Cause::NoFinish).into());
            return Poll::Ready(());
        };
        match inner.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let Ok(chunk) = frame.into_data() else { return Poll::Ready(()) };
                this.watch.push(chunk);
                // A provider that is never silent must not keep us from looking; else whoever waits looks.
                if this.pace.go_on() {
                    if let Some(cause) = this.timer.is_over(Instant::now()) {
                        self.stop(BrokenAnswer::after_commit(cause).into());
                    }
                }
            }
            Poll::Ready(Some(Err(error))) => match this.watch.finish(this.guard) {
                // Whole but for its blank line: the model has said why it stopped.
                Step::Forward(frame) => {
                    this.inner.set(None);
                    this.held.push_back(frame);
                }
                _ => self.stop(committed(Cause::Cut, error.into())),
            },
            Poll::Ready(None) => {
                this.inner.set(None);
                match this.watch.finish(this.guard) {
                    Step::Forward(frame) => this.held.push_back(frame),
                    Step::Over => self.complete(),
                    Step::Fail(failure) => self.abort(committed(Cause::GaveUp, failure)),
                    Step::Break(cause) => self.abort(BrokenAnswer::after_commit(cause).into()),
                    _ => {}
                }
            }
            Poll::Pending => {
                if this.pace.wait() {
                    let idle =
                        if this.watch.has_finished() { AFTER_FINISH.min(*this.idle) } else { *this.idle };
                    this.timer.as_mut().set(Alarm::after(Instant::now(), idle, Cause::Stalled));
                }
                let cause = ready!(this.timer.poll(cx));
                self.stop(BrokenAnswer::after_commit(cause).into());
            }
        }
        Poll::Ready(())
    }

    /// The terminal frame has passed.
    fn end(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        let mut this = self.project();
        if let Some(inner) = this.inner.as_mut().as_pin_mut() {
            linger(inner, cx);
        }
        this.inner.set(None);
        *this.end = Some(End::Clean);
    }

    /// Nothing more will come. An answer that had said why it stops is whole, and is given the end it lacks.
    fn stop(self: Pin<&mut Self>, error: BoxError) {
        if self.watch.has_finished() { self.complete() } else { self.abort(error) }
    }

    fn complete(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.inner.set(None);
        let terminal = this.guard.terminal_frame();
        if !this.watch.has_ended() && !terminal.is_empty() {
            this.held.push_back(Bytes::from_static(terminal));
        }
        *this.end = Some(End::Clean);
    }

    fn abort(self: Pin<&mut Self>, error: BoxError) {
        let mut this = self.project();
        this.inner.set(None);
        *this.end = Some(End::Broken(Some(error)));
    }
}

impl<B, G> Body for ResponseBody<B, G>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    G: Guard,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().kind.project() {
            KindProj::Whole { bytes } => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            KindProj::Stream { stream } => stream.as_mut().poll_data(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { bytes } => bytes.is_empty(),
            Kind::Stream { stream } => stream.held.is_empty() && matches!(stream.end, Some(End::Clean)),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { bytes } => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream { .. } => SizeHint::default(),
        }
    }
}
