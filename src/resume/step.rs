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

impl Step {
    /// The best that can be tried.
    pub(super) const fn first(is_known: bool) -> Self {
        Self { way: Way::Continue, elsewhere: is_known }
    }

    /// What is tried when this has failed. Whoever broke off is asked again only where nobody else could be asked
    /// at all: then it is the only one.
    pub(super) const fn after(self, nobody_was_asked: bool, is_known: bool) -> Option<Self> {
        match self.way {
            way if self.elsewhere && nobody_was_asked => Some(Self { way, elsewhere: false }),
            Way::Continue => Some(Self { way: Way::Repeat, elsewhere: is_known }),
            Way::Repeat => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(nobody_was_asked: bool, is_known: bool) -> Vec<(Way, bool)> {
        let next = |step: &Step| step.after(nobody_was_asked, is_known);
        let steps = std::iter::successors(Some(Step::first(is_known)), next);
        steps.map(|step| (step.way, step.elsewhere)).collect()
    }

    #[test]
    fn going_on_comes_before_saying_it_again_and_others_before_the_one_who_broke_off() {
        use Way::{Continue, Repeat};
        assert_eq!(steps(false, true), [(Continue, true), (Repeat, true)]);
        assert_eq!(steps(true, true), [(Continue, true), (Continue, false), (Repeat, true), (Repeat, false)]);
        assert_eq!(steps(true, false), [(Continue, false), (Repeat, false)]);
    }
}
