use std::borrow::Cow;

use serde_json::value::RawValue;

use super::body::{Body, Choice, StreamOptions};
use super::turns;
use crate::dialect::canonical::{Extras, Json, Request};
use crate::dialect::openai::shared::fits;
use crate::dialect::openai_chat::habits::{Habits, is_openai};
use crate::dialect::openai_chat::{json, names};
use crate::dialect::{Capabilities, Encoded, Target, ToolNames};
use crate::facts::Losses;
use crate::failure::Failure;

/// Writes a member's request.
pub(crate) fn encode(
    request: &Request<'_>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Encoded, Failure> {
    let mut writer = Writer::new(request, target, losses);
    let mut messages = turns::encode(&mut writer)?;
    let response_format = writer.format(&mut messages);
    let tools = writer.tools();
    let tool_choice = writer.tool_choice(&tools);
    let has_tools = !tools.is_empty();
    let is_forced = tool_choice.as_ref().is_some_and(Choice::is_forced);
    let thought = writer.thought(has_tools, is_forced);
    let samples = writer.samples(thought.word);
    let numbers = writer.numbers(samples);
    let (max_completion_tokens, max_tokens) = writer.limit();
    let (user, safety_identifier) = writer.user();
    let top_logprobs = writer.logprobs(samples);
    let body = Body {
        model: target.model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| has_tools),
        response_format,
        max_completion_tokens,
        max_tokens,
        temperature: numbers.temperature,
        top_p: numbers.top_p,
        frequency_penalty: numbers.frequency_penalty,
        presence_penalty: numbers.presence_penalty,
        seed: numbers.seed.filter(|_| writer.habits.word("seed") == "seed"),
        random_seed: numbers.seed.filter(|_| writer.habits.word("seed") != "seed"),
        top_k: numbers.top_k,
        n: writer.choices(),
        logprobs: top_logprobs.is_some(),
        top_logprobs: top_logprobs.filter(|top| *top > 0),
        stop: writer.stop(),
        reasoning_effort: thought.word.filter(|_| thought.object.is_none()),
        reasoning: thought.object,
        thinking: thought.switch,
        service_tier: writer.service_tier(),
        user,
        safety_identifier,
        verbosity: writer.shared("text.verbosity"),
        prompt_cache_key: writer.shared("prompt_cache_key"),
        prompt_cache_retention: writer.shared("prompt_cache_retention"),
        stream: request.stream,
        stream_options: (request.stream && writer.habits.asks_usage)
            .then_some(StreamOptions { include_usage: true }),
    };
    writer.leave_out_the_rest();
    let mut out = Vec::new();
    json::value(&mut out, &body);
    Ok(Encoded { body: out, tool_names: writer.tool_names })
}

/// What one translation needs at hand.
pub(super) struct Writer<'a, 'l> {
    pub(super) request: &'a Request<'a>,
    pub(super) extras: Extras<'a, 'a>,
    pub(super) known: &'a Capabilities,
    pub(super) habits: &'static Habits,
    pub(super) losses: &'l mut Losses,
    /// The turn at hand belongs to calls of tools that are not at their end yet.
    pub(super) is_in_loop: bool,
    tool_names: ToolNames,
}

impl<'a, 'l> Writer<'a, 'l> {
    fn new(request: &'a Request<'a>, target: &Target<'a>, losses: &'l mut Losses) -> Self {
        Self {
            request,
            extras: Extras::of(request),
            known: target.capabilities,
            habits: Habits::of(target),
            losses,
            is_in_loop: false,
            tool_names: ToolNames::default(),
        }
    }

    /// The name of a tool as the API takes it; noted, so that answers can be given the caller's.
    pub(super) fn tool_name(&mut self, name: &'a str) -> Cow<'a, str> {
        let member = names::tool_name(name);
        if member != name {
            self.tool_names.insert(&*member, name);
        }
        member
    }

    /// The id of a call as the API takes it; `path` is where the caller has it.
    pub(super) fn call_id(&mut self, id: &'a str, path: impl FnOnce() -> Cow<'static, str>) -> Cow<'a, str> {
        let member = if self.habits.short_ids { names::short_id(id) } else { names::call_id(id) };
        if member != id {
            self.extras.note_renamed(path(), self.losses);
        }
        member
    }

    /// A mark of caching that the provider takes as it is.
    pub(super) fn cache(
        &mut self,
        wish: &'a Json<'a>,
        path: impl FnOnce() -> Cow<'static, str>,
    ) -> Option<&'a RawValue> {
        // Anthropic's word for it, which OpenRouter has taken over.
        if self.habits.cache && wish.get().contains("\"ephemeral\"") {
            return Some(wish);
        }
        self.losses.dropped(path());
        None
    }

    /// A setting of the vendor's other dialect that his models take in this one, too. Those that do not think refuse
    /// to be told how wordy to be.
    fn shared(&self, path: &str) -> Option<&'a RawValue> {
        let is_taken = match path {
            "text.verbosity" => self.known.developer,
            "prompt_cache_key" | "prompt_cache_retention" => true,
            _ => false,
        };
        let is_theirs =
            self.request.names.dialect == "openai-responses" && is_openai(self.habits, self.known);
        // Asked of each field of the caller's: only these few may be looked for among all of them.
        if !is_taken || !is_theirs {
            return None;
        }
        let extra = self.request.extra.iter().find(|extra| extra.path == path && !extra.is_moot)?;
        fits(path, &extra.value).then_some(&extra.value)
    }

    /// What this API has no place for, or none that is safe: it takes `metadata` only of calls that it is to
    /// store.
    fn leave_out_the_rest(&mut self) {
        if self.request.metadata.is_some() {
            self.losses.dropped(self.request.names.metadata);
        }
        for extra in &self.request.extra {
            if self.shared(&extra.path).is_none() {
                extra.note(self.losses);
            }
        }
    }
}
