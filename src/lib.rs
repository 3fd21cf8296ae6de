//! Composable `tower` layers for LLM failover that does not drop quality.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod body;
#[cfg(feature = "buffer")]
pub mod buffer;
#[cfg(feature = "circuit-breaker")]
pub mod circuit_breaker;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "deadline")]
pub mod deadline;
#[cfg(feature = "degraded-marker")]
pub mod degraded_marker;
pub mod dialect;
pub mod facts;
pub mod failure;
#[cfg(feature = "health-routing")]
pub mod health_routing;
#[cfg(feature = "rescue")]
pub mod rescue;
#[cfg(feature = "retry-budget")]
pub mod retry_budget;
#[cfg(feature = "schema-normalizer")]
pub mod schema_normalizer;
#[cfg(feature = "stack")]
pub mod stack;
#[cfg(feature = "stream-guard")]
pub mod stream_guard;
#[cfg(feature = "testing")]
pub mod testing;
