//! All that is neither conversation nor tools, written.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::body::{Content, Format, Message, Part, Reasoning, Schema, Switch};
use super::encode::Writer;
use crate::dialect::canonical::{Effort, Json, OutputFormat, ReasoningRequest, Text};
use crate::dialect::openai::strict::enforced;
use crate::dialect::openai::{TIERS, effort, form};
use crate::dialect::openai_chat::habits::{self, is_openai};
use crate::dialect::openai_chat::names;
use crate::dialect::{Capabilities, Sampling, Thinking, Vendor};

/// The most stop sequences the API takes.
const MAX_STOP: usize = 4;
/// The name of a schema whose dialect knows none; the API wants one.
const SCHEMA: &str = "response";

/// How much to think.
#[derive(Default)]
pub(super) struct Thought {
    pub(super) word: Option<&'static str>,
    /// The same in OpenRouter's words, where these are spoken.
    pub(super) object: Option<Reasoning>,
    /// Or in DeepSeek's.
    pub(super) switch: Option<Switch>,
}

/// How to sample.
#[derive(Default)]
pub(super) struct Numbers<'a> {
    pub(super) temperature: Option<&'a RawValue>,
    pub(super) top_p: Option<&'a RawValue>,
    pub(super) top_k: Option<&'a RawValue>,
    pub(super) frequency_penalty: Option<&'a RawValue>,
    pub(super) presence_penalty: Option<&'a RawValue>,
    pub(super) seed: Option<&'a RawValue>,
}

