use tower_layer::Layer;

use super::{DegradedMarker, Headers};

/// Marks responses. See the [module](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct DegradedMarkerLayer<M = Headers> {
    mark: M,
}

impl DegradedMarkerLayer {
    /// Marks HTTP responses by [`Headers`].
    #[must_use]
    pub const fn new() -> Self {
        Self { mark: Headers }
    }
}

impl<M> DegradedMarkerLayer<M> {
    /// Marks responses in this way.
    pub const fn with(mark: M) -> Self {
        Self { mark }
    }
}

impl<S, M> Layer<S> for DegradedMarkerLayer<M>
where
    M: Clone,
{
    type Service = DegradedMarker<S, M>;

    fn layer(&self, inner: S) -> Self::Service {
        DegradedMarker { inner, mark: self.mark.clone() }
    }
}
