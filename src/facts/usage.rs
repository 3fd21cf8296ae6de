use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What an answer cost, in tokens. `None` is *not known*, which is not zero.
///
/// Vendors count differently: here `input` includes what was read from and written to the cache, and `output`
/// includes reasoning. Each dialect converts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of the prompt, cached or not.
    pub input: Option<u64>,
    /// Of it, read from a cache.
    pub cache_read: Option<u64>,
    /// Of it, written to a cache.
    pub cache_write: Option<u64>,
    /// All of the answer, reasoning included.
    pub output: Option<u64>,
    /// Of it, reasoning.
    pub reasoning: Option<u64>,
}

impl Usage {
    /// This usage, with every field that `later` knows set to its value. Counts are cumulative: set, never added.
    #[must_use]
    pub fn updated(self, later: Self) -> Self {
        Self {
            input: later.input.or(self.input),
            cache_read: later.cache_read.or(self.cache_read),
            cache_write: later.cache_write.or(self.cache_write),
            output: later.output.or(self.output),
            reasoning: later.reasoning.or(self.reasoning),
        }
    }

    /// What two attempts cost together. What only one of them told is what is known.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        Self {
            input: sum(self.input, other.input),
            cache_read: sum(self.cache_read, other.cache_read),
            cache_write: sum(self.cache_write, other.cache_write),
            output: sum(self.output, other.output),
            reasoning: sum(self.reasoning, other.reasoning),
        }
    }

    /// Input and output together, where both are known.
    #[must_use]
    pub fn total(self) -> Option<u64> {
        self.input.zip(self.output).map(|(input, output)| input.saturating_add(output))
    }
}

/// What an attempt has cost so far, as its member tells it. Some tell it long before a caller of another dialect can
/// be told, and what broke off has its price, too. Shared: it changes while the answer is read.
#[derive(Clone, Default)]
pub struct Spent(Arc<Mutex<Usage>>);

impl Spent {
    /// The member tells this.
    pub fn update(&self, later: Usage) {
        let mut usage = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *usage = usage.updated(later);
    }

    /// What it has told so far.
    #[must_use]
    pub fn usage(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spent").field(&self.usage()).finish()
    }
}