impl<'a> Writer<'a, '_> {
    /// The form of the answer. What there is no field for is said in words.
    pub(super) fn format(&mut self, messages: &mut Vec<Message<'a>>) -> Option<Format<'a>> {
        match &self.request.output {
            OutputFormat::Text => None,
            OutputFormat::JsonObject => {
                if !form::mentions_json(self.request) {
                    instruct(messages, form::JSON_ONLY.to_owned());
                }
                Some(Format::JsonObject)
            }
            OutputFormat::JsonSchema { schema, description, .. } if !form::is_taken(self.known) => {
                self.losses.approximated(self.request.names.output);
                instruct(messages, form::in_words(schema, description.as_deref()));
                Some(Format::JsonObject)
            }
            OutputFormat::JsonSchema { name, description, schema, strict } => {
                let enforced = enforced(self.request.names.dialect, schema, *strict);
                if enforced.is_lost || enforced.has_changed {
                    self.losses.approximated(self.request.names.output);
                }
                let json_schema = Schema {
                    name: names::tool_name(name.as_deref().unwrap_or(SCHEMA)),
                    description: description.as_deref(),
                    schema: enforced.schema,
                    strict: enforced.strict,
                };
                Some(Format::JsonSchema { json_schema })
            }
        }
    }

    /// The limit of tokens, under the newer or the older name.
    pub(super) fn limit(&mut self) -> (Option<u64>, Option<u64>) {
        let most = self.known.max_output.unwrap_or(u64::MAX);
        let limit = self.request.max_tokens.map(|wanted| {
            if wanted > most {
                self.losses.approximated(self.request.names.max_tokens);
            }
            wanted.min(most)
        });
        if self.known.developer && self.habits.newer_words { (limit, None) } else { (None, limit) }
    }

    /// How much to think, in the words the model takes.
    pub(super) fn thought(&mut self, has_tools: bool, is_forced: bool) -> Thought {
        self.note_shown();
        if self.habits.effort == habits::Effort::Switch {
            return Thought { switch: self.switch(is_forced), ..Thought::default() };
        }
        let Some(wanted) = &self.request.reasoning else { return Thought::default() };
        let says_object = self.habits.effort == habits::Effort::Object;
        if let Some(object) = says_object.then(|| self.object(wanted)).flatten() {
            return Thought { object: Some(object), ..Thought::default() };
        }
        if has_tools && !self.known.effort_with_tools {
            self.request.note_thinking(self.losses);
            return Thought::default();
        }
        let (request, known) = (self.request, self.known);
        // Claude thinks when asked; of unknown models most do not think, and some refuse the word.
        let is_silent = matches!(known.vendor, None | Some(Vendor::Anthropic));
        let effort = effort::asked(request, known, is_silent, |effort| nearest(known, effort), self.losses);
        let Some(word) = effort.map(Effort::as_str) else { return Thought::default() };
        Thought { word: Some(word), object: says_object.then_some(Reasoning::Effort(word)), switch: None }
    }

    /// Whether thoughts are shown is for nobody to say in this dialect: OpenAI's own models never do, others as they
    /// are used to, and where thinking is asked for in better words they always do.
    fn note_shown(&mut self) {
        let Some(wanted) = self.request.reasoning.as_ref().filter(|wanted| !wanted.disabled) else { return };
        let field = self.request.names.thoughts;
        let is_sure = self.habits.effort != habits::Effort::Word;
        match wanted.shows {
            Some(true) if is_openai(self.habits, self.known) => self.losses.dropped(field),
            Some(true) if is_sure => {}
            Some(false) if is_openai(self.habits, self.known) => {}
            Some(_) => self.losses.approximated(field),
            None => {}
        }
    }

    /// Whether to think at all, where that is all that can be said. It gives way to a tool that must be called.
    fn switch(&mut self, is_forced: bool) -> Option<Switch> {
        let names = self.request.names;
        let wanted = self.request.reasoning.as_ref();
        let is_unwanted = wanted.is_some_and(|wanted| wanted.disabled || wanted.effort == Some(Effort::None));
        if is_forced || is_unwanted {
            if !is_unwanted || !self.known.disables_thinking {
                self.request.note_thinking(self.losses);
            }
            if wanted.is_some_and(|wanted| {
                wanted.disabled && wanted.effort.is_some_and(|word| word != Effort::None)
            }) {
                self.losses.dropped(names.effort);
            }
            return self.known.disables_thinking.then_some(Switch::OFF);
        }
        let wanted = wanted?;
        for (is_said, field) in
            [(wanted.effort.is_some(), names.effort), (wanted.budget_tokens.is_some(), names.reasoning)]
        {
            if is_said {
                self.losses.approximated(field);
            }
        }
        Some(Switch::ON)
    }

    /// What OpenRouter can be told in better words than an effort.
    fn object(&self, wanted: &ReasoningRequest<'_>) -> Option<Reasoning> {
        let thinks = self.known.thinking != Thinking::Never;
        match (wanted.effort, wanted.budget_tokens) {
            (None, Some(tokens)) if thinks => Some(Reasoning::MaxTokens(tokens)),
            (None, None) if wanted.disabled && self.known.disables_thinking => {
                Some(Reasoning::Enabled(false))
            }
            (None, None) if wanted.adaptive && thinks => Some(Reasoning::Enabled(true)),
            _ => None,
        }
    }

    /// May temperature and its like be set?
    pub(super) fn samples(&self, effort: Option<&'static str>) -> bool {
        match self.known.sampling {
            Sampling::Taken | Sampling::OneOf => true,
            Sampling::WithoutThought => effort == Some(Effort::None.as_str()),
            Sampling::Refused => false,
        }
    }

    pub(super) fn numbers(&mut self, samples: bool) -> Numbers<'a> {
        let (sampling, names) = (&self.request.sampling, self.request.names);
        let temperature = self.number(samples, sampling.temperature.as_ref(), (names.temperature, 1.0));
        let is_second = temperature.is_some() && self.known.sampling == Sampling::OneOf;
        let top_k = self.habits.top_k && samples;
        Numbers {
            temperature,
            top_p: self.number(samples && !is_second, sampling.top_p.as_ref(), (names.top_p, 1.0)),
            frequency_penalty: self.number(
                samples,
                sampling.frequency_penalty.as_ref(),
                (names.frequency_penalty, 0.0),
            ),
            presence_penalty: self.number(
                samples,
                sampling.presence_penalty.as_ref(),
                (names.presence_penalty, 0.0),
            ),
            seed: self.number(true, sampling.seed.as_ref(), (names.seed, f64::NAN)),
            top_k: self.number(top_k, sampling.top_k.as_ref(), (names.top_k, 0.0)),
        }
    }

    /// A number, if it is taken. One that says what holds anyway is no loss.
    fn number(
        &mut self,
        is_taken: bool,
        value: Option<&'a Json<'a>>,
        (field, neutral): (&'static str, f64),
    ) -> Option<&'a RawValue> {
        let value = value?;
        if !is_taken && value.get().parse() != Ok(neutral) {
            self.losses.dropped(field);
        }
        is_taken.then_some(value)
    }

    pub(super) fn choices(&mut self) -> Option<u64> {
        let choices = self.request.choices.filter(|choices| *choices > 1)?;
        let is_taken = self.habits.takes("n");
        if !is_taken {
            self.losses.dropped(self.request.names.choices);
        }
        is_taken.then_some(choices)
    }

    /// How many alternatives to each token. Models that refuse sampling refuse to tell, too.
    pub(super) fn logprobs(&mut self, samples: bool) -> Option<u64> {
        let top = self.request.logprobs?;
        let is_taken = samples && self.habits.takes("logprobs");
        if !is_taken {
            self.losses.dropped(self.request.names.logprobs);
        }
        is_taken.then_some(top)
    }

    pub(super) fn stop(&mut self) -> &'a [Text<'a>] {
        let stop = &self.request.stop[..];
        if !self.known.stop {
            if !stop.is_empty() {
                self.losses.dropped(self.request.names.stop);
            }
            return &[];
        }
        if stop.len() > MAX_STOP {
            self.losses.approximated(self.request.names.stop);
        }
        &stop[..stop.len().min(MAX_STOP)]
    }

    /// The tier, for callers whose dialect has the same words for them.
    pub(super) fn service_tier(&mut self) -> Option<&'a str> {
        let tier = self.request.service_tier.as_deref()?;
        let is_same = self.request.names.dialect.starts_with("openai-") && TIERS.contains(&tier);
        if is_same && self.habits.newer_words {
            return Some(tier);
        }
        self.losses.dropped(self.request.names.service_tier);
        None
    }

    /// The end user: by the vendor's new field for his own models, by the one all servers know for others.
    pub(super) fn user(&mut self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let Some(user) = self.request.user.as_deref() else { return (None, None) };
        if !self.habits.takes("user") {
            self.losses.dropped(self.request.names.user);
            return (None, None);
        }
        let member = names::user_id(user);
        if member != user {
            self.losses.approximated(self.request.names.user);
        }
        if is_openai(self.habits, self.known) { (None, Some(member)) } else { (Some(member), None) }
    }
}

/// The nearest effort that the model, or whoever translates for it, takes.
fn nearest(known: &Capabilities, effort: Effort) -> Option<Effort> {
    let is_translated =
        known.efforts.is_empty() && known.thinking != Thinking::Never && known.vendor != Some(Vendor::OpenAi);
    if !is_translated {
        return known.nearest_effort(effort);
    }
    // A model that thinks by a budget of tokens: who serves it in this dialect makes one of these words.
    Some(match effort {
        Effort::None if known.disables_thinking => Effort::None,
        Effort::None | Effort::Minimal | Effort::Low => Effort::Low,
        Effort::Medium => Effort::Medium,
        _ => Effort::High,
    })
}

/// Adds an instruction below those of the caller's that stand first.
fn instruct(messages: &mut Vec<Message<'_>>, text: String) {
    let is_operator = |message: &&Message<'_>| matches!(message.role, "system" | "developer");
    let at = messages.iter().take_while(is_operator).count();
    let role = messages
        .first()
        .map_or("system", |first| if first.role == "developer" { first.role } else { "system" });
    let content = Content(vec![Part::text(text.into())]);
    messages.insert(at, Message { role, content, ..Message::default() });
}
