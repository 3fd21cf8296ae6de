use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use super::ResponseBody;
use super::body::Waiting;
use super::layer::Times;
use crate::failure::BoxError;

pin_project! {
    /// The response, or the head of one that is still awaited.
    pub struct ResponseFuture<F, V> {
        #[pin]
        state: State<F, V>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<F, V> {
        Plain { #[pin] inner: F },
        Held { held: Option<Held<F, V>>, #[pin] patience: Sleep },
    }
}

/// A call that may have to move into a body.
struct Held<F, V> {
    inner: Pin<Box<F>>,
    sign: Bytes,
    vigil: V,
    times: Times,
}

impl<F, V> ResponseFuture<F, V> {
    pub(super) const fn plain(inner: F) -> Self {
        Self { state: State::Plain { inner } }
    }

    pub(super) fn held(inner: F, sign: Bytes, vigil: V, times: Times) -> Self {
        let held = Held { inner: Box::pin(inner), sign, vigil, times };
        Self { state: State::Held { held: Some(held), patience: sleep(times.after) } }
    }
}

impl<F, V, B, E> Future for ResponseFuture<F, V>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<ResponseBody<F, B, V>>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (held, patience) = match self.project().state.project() {
            StateProj::Plain { inner } => return inner.poll(cx).map(passing),
            StateProj::Held { held, patience } => (held, patience),
        };
        let inner = &mut held.as_mut().expect("not polled after completion").inner;
        // The answer first: one that is there when the patience ends needs no sign.
        if let Poll::Ready(result) = inner.as_mut().poll(cx) {
            *held = None;
            return Poll::Ready(passing(result));
        }
        ready!(patience.poll(cx));
        let Held { inner, sign, vigil, times } = held.take().expect("was there a moment ago");
        tracing::debug!("head sent before the answer");
        Poll::Ready(Ok(ResponseBody::waiting(Waiting::new(inner, sign, vigil, times.every))))
    }
}

fn passing<F, B, V, E>(result: Result<Response<B>, E>) -> Result<Response<ResponseBody<F, B, V>>, BoxError>
where
    E: Into<BoxError>,
{
    result.map(|response| response.map(ResponseBody::inner)).map_err(Into::into)
}

impl<F, V> fmt::Debug for ResponseFuture<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
