use std::fmt;

use bytes::Bytes;

/// The provider's own words about a failure.
///
/// Kept so that the caller gets the original error when one member decided the matter, and so that operators
/// can read why a member failed. `Debug` shows the codes only: messages may quote keys and prompts.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The message, as the provider worded it.
    pub message: String,
    /// The provider's error type: `"insufficient_quota"`, `"overloaded_error"`.
    pub kind: Option<String>,
    /// The provider's error code, where it has one beside the type: `"context_length_exceeded"`.
    pub code: Option<String>,
    /// The request field it complains about.
    pub param: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The body, verbatim, when the provider speaks the caller's own dialect.
    pub verbatim: Option<Bytes>,
}

impl Report {
    /// A report of nothing but a message.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("param", &self.param)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
