use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::failure::{Class, Failure};

/// The attempt was not started: the time left is less than an answer of this member takes.
///
/// Its source is a [`Failure`] of [`Class::Shed`]: another member may be faster.
#[derive(Clone, Debug)]
pub struct TooLate {
    left: Duration,
    usual: Duration,
    failure: Failure,
}

impl TooLate {
    pub(super) const fn new(left: Duration, usual: Duration) -> Self {
        Self { left, usual, failure: Failure::new(Class::Shed) }
    }

    /// The time that was left.
    #[must_use]
    pub const fn left(&self) -> Duration {
        self.left
    }

    /// The time below which hardly an answer of this member comes.
    #[must_use]
    pub const fn usual(&self) -> Duration {
        self.usual
    }
}

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} left, where an answer usually takes {:?}", self.left, self.usual)
    }
}

impl Error for TooLate {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.failure)
    }
}
