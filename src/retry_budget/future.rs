use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tower_service::Service;

use super::RetryPolicy;
use super::call::Call;
use crate::failure::BoxError;

pin_project! {
    /// The response of the last attempt that reached the member, as it came.
    pub struct ResponseFuture<S, P, Req>
    where
        S: Service<Req>,
    {
        // Before `call`: what is in flight is dropped before its place is given free.
        #[pin]
        state: State<S::Future>,
        // `None` when it is over.
        call: Option<Call<P, S, Req, S::Response>>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Attempt { #[pin] attempt: F, started: Instant },
        Pausing { #[pin] pause: Sleep },
        // Readiness is asked for late, and not waited for beyond the last moment for a start.
        Readying { #[pin] latest: Sleep },
        Refused { error: Option<BoxError> },
        Done,
    }
}

impl<S, P, Req> ResponseFuture<S, P, Req>
where
    S: Service<Req>,
{
    pub(super) const fn new(
        call: Call<P, S, Req, S::Response>,
        attempt: S::Future,
        started: Instant,
    ) -> Self {
        Self { state: State::Attempt { attempt, started }, call: Some(call) }
    }

    pub(super) const fn refused(error: BoxError) -> Self {
        Self { state: State::Refused { error: Some(error) }, call: None }
    }
}

impl<S, P, Req> Future for ResponseFuture<S, P, Req>
where
    P: RetryPolicy<Req, S::Response>,
    S: Service<Req>,
    S::Error: Into<BoxError>,
    Req: Clone,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let output = match this.call {
            Some(call) => ready!(this.state.as_mut().poll_call(call, cx)),
            None => Err(this.state.as_mut().refusal()),
        };
        this.state.set(State::Done);
        *this.call = None;
        Poll::Ready(output)
    }
}

impl<F> State<F> {
    fn poll_call<S, P, Req>(
        mut self: Pin<&mut Self>,
        call: &mut Call<P, S, Req, S::Response>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<S::Response, BoxError>>
    where
        P: RetryPolicy<Req, S::Response>,
        S: Service<Req, Future = F>,
        S::Error: Into<BoxError>,
        F: Future<Output = Result<S::Response, S::Error>>,
        Req: Clone,
    {
        loop {
            let next = match self.as_mut().project() {
                StateProj::Attempt { attempt, started } => {
                    let Poll::Ready(result) = attempt.poll(cx) else {
                        call.wait();
                        return Poll::Pending;
                    };
                    match call.judge(result.map_err(Into::into), *started) {
                        Ok(pause) => Self::Pausing { pause: sleep(pause) },
                        Err(result) => return Poll::Ready(result),
                    }
                }
                StateProj::Pausing { pause } => {
                    ready!(pause.poll(cx));
                    Self::Readying { latest: sleep_until(call.last_start()) }
                }
                StateProj::Readying { latest } => match call.poll_next(cx) {
                    Poll::Ready(Some(attempt)) => Self::Attempt { attempt, started: Instant::now() },
                    Poll::Ready(None) => return Poll::Ready(call.give_up()),
                    Poll::Pending => {
                        ready!(latest.poll(cx));
                        return Poll::Ready(call.give_up());
                    }
                },
                StateProj::Refused { .. } | StateProj::Done => panic!("polled after completion"),
            };
            self.set(next);
        }
    }

    fn refusal(self: Pin<&mut Self>) -> BoxError {
        match self.project() {
            StateProj::Refused { error } => error.take(),
            _ => None,
        }
        .unwrap_or_else(|| panic!("polled after completion"))
    }
}

impl<S, P, Req> fmt::Debug for ResponseFuture<S, P, Req>
where
    S: Service<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
