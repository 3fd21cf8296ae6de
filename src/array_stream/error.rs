use std::error::Error;
use std::fmt;

use crate::failure::{BoxError, Class, Failure};

/// The stream broke before its end: the array stays open.
///
/// Its source is a [`Failure`] of [`Class::Interrupted`].
#[derive(Clone, Debug)]
pub struct BrokenStream {
    reason: &'static str,
    failure: Failure,
}

impl BrokenStream {
    fn new(reason: &'static str) -> Self {
        Self { reason, failure: Failure::new(Class::Interrupted) }
    }

    pub(super) fn too_large() -> BoxError {
        Self::new("an event of the stream is larger than the limit").into()
    }

    pub(super) fn cut() -> BoxError {
        Self::new("the stream ended within an event").into()
    }
}

impl fmt::Display for BrokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl Error for BrokenStream {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.failure)
    }
}
