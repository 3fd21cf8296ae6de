use std::ops::Range;
use std::sync::Arc;

/// What a call asks for, read once from its body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// What the caller put in `model`: the name of a class.
    pub model: Arc<str>,
    /// Where the JSON value of `model` stands in the body, quotes included, so that another name can be
    /// spliced in without parsing or re-writing the rest. `None` where the body does not name the model.
    pub model_span: Option<Range<usize>>,
    /// The answer is wanted as a stream.
    pub stream: bool,
}

impl Call {
    /// A call of `model`.
    #[must_use]
    pub fn new(model: impl Into<Arc<str>>) -> Self {
        Self { model: model.into(), model_span: None, stream: false }
    }

    /// Where `model` stands in the body.
    #[must_use]
    pub fn with_model_span(mut self, span: Range<usize>) -> Self {
        self.model_span = Some(span);
        self
    }

    /// Whether a stream is wanted.
    #[must_use]
    pub fn with_stream(mut self, stream: bool) -> Self {
        self.stream = stream;
        self
    }
}
