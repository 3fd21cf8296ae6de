use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::last_resort::{LastResort, Turn};
use super::pins::Pins;

/// What routing remembers from call to call: which conversation stays where, whom each tier chose last, and whose
/// turn the last resort is.
///
/// Clones are one memory. Routers over the same members in the same order should share one, so that a conversation
/// is known on all of them.
#[derive(Clone, Default)]
pub struct Memory {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    pins: Pins,
    /// A bit for each member that its tier chose last. Members past the 64th are not remembered.
    chosen: AtomicU64,
    last_resort: LastResort,
}

impl Memory {
    /// How many conversations are pinned to a member.
    #[must_use]
    pub fn pinned(&self) -> usize {
        self.shared.pins.count()
    }

    pub(super) fn pins(&self) -> &Pins {
        &self.shared.pins
    }

    pub(super) fn take_turn(&self) -> Option<Turn> {
        self.shared.last_resort.take_turn()
    }

    pub(super) fn is_chosen(&self, member: usize) -> bool {
        bit(member) & self.shared.chosen.load(Ordering::Relaxed) != 0
    }

    /// `member` is the one of the tier `tier` that is chosen now.
    pub(super) fn choose(&self, member: usize, tier: Range<usize>) {
        let others = tier.fold(0, |bits, member| bits | bit(member));
        let chosen = self.shared.chosen.load(Ordering::Relaxed);
        let wanted = (chosen & !others) | bit(member);
        // Of two calls that choose at once either may be remembered. Written only when it changes.
        if chosen != wanted {
            self.shared.chosen.store(wanted, Ordering::Relaxed);
        }
    }
}

fn bit(member: usize) -> u64 {
    u32::try_from(member).ok().and_then(|member| 1_u64.checked_shl(member)).unwrap_or(0)
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").field("pinned", &self.pinned()).finish_non_exhaustive()
    }
}
