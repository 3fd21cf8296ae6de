use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_service::Service;

use super::RoutingPolicy;
use super::either::{Either, EitherFuture};
use super::in_flight::InFlight;
use super::walk::Walk;
use crate::failure::{BoxError, Class, Failure};

pin_project! {
    /// The future of [`HealthRouting`](super::HealthRouting).
    ///
    /// Dropping it cancels the attempt under way and gives back whatever it held.
    pub struct ResponseFuture<S, F, P, Req>
    where
        S: Service<Req>,
        F: Service<Req>,
    {
        // First, so that the attempt under way is dropped before the walk it belongs to.
        #[pin]
        state: State<Either<S, F>, EitherFuture<S, F, Req>>,
        walk: Walk<S, F, P, Req>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<A, Fut> {
        Choosing,
        Waiting { index: usize, service: A, #[pin] patience: Option<Sleep> },
        Asked { index: usize, #[pin] future: Fut, in_flight: Option<InFlight> },
        Done,
    }
}

impl<S, F, P, Req> ResponseFuture<S, F, P, Req>
where
    S: Service<Req>,
    F: Service<Req>,
{
    pub(super) const fn new(walk: Walk<S, F, P, Req>) -> Self {
        Self { state: State::Choosing, walk }
    }
}

impl<S, F, P, Req> Future for ResponseFuture<S, F, P, Req>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    F: Service<Req, Response = S::Response> + Clone,
    F::Error: Into<BoxError>,
    P: RoutingPolicy<Req, S::Response>,
    Req: Clone,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Choosing => match this.walk.next() {
                    Some((index, mut service)) => match service.poll_ready(cx) {
                        // As a rule; then there is no need to keep the service for another poll.
                        Poll::Ready(ready) => {
                            let ready = ready.map_err(|error| this.walk.unready(error));
                            ask(this.walk, index, &mut service, ready)
                        }
                        Poll::Pending => State::Waiting { index, service, patience: None },
                    },
                    None => {
                        this.state.set(State::Done);
                        return Poll::Ready(Err(this.walk.give_up().into()));
                    }
                },
                StateProj::Waiting { index, service, patience } => {
                    let ready = ready!(poll_ready(this.walk, service, patience, cx));
                    ask(this.walk, *index, service, ready)
                }
                StateProj::Asked { index, future, in_flight } => {
                    let result = ready!(future.poll(cx));
                    if let Some(result) = this.walk.judge(*index, in_flight.take(), result) {
                        this.state.set(State::Done);
                        return Poll::Ready(result);
                    }
                    State::Choosing
                }
                StateProj::Done => panic!("`ResponseFuture` polled after completion"),
            };
            // Drops the service or future of the member that failed: nothing of it is held while the next is
            // asked.
            this.state.set(next);
        }
    }
}

/// Waits until the member is ready, and not for ever while others could be asked.
fn poll_ready<S, F, P, Req>(
    walk: &Walk<S, F, P, Req>,
    service: &mut Either<S, F>,
    mut patience: Pin<&mut Option<Sleep>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Failure>>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    F: Service<Req, Response = S::Response>,
    F::Error: Into<BoxError>,
    P: RoutingPolicy<Req, S::Response>,
{
    if let Poll::Ready(ready) = service.poll_ready(cx) {
        return Poll::Ready(ready.map_err(|error| walk.unready(error)));
    }
    if !walk.has_more() {
        return Poll::Pending;
    }
    if patience.is_none() {
        patience.set(Some(sleep(walk.patience())));
    }
    if let Some(patience) = patience.as_pin_mut() {
        ready!(patience.poll(cx));
    }
    Poll::Ready(Err(Failure::new(Class::Shed)))
}

/// Calls the member that is ready, or notes why it is not.
fn ask<S, F, P, Req>(
    walk: &mut Walk<S, F, P, Req>,
    index: usize,
    service: &mut Either<S, F>,
    ready: Result<(), Failure>,
) -> State<Either<S, F>, EitherFuture<S, F, Req>>
where
    S: Service<Req>,
    F: Service<Req>,
    P: RoutingPolicy<Req, S::Response>,
    Req: Clone,
{
    if let Err(failure) = ready {
        walk.refuse(index, failure);
        return State::Choosing;
    }
    let Some(request) = walk.request::<S::Response>(index) else {
        return State::Choosing;
    };
    let in_flight = walk.begin(index);
    State::Asked { index, future: service.call(request), in_flight }
}

impl<S, F, P, Req> fmt::Debug for ResponseFuture<S, F, P, Req>
where
    S: Service<Req>,
    F: Service<Req>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
