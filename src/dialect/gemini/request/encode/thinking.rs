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
            Thinking::Never => return self.losses.dropped(request.names.reasoning),
            Thinking::Budget => Some(("thinkingBudget", self.budget(wanted, is_off))),
            _ => self.level(wanted, is_off).map(|level| ("thinkingLevel", format!("\"{level}\""))),
        };
        let shows = !is_off && !is_hidden(wanted);
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
            (false, Some(tokens), _) => tokens,
            (false, None, Some(effort)) => {
                self.losses.approximated(self.request.names.reasoning);
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
            self.losses.approximated(self.request.names.reasoning);
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
            (false, Some(effort), _) => (effort, true),
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
            self.losses.approximated(self.request.names.reasoning);
        }
        Some(level)
    }
}

/// Does the caller want no thoughts to be shown? Anthropic's callers can say so.
fn is_hidden(wanted: &ReasoningRequest<'_>) -> bool {
    #[derive(serde::Deserialize)]
    struct Shown<'a> {
        #[serde(borrow)]
        display: std::borrow::Cow<'a, str>,
    }
    let raw = wanted.raw.as_ref().and_then(|raw| serde_json::from_str::<Shown<'_>>(raw.get()).ok());
    raw.is_some_and(|shown| shown.display == "omitted")
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
