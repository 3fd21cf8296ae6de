use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Class, Failure};

/// The circuit refused the call; nothing was sent.
///
/// Its [`source`](Error::source) is a [`Failure`] of [`Class::CircuitOpen`].
#[derive(Clone)]
pub struct CircuitOpen {
    name: Option<Arc<str>>,
    failure: Failure,
}

impl CircuitOpen {
    pub(super) fn new(name: Option<Arc<str>>, retry_after: Option<Duration>) -> Self {
        Self { name, failure: Failure::new(Class::CircuitOpen).with_retry_after(retry_after) }
    }

    /// How long the circuit will go on refusing.
    ///
    /// `None` where nobody can know: a probe is under way, and its answer decides.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.failure.retry_after()
    }

    /// The name given to the layer.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Debug for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitOpen")
            .field("name", &self.name)
            .field("retry_after", &self.retry_after())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "the circuit of {name} is open")?,
            None => f.write_str("the circuit is open")?,
        }
        match self.retry_after() {
            Some(after) => write!(f, " for another {:.1} s", after.as_secs_f64()),
            None => Ok(()),
        }
    }
}

impl Error for CircuitOpen {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.failure)
    }
}
