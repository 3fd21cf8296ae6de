use super::super::family::Thought;
use super::super::json;
use super::Writer;
use crate::dialect::canonical::{Effort, ReasoningRequest};

/// The least budget of the large model of 2.5, which cannot be kept from thinking.
const LEAST: u64 = 128;

impl Writer<'_, '_> {
    /// Writes `thinkingConfig`: a level since the third generation, a budget of tokens before it, never both.
    pub(super) fn thinking(&mut self, out: &mut Vec<u8>) {
        let request = self.request;
        let Some(wanted) = &request.reasoning else { return };
        if let (true, Some(raw)) = (self.is_own, &wanted.raw) {
            return json::raw_field(out, "thinkingConfig", raw.get());
        }
        let is_off = wanted.disabled || wanted.effort == Some(Effort::None);
        match self.family.thinking {
            Thought::Never if is_off => {}
            Thought::Never => self.losses.dropped(request.names.reasoning),
            Thought::Budget => {
                let budget = self.budget(wanted, is_off);
                json::object_field(out, "thinkingConfig", |out| {
                    json::raw_field(out, "includeThoughts", if is_off { "false" } else { "true" });
                    json::raw_field(out, "thinkingBudget", &budget);
                });
            }
            Thought::Level => {
                let level = self.level(wanted, is_off);
                json::object_field(out, "thinkingConfig", |out| {
                    json::raw_field(out, "includeThoughts", if is_off { "false" } else { "true" });
                    if let Some(level) = level {
                        json::string_field(out, "thinkingLevel", level);
                    }
                });
            }
        }
    }

    /// Tokens, as JSON: `0` for none at all, `-1` for what the model thinks best.
    fn budget(&mut self, wanted: &ReasoningRequest<'_>, is_off: bool) -> String {
        let cannot_stop = self.family.is_pro || !self.target.capabilities.disables_thinking;
        match (is_off, wanted.budget_tokens, wanted.effort) {
            (true, ..) if cannot_stop => {
                self.losses.approximated(self.request.names.reasoning);
                LEAST.to_string()
            }
            (true, ..) => "0".to_owned(),
            (false, Some(tokens), _) => {
                // The limits of the large model, and of the others.
                let (least, most) = if self.family.is_pro { (LEAST, 32_768) } else { (1, 24_576) };
                let budget = tokens.clamp(least, most);
                if budget != tokens {
                    self.losses.approximated(self.request.names.reasoning);
                }
                budget.to_string()
            }
            (false, None, Some(effort)) => tokens(effort).to_string(),
            (false, None, None) => "-1".to_owned(),
        }
    }

    /// The word for how much to think; `None` leaves it to the model. There is none for not at all.
    fn level(&mut self, wanted: &ReasoningRequest<'_>, is_off: bool) -> Option<&'static str> {
        let capabilities = self.target.capabilities;
        let takes = |effort| !capabilities.is_known || capabilities.efforts.contains(&effort);
        let least = if takes(Effort::Minimal) && !self.family.is_pro { "MINIMAL" } else { "LOW" };
        let (level, is_exact) = match (is_off, wanted.effort, wanted.budget_tokens) {
            (true, ..) => (least, false),
            (false, Some(effort), _) => match effort {
                Effort::None | Effort::Minimal => (least, least == "MINIMAL"),
                Effort::Low => ("LOW", true),
                Effort::Medium if takes(Effort::Medium) => ("MEDIUM", true),
                Effort::High => ("HIGH", true),
                Effort::Medium | Effort::XHigh | Effort::Max => ("HIGH", false),
            },
            (false, None, Some(tokens)) => (level_of(tokens), false),
            (false, None, None) => return None,
        };
        if !is_exact {
            self.losses.approximated(self.request.names.reasoning);
        }
        Some(level)
    }
}

/// Tokens for an effort, where a model knows budgets only.
const fn tokens(effort: Effort) -> u64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::XHigh => 8192,
        Effort::Max => 16_384,
    }
}

/// A level for tokens, where a model knows levels only.
const fn level_of(tokens: u64) -> &'static str {
    match tokens {
        0..=1024 => "LOW",
        1025..=2048 => "MEDIUM",
        _ => "HIGH",
    }
}
