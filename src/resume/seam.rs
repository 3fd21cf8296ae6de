use std::fmt;

use crate::dialect::canonical::Usage;
use crate::dialect::{Decode, Encode};

/// Makes a reader for one more stream.
type NewDecoder = Box<dyn Fn() -> Box<dyn Decode + Send> + Send>;

/// Where an answer broke off: what it has said, and how to go on writing it.
pub struct Seam {
    pub(super) text: String,
    pub(super) usage: Usage,
    pub(super) encoder: Box<dyn Encode + Send>,
    decoder: NewDecoder,
}

impl Seam {
    /// An answer that has said `text`. `encoder` writes what follows; `decoder` makes a reader for the stream that
    /// it is taken from.
    pub fn new<E, D>(text: impl Into<String>, encoder: E, decoder: impl Fn() -> D + Send + 'static) -> Self
    where
        E: Encode + Send + 'static,
        D: Decode + Send + 'static,
    {
        Self {
            text: text.into(),
            usage: Usage::default(),
            encoder: Box::new(encoder),
            decoder: Box::new(move || Box::new(decoder())),
        }
    }

    /// With what the answer has cost so far, as far as that was told.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = usage;
        self
    }

    /// What the answer has said so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn decoder(&self) -> Box<dyn Decode + Send> {
        (self.decoder)()
    }
}

impl fmt::Debug for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seam")
            .field("text_bytes", &self.text.len())
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}
