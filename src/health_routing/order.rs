use std::time::Duration;

use super::few::Few;
use crate::facts::Availability;

/// How a member stands at the moment a call comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Not for this call.
    Excluded,
    /// For this call, as available as its health says.
    In(Availability),
    /// Recovered a moment ago, and this call is not of the share it gets.
    Waiting,
}

/// What a standing means for the order: those of an earlier rank are asked first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    #[default]
    Good,
    Waiting,
    /// Or silent.
    Unsteady,
    Exhausted,
    Down,
    Excluded,
}

impl Rank {
    const ASKED: [Self; 5] = [Self::Good, Self::Waiting, Self::Unsteady, Self::Exhausted, Self::Down];

    const fn of(stand: Stand) -> Self {
        match stand {
            Stand::Excluded => Self::Excluded,
            Stand::Waiting => Self::Waiting,
            Stand::In(Availability::Unsteady | Availability::Silent(_)) => Self::Unsteady,
            Stand::In(Availability::Exhausted(_)) => Self::Exhausted,
            Stand::In(Availability::Down(_)) => Self::Down,
            Stand::In(Availability::Up | Availability::Probation | Availability::Ramping(_)) => Self::Good,
        }
    }
}

/// A member that is down, and when it may be back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Down {
    pub(super) index: usize,
    pub(super) until: Option<Duration>,
}

/// How all members stand.
#[derive(Debug)]
pub(super) struct Field {
    ranks: Few<Rank>,
    down: Vec<Down>,
    is_all_good: bool,
}

impl Field {
    pub(super) fn of(stands: impl Iterator<Item = Stand>) -> Self {
        let mut field = Self { ranks: Few::new(), down: Vec::new(), is_all_good: true };
        for (index, stand) in stands.enumerate() {
            if let Stand::In(Availability::Down(until)) = stand {
                field.down.push(Down { index, until });
            }
            let rank = Rank::of(stand);
            field.is_all_good &= rank == Rank::Good;
            field.ranks.push(rank);
        }
        field
    }

    /// As a rule.
    pub(super) const fn is_all_good(&self) -> bool {
        self.is_all_good
    }

    pub(super) fn is(&self, index: usize, rank: Rank) -> bool {
        self.ranks.get(index) == Some(rank)
    }

    /// Those of this rank, as declared.
    pub(super) fn of_rank(&self, rank: Rank) -> impl Iterator<Item = usize> + '_ {
        self.ranks.iter().enumerate().filter(move |(_, other)| *other == rank).map(|(index, _)| index)
    }

    /// Whom to ask: the good ones in the order of `good`, then the others, as declared within each rank.
    ///
    /// A member that is not good is put last and not left out: what is known of it is a memory, and the last to be
    /// asked may as well be somebody who was down a moment ago.
    pub(super) fn plan(self, good: Few<u16>) -> Plan {
        let is_all_down = self.ranks.iter().all(|rank| matches!(rank, Rank::Down | Rank::Excluded));
        if is_all_down && !self.down.is_empty() {
            return Plan::AllDown(self.down);
        }
        let mut members = good;
        for rank in Rank::ASKED.into_iter().skip(1) {
            self.of_rank(rank).for_each(|index| members.push(index as u16));
        }
        Plan::Ask(Order { members, ..Order::nobody() })
    }
}

/// Whom to ask.
#[derive(Debug)]
pub(super) enum Plan {
    /// These, one after the other. Empty only if all are excluded.
    Ask(Order),
    /// All that are not excluded are down.
    AllDown(Vec<Down>),
}

/// Indices of members, in the order in which to ask them.
#[derive(Debug)]
pub(super) struct Order {
    /// So many as declared, and then these.
    declared: usize,
    members: Few<u16>,
    next: usize,
}

impl Order {
    /// So many members, as declared.
    pub(super) fn declared(count: usize) -> Self {
        Self { declared: count, members: Few::new(), next: 0 }
    }

    /// This member and nobody else.
    pub(super) fn only(index: usize) -> Self {
        Self { declared: index + 1, next: index, members: Few::new() }
    }

    /// Nobody.
    pub(super) fn nobody() -> Self {
        Self::declared(0)
    }

    /// Leaves out those of the rest that do not fit.
    pub(super) fn retain(&mut self, fits: impl Fn(usize) -> bool) {
        let members =
            self.by_ref().filter(|index| fits(*index)).filter_map(|index| index.try_into().ok()).collect();
        *self = Self { declared: 0, members, next: 0 };
    }

    /// Does anybody come after those already taken?
    pub(super) const fn has_more(&self) -> bool {
        self.next < self.declared + self.members.len()
    }
}

impl Iterator for Order {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let index = match self.next.checked_sub(self.declared) {
            None => self.next,
            Some(listed) => usize::from(self.members.get(listed)?),
        };
        self.next += 1;
        Some(index)
    }
}

/// The member that may be back first; the first declared of those that may be back at the same time.
pub(super) fn earliest(down: &[Down]) -> Option<usize> {
    down.iter().min_by_key(|down| down.until.unwrap_or(Duration::MAX)).map(|down| down.index)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: Stand = Stand::In(Availability::Up);
    const PROBATION: Stand = Stand::In(Availability::Probation);
    const UNSTEADY: Stand = Stand::In(Availability::Unsteady);
    const SILENT: Stand = Stand::In(Availability::Silent(Duration::from_secs(4)));
    const EXHAUSTED: Stand = Stand::In(Availability::Exhausted(Duration::from_secs(1)));
    const OUT: Stand = Stand::Excluded;

    const fn down(seconds: u64) -> Stand {
        Stand::In(Availability::Down(Some(Duration::from_secs(seconds))))
    }

    fn plan(stands: &[Stand]) -> Plan {
        let field = Field::of(stands.iter().copied());
        let good = field.of_rank(Rank::Good).map(|index| index as u16).collect();
        field.plan(good)
    }

    fn ordered(stands: &[Stand]) -> Vec<usize> {
        match plan(stands) {
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
    fn the_worse_it_stands_the_later_it_is_asked() {
        let stands = [down(1), EXHAUSTED, UNSTEADY, Stand::Waiting, UP];
        assert_eq!(ordered(&stands), [4, 3, 2, 1, 0]);
    }

    #[test]
    fn a_silent_member_is_asked_after_the_good_ones_and_never_left_out() {
        assert_eq!(ordered(&[SILENT, UP, EXHAUSTED]), [1, 0, 2]);
        assert_eq!(ordered(&[SILENT, UNSTEADY]), [0, 1], "as declared among those that have trouble");
        assert_eq!(ordered(&[SILENT, SILENT]), [0, 1]);
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
    fn a_limit_that_is_used_up_refuses_nobody() {
        assert_eq!(ordered(&[EXHAUSTED]), [0]);
        assert_eq!(ordered(&[EXHAUSTED, down(1)]), [0, 1]);
    }

    #[test]
    fn the_first_to_come_back_is_the_one_with_the_earliest_hint() {
        let unknown = Stand::In(Availability::Down(None));
        let Plan::AllDown(members) = plan(&[unknown, OUT, down(9), down(3), down(3)]) else {
            panic!("somebody is up");
        };
        assert_eq!(members.len(), 4);
        assert_eq!(earliest(&members), Some(3));
    }

    #[test]
    fn it_is_known_whether_anybody_comes_next() {
        let Plan::Ask(mut order) = plan(&[UP, down(1)]) else { panic!("all down") };
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
