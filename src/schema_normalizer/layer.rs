use std::sync::Arc;

use http::Request;
use tower_layer::Layer;

use super::judge::Told;
use super::request::{Knowledge, Translator};
use super::{LossPolicy, LossRules, SchemaNormalizer};
use crate::body::Buffered;
use crate::dialect::{Capabilities, Dialect, Flavour};
use crate::failure::Failure;

/// Applies [`SchemaNormalizer`].
///
/// Holds no state of any call, so it may be applied any number of times. `P` is the
/// [`LossPolicy`](super::LossPolicy).
#[derive(Clone, Debug)]
#[must_use]
pub struct SchemaNormalizerLayer<F, M, P = LossRules>(Arc<Translator<F, M, P>>);

impl<F: Clone, M: Clone> SchemaNormalizerLayer<F, M> {
    /// Lets a caller who speaks `front` be served by a member that speaks `member`.
    pub fn new(front: F, member: M) -> Self {
        Self(Arc::new(Translator {
            front,
            member,
            model: None,
            knowledge: Knowledge::ByName,
            flavour: Flavour::default(),
            answer_limit: 32 * 1024 * 1024,
            policy: LossRules::default(),
            told: Told::default(),
        }))
    }
}

impl<F: Clone, M: Clone, P: Clone> SchemaNormalizerLayer<F, M, P> {
    /// What may be lost, by [`LossRules`] or a closure. Default: [`LossRules::new`].
    pub fn losses<Q>(self, policy: Q) -> SchemaNormalizerLayer<F, M, Q> {
        SchemaNormalizerLayer(Arc::new(Arc::unwrap_or_clone(self.0).with_policy(policy)))
    }

    /// The model to ask for. Default: the one the caller names.
    pub fn model(mut self, model: impl Into<Arc<str>>) -> Self {
        let translator = Arc::make_mut(&mut self.0);
        let model = model.into();
        if !matches!(translator.knowledge, Knowledge::Given(_)) {
            // Looked up once, and not for every call.
            translator.knowledge = Knowledge::BuiltIn(Capabilities::of(&model));
        }
        translator.model = Some(model);
        self
    }

    /// What the model takes and refuses. Default: what is [built in](Capabilities::of) about it.
    pub fn capabilities(mut self, capabilities: impl Into<Arc<Capabilities>>) -> Self {
        Arc::make_mut(&mut self.0).knowledge = Knowledge::Given(capabilities.into());
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

impl<F: Dialect, M: Dialect, P: LossPolicy> SchemaNormalizerLayer<F, M, P> {
    /// Why the member would not be asked, if it would not: the request is written for it, and thrown away. For whoever has to
    /// know that before it is the member's turn.
    #[must_use]
    pub fn refusal(&self, request: Request<Buffered>) -> Option<Failure> {
        self.0.refusal(request)
    }
}

impl<S, F, M, P> Layer<S> for SchemaNormalizerLayer<F, M, P> {
    type Service = SchemaNormalizer<S, F, M, P>;

    fn layer(&self, inner: S) -> Self::Service {
        SchemaNormalizer::new(inner, Arc::clone(&self.0))
    }
}
