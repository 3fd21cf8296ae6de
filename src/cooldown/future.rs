use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::permit::Permit;
use super::{CooldownPolicy, CoolingDown};
use crate::failure::BoxError;

pin_project! {
    /// The response of the inner service, or the refusal of a [`CooldownService`](super::CooldownService).
    ///
    /// Dropping it cancels the call.
    pub struct ResponseFuture<F, P> {
        #[pin]
        state: State<F, P>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, P> {
        Called {
            #[pin]
            inner: F,
            permit: Option<Permit<P>>,
        },
        Refused {
            refusal: Option<CoolingDown>,
        },
    }
}

impl<F, P> ResponseFuture<F, P> {
    pub(super) const fn called(inner: F, permit: Permit<P>) -> Self {
        Self { state: State::Called { inner, permit: Some(permit) } }
    }

    pub(super) const fn refused(refusal: CoolingDown) -> Self {
        Self { state: State::Refused { refusal: Some(refusal) } }
    }
}

impl<F, P, Res, E> Future for ResponseFuture<F, P>
where
    F: Future<Output = Result<Res, E>>,
    E: Into<BoxError>,
    P: CooldownPolicy<Res>,
{
    type Output = Result<Res, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Called { inner, permit } => {
                let result = ready!(inner.poll(cx)).map_err(Into::into);
                permit.take().expect("polled after completion").judge(result.as_ref());
                Poll::Ready(result)
            }
            StateProj::Refused { refusal } => {
                Poll::Ready(Err(refusal.take().expect("polled after completion").into()))
            }
        }
    }
}

impl<F, P> fmt::Debug for ResponseFuture<F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
