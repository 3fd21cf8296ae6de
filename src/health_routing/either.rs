use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_service::Service;

use crate::failure::BoxError;

/// The member being asked: the primary, or a fallback of another type.
///
/// Unlike tower's own `Either` it takes two error types, so that a primary that cannot fail keeps saying so.
#[derive(Debug)]
pub(super) enum Either<S, F> {
    Primary(S),
    Fallback(F),
}

impl<S, F> Either<S, F> {
    pub(super) fn poll_ready<Req>(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>>
    where
        S: Service<Req>,
        S::Error: Into<BoxError>,
        F: Service<Req>,
        F::Error: Into<BoxError>,
    {
        match self {
            Self::Primary(service) => service.poll_ready(cx).map_err(Into::into),
            Self::Fallback(service) => service.poll_ready(cx).map_err(Into::into),
        }
    }

    pub(super) fn call<Req>(&mut self, request: Req) -> EitherFuture<S, F, Req>
    where
        S: Service<Req>,
        F: Service<Req>,
    {
        match self {
            Self::Primary(service) => EitherFuture::Primary { future: service.call(request) },
            Self::Fallback(service) => EitherFuture::Fallback { future: service.call(request) },
        }
    }
}

pin_project! {
    #[project = EitherProj]
    pub(super) enum EitherFuture<S, F, Req>
    where
        S: Service<Req>,
        F: Service<Req>,
    {
        Primary { #[pin] future: S::Future },
        Fallback { #[pin] future: F::Future },
    }
}

impl<S, F, Req> Future for EitherFuture<S, F, Req>
where
    S: Service<Req>,
    S::Error: Into<BoxError>,
    F: Service<Req, Response = S::Response>,
    F::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            EitherProj::Primary { future } => future.poll(cx).map_err(Into::into),
            EitherProj::Fallback { future } => future.poll(cx).map_err(Into::into),
        }
    }
}
