use tower_layer::Layer;

use super::{ArrayStream, GeminiArray};

/// Answers those who want one JSON array with one. See the [module](super).
#[derive(Clone, Copy, Debug)]
pub struct ArrayStreamLayer<P = GeminiArray> {
    policy: P,
}

impl ArrayStreamLayer {
    /// For callers of Gemini's `…:streamGenerateContent` without `alt=sse`.
    #[must_use]
    pub const fn for_gemini() -> Self {
        Self { policy: GeminiArray }
    }
}

impl<P> ArrayStreamLayer<P> {
    /// For the requests that this policy names.
    pub const fn new(policy: P) -> Self {
        Self { policy }
    }
}

impl<S, P> Layer<S> for ArrayStreamLayer<P>
where
    P: Clone,
{
    type Service = ArrayStream<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        ArrayStream { inner, policy: self.policy.clone() }
    }
}
