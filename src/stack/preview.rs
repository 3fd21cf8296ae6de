//! What translation would lose, told before it happens.

use super::MemberStack;
use crate::dialect::anthropic_messages::AnthropicMessages;
use crate::dialect::openai_chat::OpenAiChat;
use crate::dialect::{AnyDialect, Dialect, Target};
use crate::facts::{Losses, Member};
use crate::failure::{Class, Failure};

/// A request that uses what a caller of OpenAI Chat Completions is likely to use.
const OPENAI_CHAT: &str = include_str!("preview/openai_chat.json");
/// A request that uses what a caller of Anthropic Messages is likely to use.
const ANTHROPIC_MESSAGES: &str = include_str!("preview/anthropic_messages.json");

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
}

/// One for each front of another dialect than the member's.
pub(super) fn losses_of<C>(member: &MemberStack<C>) -> Vec<Preview> {
    let fronts: [(AnyDialect, &str); 2] =
        [(OpenAiChat.into(), OPENAI_CHAT), (AnthropicMessages.into(), ANTHROPIC_MESSAGES)];
    let foreign = fronts.into_iter().filter(|(front, _)| *front != member.dialect());
    let preview = |(front, sample)| Preview {
        front,
        member: member.member().clone(),
        losses: translate(front, sample, member),
    };
    foreign.map(preview).collect()
}

fn translate<C>(front: AnyDialect, sample: &str, member: &MemberStack<C>) -> Result<Losses, Failure> {
    let mut losses = Losses::new();
    let request = front
        .decode_request(sample.as_bytes())
        .map_err(|invalid| Failure::new(Class::InvalidRequest).with_source(invalid))?;
    let target = Target::new(member.member().model().unwrap_or_default());
    member.dialect().encode_request(&request, &target, &mut losses)?;
    Ok(losses)
}
