use std::borrow::Cow;

use serde_json::value::RawValue;

use super::body::{Allowed, Body, Choice, Format, Function, Named, Schema, StreamOptions, Tool as WireTool};
use super::turns;
use crate::dialect::canonical::{
    Effort, Json, OutputFormat, ReasoningRequest, Request, Text, Tool, ToolChoice,
};
use crate::dialect::json_schema::{self, Subset};
use crate::dialect::openai_chat::model::{Family, Sampling, family};
use crate::dialect::openai_chat::{json, names};
use crate::dialect::{Encoded, ToolNames};
use crate::facts::Losses;
use crate::failure::Failure;

/// The most stop sequences the API takes.
const MAX_STOP: usize = 4;
/// The name of a schema whose dialect knows none; the API wants one.
const SCHEMA: &str = "response";

/// Writes a member's request.
pub(crate) fn encode(request: &Request<'_>, model: &str, losses: &mut Losses) -> Result<Encoded, Failure> {
    let mut writer = Writer { request, family: family(model), losses, tool_names: ToolNames::default() };
    let messages = turns::encode(&mut writer)?;
    let tools = writer.tools();
    let tool_choice = writer.tool_choice(&tools);
    let has_tools = !tools.is_empty();
    let reasoning_effort = writer.effort(has_tools);
    let samples = writer.samples(reasoning_effort);
    let max_tokens = request.max_tokens;
    let reasons = writer.family.reasons;
    let (user, safety_identifier) = writer.user();
    let body = Body {
        model,
        messages,
        tools,
        tool_choice,
        parallel_tool_calls: request.parallel_tool_calls.filter(|_| has_tools),
        response_format: writer.format(),
        max_completion_tokens: max_tokens.filter(|_| reasons),
        max_tokens: max_tokens.filter(|_| !reasons),
        temperature: writer.number(samples, &request.sampling.temperature, request.names.temperature),
        top_p: writer.number(samples, &request.sampling.top_p, request.names.top_p),
        frequency_penalty: writer.number(
            samples,
            &request.sampling.frequency_penalty,
            request.names.frequency_penalty,
        ),
        presence_penalty: writer.number(
            samples,
            &request.sampling.presence_penalty,
            request.names.presence_penalty,
        ),
        seed: writer.number(true, &request.sampling.seed, request.names.seed),
        stop: writer.stop(),
        reasoning_effort,
        user,
        safety_identifier,
        stream: request.stream,
        stream_options: request.stream.then_some(StreamOptions { include_usage: true }),
    };
    writer.number(false, &request.sampling.top_k, request.names.top_k);
    for extra in &request.extra {
        extra.note(writer.losses);
    }
    let mut out = Vec::new();
    json::value(&mut out, &body);
    Ok(Encoded { body: out, tool_names: writer.tool_names })
}

/// What one translation needs at hand.
pub(super) struct Writer<'a, 'l> {
    pub(super) request: &'a Request<'a>,
    pub(super) family: &'static Family,
    pub(super) losses: &'l mut Losses,
    tool_names: ToolNames,
}

