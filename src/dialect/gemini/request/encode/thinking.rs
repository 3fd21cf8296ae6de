use super::super::json;
use super::Writer;
use crate::dialect::Thinking;
use crate::dialect::canonical::{Effort, ReasoningRequest};

impl Writer<'_, '_> {
    /// Writes `thinkingConfig`: a level since the third generation, a budget of tokens before it, never both.
    pub(super) fn thinking(&mut self, out: &mut Vec<u8>) {
        let request = self.request;
        let Some(wanted) = &request.reasoning else { return };
        if let (true, Some(raw)) = (self.is_own, &wanted.raw) {
            return json::raw_field(out, "thinkingConfig", raw.get());
        }
        let is_off = wanted.disabled || wanted.effort == Some(Effort::None);
        let said = match self.family.thinking {
            Thinking::Never if is_off => return,
            Thinking::Never => return request.note_thinking(self.losses),
            Thinking::Budget => Some(("thinkingBudget", self.budget(wanted, is_off))),
            _ => self.level(wanted, is_off).map(|level| ("thinkingLevel", format!("\"{level}\""))),
        };
        if wanted.disabled && wanted.effort.is_some_and(|effort| effort != Effort::None) {
            // Here it measures nothing but thoughts.
            self.losses.dropped(request.names.effort);
        }
        let shows = !is_off && wanted.shows != Some(false);
        json::object_field(out, "thinkingConfig", |out| {
            json::raw_field(out, "includeThoughts", if shows { "true" } else { "false" });
            if let Some((name, value)) = said {
                json::raw_field(out, name, &value);
            }
        });
    }

    /// Tokens, as JSON: `0` for none at all, `-1` for what the model thinks best.
    fn budget(&mut self, wanted: &ReasoningRequest<'_>, is_off: bool) -> String {
        let capabilities = self.target.capabilities;
        let tokens = match (is_off, wanted.budget_tokens, wanted.effort) {
            (true, ..) => 0,
            (false, Some(tokens), effort) => {
                // Of two measures the one that the model knows holds.
                if effort.is_some() {
                    self.losses.approximated(self.request.names.effort);
                }
                tokens
            }
            (false, None, Some(effort)) => {
                self.losses.approximated(self.request.names.effort);
                tokens_of(effort)
            }
            (false, None, None) => {
                self.note_unknown(wanted);
                return "-1".to_owned();
            }
        };
        if is_off && capabilities.disables_thinking {
            return "0".to_owned();
        }
        let most = capabilities.most_budget.unwrap_or(tokens).max(capabilities.least_budget);
        let budget = tokens.clamp(capabilities.least_budget, most);
        if budget != tokens {
            self.losses.approximated(self.field(wanted));
        }
        budget.to_string()
    }

    /// A caller who asks for something that nobody knows gets what the model thinks best.
    fn note_unknown(&mut self, wanted: &ReasoningRequest<'_>) {
        if !wanted.adaptive {
            self.losses.approximated(self.request.names.reasoning);
        }
    }

    /// The word for how much to think; `None` leaves it to the model. There is none for not at all.
    fn level(&mut self, wanted: &ReasoningRequest<'_>, is_off: bool) -> Option<&'static str> {
        let (effort, is_exact) = match (is_off, wanted.effort, wanted.budget_tokens) {
            (true, ..) => (Effort::Minimal, false),
            (false, Some(effort), tokens) => {
                if tokens.is_some() {
                    self.losses.approximated(self.request.names.reasoning);
                }
                (effort, true)
            }
            (false, None, Some(tokens)) => (effort_of(tokens), false),
            (false, None, None) => {
                self.note_unknown(wanted);
                return None;
            }
        };
        let nearest = self.target.capabilities.nearest_effort(effort).unwrap_or(effort);
        let (level, known) = match nearest {
            Effort::None | Effort::Minimal => ("MINIMAL", Effort::Minimal),
            Effort::Low => ("LOW", Effort::Low),
            Effort::Medium => ("MEDIUM", Effort::Medium),
            _ => ("HIGH", Effort::High),
        };
        if !is_exact || known != effort {
            self.losses.approximated(self.field(wanted));
        }
        Some(level)
    }

    /// Where the caller says how much to think: in words, if he has said it so.
    fn field(&self, wanted: &ReasoningRequest<'_>) -> &'static str {
        let names = self.request.names;
        if wanted.effort.is_some() && !wanted.disabled { names.effort } else { names.reasoning }
    }
}

/// Tokens for an effort, where a model knows budgets only.
const fn tokens_of(effort: Effort) -> u64 {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => 1024,
        Effort::Medium => 2048,
        Effort::High => 4096,
        Effort::XHigh => 8192,
        Effort::Max => 16_384,
    }
}

/// An effort for tokens, where a model knows levels only.
const fn effort_of(tokens: u64) -> Effort {
    match tokens {
        0..=1024 => Effort::Low,
        1025..=2048 => Effort::Medium,
        _ => Effort::High,
    }
}
