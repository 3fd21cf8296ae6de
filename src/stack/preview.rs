//! What translation would lose, told before it happens.

use super::MemberStack;
use crate::dialect::anthropic_messages::AnthropicMessages;
use crate::dialect::openai_chat::OpenAiChat;
use crate::dialect::{AnyDialect, Dialect};
use crate::facts::Losses;
use crate::failure::Failure;

/// A request that uses what a caller of OpenAI Chat Completions is likely to use.
const OPENAI_CHAT: &str = include_str!("preview/openai_chat.json");
/// A request that uses what a caller of Anthropic Messages is likely to use.
const ANTHROPIC_MESSAGES: &str = include_str!("preview/anthropic_messages.json");

/// One line per front of another dialect than the member's.
pub(super) fn losses_of<C>(member: &MemberStack<C>) -> Vec<String> {
    let fronts: [(AnyDialect, &str); 2] =
        [(OpenAiChat.into(), OPENAI_CHAT), (AnthropicMessages.into(), ANTHROPIC_MESSAGES)];
    fronts
        .into_iter()
        .filter(|(front, _)| front.name() != member.dialect().name())
        .map(|(front, sample)| {
            let from = front.name();
            match translate(front, sample, member) {
                Ok(losses) if losses.is_empty() => format!("{from} to {}: nothing is lost", member.member()),
                Ok(losses) => format!("{from} to {}: {losses}", member.member()),
                Err(failure) => format!("{from} to {}: refused, {failure}", member.member()),
            }
        })
        .collect()
}

fn translate<C>(front: AnyDialect, sample: &str, member: &MemberStack<C>) -> Result<Losses, Failure> {
    let mut losses = Losses::new();
    let request = front
        .decode_request(sample.as_bytes())
        .map_err(|invalid| Failure::new(crate::failure::Class::InvalidRequest).with_source(invalid))?;
    let model = member.member().model().unwrap_or_default();
    member.dialect().encode_request(&request, model, &mut losses)?;
    Ok(losses)
}
