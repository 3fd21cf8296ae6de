use std::sync::Arc;

use tower_layer::Layer;

use super::SchemaNormalizer;
use super::request::Translator;
use crate::dialect::{Capabilities, Flavour};

/// Applies [`SchemaNormalizer`].
///
/// Holds no state of any call, so it may be applied any number of times.
#[derive(Clone, Debug)]
#[must_use]
pub struct SchemaNormalizerLayer<F, M>(Arc<Translator<F, M>>);

impl<F: Clone, M: Clone> SchemaNormalizerLayer<F, M> {
    /// Lets a caller who speaks `front` be served by a member that speaks `member`.
    pub fn new(front: F, member: M) -> Self {
        Self(Arc::new(Translator {
            front,
            member,
            model: None,
            capabilities: None,
            flavour: Flavour::default(),
            answer_limit: 32 * 1024 * 1024,
        }))
    }

    /// The model to ask for. Default: the one the caller names.
    pub fn model(mut self, model: impl Into<Arc<str>>) -> Self {
        Arc::make_mut(&mut self.0).model = Some(model.into());
        self
    }

    /// What the model takes and refuses. Default: what is [built in](Capabilities::of) about it.
    pub fn capabilities(mut self, capabilities: impl Into<Arc<Capabilities>>) -> Self {
        Arc::make_mut(&mut self.0).capabilities = Some(capabilities.into());
        self
    }

    /// The provider's own form of its dialect. Default: the standard one.
    pub fn flavour(mut self, flavour: Flavour) -> Self {
        Arc::make_mut(&mut self.0).flavour = flavour;
        self
    }

    /// The largest answer that is collected in order to be translated, in bytes. Default 32 MiB.
    pub fn answer_limit(mut self, bytes: usize) -> Self {
        Arc::make_mut(&mut self.0).answer_limit = bytes;
        self
    }
}

impl<S, F, M> Layer<S> for SchemaNormalizerLayer<F, M> {
    type Service = SchemaNormalizer<S, F, M>;

    fn layer(&self, inner: S) -> Self::Service {
        SchemaNormalizer::new(inner, Arc::clone(&self.0))
    }
}
