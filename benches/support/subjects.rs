//! What is measured, and measured beside.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tower::Service;
use tower::retry::budget::{Budget as _, TpsBudget};
use tower_failover::failure::BoxError;

/// Answers at once with what it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Echo;

impl Service<Bytes> for Echo {
    type Response = Bytes;
    type Error = BoxError;
    type Future = Ready<Result<Bytes, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Bytes) -> Self::Future {
        ready(Ok(request))
    }
}

/// tower's own retry, with its own budget, which is paid into as its documentation shows.
#[derive(Clone, Debug)]
pub(crate) struct TowerPolicy(Arc<TpsBudget>);

impl Default for TowerPolicy {
    fn default() -> Self {
        Self(Arc::new(TpsBudget::default()))
    }
}

impl<Res> tower::retry::Policy<Bytes, Res, BoxError> for TowerPolicy {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Bytes, result: &mut Result<Res, BoxError>) -> Option<Ready<()>> {
        match result {
            Ok(_) => {
                self.0.deposit();
                None
            }
            Err(_) => self.0.withdraw().then(|| ready(())),
        }
    }

    fn clone_request(&mut self, request: &Bytes) -> Option<Bytes> {
        Some(request.clone())
    }
}
