use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tokio::time::Instant;
use tower_service::Service;

use super::alarm::{Alarm, Timer};
use super::future::Wanted;
use super::limits::Limits;
use super::{Cause, Guard, ResponseBody, ResponseFuture};
use crate::facts::{Call, Deadline, LastChance, Operation, Usual};
use crate::failure::BoxError;

/// Answers with nothing but what has begun to be an answer.
///
/// See the [module documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct StreamGuard<S, G> {
    inner: S,
    guard: G,
    limits: Limits,
}

impl<S, G> StreamGuard<S, G> {
    pub(super) const fn new(inner: S, guard: G, limits: Limits) -> Self {
        Self { inner, guard, limits }
    }
}

impl<S, G, R, B> Service<Request<R>> for StreamGuard<S, G>
where
    S: Service<Request<R>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    G: Guard + Clone,
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody<B, G>>;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, B, G>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let now = Instant::now();
        let limits = self.limits.of(LastChance::is_left(request.extensions()));
        let wants_stream = self.guard.wants_stream(request.extensions());
        let (patience, cause) = match wants_stream {
            Some(true) => (limits.first_token, Cause::NoFirstToken),
            _ => (limits.attempt, Cause::NoHead),
        };
        let deadline = Deadline::find(request.extensions());
        let to_end = Alarm::of_all(now, &limits, deadline);
        let usual = Usual::find(request.extensions());
        let shared = deadline.filter(|_| limits.leaves_time);
        let turn = shared.map(|deadline| Alarm::of_turn(now, patience, deadline, usual));
        let to_answer = turn.map_or(to_end, |turn| to_end.or(turn));
        let timer = Timer::new(Alarm::after(now, patience, cause), to_answer);
        let operation =
            request.extensions().get::<Call>().map_or_else(Operation::default, |call| call.operation);
        let wanted = Wanted { operation, is_stream: wants_stream == Some(true), to_end };
        let inner = self.inner.call(request);
        ResponseFuture::new(inner, timer, self.guard.clone(), limits, wanted)
    }
}
