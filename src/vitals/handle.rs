use std::sync::Arc;

use tokio::time::Instant;

use super::shared::Shared;
use crate::facts::{Availability, Vitals};

/// Tells what the last calls were like. Cheap to clone; holds no service.
#[derive(Clone, Debug)]
pub struct VitalsHandle {
    shared: Arc<Shared>,
}

impl VitalsHandle {
    pub(super) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// All there is to tell.
    #[must_use]
    pub fn read(&self, now: Instant) -> Vitals {
        self.shared.read(now)
    }

    /// Whether that speaks against asking: [`Exhausted`](Availability::Exhausted),
    /// Whether that speaks against asking: [`Exhausted`](Availability::Exhausted), [`Silent`](Availability::Silent),
    /// [`Unsteady`](Availability::Unsteady), [`Probation`](Availability::Probation) or [`Up`](Availability::Up). Two atomic
    /// loads, as a rule.
    #[must_use]
    pub fn availability(&self, now: Instant) -> Availability {
        self.shared.availability(now)
    }
}
