use std::error::Error;
use std::fmt;

use crate::failure::{Class, Failure};

/// The caller's time is up.
///
/// Its source is a [`Failure`] of [`Class::DeadlineExceeded`]: no other member is asked, and none is blamed.
#[derive(Clone, Debug)]
pub struct DeadlineExceeded(Failure);

impl DeadlineExceeded {
    pub(super) const fn new() -> Self {
        Self(Failure::new(Class::DeadlineExceeded))
    }
}

impl fmt::Display for DeadlineExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline of the call has passed")
    }
}

impl Error for DeadlineExceeded {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
