use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::ReadCall;
use super::reading::Reading;
use crate::body::Buffered;
use crate::failure::BoxError;

pin_project! {
    /// The future of [`Buffer`](super::Buffer).
    ///
    /// Dropping it drops the body half-read, or cancels the inner call.
    pub struct ResponseFuture<S, R, B>
    where
        S: Service<Request<Buffered>>,
    {
        #[pin]
        state: State<Reading<R, B>, S::Future>,
        inner: S,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<Body, Fut> {
        Reading { #[pin] reading: Body },
        Waiting { request: Option<Request<Buffered>> },
        Called { #[pin] future: Fut },
    }
}

impl<S, R, B> ResponseFuture<S, R, B>
where
    S: Service<Request<Buffered>>,
{
    pub(super) const fn new(inner: S, reading: Reading<R, B>) -> Self {
        Self { state: State::Reading { reading }, inner }
    }
}

impl<S, R, B, Res> Future for ResponseFuture<S, R, B>
where
    S: Service<Request<Buffered>, Response = Response<Res>>,
    S::Error: Into<BoxError>,
    R: ReadCall,
    B: Body,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response<Res>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Reading { reading } => State::Waiting { request: Some(ready!(reading.poll(cx)?)) },
                StateProj::Waiting { request } => {
                    ready!(this.inner.poll_ready(cx)).map_err(Into::into)?;
                    let request = request.take().expect("not polled after completion");
                    State::Called { future: this.inner.call(request) }
                }
                StateProj::Called { future } => return future.poll(cx).map_err(Into::into),
            };
            this.state.set(next);
        }
    }
}

impl<S, R, B> fmt::Debug for ResponseFuture<S, R, B>
where
    S: Service<Request<Buffered>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
