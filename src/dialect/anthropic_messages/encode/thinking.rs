use super::super::{NAME, json};
use super::Writer;
use crate::dialect::Thinking;
use crate::dialect::canonical::{Content, Effort, ReasoningRequest, Role};

/// The least budget the API takes.
const LEAST: u64 = 1024;
/// An effort in the API's words that any model takes that takes one.
const LOW: &str = "low";

/// How the member is told to think.
#[derive(Default)]
pub(super) struct Thought {
    mode: Option<Mode>,
    raw: Option<String>,
    /// For `output_config.effort`.
    pub(super) effort: Option<&'static str>,
    /// It thinks, so sampling must be left alone.
    pub(super) is_on: bool,
}

enum Mode {
    Disabled,
    Adaptive,
    Budget(u64),
}

impl Thought {
    pub(super) fn write(&self, body: &mut Vec<u8>) {
        match (&self.raw, &self.mode) {
            (Some(raw), _) => json::raw_field(body, "thinking", raw),
            (None, Some(Mode::Disabled)) => json::raw_field(body, "thinking", "{\"type\":\"disabled\"}"),
            (None, Some(Mode::Adaptive)) => json::raw_field(body, "thinking", "{\"type\":\"adaptive\"}"),
            (None, Some(Mode::Budget(tokens))) => {
                json::raw_field(body, "thinking", "{\"type\":\"enabled\"");
                json::number_field(body, "budget_tokens", *tokens);
                body.push(b'}');
            }
            (None, None) => {}
        }
    }

    fn of(mode: Mode) -> Self {
        let is_on = !matches!(mode, Mode::Disabled);
        Self { mode: Some(mode), is_on, ..Self::default() }
    }
}

impl Writer<'_, '_> {
    /// Decides how to think. Where thinking stands against something that decides what the answer *is* (a
    /// tool that must be called, words to be continued), thinking gives way.
    pub(super) fn thought(&mut self, max_tokens: u64, is_forced: bool, is_prefill: bool) -> Thought {
        let request = self.request;
        let Some(wanted) = &request.reasoning else { return Thought::default() };
        if wanted.disabled || wanted.effort == Some(Effort::None) {
            return self.disabled();
        }
        if self.known.thinking == Thinking::Never || is_forced || is_prefill {
            request.note_thinking(self.losses);
            return Thought::default();
        }
        let mut thought = self.enabled(wanted, max_tokens);
        if thought.is_on && wanted.shows == Some(false) && !self.is_own {
            // They come, and their like in every answer.
            self.losses.approximated(request.names.thoughts);
        }
        if self.is_own && thought.is_on {
            thought.raw = wanted.raw.as_ref().map(|raw| raw.get().to_owned());
        }
        thought
    }

    fn disabled(&mut self) -> Thought {
        match (self.known.thinking, self.known.disables_thinking) {
            // It thinks anyway, and says so by a 400.
            (_, false) => {
                let field = self.field();
                self.losses.approximated(field);
                Thought::default()
            }
            (Thinking::Never, true) => Thought::default(),
            (_, true) => Thought::of(Mode::Disabled),
        }
    }

    fn enabled(&mut self, wanted: &ReasoningRequest<'_>, max_tokens: u64) -> Thought {
        let takes_effort = matches!(self.known.thinking, Thinking::Effort | Thinking::Both);
        match wanted.budget_tokens {
            Some(budget) if self.known.thinking != Thinking::Effort => {
                if wanted.effort.is_some() {
                    self.losses.approximated(self.request.names.effort);
                }
                self.budget(budget, max_tokens, true)
            }
            Some(budget) => {
                self.losses.approximated(self.request.names.reasoning);
                if wanted.effort.is_some() {
                    self.losses.approximated(self.request.names.effort);
                }
                let effort = Some(word(budget, max_tokens));
                Thought { effort, ..Thought::of(Mode::Adaptive) }
            }
            None if takes_effort => {
                // A caller of this dialect may ask for effort without thinking.
                let thinks = wanted.adaptive || !self.is_own;
                let effort = wanted.effort.map(|effort| self.effort(effort));
                let thought = if thinks { Thought::of(Mode::Adaptive) } else { Thought::default() };
                Thought { effort, ..thought }
            }
            None => {
                // A word, or the model's own measure, as so many tokens.
                let budget = tokens(wanted.effort.unwrap_or(Effort::Medium));
                let thought = self.budget(budget, max_tokens, false);
                if thought.is_on {
                    let field = self.field();
                    self.losses.approximated(field);
                }
                thought
            }
        }
    }

    /// Where the caller says how much to think: in words, if he has said it so.
    fn field(&self) -> &'static str {
        let is_word = |wanted: &ReasoningRequest<'_>| wanted.effort.is_some() && !wanted.disabled;
        let has_word = self.request.reasoning.as_ref().is_some_and(is_word);
        if has_word { self.request.names.effort } else { self.request.names.reasoning }
    }

    /// The word for an effort, as far as the family has it.
    fn effort(&mut self, effort: Effort) -> &'static str {
        let nearest = self.known.nearest_effort(effort);
        if nearest != Some(effort) {
            self.losses.approximated(self.request.names.effort);
        }
        nearest.map_or(LOW, Effort::as_str)
    }

    /// A budget has to leave room for the answer, and an open chain of tool calls must have begun with a
    /// thought of this issuer.
    fn budget(&mut self, wanted: u64, max_tokens: u64, is_exact: bool) -> Thought {
        let least = self.known.least_budget.max(LEAST);
        if max_tokens <= least || self.is_amid_foreign_calls() {
            self.request.note_thinking(self.losses);
            return Thought::default();
        }
        let room = if wanted < max_tokens { wanted } else { max_tokens / 2 };
        let budget = room.clamp(least, self.known.most_budget.unwrap_or(u64::MAX).max(least));
        if is_exact && budget != wanted {
            self.losses.approximated(self.request.names.reasoning);
        }
        Thought::of(Mode::Budget(budget))
    }

    fn is_amid_foreign_calls(&self) -> bool {
        let turns = &self.request.turns;
        let is_result = |content: &Content<'_>| matches!(content, Content::ToolResult(_));
        let open = turns.last().is_some_and(|turn| turn.parts.iter().any(|part| is_result(&part.content)));
        let Some(turn) = turns.iter().rev().find(|turn| turn.role == Role::Assistant) else { return false };
        let own = |content: &Content<'_>| matches!(content, Content::Reasoning(thought) if thought.issuer.as_deref() == Some(NAME));
        open && !turn.parts.first().is_some_and(|part| own(&part.content))
    }
}

/// Tokens for an effort, where a family knows budgets only.
fn tokens(effort: Effort) -> u64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => LEAST,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::XHigh => 8192,
        Effort::Max => 16_384,
    }
}

/// An effort for tokens, where a family knows efforts only.
fn word(budget: u64, max_tokens: u64) -> &'static str {
    let percent = budget.saturating_mul(100) / max_tokens.max(1);
    match percent {
        0..35 => "low",
        35..=65 => "medium",
        _ => "high",
    }
}
