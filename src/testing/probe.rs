use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tower_service::Service;

/// A service that holds its caller to tower's contract: it panics when it is called without having been ready,
/// and its clones start unready, as the contract allows and as real services do.
///
/// Put it below a layer to prove that the layer calls the very instance it saw ready.
///
/// ```should_panic
/// use tower::{Service, service_fn};
/// use tower_failover::testing::ReadinessProbe;
///
/// let inner = service_fn(|n: u32| async move { Ok::<_, std::convert::Infallible>(n) });
/// let mut probe = ReadinessProbe::new(inner);
/// let _ = probe.call(1); // never asked whether it was ready
/// ```
#[derive(Debug)]
pub struct ReadinessProbe<S> {
    inner: S,
    is_ready: bool,
    calls: Arc<AtomicUsize>,
}

impl<S> ReadinessProbe<S> {
    /// Watches `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner, is_ready: false, calls: Arc::default() }
    }

    /// How often it, or a clone of it, was called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

impl<S: Clone> Clone for ReadinessProbe<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), is_ready: false, calls: Arc::clone(&self.calls) }
    }
}

impl<S, Req> Service<Req> for ReadinessProbe<S>
where
    S: Service<Req>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let ready = self.inner.poll_ready(cx);
        self.is_ready = matches!(ready, Poll::Ready(Ok(())));
        ready
    }

    fn call(&mut self, request: Req) -> S::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without having been ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.inner.call(request)
    }
}
