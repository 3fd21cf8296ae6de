//! Composable [`tower`](https://docs.rs/tower) layers that keep an application's LLM calls answering when a provider
//! does not, *without dropping quality*, and that say so honestly when they had to.
//!
//! Models are not interchangeable. So a call goes to the primary, is retried briefly within a budget, and is then
//! shed to the next member that you declared equivalent: in the caller's own wire format, committed only when real
//! content has arrived, and marked with who answered.
//!
//! ```text
//!   client SDK (OpenAI · Anthropic · Gemini)          http::Request<B>, in the caller's dialect
//!      │
//!   rescue              every error becomes one response in the caller's dialect      Error = Infallible
//!   degraded_marker     says who served and whether that is a drop in quality
//!   deadline            one absolute instant for the whole call
//!   buffer              the body once, bounded, cheap to clone; the call's facts read once
//!   keepalive           signs of life while a stream is awaited; commits to nothing
//!   resume              completes an answer that breaks off, with another member
//!   health_routing      orders the members of the class; fails over
//!   ├─ member 1   retry_budget → cooldown → circuit_breaker → vitals → stream_guard → schema_normalizer → client
//!   ├─ member 2   the same, its own state
//!   └─ member n
//! ```
//!
//! Each layer works alone, over any service, behind a feature of its own name; `stack` is the whole, assembled.
//!
//! # A circuit breaker and a retry budget over any service
//!
#![cfg_attr(
    all(feature = "circuit-breaker", feature = "retry-budget"),
    doc = r#"
```
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer};
use tower_failover::failure::{BoxError, OnError};
use tower_failover::retry_budget::RetryBudgetLayer;

# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), BoxError> {
let model = service_fn(|prompt: String| async move { Ok::<_, BoxError>(format!("answer to {prompt}")) });

let circuit = CircuitBreakerLayer::new(AtReturn::new(OnError));
let handle = circuit.handle();
let mut model = ServiceBuilder::new()
    .layer(RetryBudgetLayer::new(OnError)) // a retry is another attempt: the circuit sees each of them
    .layer(circuit)
    .service(model);

assert_eq!(model.ready().await?.call("hello".to_owned()).await?, "answer to hello");
println!("{:?}", handle.state());
# Ok(())
# }
```
"#
)]
//!
//! # Where to go from here
//!
//! * An axum app with one provider: the example in the README, and `examples/axum_layer.rs`.
//! * A gateway of your own: `stack`, and `examples/custom_stack.rs`.
//! * What went wrong, and what that means for each layer: [`failure`].
//! * What the layers tell each other: [`facts`].
//! * The wire: [`dialect`].
//!
//! # Cancel safety
//!
//! Dropping a response future, or a response body, cancels the call to the provider, gives back what was held for
//! it (permits, budget, probes), and counts neither as a success nor as a failure.
//!
//! # Features
//!
//! One per layer (`array-stream`, `buffer`, `circuit-breaker`, `cooldown`, `deadline`, `degraded-marker`,
//! `health-routing`, `keepalive`, `rescue`, `resume`, `retry-budget`, `schema-normalizer`, `stream-guard`, `vitals`), one
//! per dialect (`openai-chat`, `openai-responses`, `anthropic-messages`, `gemini`), `client`, `stack`, `config`, `testing`,
//! and `full`. None is on by default. Features add, and never change what another does.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "array-stream")]
pub mod array_stream;
pub mod body;
#[cfg(feature = "buffer")]
pub mod buffer;
#[cfg(feature = "circuit-breaker")]
pub mod circuit_breaker;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "cooldown")]
pub mod cooldown;
#[cfg(feature = "deadline")]
pub mod deadline;
#[cfg(feature = "degraded-marker")]
pub mod degraded_marker;
pub mod dialect;
pub mod facts;
pub mod failure;
#[cfg(feature = "health-routing")]
pub mod health_routing;
#[cfg(feature = "keepalive")]
pub mod keepalive;
#[cfg(feature = "rescue")]
pub mod rescue;
#[cfg(feature = "resume")]
pub mod resume;
#[cfg(feature = "retry-budget")]
pub mod retry_budget;
#[cfg(feature = "schema-normalizer")]
pub mod schema_normalizer;
#[cfg(feature = "stack")]
pub mod stack;
#[cfg(feature = "stream-guard")]
pub mod stream_guard;
#[cfg(any(feature = "circuit-breaker", feature = "retry-budget"))]
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "vitals")]
pub mod vitals;

#[cfg(feature = "array-stream")]
pub use self::array_stream::ArrayStreamLayer;
#[cfg(feature = "buffer")]
pub use self::buffer::BufferLayer;
#[cfg(feature = "circuit-breaker")]
pub use self::circuit_breaker::CircuitBreakerLayer;
#[cfg(feature = "cooldown")]
pub use self::cooldown::CooldownLayer;
#[cfg(feature = "deadline")]
pub use self::deadline::DeadlineLayer;
#[cfg(feature = "degraded-marker")]
pub use self::degraded_marker::DegradedMarkerLayer;
#[cfg(feature = "health-routing")]
pub use self::health_routing::HealthRoutingLayer;
#[cfg(feature = "keepalive")]
pub use self::keepalive::KeepaliveLayer;
#[cfg(feature = "rescue")]
pub use self::rescue::RescueLayer;
#[cfg(feature = "resume")]
pub use self::resume::ResumeLayer;
#[cfg(feature = "retry-budget")]
pub use self::retry_budget::RetryBudgetLayer;
#[cfg(feature = "schema-normalizer")]
pub use self::schema_normalizer::SchemaNormalizerLayer;
#[cfg(feature = "stream-guard")]
pub use self::stream_guard::StreamGuardLayer;
#[cfg(feature = "vitals")]
pub use self::vitals::VitalsLayer;

/// The examples of the README are compiled.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../README.md")]
struct Readme;
