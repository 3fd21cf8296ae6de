use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};

use super::DeadlineExceeded;
use crate::failure::BoxError;

/// A deadline farther away than this (30 years) needs no timer, and might not fit one.
const NEVER: Duration = Duration::from_secs(30 * 365 * 86_400);

pin_project! {
    /// The response, or [`DeadlineExceeded`].
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Running { #[pin] inner: F, #[pin] timer: Option<Sleep> },
        Refused { error: Option<BoxError> },
        Done,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, deadline: Option<Instant>, now: Instant) -> Self {
        let near = deadline.filter(|deadline| deadline.saturating_duration_since(now) < NEVER);
        Self { state: State::Running { inner, timer: near.map(sleep_until) } }
    }

    pub(super) const fn refused(error: BoxError) -> Self {
        Self { state: State::Refused { error: Some(error) } }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        let output = match state.as_mut().project() {
            StateProj::Running { inner, timer } => ready!(race(inner, timer, cx)),
            StateProj::Refused { error } => {
                Err(error.take().unwrap_or_else(|| DeadlineExceeded::new().into()))
            }
            StateProj::Done => panic!("polled after completion"),
        };
        // The attempt is dropped here and not with this future, which may be kept for a while.
        state.set(State::Done);
        Poll::Ready(output)
    }
}

/// The answer first: one that is there when the deadline comes is an answer. The timer second, so that a call
/// which never waits never registers one.
fn race<F, T, E>(
    inner: Pin<&mut F>,
    timer: Pin<&mut Option<Sleep>>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, BoxError>>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    if let Poll::Ready(output) = inner.poll(cx) {
        return Poll::Ready(output.map_err(Into::into));
    }
    let Some(timer) = timer.as_pin_mut() else {
        return Poll::Pending;
    };
    timer.poll(cx).map(|()| Err(DeadlineExceeded::new().into()))
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
