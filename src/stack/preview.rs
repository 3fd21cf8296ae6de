//! What translation would lose, told before it happens.

use super::MemberStack;
use crate::dialect::{AnyDialect, Dialect};
use crate::facts::{Loss, Losses, Member};
use crate::failure::Failure;
use crate::schema_normalizer::{LossPolicy, LossRules, Verdict};

/// What callers of one dialect may lose at one member.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preview {
    /// The callers' dialect.
    pub front: AnyDialect,
    /// The member.
    pub member: Member,
    /// What is lost of a request that uses all that such callers are likely to use; or why the member would
    /// refuse it, and the next one be asked.
    pub losses: Result<Losses, Failure>,
    /// What the member's losses are judged by.
    pub rules: LossRules,
}

impl Preview {
    /// What becomes of a call that uses all of it. `None` if the member cannot be asked anyway.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        let losses = self.losses.as_ref().ok()?;
        let verdicts = losses.iter().map(|loss| self.rules.verdict(loss));
        Some(verdicts.max().unwrap_or(Verdict::Allow))
    }

    /// The losses on which the rules speak this verdict.
    pub fn judged(&self, verdict: Verdict) -> impl Iterator<Item = &Loss> {
        let losses = self.losses.iter().flatten();
        losses.filter(move |loss| self.rules.verdict(loss) == verdict)
    }
}

/// One for each front of another dialect than the member's.
pub(super) fn losses_of<C>(member: &MemberStack<C>) -> Vec<Preview> {
    let fronts = AnyDialect::ALL.iter().copied().filter(|front| *front != member.dialect());
    let preview = |front| {
        Some(Preview {
            front,
            member: member.member().clone(),
            losses: translate(front, member)?,
            rules: member.losses().clone(),
        })
    };
    fronts.filter_map(preview).collect()
}

/// A request that uses what a caller of this dialect is likely to use.
const fn sample(front: AnyDialect) -> &'static str {
    match front {
        AnyDialect::OpenAiChat(_) => include_str!("preview/openai_chat.json"),
        AnyDialect::OpenAiResponses(_) => include_str!("preview/openai_responses.json"),
        AnyDialect::AnthropicMessages(_) => include_str!("preview/anthropic_messages.json"),
        AnyDialect::Gemini(_) => include_str!("preview/gemini.json"),
    }
}

/// `None` where the front cannot be read: better to show nothing than what is not so.
fn translate<C>(front: AnyDialect, member: &MemberStack<C>) -> Option<Result<Losses, Failure>> {
    let request = front.decode_request(sample(front).as_bytes()).ok()?;
    let mut losses = Losses::new();
    let encoded = member.dialect().encode_request(&request, &member.target(), &mut losses);
    Some(encoded.map(|_| losses))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialects_sample_is_a_request_of_it() {
        for front in AnyDialect::ALL {
            let request = front.decode_request(sample(*front).as_bytes());
            assert!(request.is_ok_and(|request| !request.turns.is_empty()), "{front}");
        }
    }
}
