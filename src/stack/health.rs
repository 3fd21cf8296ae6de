use tokio::time::Instant;

use super::MemberStack;
use crate::circuit_breaker::CircuitHandle;
use crate::cooldown::Cooldown;
use crate::facts::{Availability, Vitals};
use crate::failure::Class;
use crate::health_routing::Health;
use crate::vitals::VitalsHandle;

/// What is known of a member before it is asked: the worst that is known.
#[derive(Clone, Debug)]
pub(super) struct MemberHealth {
    credential: Cooldown,
    provider: Cooldown,
    circuit: CircuitHandle,
    vitals: VitalsHandle,
}

impl MemberHealth {
    pub(super) fn of<C>(member: &MemberStack<C>) -> Self {
        Self {
            credential: member.credential().clone(),
            provider: member.provider().clone(),
            circuit: member.circuit(),
            vitals: member.vitals(),
        }
    }
}

impl Health for MemberHealth {
    fn availability(&self, now: Instant) -> Availability {
        let shared = self.provider.availability(now).and(self.credential.availability(now));
        shared.and(self.circuit.availability(now)).and(self.vitals.availability(now))
    }

    fn vitals(&self, now: Instant) -> Option<Vitals> {
        Some(self.vitals.read(now))
    }

    fn refusal(&self, now: Instant) -> Class {
        let is_cooling = |cooldown: &Cooldown| matches!(cooldown.availability(now), Availability::Down(_));
        if is_cooling(&self.credential) || is_cooling(&self.provider) {
            return Class::CoolingDown;
        }
        Class::CircuitOpen
    }

    /// Lets a probe through an open circuit. A key that was refused, and a pause that was asked for, stand.
    fn last_resort(&self, _: Instant) {
        self.circuit.probe_now();
    }
}
