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

    /// Input and output together, where both are known.
    #[must_use]
    pub fn total(self) -> Option<u64> {
        self.input.zip(self.output).map(|(input, output)| input.saturating_add(output))
    }
}
