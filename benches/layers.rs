//! What each layer costs when nothing fails, beside the bare service and beside its peers.
//!
//! `cargo bench --bench layers`; `BENCH_QUICK=1` for a short run.
#![allow(missing_docs)]

mod support;

use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tower::{Layer, Service, ServiceBuilder};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer};
use tower_failover::cooldown::{ByFailure, CooldownLayer};
use tower_failover::deadline::DeadlineLayer;
use tower_failover::degraded_marker::DegradedMarkerLayer;
use tower_failover::failure::{BoxError, OnError};
use tower_failover::health_routing::HealthRoutingLayer;
use tower_failover::retry_budget::RetryBudgetLayer;
use tower_failover::vitals::{self, VitalsLayer};

use crate::support::subjects::{Echo, TowerPolicy};
use crate::support::{Cost, cost, once, row};

fn measure<S>(mut service: S) -> Cost
where
    S: Service<Bytes>,
    S::Error: std::fmt::Debug,
{
    let request = Bytes::from_static(b"a prompt");
    cost(|| once(&mut service, request.clone()))
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _context = runtime.enter();
    let bare = measure(Echo);
    println!("| layer | ns best | ns median | over bare | allocations |\n|---|---:|---:|---:|---:|");
    row("bare service", bare, bare);
    ours(bare);
    resume();
    peers(bare);
}

fn ours(bare: Cost) {
    let timer = Duration::from_secs(60);
    let circuit = || CircuitBreakerLayer::new(AtReturn::new(OnError));
    let retry = || RetryBudgetLayer::new(OnError);
    let routing = || HealthRoutingLayer::primary("a").policy(OnError).fallback("b", Echo);
    let marker = || DegradedMarkerLayer::with(|_: &mut Bytes| {});
    row("**circuit_breaker**, closed", measure(circuit().layer(Echo)), bare);
    let cooldown = CooldownLayer::new(ByFailure::new(OnError));
    row("**cooldown**, at rest", measure(cooldown.layer(Echo)), bare);
    row("**retry_budget**", measure(retry().layer(Echo)), bare);
    row("**health_routing**, primary healthy", measure(routing().layer(Echo)), bare);
    row("**deadline**", measure(DeadlineLayer::any(timer).layer(Echo)), bare);
    row("**degraded_marker**", measure(marker().layer(Echo)), bare);
    row("**vitals**", measure(VitalsLayer::new(vitals::AtReturn::new(OnError)).layer(Echo)), bare);
    let all = ServiceBuilder::new()
        .layer(marker())
        .layer(DeadlineLayer::any(timer))
        .layer(routing())
        .layer(retry())
        .layer(circuit())
        .service(Echo);
    row("**all five together**", measure(all), bare);
}

/// A call that wants no stream, over HTTP: of a stream the layer keeps the request, and copies the bytes that pass.
fn resume() {
    use http::{Request, Response};
    use tower_failover::body::Buffered;
    use tower_failover::dialect::openai_chat::OpenAiChat;
    use tower_failover::facts::Call;
    use tower_failover::resume::ResumeLayer;

    #[derive(Clone, Debug)]
    struct Http;

    impl Service<Request<Buffered>> for Http {
        type Response = Response<Buffered>;
        type Error = BoxError;
        type Future = Ready<Result<Response<Buffered>, BoxError>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Buffered>) -> Self::Future {
            ready(Ok(Response::new(request.into_body())))
        }
    }

    fn measure<S>(mut service: S) -> Cost
    where
        S: Service<Request<Buffered>>,
        S::Error: std::fmt::Debug,
    {
        let mut request = Request::new(Buffered::from("a prompt"));
        request.extensions_mut().insert(Call::new("m"));
        cost(|| once(&mut service, request.clone()))
    }

    let bare = measure(Http);
    row("bare HTTP service", bare, bare);
    row("**resume**, no stream", measure(ResumeLayer::for_dialect(OpenAiChat).layer(Http)), bare);
}

fn peers(bare: Cost) {
    let policy = || TowerPolicy::default();
    row("tower `Retry` + `TpsBudget`", measure(tower::retry::RetryLayer::new(policy()).layer(Echo)), bare);
    row(
        "tower `Timeout`",
        measure(tower::timeout::TimeoutLayer::new(Duration::from_secs(60)).layer(Echo)),
        bare,
    );
    let breaker =
        tower_resilience_circuitbreaker::CircuitBreakerLayer::builder().build().expect("its defaults");
    row("tower-resilience circuit breaker, closed", measure(breaker.layer(Echo)), bare);
    let retry =
        tower_resilience_retry::RetryLayer::<Bytes, Bytes, BoxError>::builder().max_attempts(3).build();
    row("tower-resilience retry", measure(retry.layer(Echo)), bare);
}
