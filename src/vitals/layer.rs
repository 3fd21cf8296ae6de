use std::sync::Arc;

use tower_layer::Layer;

use super::shared::Shared;
use super::{AtEndOfBody, Vitals, VitalsHandle};
use crate::failure::Standard;

/// Makes [`Vitals`] services that share one record.
///
/// All services that one layer (or a clone of it) makes are watched as one. Two members need two layers.
#[derive(Clone, Debug)]
pub struct VitalsLayer<O = AtEndOfBody<Standard>> {
    observe: O,
    shared: Arc<Shared>,
}

impl Default for VitalsLayer {
    /// For HTTP: observed by status and headers, and at the end of the body.
    fn default() -> Self {
        Self::new(AtEndOfBody::default())
    }
}

impl<O> VitalsLayer<O> {
    /// A record of calls that `observe` reads.
    pub fn new(observe: O) -> Self {
        Self { observe, shared: Arc::new(Shared::new()) }
    }

    /// Tells what the last calls were like.
    #[must_use]
    pub fn handle(&self) -> VitalsHandle {
        VitalsHandle::new(Arc::clone(&self.shared))
    }
}

impl<S, O> Layer<S> for VitalsLayer<O>
where
    O: Clone,
{
    type Service = Vitals<S, O>;

    fn layer(&self, inner: S) -> Self::Service {
        Vitals::new(inner, self.observe.clone(), Arc::clone(&self.shared))
    }
}