impl<'a> Writer<'a, '_> {
    /// The name of a tool as the API takes it; noted, so that answers can be given the caller's.
    pub(super) fn tool_name(&mut self, name: &'a str) -> Cow<'a, str> {
        let member = names::tool_name(name);
        if member != name {
            self.tool_names.insert(&*member, name);
        }
        member
    }

    fn tools(&mut self) -> Vec<WireTool<'a>> {
        let request = self.request;
        let tools = request.tools.iter().enumerate();
        tools.filter_map(|(index, tool)| self.tool(index, tool)).collect()
    }

    fn tool(&mut self, index: usize, tool: &'a Tool<'a>) -> Option<WireTool<'a>> {
        let Tool::Function { name, description, parameters, strict, cache } = tool else {
            let kind = if let Tool::Hosted { kind, .. } = tool { &**kind } else { "type" };
            self.losses.dropped(self.request.names.tool(index, kind));
            return None;
        };
        let request = self.request;
        if cache.is_some() {
            self.losses.dropped(request.names.tool(index, "cache_control"));
        }
        let member = self.tool_name(name);
        if member != **name {
            self.losses.renamed(self.request.names.tool(index, "name"));
        }
        let mut function =
            Function { name: member, description: description.as_deref(), parameters: None, strict: *strict };
        function.parameters = parameters.as_deref().map(|schema| {
            let (schema, strictness) = self.schema(schema, *strict);
            function.strict = strictness.strict;
            if strictness.is_lost {
                self.losses.dropped(request.names.tool(index, "strict"));
            }
            if strictness.has_changed {
                self.losses.approximated(request.names.tool(index, "parameters"));
            }
            schema
        });
        Some(WireTool { kind: "function", function })
    }

    /// The choice, as long as there is something to choose from: without tools the API takes none.
    fn tool_choice(&mut self, tools: &[WireTool<'a>]) -> Option<Choice<'a>> {
        let request = self.request;
        let choice = request.tool_choice.as_ref()?;
        let is_known = |name: &Text<'_>| {
            let name = names::tool_name(name);
            tools.iter().any(|tool| tool.function.name == name)
        };
        let choice = match choice {
            _ if tools.is_empty() => {
                let says_something = matches!(
                    choice,
                    ToolChoice::Required | ToolChoice::Tool(_) | ToolChoice::Allowed { required: true, .. }
                );
                if says_something {
                    self.losses.dropped(request.names.tool_choice);
                }
                return None;
            }
            ToolChoice::Auto => Choice::Word("auto"),
            ToolChoice::Required => Choice::Word("required"),
            ToolChoice::None => Choice::Word("none"),
            ToolChoice::Tool(name) if is_known(name) => Choice::Tool(Named::new(self.tool_name(name))),
            ToolChoice::Tool(_) => {
                self.losses.dropped(request.names.tool_choice);
                return None;
            }
            ToolChoice::Allowed { names, required } => {
                let known = names.iter().filter(|name| is_known(name));
                let tools: Vec<_> = known.map(|name| Named::new(names::tool_name(name))).collect();
                if tools.len() < names.len() {
                    self.losses.approximated(request.names.tool_choice);
                }
                let mode = if *required { "required" } else { "auto" };
                Choice::Allowed { kind: "allowed_tools", allowed_tools: Allowed { mode, tools } }
            }
        };
        Some(choice)
    }

    /// A schema, as the vendor enforces it where the caller wants that and wrote it for another vendor.
    fn schema(&self, schema: &'a RawValue, strict: Option<bool>) -> (Json<'a>, Strictness) {
        let as_it_is = Strictness { strict, is_lost: false, has_changed: false };
        if strict != Some(true) || self.request.names.dialect.starts_with("openai") {
            return (Cow::Borrowed(schema), as_it_is);
        }
        let reduced = json_schema::reduce(schema, Subset::OpenAiStrict);
        let has_changed = reduced.has_lost;
        match reduced.into_json() {
            Some(reduced) => (Cow::Owned(reduced), Strictness { has_changed, ..as_it_is }),
            None => (Cow::Borrowed(schema), Strictness { strict: None, is_lost: true, has_changed: false }),
        }
    }

    fn format(&mut self) -> Option<Format<'a>> {
        match &self.request.output {
            OutputFormat::Text => None,
            OutputFormat::JsonObject => Some(Format::JsonObject),
            OutputFormat::JsonSchema { name, description, schema, strict } => {
                let (schema, strictness) = self.schema(schema, *strict);
                if strictness.is_lost || strictness.has_changed {
                    self.losses.approximated(self.request.names.output);
                }
                let json_schema = Schema {
                    name: names::tool_name(name.as_deref().unwrap_or(SCHEMA)),
                    description: description.as_deref(),
                    schema,
                    strict: strictness.strict,
                };
                Some(Format::JsonSchema { json_schema })
            }
        }
    }

    /// How much to think, in the words the model takes.
    fn effort(&mut self, has_tools: bool) -> Option<&'static str> {
        let wanted = self.request.reasoning.as_ref()?;
        let field = self.request.names.reasoning;
        let (effort, is_exact) = effort_of(wanted, self.family)?;
        let Some(nearest) = self.family.nearest(effort) else {
            // A model that does not think does as it is told where it is told not to.
            if effort != Effort::None {
                self.losses.dropped(field);
            }
            return None;
        };
        if has_tools && !self.family.effort_with_tools {
            self.losses.dropped(field);
            return None;
        }
        if !is_exact || nearest != effort {
            self.losses.approximated(field);
        }
        Some(nearest.as_str())
    }

    /// May temperature and its like be set?
    fn samples(&self, effort: Option<&'static str>) -> bool {
        match self.family.sampling {
            Sampling::Always => true,
            Sampling::WithoutThought => effort == Some(Effort::None.as_str()),
            Sampling::Never => false,
        }
    }

    fn number(
        &mut self,
        is_taken: bool,
        value: &'a Option<Json<'a>>,
        field: &'static str,
    ) -> Option<&'a RawValue> {
        let value = value.as_deref()?;
        if !is_taken {
            self.losses.dropped(field);
        }
        is_taken.then_some(value)
    }

    fn stop(&mut self) -> &'a [Text<'a>] {
        let stop = &self.request.stop[..];
        if !self.family.stop {
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

    /// The end user: by the vendor's new field for his own models, by the one all servers know for others.
    fn user(&mut self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let Some(user) = self.request.user.as_deref() else { return (None, None) };
        let member = names::user_id(user);
        if member != user {
            self.losses.approximated(self.request.names.user);
        }
        if self.family.is_openai { (None, Some(member)) } else { (Some(member), None) }
    }
}

/// What became of a caller's wish to have a schema enforced.
struct Strictness {
    strict: Option<bool>,
    /// It is not enforced.
    is_lost: bool,
    /// What is enforced is close to it.
    has_changed: bool,
}

/// The effort that was asked for, and whether in these words. `None` where the model decides by itself.
fn effort_of(wanted: &ReasoningRequest<'_>, family: &Family) -> Option<(Effort, bool)> {
    if let Some(effort) = wanted.effort {
        return Some((effort, true));
    }
    if wanted.disabled {
        // Of unknown models most do not think, and some refuse the word.
        return family.is_openai.then_some((Effort::None, true));
    }
    // The tokens that the vendors' own thinking levels stand for, roughly.
    wanted.budget_tokens.map(|tokens| match tokens {
        0..4096 => (Effort::Low, false),
        4096..16384 => (Effort::Medium, false),
        _ => (Effort::High, false),
    })
}
