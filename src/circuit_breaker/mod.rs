//! Stop asking a service that has stopped answering, and notice soon when it answers again.
//!
//! # Why
//!
//! A provider that hangs or fails costs every caller the time it takes to fail, and every retry adds load to
//! what is already down. A circuit remembers: while it is *open*, calls are refused at once, so that a router
//! above goes straight to the next member. After a short while single *probes* find out whether the member is
//! back.
//!
//! Most breakers fail in one of five ways, and each is a rule here:
//!
//! - A probe that never returns wedges them half-open. Here every admission holds a [`Permit`] that ends in
//!   exactly one [`Outcome`](crate::failure::Outcome), also when it is dropped, and a probe has a lease.
//! - A call begun before the trip votes after it. Calls of an LLM last a minute, so this is the rule and not
//!   the exception. Here a permit votes only in the period that admitted it.
//! - A caller who gives up is invisible, so a hanging service never trips them. Here a call that is cancelled
//!   after [`slow_after`](CircuitConfig::slow_after) counts as slow.
//! - A good stream is known to be good after a minute and a refusal at once, so that in a crowd of streams of which
//!   a tenth is refused five refusals look like an outage. Here a stream counts from its first data on, and failures
//!   are a row only when they are more than the calls that [fare better](CircuitConfig::failures).
//! - A 429 is taken for success, or for failure. Here it is neither: the circuit *cools down* until the moment
//!   the provider named.
//!
//! # How
//!
//! ```text
//! Closed    counts outcomes; opens on 5 failures in a row, or on half of at least 10 calls in 30 s
//! Open      refuses for 5 s, 10 s, 20 s … at most 30 s; then the next call is a probe
//! HalfOpen  one probe at a time, all others refused; two that answer close it, one that fails opens it
//! ```
//!
//! [`CircuitBreaker`] wraps any service. What a result means is said by a [`Judge`]:
//!
//! | judge | for | judged |
//! |---|---|---|
//! | [`AtEndOfBody`] (default) | `http::Response<B>` | a failed head at once, else as good from the first data until the end says otherwise |
//! | [`AtReturn`] | any service | when the future is done |
//! | a closure to [`Outcome`](crate::failure::Outcome) | any service | when the future is done |
//!
//! ```
//! use std::time::Duration;
//! use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
//! use tower_failover::circuit_breaker::{AtReturn, CircuitBreakerLayer, CircuitConfig, CircuitOpen, CircuitState};
//! use tower_failover::failure::OnError;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let layer = CircuitBreakerLayer::new(AtReturn::new(OnError))
//!     .with_config(CircuitConfig::default().failures(3).open(Duration::from_secs(2)));
//! let circuit = layer.handle();
//! let mut service = ServiceBuilder::new()
//!     .layer(layer)
//!     .service(service_fn(|_: u32| async { Err::<u32, _>("the database is down") }));
//!
//! for _ in 0..3 {
//!     service.ready().await.unwrap().call(1).await.unwrap_err();
//! }
//! assert_eq!(circuit.state(), CircuitState::Open);
//! let refused = service.ready().await.unwrap().call(1).await.unwrap_err();
//! assert!(refused.downcast_ref::<CircuitOpen>().unwrap().retry_after().is_some());
//! # }
//! ```
//!
//! # One layer, one circuit
//!
//! The circuit lives in the layer: all services that one layer (or a clone of it) makes share it, which is
//! what axum needs, where `layer()` is called once per route and method. Two members need two layers.
//!
//! # Readiness
//!
//! An open circuit is *ready*: `poll_ready` does not touch the inner service and `call` returns
//! [`CircuitOpen`]. It never returns `Err` for a reason of its own, since that would tell buffers and
//! balancers to throw the service away for good. An error of the inner service's `poll_ready` passes through;
//! no call was made, so nothing is counted. While the circuit is closed, and for a probe, the inner service's
//! readiness is awaited as if the layer were not there; it takes no permit and holds up no probe.
//!
//! # Cancel safety
//!
//! Dropping a response future or a response body cancels the call below and gives the permit back.

mod backoff;
mod circuit;
mod config;
mod error;
mod future;
mod handle;
mod judge;
mod layer;
mod permit;
mod response_body;
mod service;
mod shared;
mod snapshot;
mod state;
mod ticket;
mod window;

#[cfg(all(test, failover_loom))]
mod models;
#[cfg(all(test, not(failover_loom)))]
mod tests;

pub use self::config::CircuitConfig;
pub use self::error::CircuitOpen;
pub use self::future::ResponseFuture;
pub use self::handle::CircuitHandle;
pub use self::judge::{AtEndOfBody, AtReturn, Judge};
pub use self::layer::CircuitBreakerLayer;
pub use self::permit::Permit;
pub use self::response_body::ResponseBody;
pub use self::service::CircuitBreaker;
pub use self::snapshot::{CircuitSnapshot, CircuitTotals};
pub use self::state::CircuitState;
