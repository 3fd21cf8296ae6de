/// One attempt to complete an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) way: Way,
    /// Not with a member that broke off before. Only where one is known by name.
    pub(super) elsewhere: bool,
}

/// How an answer is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By going on where it broke off.
    Continue,
    /// By saying all of it again.
    Repeat,
}

impl Way {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Repeat => "repeat",
        }
    }
}

const CONTINUE_ELSEWHERE: Step = Step { way: Way::Continue, elsewhere: true };
const CONTINUE: Step = Step { way: Way::Continue, elsewhere: false };
const REPEAT_ELSEWHERE: Step = Step { way: Way::Repeat, elsewhere: true };
const REPEAT: Step = Step { way: Way::Repeat, elsewhere: false };

/// Going on comes before saying it again.
const BY_ANYBODY: &[Step] = &[CONTINUE, REPEAT];
/// And others come before whoever broke off, in the same way. He goes on before others say it again: that another
/// model says the same word for word is rare.
const OTHERS_FIRST: &[Step] = &[CONTINUE_ELSEWHERE, CONTINUE, REPEAT_ELSEWHERE, REPEAT];
/// Whoever is sound comes before him, by whatever way: where there is no other try should he break off again, and where
/// he was silent, as he may be once more for as long.
const SOUND_FIRST: &[Step] = &[CONTINUE_ELSEWHERE, REPEAT_ELSEWHERE, CONTINUE, REPEAT];

/// What is tried after one break, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    left: &'static [Step],
    is_known: bool,
    /// The ways in which nobody could be asked but whoever broke off.
    lonely: Vec<Way>,
}

impl Steps {
    /// `is_known`: whoever broke off can be told by name. `is_doubtful`: that he is asked again would cost the only try,
    /// or much time.
    pub(super) const fn new(is_known: bool, is_doubtful: bool) -> Self {
        let left = match (is_known, is_doubtful) {
            (false, _) => BY_ANYBODY,
            (true, false) => OTHERS_FIRST,
            (true, true) => SOUND_FIRST,
        };
        Self { left, is_known, lonely: Vec::new() }
    }

    pub(super) fn current(&self) -> Option<Step> {
        self.left.first().copied()
    }

    /// The current step has come to nothing. Whoever broke off is asked again only where nobody else could be, and
    /// if he `may_return`.
    pub(super) fn failed(&mut self, nobody_was_asked: bool, may_return: bool) {
        let Some((step, left)) = self.left.split_first() else { return };
        if step.elsewhere && nobody_was_asked {
            self.lonely.push(step.way);
        }
        let is_possible =
            |step: &Step| step.elsewhere || !self.is_known || (may_return && self.lonely.contains(&step.way));
        let next = left.iter().position(is_possible).unwrap_or(left.len());
        self.left = &left[next..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All steps, if in these ways nobody else can be asked.
    fn all(mut steps: Steps, lonely: &[Way], may_return: bool) -> Vec<Step> {
        let next = || {
            let step = steps.current()?;
            steps.failed(lonely.contains(&step.way), may_return);
            Some(step)
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn going_on_comes_before_saying_it_again_and_others_before_the_one_who_broke_off() {
        let nobody = [Way::Continue, Way::Repeat];
        let first = || Steps::new(true, false);
        assert_eq!(all(first(), &[], true), [CONTINUE_ELSEWHERE, REPEAT_ELSEWHERE]);
        assert_eq!(all(first(), &nobody, true), OTHERS_FIRST);
        assert_eq!(all(Steps::new(false, false), &nobody, true), BY_ANYBODY);
    }

    #[test]
    fn the_last_try_belongs_to_the_sound_before_it_belongs_to_whoever_broke_off() {
        let last = || Steps::new(true, true);
        let expected = [CONTINUE_ELSEWHERE, REPEAT_ELSEWHERE, CONTINUE];
        assert_eq!(all(last(), &[Way::Continue], true), expected);
        assert_eq!(all(last(), &[], true), expected[..2]);
    }

    #[test]
    fn who_may_not_return_is_not_asked_though_he_is_the_only_one() {
        for is_last in [false, true] {
            let steps = all(Steps::new(true, is_last), &[Way::Continue, Way::Repeat], false);
            assert_eq!(steps, [CONTINUE_ELSEWHERE, REPEAT_ELSEWHERE]);
        }
    }
}
