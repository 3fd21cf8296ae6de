use crate::facts::{Loss, LossKind};

/// What becomes of a call of which something would be lost at this member.
///
/// The worst verdict on any of the losses decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The member is asked. The loss stands in the response's facts, and so in its header.
    Allow,
    /// As [`Verdict::Allow`], and the log says so.
    #[default]
    Warn,
    /// This member is not asked; the next one may be able to carry it. If none is, the caller is told which
    /// field it was.
    SkipMember,
    /// Nobody is asked: the caller gets a 400 that names the field.
    Reject,
}

/// Decides what may be lost.
///
/// Closures implement it. [`LossRules`](super::LossRules) are a table of it, as a configuration file has one.
pub trait LossPolicy {
    /// What becomes of a call that would lose this. Asked once for each loss of a request, of the first
    /// [`Losses::KEPT`](crate::facts::Losses::KEPT) of them and of all that are essential.
    fn verdict(&self, loss: &Loss) -> Verdict;
}

impl<F> LossPolicy for F
where
    F: Fn(&Loss) -> Verdict,
{
    fn verdict(&self, loss: &Loss) -> Verdict {
        self(loss)
    }
}

/// A [`LossPolicy`] as a table of fields.
///
/// A field is named by its path without the indices in it: `tools[2].web_search` is `tools.web_search`. A
/// pattern ends in `*` and stands for all fields that begin as it does: `tools.*`. What decides is, in this order:
///
/// 1. the rule for just that field,
/// 2. the rule for what is [essential](Loss::is_essential), if it is: by default the next member is asked,
/// 3. the longest pattern that fits,
/// 4. the rule for all others: by default the log says so.
///
/// A name that was changed is no more than worth a word in the log, unless a rule names its field: it is changed
/// back on the way to the caller.
///
/// ```
/// use tower_failover::schema_normalizer::{LossRules, Verdict};
///
/// let rules = LossRules::new()
///     .with_default(Verdict::Reject)
///     .with_field("tools.*", Verdict::Allow)
///     .with_field("seed", Verdict::Warn);
/// # let _ = rules;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LossRules {
    default: Verdict,
    essential: Verdict,
    fields: Vec<(String, Verdict)>,
}

impl Default for LossRules {
    fn default() -> Self {
        Self { default: Verdict::Warn, essential: Verdict::SkipMember, fields: Vec::new() }
    }
}

impl LossRules {
    /// The rules that hold where there are no others: what is essential is left to the next member, all else is
    /// carried as far as it goes, and logged.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For all that no other rule is about.
    #[must_use]
    pub const fn with_default(mut self, verdict: Verdict) -> Self {
        self.default = verdict;
        self
    }

    /// For what is [essential](Loss::is_essential).
    #[must_use]
    pub const fn with_essential(mut self, verdict: Verdict) -> Self {
        self.essential = verdict;
        self
    }

    /// For a field, or for all that a pattern fits. Said twice, the last word holds.
    #[must_use]
    pub fn with_field(mut self, field: &str, verdict: Verdict) -> Self {
        self.set(field, verdict);
        self
    }

    /// As [`LossRules::with_field`], in place.
    pub(crate) fn set(&mut self, field: &str, verdict: Verdict) {
        let field = without_indices(field);
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, known)) => *known = verdict,
            None => self.fields.push((field, verdict)),
        }
    }

    fn pattern(&self, field: &str) -> Option<Verdict> {
        let patterns =
            self.fields.iter().filter_map(|(known, verdict)| Some((known.strip_suffix('*')?, verdict)));
        let fitting = patterns.filter(|(start, _)| field.starts_with(start));
        fitting.max_by_key(|(start, _)| start.len()).map(|(_, verdict)| *verdict)
    }
}

impl LossPolicy for LossRules {
    fn verdict(&self, loss: &Loss) -> Verdict {
        let field = without_indices(&loss.field);
        if let Some((_, verdict)) = self.fields.iter().find(|(known, _)| *known == field) {
            return *verdict;
        }
        if loss.is_essential {
            return self.essential;
        }
        let verdict = self.pattern(&field).unwrap_or(self.default);
        if loss.kind == LossKind::Renamed { verdict.min(Verdict::Warn) } else { verdict }
    }
}

/// `messages[1].content[0].file` is `messages.content.file`.
pub(super) fn without_indices(path: &str) -> String {
    let mut bare = String::with_capacity(path.len());
    let mut pieces = path.split('[');
    bare.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        bare.push_str(piece.split_once(']').map_or(piece, |(_, rest)| rest));
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Losses;

    fn verdict(rules: &LossRules, note: impl FnOnce(&mut Losses)) -> Verdict {
        let mut losses = Losses::new();
        note(&mut losses);
        rules.verdict(losses.iter().next().unwrap())
    }

    #[test]
    fn what_is_essential_is_left_to_the_next_member_and_all_else_is_carried() {
        let rules = LossRules::new();
        assert_eq!(verdict(&rules, |losses| losses.dropped("seed")), Verdict::Warn);
        assert_eq!(verdict(&rules, |losses| losses.essential("tools[0].web_search")), Verdict::SkipMember);
    }

    #[test]
    fn the_rule_that_says_it_most_exactly_holds() {
        let rules = LossRules::new()
            .with_default(Verdict::Reject)
            .with_field("*", Verdict::SkipMember)
            .with_field("tools.*", Verdict::Allow)
            .with_field("tools.computer", Verdict::Warn)
            .with_field("messages[*].content[*].file", Verdict::Reject);
        for (field, expected) in [
            ("seed", Verdict::SkipMember),
            ("tools[12].strict", Verdict::Allow),
            ("tools[12].computer", Verdict::Warn),
            ("tools", Verdict::SkipMember),
            ("messages[1].content[0].file", Verdict::Reject),
        ] {
            assert_eq!(verdict(&rules, |losses| losses.dropped(field)), expected, "{field}");
        }
        // A pattern is not about what changes the question; a name is.
        assert_eq!(verdict(&rules, |losses| losses.essential("tools[0].web_search")), Verdict::SkipMember);
        assert_eq!(verdict(&rules, |losses| losses.essential("tools[0].computer")), Verdict::Warn);
    }

    #[test]
    fn a_name_that_is_changed_back_refuses_no_call() {
        let rules = LossRules::new().with_default(Verdict::Reject);
        assert_eq!(verdict(&rules, |losses| losses.renamed("tools[0].name")), Verdict::Warn);
        let rules = rules.with_field("tools.name", Verdict::Reject);
        assert_eq!(verdict(&rules, |losses| losses.renamed("tools[0].name")), Verdict::Reject);
    }

    #[test]
    fn a_rule_said_twice_is_the_last_one() {
        let rules = LossRules::new().with_field("a[0].b", Verdict::Reject).with_field("a.b", Verdict::Allow);
        assert_eq!(rules, LossRules::new().with_field("a.b", Verdict::Allow));
    }
}
