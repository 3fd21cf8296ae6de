use super::canonical::Usage;

/// Where an answer was cut, and a writer that stands exactly there (see [`Dialect::resume`](super::Dialect::resume)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resumed<E> {
    /// All that the answer has said.
    pub text: String,
    /// What the caller was told of its cost.
    pub usage: Usage,
    /// Writes what follows.
    pub encoder: E,
}

impl<E> Resumed<E> {
    /// An answer that has come so far.
    #[must_use]
    pub const fn new(text: String, usage: Usage, encoder: E) -> Self {
        Self { text, usage, encoder }
    }

    /// With its writer made another.
    #[must_use]
    pub fn map<F>(self, map: impl FnOnce(E) -> F) -> Resumed<F> {
        Resumed { text: self.text, usage: self.usage, encoder: map(self.encoder) }
    }
}
