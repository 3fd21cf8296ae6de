use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{CircuitOpen, Judge, Permit};
use crate::failure::BoxError;

pin_project! {
    /// The response of a [`CircuitBreaker`](super::CircuitBreaker), or its refusal.
    ///
    /// Dropping it cancels the call.
    pub struct ResponseFuture<F, J> {
        #[pin]
        state: State<F, J>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, J> {
        Called {
            #[pin]
            inner: F,
            judge: J,
            permit: Option<Permit>,
        },
        Refused {
            refusal: Option<CircuitOpen>,
        },
    }
}

impl<F, J> ResponseFuture<F, J> {
    pub(super) const fn called(inner: F, judge: J, permit: Permit) -> Self {
        Self { state: State::Called { inner, judge, permit: Some(permit) } }
    }

    pub(super) const fn refused(refusal: CircuitOpen) -> Self {
        Self { state: State::Refused { refusal: Some(refusal) } }
    }
}

impl<F, J, Res, E> Future for ResponseFuture<F, J>
where
    F: Future<Output = Result<Res, E>>,
    E: Into<BoxError>,
    J: Judge<Res>,
{
    type Output = Result<J::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Called { inner, judge, permit } => {
                let result = ready!(inner.poll(cx)).map_err(Into::into);
                let permit = permit.take().expect("polled after completion");
                Poll::Ready(judge.judge(result, permit))
            }
            StateProj::Refused { refusal } => {
                let refusal = refusal.take().expect("polled after completion");
                Poll::Ready(Err(refusal.into()))
            }
        }
    }
}

impl<F, J> fmt::Debug for ResponseFuture<F, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
