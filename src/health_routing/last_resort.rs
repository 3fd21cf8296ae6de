use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What becomes of a call when all members are down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenAllDown {
    /// It is refused at once, with the moment of the earliest hope. Nobody is asked.
    #[default]
    FailFast,
    /// One call at a time asks the member that may be back first; the others are refused.
    ///
    /// What shuts that member is [told](super::Health::last_resort), and may let the call pass; if it does not, the
    /// call is refused as well.
    LastResort,
}

/// Whose turn it is to try the last resort; shared by all services of a layer.
#[derive(Clone, Debug, Default)]
pub(super) struct LastResort(Arc<AtomicBool>);

impl LastResort {
    /// The turn, if nobody has it.
    pub(super) fn take_turn(&self) -> Option<Turn> {
        let was_taken = self.0.swap(true, Ordering::AcqRel);
        (!was_taken).then(|| Turn(Arc::clone(&self.0)))
    }
}

/// The turn, given back on drop: a call that is cut or panics does not keep it.
#[derive(Debug)]
pub(super) struct Turn(Arc<AtomicBool>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
