//! Seals, back to where their issuer has put them.

use std::collections::VecDeque;

use super::Writer;
use crate::dialect::canonical::{Content, Part, Reasoning, Role, Turn};
use crate::dialect::gemini::NAME;

/// The seals of one turn that wait for what they belong to.
pub(super) struct Seals<'t> {
    waiting: VecDeque<&'t str>,
    /// The first call of a step in the current turn is refused without.
    are_needed: bool,
}

impl<'t> Seals<'t> {
    pub(super) fn new(are_needed: bool) -> Self {
        Self { waiting: VecDeque::new(), are_needed }
    }

    pub(super) fn wait(&mut self, seal: &'t str) {
        self.waiting.push_back(seal);
    }

    /// The seal for a call, or the word that stands for none where one is needed.
    pub(super) fn for_call(&mut self) -> Option<&'t str> {
        let is_needed = std::mem::take(&mut self.are_needed);
        let none = is_needed.then_some(super::super::seal::NONE);
        self.waiting.pop_front().or(none)
    }

    pub(super) fn left(&mut self) -> impl Iterator<Item = &'t str> {
        self.waiting.drain(..)
    }
}

/// The seal in a thought of this dialect, where there is nothing else in it.
pub(super) fn alone<'t>(content: &'t Content<'_>) -> Option<&'t str> {
    match content {
        Content::Reasoning(thought) if is_own(thought) && thought.text.is_empty() => {
            thought.signature.as_deref()
        }
        _ => None,
    }
}

pub(super) fn is_own(thought: &Reasoning<'_>) -> bool {
    thought.issuer.as_deref() == Some(NAME)
}

/// Does a thought go back to its issuer?
pub(super) fn is_written(thought: &Reasoning<'_>) -> bool {
    let says = !thought.text.is_empty() || thought.signature.is_some();
    is_own(thought) && thought.redacted.is_none() && says
}

/// The seal that was read from the same part of the wire, where the caller speaks this dialect.
pub(super) fn beside<'t>(turn: &'t Turn<'_>, index: usize) -> Option<&'t str> {
    let at = turn.parts.get(index)?.position;
    let neighbours = [index.checked_sub(1), index.checked_add(1)];
    let parts = neighbours.into_iter().flatten().filter_map(|index| turn.parts.get(index));
    parts.filter(|part| part.position == at).find_map(|part| alone(&part.content))
}

/// Has another part been read from the same part of the wire, which will carry this seal?
pub(super) fn is_carried(turn: &Turn<'_>, index: usize) -> bool {
    let Some(part) = turn.parts.get(index) else { return false };
    let neighbours = [index.checked_sub(1), index.checked_add(1)];
    let mut others = neighbours.into_iter().flatten().filter_map(|index| turn.parts.get(index));
    others.any(|other| other.position == part.position && alone(&other.content).is_none())
}

impl Writer<'_, '_> {
    /// Where the current turn of the model begins: after the last words of the user among which there is no
    /// result. From there on each step must show the seal of its first call.
    pub(super) fn current(&self) -> usize {
        // A turn of which nothing is written does not part those around it: thoughts of others are left out.
        let is_said = |part: &Part<'_>| match &part.content {
            Content::Text(text) | Content::Refusal(text) => !text.is_empty(),
            Content::Reasoning(thought) => is_written(thought),
            Content::Citation(_) => false,
            _ => true,
        };
        let is_result = |part: &Part<'_>| matches!(part.content, Content::ToolResult(_));
        // Neighbours that are not the model's are one, and a turn that says nothing is none.
        let (mut has_words, mut has_result) = (false, false);
        for (index, turn) in self.request.turns.iter().enumerate().rev() {
            if !turn.parts.iter().any(is_said) {
                continue;
            }
            if turn.role == Role::Assistant {
                if has_words && !has_result {
                    return index + 1;
                }
                (has_words, has_result) = (false, false);
            } else {
                has_words = true;
                has_result |= turn.parts.iter().any(is_result);
            }
        }
        0
    }
}
