use tower_layer::Layer;

use super::{DialectRescue, Rescue};

/// Makes responses of errors. See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct RescueLayer<R> {
    respond: R,
}

impl<D> RescueLayer<DialectRescue<D>> {
    /// In the caller's dialect.
    pub const fn new(dialect: D) -> Self {
        Self { respond: DialectRescue::new(dialect) }
    }
}

impl<R> RescueLayer<R> {
    /// Words errors in this way.
    pub const fn with(respond: R) -> Self {
        Self { respond }
    }
}

impl<S, R> Layer<S> for RescueLayer<R>
where
    R: Clone,
{
    type Service = Rescue<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Rescue::over(inner, self.respond.clone())
    }
}
