use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the answer was found to be one in the member's own dialect: something is said in it, or the member
/// said why not.
///
/// An empty answer is nearly always a fault. But a stop sequence can end one before its first word, and a dialect
/// that has no word for that says it stopped, as if it had said all. So whoever translates leaves this on the
/// response, and says so when it learns it, which in a stream is with the last event. Nobody then has to read
/// again what was written a moment ago.
#[derive(Clone, Debug, Default)]
pub struct Checked(Arc<AtomicBool>);

impl Checked {
    /// It is an answer.
    pub fn pass(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Was it found to be an answer? If not, nothing is known yet.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
