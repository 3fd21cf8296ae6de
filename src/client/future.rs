use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use hyper_util::client::legacy;
use pin_project_lite::pin_project;

use super::ResponseBody;
use super::error::read;
use super::reuse;
use crate::facts::Secret;
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
        Sent { #[pin] inner: legacy::ResponseFuture, secret: Option<Secret> },
        Refused { failure: Option<Failure> },
    }
}

impl ResponseFuture {
    pub(super) const fn sent(inner: legacy::ResponseFuture, secret: Option<Secret>) -> Self {
        Self { state: State::Sent { inner, secret } }
    }

    pub(super) const fn refused(failure: Failure) -> Self {
        Self { state: State::Refused { failure: Some(failure) } }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Project::Sent { inner, secret } => match ready!(inner.poll(cx)) {
                Ok(mut response) => {
                    reuse::answered(response.extensions_mut());
                    // Words of a provider's own choosing in the status line: our server would repeat them.
                    response.extensions_mut().remove::<hyper::ext::ReasonPhrase>();
                    let secret = secret.take();
                    if let Some(secret) = &secret {
                        response.extensions_mut().insert(secret.clone());
                    }
                    // An answer is passed as it is: it is the model's, and nobody tells a model the key. If it turns
                    // out to be an error, the fact is there for whoever reads it.
                    let secret = secret.filter(|_| !response.status().is_success());
                    Poll::Ready(Ok(response.map(|body| ResponseBody::new(body, secret))))
                }
                Err(error) => Poll::Ready(Err(read(error).into())),
            },
            Project::Refused { failure } => {
                let failure = failure.take().expect("polled after it was ready");
                Poll::Ready(Err(Box::new(failure)))
            }
        }
    }
}
