//! One layer alone, over a service that is not HTTP: a circuit breaker, a retry budget and a deadline in front
//! of a flaky in-process model.
//!
//! `cargo run --example single_layer`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer, CircuitOpen};
use tower_failover::deadline::DeadlineLayer;
use tower_failover::failure::{BoxError, Class, Failure, OnError};
use tower_failover::retry_budget::RetryBudgetLayer;

#[derive(Clone, Debug)]
struct Prompt(&'static str);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    // A model that fails on its first call, and then for ever from the third on.
    let calls = Arc::new(AtomicU32::new(0));
    let model = service_fn(move |prompt: Prompt| {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        async move {
            match call {
                1 => Ok(format!("answer to {:?}", prompt.0)),
                _ => Err(BoxError::from(Failure::new(Class::Overloaded))),
            }
        }
    });

    let circuit = CircuitBreakerLayer::new(AtReturn::new(OnError));
    let state = circuit.handle();
    let mut model = ServiceBuilder::new()
        .layer(DeadlineLayer::any(Duration::from_secs(20)))
        .layer(RetryBudgetLayer::new(OnError))
        .layer(circuit)
        .service(model);

    println!("1. one failure is retried: {}", model.ready().await?.call(Prompt("hello")).await?);

    while let Err(error) = model.ready().await?.call(Prompt("are you there?")).await {
        if is_open(&error) {
            println!("2. after a run of failures the circuit is {:?}: {error}", state.state());
            break;
        }
    }
    Ok(())
}

fn is_open(error: &BoxError) -> bool {
    error.is::<CircuitOpen>()
}
