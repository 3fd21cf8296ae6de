use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::{Respond, ResponseBody};
use crate::facts::Attempts;
use crate::failure::{BoxError, Failure};

pin_project! {
    /// The future of [`Rescue`](super::Rescue). Dropping it drops the inner one.
    pub struct ResponseFuture<F, R> {
        #[pin]
        state: State<F>,
        attempts: Attempts,
        respond: R,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F> {
        Calling { #[pin] inner: F },
        Failed { error: Option<BoxError> },
    }
}

impl<F, R> ResponseFuture<F, R> {
    pub(super) const fn calling(inner: F, attempts: Attempts, respond: R) -> Self {
        Self { state: State::Calling { inner }, attempts, respond }
    }

    pub(super) const fn failed(error: BoxError, attempts: Attempts, respond: R) -> Self {
        Self { state: State::Failed { error: Some(error) }, attempts, respond }
    }
}

impl<F, R, B, E> Future for ResponseFuture<F, R>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
    R: Respond + Clone,
{
    type Output = Result<Response<ResponseBody<B, R>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let error = match this.state.project() {
            StateProj::Calling { inner } => match ready!(inner.poll(cx)) {
                Ok(response) => {
                    return Poll::Ready(Ok(ResponseBody::passing(response, this.respond.clone())));
                }
                Err(error) => error.into(),
            },
            StateProj::Failed { error } => error.take().expect("not polled after completion"),
        };
        tracing::debug!(class = %Failure::of(&error).class(), attempts = this.attempts.count(), "call failed");
        let response = this.respond.respond(&error, Some(&*this.attempts));
        Poll::Ready(Ok(ResponseBody::own(response)))
    }
}

impl<F, R> fmt::Debug for ResponseFuture<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
