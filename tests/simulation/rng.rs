//! Chance that can be repeated.

use std::sync::{Arc, Mutex};
use std::time::Duration;

/// SplitMix64, shared by all who are in one world.
#[derive(Clone, Debug)]
pub(crate) struct Rng(Arc<Mutex<u64>>);

impl Rng {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From zero up to, and without, `limit`.
    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True so often in a hundred.
    pub(crate) fn percent(&self, share: u64) -> bool {
        self.below(100) < share
    }

    pub(crate) fn millis(&self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}
