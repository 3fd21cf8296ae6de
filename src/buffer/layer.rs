use std::time::Duration;

use tower_layer::Layer;

use super::{Buffer, Peeking, ReadCall};
use crate::dialect::Dialect;

/// Collects request bodies. See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct BufferLayer<R = ()> {
    settings: Settings<R>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings<R> {
    pub(super) limit: usize,
    pub(super) read_timeout: Duration,
    pub(super) read_call: R,
}

impl BufferLayer {
    /// The largest body by default: a conversation with a dozen images in it.
    pub const DEFAULT_LIMIT: usize = 20 * 1024 * 1024;

    /// Up to 20 MiB, of which nothing is read.
    #[must_use]
    pub const fn new() -> Self {
        let read_timeout = Duration::from_secs(30);
        Self { settings: Settings { limit: Self::DEFAULT_LIMIT, read_timeout, read_call: () } }
    }
}

impl<D> BufferLayer<Peeking<D>>
where
    D: Dialect,
{
    /// Up to 20 MiB, read as a request of this dialect.
    #[must_use]
    pub fn for_dialect(dialect: D) -> Self {
        BufferLayer::new().read_call(Peeking(dialect))
    }
}

impl<R> BufferLayer<R> {
    /// The largest body, in bytes; 20 MiB unless set. A larger one is refused with status 413.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.settings.limit = bytes;
        self
    }

    /// How long nothing may come of a body; 30 s unless set. A slower one is refused with status 408.
    #[must_use]
    pub fn read_timeout(mut self, idle: Duration) -> Self {
        self.settings.read_timeout = idle;
        self
    }

    /// How to read what a call asks for; nothing is read unless set.
    #[must_use]
    pub fn read_call<Q>(self, read_call: Q) -> BufferLayer<Q>
    where
        Q: ReadCall,
    {
        let Settings { limit, read_timeout, read_call: _ } = self.settings;
        BufferLayer { settings: Settings { limit, read_timeout, read_call } }
    }
}

impl Default for BufferLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, R> Layer<S> for BufferLayer<R>
where
    R: Clone,
{
    type Service = Buffer<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Buffer::over(inner, self.settings.clone())
    }
}
