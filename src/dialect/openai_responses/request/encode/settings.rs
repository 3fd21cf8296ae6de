//! All that is neither conversation nor tools, written.

use super::object::{Object, separate};
use super::{CHAT, Writer};
use crate::dialect::canonical::{Effort, Json, OutputFormat, Request};
use crate::dialect::openai::{TIERS, effort, fields, form, leaf, names, shared::fits, strict::enforced};
use crate::dialect::openai_responses::request::settings::{ENCRYPTED, LOGPROBS};
use crate::dialect::quoted::quoted;
use crate::dialect::{Capabilities, Sampling, Thinking};

/// The name of a schema whose dialect knows none; the API wants one.
const SCHEMA: &str = "response";
/// The fewest tokens the API takes for a limit.
const MIN_TOKENS: u64 = 16;
/// The most labels the API takes, and the longest name and value of one, in characters.
const LABELS: (usize, usize, usize) = (16, 64, 512);
/// Settings that both of the vendor's dialects have in the same words.
const SHARED: [&str; 5] =
    ["prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "store", "user"];
/// Those that this one has in another place.
const MOVED: [&str; 4] = ["logprobs", "service_tier", "top_logprobs", "verbosity"];

impl<'a> Writer<'a, '_, '_> {
    /// Writes the settings, and notes those that have no place here.
    pub(super) fn settings(&mut self, body: &mut Object<'_>) {
        let effort = self.effort();
        self.text(body);
        self.reasoning(effort, body);
        if self.is_own {
            return self.own(body);
        }
        self.limit(body);
        self.sampling(effort, body);
        self.bookkeeping(body);
        self.homeless();
    }

    /// The settings of a caller of this dialect, as they were.
    fn own(&self, body: &mut Object<'_>) {
        let request = self.request;
        let mut raw = |name: &str, value: &Option<Json<'_>>| {
            if let Some(value) = value {
                body.json(name, value.get().as_bytes());
            }
        };
        raw("temperature", &request.sampling.temperature);
        raw("top_p", &request.sampling.top_p);
        raw("metadata", &request.metadata);
        let logprobs = request.logprobs.filter(|count| *count > 0);
        for (name, count) in [("max_output_tokens", request.max_tokens), ("top_logprobs", logprobs)] {
            if let Some(count) = count {
                body.json(name, count.to_string().as_bytes());
            }
        }
        for (name, text) in [("service_tier", &request.service_tier), (request.names.user, &request.user)] {
            if let Some(text) = text {
                body.text(name, text);
            }
        }
    }

    fn limit(&mut self, body: &mut Object<'_>) {
        let Some(wanted) = self.request.max_tokens else { return };
        let most = self.target.capabilities.max_output.unwrap_or(u64::MAX);
        let limit = wanted.min(most).max(MIN_TOKENS);
        if limit != wanted {
            self.losses.approximated(self.request.names.max_tokens);
        }
        body.json("max_output_tokens", limit.to_string().as_bytes());
    }

    fn sampling(&mut self, effort: Option<Effort>, body: &mut Object<'_>) {
        let request = self.request;
        let names = request.names;
        let sampling = &request.sampling;
        let samples = samples(self.target.capabilities, effort);
        let one_of = self.target.capabilities.sampling == Sampling::OneOf && sampling.temperature.is_some();
        for (value, name, field, is_taken) in [
            (&sampling.temperature, "temperature", names.temperature, samples),
            (&sampling.top_p, "top_p", names.top_p, samples && !one_of),
        ] {
            match value {
                Some(value) if is_taken => body.json(name, value.get().as_bytes()),
                // One is what holds anyway.
                Some(value) if value.get().parse() != Ok(1.0) => self.losses.dropped(field),
                _ => {}
            }
        }
        let include = match self.logprobs() {
            Some((count, _)) if samples => {
                body.json("top_logprobs", count.to_string().as_bytes());
                Some(LOGPROBS)
            }
            Some((_, field)) => {
                self.losses.dropped(field);
                None
            }
            None => None,
        };
        // A model that does not think refuses to send its thoughts encrypted.
        let encrypted = thinks(self.target.capabilities).then_some(ENCRYPTED);
        if include.is_some() || encrypted.is_some() {
            body.field("include", |out| {
                out.push(b'[');
                for word in [encrypted, include].into_iter().flatten() {
                    separate(out);
                    quoted(out, word);
                }
                out.push(b']');
            });
        }
    }

    /// How many alternatives to each token are wanted, and the caller's word for it.
    fn logprobs(&self) -> Option<(u64, &'static str)> {
        let field = self.request.names.logprobs;
        if let Some(count) = self.request.logprobs {
            return Some((count, field));
        }
        let is_wanted = self.shared("logprobs")?.get() == "true";
        let count = self.shared("top_logprobs").and_then(|count| count.get().parse().ok());
        is_wanted.then_some((count.unwrap_or(0), field))
    }

    /// Who asks, for what account, and what the provider may keep of it.
    fn bookkeeping(&mut self, body: &mut Object<'_>) {
        let request = self.request;
        match &request.metadata {
            Some(labels) if are_taken(labels) => body.json("metadata", labels.get().as_bytes()),
            Some(_) => self.losses.dropped(request.names.metadata),
            None => {}
        }
        if let Some(user) = request.user.as_deref() {
            let member = names::user_id(user);
            if member != user {
                self.losses.approximated(request.names.user);
            }
            body.text("safety_identifier", &member);
        }
        let tier = request.service_tier.clone().or_else(|| leaf::text(self.shared("service_tier")));
        match tier {
            Some(tier) if request.names.dialect == CHAT && TIERS.contains(&&*tier) => {
                body.text("service_tier", &tier);
            }
            Some(_) => self.losses.dropped(request.names.service_tier),
            None => {}
        }
        let mut stores = false;
        for name in SHARED {
            if let Some(value) = self.shared(name) {
                stores |= name == "store";
                body.json(name, value.get().as_bytes());
            }
        }
        // What is stored could only be continued by id, which callers of other dialects do not.
        if !stores {
            body.json("store", b"false");
        }
    }

    /// What this API has no place for.
    fn homeless(&mut self) {
        let request = self.request;
        let names = request.names;
        let sampling = &request.sampling;
        for (value, field) in [
            (&sampling.top_k, names.top_k),
            (&sampling.frequency_penalty, names.frequency_penalty),
            (&sampling.presence_penalty, names.presence_penalty),
            (&sampling.seed, names.seed),
        ] {
            if value.is_some() {
                self.losses.dropped(field);
            }
        }
        if !request.stop.is_empty() {
            self.losses.dropped(names.stop);
        }
        if request.choices.is_some_and(|choices| choices > 1) {
            self.losses.dropped(names.choices);
        }
        for extra in &request.extra {
            let path = &*extra.path;
            let is_known = SHARED.contains(&path) || MOVED.contains(&path);
            let is_carried = names.dialect == CHAT && is_known && fits(path, &extra.value);
            if !is_carried {
                extra.note(self.losses);
            }
        }
    }

    /// The form of the answer, and how wordy it should be.
    fn text(&mut self, body: &mut Object<'_>) {
        let mut out = Vec::new();
        let mut text = Object::new(&mut out, self.kept.at("text", &["format."]));
        let mut format = Vec::new();
        if self.is_own || self.takes_form() {
            self.format(&mut format);
        } else {
            format.extend_from_slice(br#"{"type":"json_object"}"#);
        }
        if !format.is_empty() {
            text.json("format", &format);
        }
        if let Some(verbosity) = self.shared("verbosity") {
            // Of its own models those that do not think refuse it.
            let known = self.target.capabilities;
            if known.developer || !known.is_known {
                text.json("verbosity", verbosity.get().as_bytes());
            } else {
                self.losses.dropped("verbosity");
            }
        }
        if text.is_empty() {
            return;
        }
        text.end();
        body.json("text", &out);
    }

    /// Does the model take the form of the answer as a field of its own?
    fn takes_form(&self) -> bool {
        !matches!(self.request.output, OutputFormat::JsonSchema { .. })
            || form::is_taken(self.target.capabilities)
    }

    /// What has to be said in words of the form that the answer must have.
    pub(super) fn form_in_words(&mut self) -> Option<String> {
        match &self.request.output {
            _ if self.is_own => None,
            OutputFormat::JsonObject => {
                (!form::mentions_json(self.request)).then(|| form::JSON_ONLY.to_owned())
            }
            OutputFormat::JsonSchema { schema, description, .. } if !self.takes_form() => {
                self.losses.approximated(self.request.names.output);
                Some(form::in_words(schema, description.as_deref()))
            }
            _ => None,
        }
    }

    fn format(&mut self, out: &mut Vec<u8>) {
        match &self.request.output {
            OutputFormat::Text => {}
            OutputFormat::JsonObject => {
                let mut object = Object::new(out, self.kept.at("text.format", &[]));
                object.text("type", "json_object");
                object.end();
            }
            OutputFormat::JsonSchema { name, description, schema, strict } => {
                let name = name.as_deref().unwrap_or(SCHEMA);
                let enforced = enforced(self.request.names.dialect, schema, *strict);
                let mut object = Object::new(out, self.kept.at("text.format", &[]));
                object.text("type", "json_schema");
                object.text("name", &if self.is_own { name.into() } else { names::tool_name(name) });
                if let Some(description) = description {
                    object.text("description", description);
                }
                object.json("schema", enforced.schema.get().as_bytes());
                if let Some(strict) = enforced.strict {
                    object.json("strict", if strict { b"true" } else { b"false" });
                }
                object.end();
                if enforced.is_lost || enforced.has_changed {
                    self.losses.approximated(self.request.names.output);
                }
            }
        }
    }

    fn reasoning(&self, effort: Option<Effort>, body: &mut Object<'_>) {
        let mut out = Vec::new();
        let mut reasoning = Object::new(&mut out, self.kept.at("reasoning", &[]));
        if let Some(effort) = effort {
            reasoning.text("effort", effort.as_str());
        }
        if shows(self.request) && !self.is_own && thinks(self.target.capabilities) {
            reasoning.text("summary", "auto");
        }
        if reasoning.is_empty() {
            return;
        }
        reasoning.end();
        body.json("reasoning", &out);
    }

    /// How much to think, in the words the model takes.
    fn effort(&mut self) -> Option<Effort> {
        let wanted = self.request.reasoning.as_ref()?;
        if self.is_own {
            return wanted.effort;
        }
        let (request, known) = (self.request, self.target.capabilities);
        if wanted.shows == Some(true) && !thinks(known) {
            self.losses.dropped(request.names.thoughts);
        }
        // Of unknown models most do not think, and some refuse the word.
        let is_silent = known.vendor.is_none();
        effort::asked(request, known, is_silent, |effort| known.nearest_effort(effort), self.losses)
    }
}

/// Thinking that is asked for in itself, as some dialects do, is to be seen, unless that is said not to be.
fn shows(request: &Request<'_>) -> bool {
    let Some(wanted) = &request.reasoning else { return false };
    let is_asked_for = wanted.adaptive || wanted.budget_tokens.is_some();
    !wanted.disabled && wanted.shows.unwrap_or(is_asked_for && request.names.shows_thoughts)
}

/// Does the API take these labels? Others have more of them, and longer ones.
fn are_taken(labels: &Json<'_>) -> bool {
    let (most, longest_name, longest) = LABELS;
    let is_short = |text: &str, most| text.len() <= most || text.chars().count() <= most;
    let Ok(pairs) = fields::Object::fields(labels.get()) else { return false };
    let is_label = |value| leaf::string(value).is_some_and(|text| is_short(&text, longest));
    pairs.len() <= most && pairs.iter().all(|(name, value)| is_short(name, longest_name) && is_label(value))
}

fn thinks(capabilities: &Capabilities) -> bool {
    capabilities.thinking != Thinking::Never && !capabilities.efforts.is_empty()
}

/// May temperature and its like be set?
fn samples(capabilities: &Capabilities, effort: Option<Effort>) -> bool {
    match capabilities.sampling {
        Sampling::Taken | Sampling::OneOf => true,
        Sampling::WithoutThought => effort == Some(Effort::None),
        Sampling::Refused => false,
    }
}
