use crate::facts::{Availability, Member, Vitals};

/// How a member stands at one moment, for explanations.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Standing {
    /// Who.
    pub member: Member,
    /// When a call that comes now would get to it: 1 for the one who would serve. `None` if it would not be asked,
    /// since all are down.
    pub turn: Option<usize>,
    /// It is in a tier with its neighbours that are so, too.
    pub is_interchangeable: bool,
    /// Whether it is worth asking. One that is [`Ramping`](Availability::Ramping) serves a share of the calls only.
    pub availability: Availability,
    /// What its last calls were like, if that is known.
    pub vitals: Option<Vitals>,
}
