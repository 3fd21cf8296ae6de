use tokio::time::Instant;

use super::Budget;

/// For users of `tower::retry` with a policy of their own (feature `tower-retry`).
///
/// Tower's trait has no end of an attempt, so the ratio holds and the bound on retries in flight does not.
/// Deposit at the start of each first attempt, and not at its success, or an outage that follows silence finds
/// the budget empty.
#[cfg_attr(docsrs, doc(cfg(feature = "tower-retry")))]
impl tower::retry::budget::Budget for Budget {
    fn deposit(&self) {
        self.deposit_only(Instant::now());
    }

    fn withdraw(&self) -> bool {
        self.withdraw_only(Instant::now())
    }
}
