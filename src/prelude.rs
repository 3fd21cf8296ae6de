//! The layers, for one `use`.

#[cfg(feature = "buffer")]
pub use crate::buffer::BufferLayer;
#[cfg(feature = "circuit-breaker")]
pub use crate::circuit_breaker::CircuitBreakerLayer;
#[cfg(feature = "deadline")]
pub use crate::deadline::DeadlineLayer;
#[cfg(feature = "degraded-marker")]
pub use crate::degraded_marker::DegradedMarkerLayer;
#[cfg(feature = "health-routing")]
pub use crate::health_routing::HealthRoutingLayer;
#[cfg(feature = "rescue")]
pub use crate::rescue::RescueLayer;
#[cfg(feature = "retry-budget")]
pub use crate::retry_budget::RetryBudgetLayer;
#[cfg(feature = "schema-normalizer")]
pub use crate::schema_normalizer::SchemaNormalizerLayer;
#[cfg(feature = "stream-guard")]
pub use crate::stream_guard::StreamGuardLayer;
