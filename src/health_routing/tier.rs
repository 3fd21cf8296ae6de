use std::time::Duration;

use super::few::Few;
use crate::facts::Vitals;

/// How much better another member has to be before the one chosen last is left: below that it is noise, and a
/// conversation's cache is worth more.
const CLEARLY: f64 = 0.8;
/// What is assumed where nobody's time is known; among equals the number does not matter.
const UNKNOWN: Duration = Duration::from_secs(1);

/// One of the members among which a score decides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Entrant {
    pub(super) index: usize,
    pub(super) vitals: Vitals,
    /// It was chosen last.
    pub(super) is_chosen: bool,
    /// It is on probation: one probe at a time passes, and has to come if the member is ever to be back.
    pub(super) is_probed: bool,
}

/// Puts the members of a tier into the order in which to ask them.
pub(super) fn rank(entrants: &mut Few<Entrant>) {
    // Who is not known is taken for just so much better than the best that it is asked: then it is known. While it
    // has that one call, it counts as its queue.
    let best = entrants.iter().filter_map(|entrant| entrant.vitals.first_token).min().unwrap_or(UNKNOWN);
    let usual = best.mul_f64(CLEARLY * 0.9);
    let score = |entrant: &Entrant| score(&entrant.vitals, usual);
    let members = entrants.first_mut();
    members.sort_by(|one, other| score(one).total_cmp(&score(other)));
    let Some(best) = members.first().map(score) else { return };
    let stays = |entrant: &Entrant| entrant.is_chosen && best >= CLEARLY * score(entrant);
    if let Some(chosen) = members.iter().position(stays) {
        members[..=chosen].rotate_right(1);
    }
    if let Some(probed) = members.iter().position(|entrant| entrant.is_probed) {
        members[..=probed].rotate_right(1);
    }
}

/// What an answer costs here, in seconds to its first token: the less the better.
///
/// Each call under way is taken to be in front of the next one. A failure costs the attempt and then another,
/// which may fail as well: hence the square.
fn score(vitals: &Vitals, usual: Duration) -> f64 {
    // Nobody is infinitely bad: of two that fail the faster is better.
    let success = vitals.error_share().map_or(1.0, |share| (1.0 - share).max(0.1));
    let wait = vitals.first_token.unwrap_or(usual).as_secs_f64();
    wait * (f64::from(vitals.in_flight) + 1.0) / (success * success)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(index: usize, millis: u64, in_flight: u32) -> Entrant {
        let first_token = (millis > 0).then(|| Duration::from_millis(millis));
        let vitals = Vitals { first_token, in_flight, ..Vitals::default() };
        Entrant { index, vitals, ..Entrant::default() }
    }

    fn chosen(entrant: Entrant) -> Entrant {
        Entrant { is_chosen: true, ..entrant }
    }

    fn failing(mut entrant: Entrant, errors: u32, calls: u32) -> Entrant {
        (entrant.vitals.errors, entrant.vitals.calls) = (errors, calls);
        entrant
    }

    fn ranked(entrants: impl IntoIterator<Item = Entrant>) -> Vec<usize> {
        let mut entrants: Few<Entrant> = entrants.into_iter().collect();
        rank(&mut entrants);
        entrants.iter().map(|entrant| entrant.index).collect()
    }

    #[test]
    fn the_faster_is_asked_first_and_equals_as_declared() {
        assert_eq!(ranked([member(0, 900, 0), member(1, 300, 0), member(2, 600, 0)]), [1, 2, 0]);
        assert_eq!(ranked([member(0, 0, 0), member(1, 0, 0)]), [0, 1]);
    }

    #[test]
    fn calls_under_way_count_as_a_queue() {
        assert_eq!(ranked([member(0, 100, 4), member(1, 300, 0)]), [1, 0]);
        assert_eq!(ranked([member(0, 100, 1), member(1, 300, 0)]), [0, 1]);
    }

    #[test]
    fn the_one_chosen_last_stays_until_another_is_clearly_better() {
        assert_eq!(ranked([member(0, 810, 0), chosen(member(1, 1000, 0))]), [1, 0]);
        assert_eq!(ranked([member(0, 790, 0), chosen(member(1, 1000, 0))]), [0, 1]);
    }

    #[test]
    fn half_the_calls_failing_costs_fourfold() {
        let half = failing(member(0, 300, 0), 10, 20);
        assert_eq!(ranked([half, member(1, 1000, 0)]), [1, 0]);
        assert_eq!(ranked([half, member(1, 1300, 0)]), [0, 1]);
        assert_eq!(ranked([failing(member(0, 300, 0), 4, 9), member(1, 400, 0)]), [0, 1], "too few to tell");
    }

    #[test]
    fn one_of_whom_nothing_is_known_is_tried_by_one_call_at_a_time() {
        assert_eq!(ranked([chosen(member(0, 500, 0)), member(1, 0, 0)]), [1, 0]);
        assert_eq!(ranked([chosen(member(0, 500, 0)), member(1, 0, 1)]), [0, 1]);
        assert_eq!(ranked([member(0, 0, 0), chosen(member(1, 0, 0))]), [1, 0]);
    }

    #[test]
    fn one_on_probation_goes_first_so_that_its_probes_come() {
        let probed = Entrant { is_probed: true, ..member(2, 9000, 0) };
        assert_eq!(ranked([chosen(member(0, 500, 0)), member(1, 400, 0), probed]), [2, 0, 1]);
    }
}
