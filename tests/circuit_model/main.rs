//! The circuit against a model too simple to be wrong, and against threads.
#![allow(missing_docs)]

mod model;
mod random;
mod threads;

use std::convert::Infallible;
use std::future::{Ready, ready};

use tower::util::ServiceFn;
use tower::{Layer, Service, service_fn};
use tower_failover::circuit_breaker::{CircuitBreaker, CircuitBreakerLayer, CircuitOpen, Judge, Permit};
use tower_failover::failure::BoxError;

/// Judges nothing: the test gets the permit and settles it when it likes.
#[derive(Clone)]
struct HandOver;

impl Judge<()> for HandOver {
    type Response = Permit;

    fn judge(&self, result: Result<(), BoxError>, permit: Permit) -> Result<Permit, BoxError> {
        result.map(|()| permit)
    }
}

type Answer = Ready<Result<(), Infallible>>;
type Lender = CircuitBreaker<ServiceFn<fn(()) -> Answer>, HandOver>;

/// A service whose calls are permits.
fn lender(layer: &CircuitBreakerLayer<HandOver>) -> Lender {
    let answer: fn(()) -> Answer = |()| ready(Ok(()));
    layer.layer(service_fn(answer))
}

/// One call, from readiness to its end, without a runtime: nothing here ever waits.
fn call(service: &mut Lender) -> Result<Permit, CircuitOpen> {
    let ready = tokio_test::task::spawn(()).enter(|cx, _| service.poll_ready(cx));
    assert!(matches!(ready, std::task::Poll::Ready(Ok(()))), "policy must not show in readiness");
    match tokio_test::task::spawn(service.call(())).poll() {
        std::task::Poll::Ready(Ok(permit)) => Ok(permit),
        std::task::Poll::Ready(Err(error)) => Err(*error.downcast().expect("a refusal")),
        std::task::Poll::Pending => unreachable!("nothing to wait for"),
    }
}
