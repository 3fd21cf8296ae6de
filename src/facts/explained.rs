use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the member said why its answer is empty, if it is.
///
/// An empty answer is nearly always a fault. But a stop sequence can end one before its first word, and a dialect
/// that has no word for that says it stopped, as if it had said all. So whoever translates leaves this on the
/// response, and says so when it learns it, which in a stream is with the last event.
#[derive(Clone, Debug, Default)]
pub struct Explained(Arc<AtomicBool>);

impl Explained {
    /// The member said why.
    pub fn explain(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Did the member say why?
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
