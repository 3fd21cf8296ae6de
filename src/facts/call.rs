use std::ops::Range;
use std::sync::Arc;

/// What is asked of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// The next turn of a conversation.
    #[default]
    Generate,
    /// How many tokens a conversation has. Only members of the caller's own dialect can be asked: the count of
    /// another model is no answer to the question.
    CountTokens,
}

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
    /// What is asked of the model.
    pub operation: Operation,
}

impl Call {
    /// A call of `model`.
    #[must_use]
    pub fn new(model: impl Into<Arc<str>>) -> Self {
        Self { model: model.into(), model_span: None, stream: false, operation: Operation::Generate }
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

    /// What is asked of the model.
    #[must_use]
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }
}
