use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Class, Failure};

/// The call was refused, since the credential or the provider cools down; nothing was sent.
///
/// Its [`source`](Error::source) is a [`Failure`] of [`Class::CoolingDown`].
#[derive(Clone)]
pub struct CoolingDown {
    name: Arc<str>,
    failure: Failure,
}

impl CoolingDown {
    pub(super) fn new(name: Arc<str>, retry_after: Option<Duration>) -> Self {
        Self { name, failure: Failure::new(Class::CoolingDown).with_retry_after(retry_after) }
    }

    /// For how long.
    ///
    /// `None` where nobody can know: a probe is under way, and its answer decides.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.failure.retry_after()
    }

    /// The name given to the [`Cooldown`](super::Cooldown).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for CoolingDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoolingDown")
            .field("name", &self.name)
            .field("retry_after", &self.retry_after())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CoolingDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is cooling down", self.name)?;
        match self.retry_after() {
            Some(after) => write!(f, " for another {:.1} s", after.as_secs_f64()),
            None => Ok(()),
        }
    }
}

impl Error for CoolingDown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.failure)
    }
}
