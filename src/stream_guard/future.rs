use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::alarm::{Alarm, Timer};
use super::attempt::Attempt;
use super::error::{of_operation, uncommitted};
use super::limits::Limits;
use super::{BrokenAnswer, Cause, Guard, ResponseBody};
use crate::dialect::sse::is_event_stream;
use crate::facts::Operation;
use crate::failure::{BoxError, Classify, Standard};

pin_project! {
    /// Response future of [`StreamGuard`](super::StreamGuard).
    ///
    /// Ready at the commit point: a stream with its first content, a whole answer when it is read and checked.
    /// Dropping it drops the call.
    #[derive(Debug)]
    pub struct ResponseFuture<F, B, G> {
        #[pin]
        state: State<F, B>,
        #[pin]
        timer: Timer,
        guard: G,
        limits: Limits,
        wanted: Wanted,
    }
}

/// What is known of a call before its head has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) operation: Operation,
    pub(super) is_stream: bool,
    /// When the answer has to be over.
    pub(super) to_end: Alarm,
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F, B> {
        // Until the head has come.
        Calling { #[pin] inner: F },
        // From then on.
        Reading { attempt: Option<Attempt<B>> },
        Done,
    }
}

impl<F, B, G> ResponseFuture<F, B, G> {
    pub(super) const fn new(inner: F, timer: Timer, guard: G, limits: Limits, wanted: Wanted) -> Self {
        Self { state: State::Calling { inner }, timer, guard, limits, wanted }
    }
}

impl<F, B, E, G> ResponseFuture<F, B, G>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
    G: Guard + Clone,
{
    fn poll_attempt(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let mut this = self.project();
        if let StateProj::Calling { inner } = this.state.as_mut().project() {
            let result = ready!(inner.poll(cx));
            this.state.set(State::Done);
            let operation = this.wanted.operation;
            let response = result.map_err(|error| of_operation(uncommitted(error.into()), operation))?;
            if let Some(failure) = Standard.classify(Ok(&response)) {
                return Poll::Ready(Err(of_operation(failure.into(), operation)));
            }
            let attempt = if is_event_stream(response.headers()) {
                if !this.wanted.is_stream {
                    let patience = this.limits.first_token;
                    this.timer.as_mut().set(Alarm::after(Instant::now(), patience, Cause::NoFirstToken));
                }
                Attempt::stream(response, this.limits)
            } else {
                Attempt::whole(response, this.limits, this.wanted.operation)
            };
            this.state.set(State::Reading { attempt: Some(attempt) });
        }
        match this.state.project() {
            StateProj::Reading { attempt: Some(attempt) } => {
                attempt.poll(cx, this.timer, this.guard, this.limits)
            }
            _ => unreachable!("polled after it was ready"),
        }
    }

    /// What is there to be committed.
    fn take_attempt(self: Pin<&mut Self>) -> Option<Attempt<B>> {
        match self.project().state.project() {
            StateProj::Reading { attempt } => attempt.take(),
            StateProj::Calling { .. } | StateProj::Done => None,
        }
    }
}

impl<F, B, E, G> Future for ResponseFuture<F, B, G>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
    G: Guard + Clone,
{
    type Output = Result<Response<ResponseBody<B, G>>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = match self.as_mut().poll_attempt(cx) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                let cause = ready!(self.as_mut().project().timer.poll(cx));
                Err(BrokenAnswer::before_commit(cause).into())
            }
        };
        let attempt = self.as_mut().take_attempt();
        let mut this = self.project();
        let answer = match (result, attempt) {
            (Ok(()), Some(attempt)) => Ok(attempt.commit(this.guard, this.limits, this.wanted.to_end)),
            (Err(error), _) => Err(error),
            (Ok(()), None) => unreachable!("an attempt that succeeded"),
        };
        // Ends the attempt at once, and not when the future is dropped some time later.
        this.state.set(State::Done);
        Poll::Ready(answer)
    }
}
