use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use hyper::body::Incoming;
use hyper_util::client::legacy;
use pin_project_lite::pin_project;

use super::error::read;
use crate::failure::{BoxError, Failure};

pin_project! {
    /// The head of a provider's response, or why there is none. Dropping it cancels the request.
    #[derive(Debug)]
    pub struct ResponseFuture {
        #[pin]
        state: State,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = Project]
    enum State {
        Sent { #[pin] inner: legacy::ResponseFuture },
        Refused { failure: Option<Failure> },
    }
}

impl ResponseFuture {
    pub(super) const fn sent(inner: legacy::ResponseFuture) -> Self {
        Self { state: State::Sent { inner } }
    }

    pub(super) const fn refused(failure: Failure) -> Self {
        Self { state: State::Refused { failure: Some(failure) } }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Incoming>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Project::Sent { inner } => inner.poll(cx).map_err(|error| read(error).into()),
            Project::Refused { failure } => {
                let failure = failure.take().expect("polled after it was ready");
                Poll::Ready(Err(Box::new(failure)))
            }
        }
    }
}
