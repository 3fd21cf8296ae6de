//! Tower's contract, held by each layer: readiness, clones, drops, shared state.
#![allow(missing_docs)]

mod array_stream;
mod buffer;
mod circuit_breaker;
mod cooldown;
mod deadline;
mod degraded_marker;
mod garbled_calls;
mod health_routing;
mod keepalive;
mod rescue;
mod resume;
mod retry_budget;
mod schema_normalizer;
mod stream_guard;
mod vitals;
