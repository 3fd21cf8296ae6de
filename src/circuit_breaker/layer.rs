use std::sync::Arc;

use tower_layer::Layer;

use super::shared::Shared;
use super::{AtEndOfBody, CircuitBreaker, CircuitConfig, CircuitHandle};
use crate::failure::Standard;

/// Makes [`CircuitBreaker`]s that share one circuit.
///
/// ```
/// use std::time::Duration;
/// use tower_failover::circuit_breaker::{CircuitBreakerLayer, CircuitConfig};
///
/// let layer = CircuitBreakerLayer::default()
///     .with_config(CircuitConfig::default().window(Duration::from_secs(60)))
///     .named("anthropic");
/// let circuit = layer.handle();
/// ```
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<J = AtEndOfBody<Standard>> {
    judge: J,
    shared: Arc<Shared>,
}

impl Default for CircuitBreakerLayer {
    /// For HTTP: judged by status and headers, and at the end of the body.
    fn default() -> Self {
        Self::new(AtEndOfBody::default())
    }
}

impl<J> CircuitBreakerLayer<J> {
    /// A circuit with the settings of [`CircuitConfig::default`], whose calls are judged by `judge`.
    pub fn new(judge: J) -> Self {
        Self { judge, shared: Arc::new(Shared::new(CircuitConfig::default(), None)) }
    }

    /// Other settings. This is another circuit: handles and services made before keep the old one.
    #[must_use]
    pub fn with_config(self, config: CircuitConfig) -> Self {
        let name = self.shared.name().cloned();
        Self { shared: Arc::new(Shared::new(config, name)), ..self }
    }

    /// A name for logs and errors. This is another circuit: handles and services made before keep the old one.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        let config = self.shared.config().clone();
        Self { shared: Arc::new(Shared::new(config, Some(name.into()))), ..self }
    }

    /// Looks at the circuit, and moves it by hand.
    #[must_use]
    pub fn handle(&self) -> CircuitHandle {
        CircuitHandle::new(Arc::clone(&self.shared))
    }
}

impl<S, J> Layer<S> for CircuitBreakerLayer<J>
where
    J: Clone,
{
    type Service = CircuitBreaker<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        CircuitBreaker::new(inner, self.judge.clone(), Arc::clone(&self.shared))
    }
}
