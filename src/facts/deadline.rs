use std::time::Duration;

use http::Extensions;
use tokio::time::Instant;

/// The instant at which the whole call is over, all attempts included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// The deadline stamped on a request, if one was.
    #[must_use]
    pub fn find(extensions: &Extensions) -> Option<Self> {
        extensions.get().copied()
    }

    /// The time left; zero when it is over.
    #[must_use]
    pub fn remaining(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }
}
