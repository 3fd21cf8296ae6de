use std::time::Duration;
use std::vec;

use crate::facts::Availability;

/// How a member stands at the moment a call comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not for this call.
    Excluded,
    /// For this call, as available as its health says.
    In(Availability),
}

/// Whom to ask.
#[derive(Debug)]
pub(super) enum Plan {
    /// These, one after the other. Empty only if all are excluded.
    Ask(Order),
    /// All that are not excluded are down.
    AllDown(Vec<Down>),
}

/// A member that is down, and when it may be back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Down {
    pub(super) index: usize,
    pub(super) until: Option<Duration>,
}

/// Indices of members, in the order in which to ask them.
#[derive(Debug)]
pub(super) struct Order {
    /// The leading members that are up: all of them, as a rule, and then nothing is allocated.
    next: usize,
    leading: usize,
    rest: vec::IntoIter<usize>,
}

impl Order {
    /// This member and nobody else.
    pub(super) fn only(index: usize) -> Self {
        Self { next: index, leading: index + 1, rest: Vec::new().into_iter() }
    }

    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self { next: 0, leading: 0, rest: Vec::new().into_iter() }
    }

    /// Does anybody come after those already taken?
    pub(super) fn has_more(&self) -> bool {
        self.next < self.leading || self.rest.len() > 0
    }
}

impl Iterator for Order {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.next == self.leading {
            return self.rest.next();
        }
        self.next += 1;
        Some(self.next - 1)
    }
}

/// Orders the members of a set: those that are up or on probation as declared, those that are down last.
///
/// A member that is down is put last and not left out: its health is a memory, and the last to be asked may
/// as well be somebody who was down a moment ago.
pub(super) fn plan(standings: impl Iterator<Item = Standing>) -> Plan {
    let mut leading = 0;
    let (mut rest, mut down) = (Vec::new(), Vec::new());
    for (index, standing) in standings.enumerate() {
        match standing {
            Standing::Excluded => {}
            Standing::In(Availability::Down(until)) => down.push(Down { index, until }),
            Standing::In(_) if index == leading => leading += 1,
            Standing::In(_) => rest.push(index),
        }
    }
    if leading == 0 && rest.is_empty() && !down.is_empty() {
        return Plan::AllDown(down);
    }
    rest.extend(down.iter().map(|down| down.index));
    Plan::Ask(Order { next: 0, leading, rest: rest.into_iter() })
}

/// The member that may be back first; the first declared of those that may be back at the same time.
pub(super) fn earliest(down: &[Down]) -> Option<usize> {
    down.iter().min_by_key(|down| down.until.unwrap_or(Duration::MAX)).map(|down| down.index)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Standing = Standing::In(Availability::Up);
    const PROBATION: Standing = Standing::In(Availability::Probation);
    const OUT: Standing = Standing::Excluded;

    const fn down(seconds: u64) -> Standing {
        Standing::In(Availability::Down(Some(Duration::from_secs(seconds))))
    }

    fn ordered(standings: &[Standing]) -> Vec<usize> {
        match plan(standings.iter().copied()) {
            Plan::Ask(order) => order.collect(),
            Plan::AllDown(_) => panic!("all down"),
        }
    }

    #[test]
    fn members_are_asked_as_declared_and_those_that_are_down_last() {
        assert_eq!(ordered(&[UP, UP, UP]), [0, 1, 2]);
        assert_eq!(ordered(&[down(1), UP, UP]), [1, 2, 0]);
        assert_eq!(ordered(&[UP, down(1), UP]), [0, 2, 1]);
        assert_eq!(ordered(&[down(2), down(1), UP]), [2, 0, 1]);
    }

    #[test]
    fn a_member_on_probation_keeps_its_place_so_that_its_probes_come() {
        assert_eq!(ordered(&[PROBATION, UP]), [0, 1]);
    }

    #[test]
    fn an_excluded_member_is_asked_never_not_last() {
        assert_eq!(ordered(&[OUT, UP, down(1)]), [1, 2]);
        assert_eq!(ordered(&[UP, OUT, UP]), [0, 2]);
        assert_eq!(ordered(&[OUT, OUT]), [0_usize; 0]);
    }

    #[test]
    fn the_first_to_come_back_is_the_one_with_the_earliest_hint() {
        let unknown = Standing::In(Availability::Down(None));
        let Plan::AllDown(members) = plan([unknown, OUT, down(9), down(3), down(3)].into_iter()) else {
            panic!("somebody is up");
        };
        assert_eq!(members.len(), 4);
        assert_eq!(earliest(&members), Some(3));
    }

    #[test]
    fn it_is_known_whether_anybody_comes_next() {
        let Plan::Ask(mut order) = plan([UP, down(1)].into_iter()) else { panic!("all down") };
        assert!(order.has_more());
        order.next();
        assert!(order.has_more());
        order.next();
        assert!(!order.has_more());
        assert_eq!(order.next(), None);
    }

    #[test]
    fn an_order_of_one_asks_nobody_else() {
        assert_eq!(Order::only(2).collect::<Vec<_>>(), [2]);
    }
}
