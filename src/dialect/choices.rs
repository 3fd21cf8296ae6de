/// More answers than these are not followed: the most that any API gives to one request.
const MOST: usize = 128;

/// Which answers of a stream have begun, and of which it was said why they end.
///
/// A request may ask for several (`n`, `candidateCount`), and their increments come mixed. The stream is whole when all
/// that have begun are. Nearly every stream has one, the first: as long as there is no other, nothing is allocated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    first: Stage,
    /// By their numbers, as they began.
    others: Vec<(u32, Stage)>,
    is_lost: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Absent,
    Begun,
    Finished,
}

impl Choices {
    /// Something has come of the answer of this number, if only its role.
    #[inline]
    pub fn begin(&mut self, number: u32) {
        self.reach(number, Stage::Begun);
    }

    /// It was said why the answer of this number ends. What comes of it later does not open it again.
    #[inline]
    pub fn finish(&mut self, number: u32) {
        self.reach(number, Stage::Finished);
    }

    /// Something has come of the answer of this number, and it may have been said why it ends.
    #[cfg(any(feature = "openai-chat", feature = "gemini"))]
    #[inline]
    pub(crate) fn see(&mut self, number: u32, is_finished: bool) {
        self.reach(number, if is_finished { Stage::Finished } else { Stage::Begun });
    }

    /// Is there an answer, and was it said of each why it ends? Never true again of a stream with more answers than
    /// can be followed.
    #[must_use]
    pub fn are_finished(&self) -> bool {
        let others_are = self.others.iter().all(|(_, stage)| *stage == Stage::Finished);
        let any = self.first == Stage::Finished || !self.others.is_empty();
        any && others_are && self.first != Stage::Begun && !self.is_lost
    }

    /// Was it said of one of them why it ends?
    #[must_use]
    pub fn is_one_finished(&self) -> bool {
        self.first == Stage::Finished || self.others.iter().any(|(_, stage)| *stage == Stage::Finished)
    }

    /// Has no other answer than the first begun?
    #[must_use]
    pub fn are_one(&self) -> bool {
        self.others.is_empty()
    }

    /// Adds what was seen of them in a frame: for readers who know only at its end that it is one.
    #[inline]
    pub fn add(&mut self, seen: Self) {
        self.first = self.first.max(seen.first);
        for (number, stage) in seen.others {
            self.reach(number, stage);
        }
        self.is_lost |= seen.is_lost;
    }

    #[inline]
    fn reach(&mut self, number: u32, stage: Stage) {
        if number == 0 {
            self.first = self.first.max(stage);
        } else {
            self.other(number, stage);
        }
    }

    #[cold]
    fn other(&mut self, number: u32, stage: Stage) {
        if let Some((_, known)) = self.others.iter_mut().find(|(known, _)| *known == number) {
            *known = stage.max(*known);
        } else if self.others.len() < MOST - 1 {
            self.others.push((number, stage));
        } else {
            self.is_lost = true;
        }
    }
}

#[cfg(test)]
impl Choices {
    /// Those of which these have begun, and these are finished.
    pub(crate) fn after(begun: &[u32], finished: &[u32]) -> Self {
        let mut choices = Self::default();
        begun.iter().for_each(|number| choices.begin(*number));
        finished.iter().for_each(|number| choices.finish(*number));
        choices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begun: &[u32], finished: &[u32]) -> Choices {
        Choices::after(begun, finished)
    }

    #[test]
    fn all_that_have_begun_have_to_be_finished() {
        for (begun, finished) in [(&[0][..], &[0][..]), (&[], &[0]), (&[0, 1], &[1, 0]), (&[7], &[7])] {
            assert!(after(begun, finished).are_finished(), "{begun:?}, {finished:?}");
        }
        for (begun, finished) in [(&[][..], &[][..]), (&[0], &[]), (&[0, 1], &[0]), (&[0, 1], &[1])] {
            assert!(!after(begun, finished).are_finished(), "{begun:?}, {finished:?}");
        }
    }

    #[test]
    fn what_comes_after_its_reason_opens_none_again() {
        let mut choices = after(&[], &[0, 1]);
        choices.begin(0);
        choices.begin(1);
        assert!(choices.are_finished());
        choices.begin(2);
        assert!(!choices.are_finished());
    }

    #[test]
    fn frames_add_up_in_any_order() {
        let frames = [after(&[0, 1], &[]), after(&[], &[0]), after(&[], &[1]), after(&[0], &[])];
        let sum = |order: [usize; 4]| {
            let mut choices = Choices::default();
            order.iter().for_each(|at| choices.add(frames[*at].clone()));
            choices
        };
        assert!(sum([0, 1, 2, 3]).are_finished() && sum([3, 2, 1, 0]).are_finished());
        assert!(!sum([0, 1, 3, 3]).are_finished());
    }

    #[test]
    fn one_answer_takes_no_memory_and_many_take_little() {
        let one = after(&[0, 0], &[0]);
        assert!(one.are_one() && one.others.capacity() == 0);
        let numbers: Vec<u32> = (0..MOST as u32).collect();
        assert!(after(&numbers, &numbers).are_finished());
        let mut many = after(&numbers, &numbers);
        (0..10_000).for_each(|number| many.finish(number));
        assert!(!many.are_finished(), "of one nobody knows");
        assert!(many.others.len() < MOST);
    }
}
