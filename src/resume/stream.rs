use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Request, Response};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower::util::Oneshot;
use tower_service::Service;

use super::Mend;
use super::case::{Case, is_stream};
use super::mending::{Mending, Next};
use crate::body::{Buffered, linger};
use crate::facts::Deadline;
use crate::failure::{BoxError, Failure};

pin_project! {
    /// A stream, and those that complete it.
    pub(super) struct Stream<S, B, P>
    where
        S: Service<Request<Buffered>>,
    {
        #[pin]
        state: State<S, B>,
        // The deadline of the call, once the answer has broken off.
        #[pin]
        alarm: Option<Sleep>,
        mending: Mending,
        case: Box<Case<S, P>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, B>
    where
        S: Service<Request<Buffered>>,
    {
        // As it comes.
        Passing { #[pin] inner: B },
        // Broken off: waiting for somebody to complete it. In a box, made when it is needed: it is large, as it holds
        // all that a call may go through, and every stream would have to keep room for it.
        Asking { future: Pin<Box<Oneshot<S, Request<Buffered>>>> },
        // The answer of another attempt. `None` when it is over.
        Joining { #[pin] inner: Option<B> },
        Over,
    }
}

impl<S, B, P> Stream<S, B, P>
where
    S: Service<Request<Buffered>>,
{
    pub(super) fn new(head: &Parts, body: B, mut case: Box<Case<S, P>>) -> Self {
        case.detach();
        let mending = Mending::new(&head.extensions, &case.limits);
        Self { state: State::Passing { inner: body }, alarm: None, mending, case }
    }
}

impl<S, B, P> Stream<S, B, P>
where
    S: Service<Request<Buffered>, Response = Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    P: Mend,
{
    pub(super) fn poll_data(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let mut this = self.as_mut().project();
            let next = match this.state.as_mut().project() {
                StateProj::Passing { inner } => match ready!(inner.poll_frame(cx)) {
                    Some(Err(error)) => {
                        let (case, now) = (&this.case, Instant::now());
                        this.mending.cut(error.into(), &case.policy, &case.request, now)
                    }
                    frame => {
                        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                            if !this.mending.passed(data) {
                                this.case.release();
                            }
                        }
                        return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
                    }
                },
                StateProj::Asking { .. } => match ready!(self.as_mut().poll_answer(cx)) {
                    Some(next) => next,
                    None => continue,
                },
                StateProj::Joining { .. } => {
                    let next = ready!(self.as_mut().poll_joined(cx));
                    // What came last goes out first.
                    let out = self.as_mut().project().mending.take();
                    if let Some(next) = next {
                        self.as_mut().go_on(next);
                    }
                    match out {
                        Some(data) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                        None => continue,
                    }
                }
                StateProj::Over => return Poll::Ready(this.mending.take_error().map(Err)),
            };
            self.as_mut().go_on(next);
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Over) && !self.mending.has_error()
    }

    /// Drops what was under way, and does what comes next.
    fn go_on(self: Pin<&mut Self>, next: Next) {
        let mut this = self.project();
        let Next::Ask(request) = next else {
            this.state.set(State::Over);
            return;
        };
        if this.alarm.is_none() {
            let deadline = Deadline::find(request.extensions());
            this.alarm.set(deadline.map(|Deadline(at)| sleep_until(at)));
        }
        // First the old attempt goes, then the new one comes.
        this.state.set(State::Over);
        let future = Box::pin(Oneshot::new(this.case.service.clone(), *request));
        this.state.set(State::Asking { future });
    }

    /// Waits for somebody to answer. `None` when somebody does.
    fn poll_answer(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        let mut this = self.project();
        let StateProj::Asking { future } = this.state.as_mut().project() else {
            return Poll::Ready(Some(Next::End));
        };
        let Poll::Ready(result) = future.as_mut().poll(cx) else {
            return poll_alarm(this.alarm, cx).map(Some);
        };
        let (case, now) = (&this.case, Instant::now());
        let class = match result {
            Ok(response) if is_stream(&response) => {
                let (head, body) = response.into_parts();
                this.mending.join(&head.extensions, &case.policy);
                this.state.set(State::Joining { inner: Some(body) });
                return Poll::Ready(None);
            }
            Ok(_) => None,
            Err(error) => Some(Failure::of(&error.into()).class()),
        };
        Poll::Ready(Some(this.mending.failed(class, &case.policy, &case.request, now)))
    }

    /// Reads on in the other stream. `None` while it goes on.
    fn poll_joined(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Next>> {
        let mut this = self.project();
        let StateProj::Joining { mut inner } = this.state.as_mut().project() else {
            return Poll::Ready(Some(Next::End));
        };
        let Some(body) = inner.as_mut().as_pin_mut() else { return Poll::Ready(Some(Next::End)) };
        let Poll::Ready(frame) = body.poll_frame(cx) else { return poll_alarm(this.alarm, cx).map(Some) };
        let is_over = match frame {
            Some(Ok(frame)) => frame.into_data().is_ok_and(|data| this.mending.push(data)),
            Some(Err(error)) => {
                this.mending.finish(Some(error.into()));
                true
            }
            None => {
                this.mending.finish(None);
                true
            }
        };
        if !is_over {
            return Poll::Ready(None);
        }
        if let Some(body) = inner.as_mut().as_pin_mut().filter(|_| this.mending.is_whole()) {
            linger(body, cx);
        }
        inner.set(None);
        let (case, now) = (&this.case, Instant::now());
        Poll::Ready(Some(this.mending.conclude(&case.policy, &case.request, now)))
    }
}

/// Is the time of the call over?
fn poll_alarm(alarm: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) -> Poll<Next> {
    match alarm.as_pin_mut() {
        Some(sleep) => sleep.poll(cx).map(|()| Next::End),
        None => Poll::Pending,
    }
}
