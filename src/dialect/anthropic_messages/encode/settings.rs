use super::super::json;
use super::Writer;
use crate::dialect::canonical::{Json, OutputFormat};
use crate::dialect::json_schema::{self, Subset};
use crate::dialect::{Sampling, Vendor};

/// How the form of the answer is asked for.
pub(super) enum Form {
    /// It is not.
    Any,
    /// By a field.
    Schema(Vec<u8>),
    /// By words, where there is no field.
    Instruction(String),
}

/// The version of the API that has no sampling parameters (even their defaults are refused), and no documents in
/// the assistant's turns.
const NEWER: &str = "2026-10-21";
/// The most tokens for an answer of a Claude that nobody has heard of.
const UNHEARD_OF: u64 = 32_000;
/// The same of another vendor's model behind the dialect.
const IMITATION: u64 = 8192;

const JSON_ONLY: &str =
    "Answer with a single JSON object and nothing else: no prose around it, no code fence.";

/// Writes `output_config`.
pub(super) fn write_output_config(body: &mut Vec<u8>, effort: Option<&str>, schema: Option<&[u8]>) {
    if effort.is_none() && schema.is_none() {
        return;
    }
    json::raw_field(body, "output_config", "{");
    if let Some(effort) = effort {
        json::string_field(body, "effort", effort);
    }
    if let Some(schema) = schema {
        json::raw_field(body, "format", "{\"type\":\"json_schema\",\"schema\":");
        body.extend_from_slice(schema);
        body.push(b'}');
    }
    body.push(b'}');
}

impl<'a> Writer<'_, 'a> {
    /// The most tokens the answer may have. The API has no default, so the model's limit is it.
    pub(super) fn max_tokens(&mut self) -> u64 {
        match (self.request.max_tokens, self.known.max_output) {
            (Some(wanted), Some(limit)) if wanted > limit => {
                self.losses.approximated(self.request.names.max_tokens);
                limit
            }
            (Some(wanted), _) => wanted,
            (None, Some(limit)) => limit,
            (None, None) if self.known.vendor == Some(Vendor::Anthropic) => UNHEARD_OF,
            (None, None) => IMITATION,
        }
    }

    /// Is the request for the newer version of the API?
    pub(super) fn is_newer(&self) -> bool {
        self.known.version == Some(NEWER)
    }

    pub(super) fn form(&mut self) -> Form {
        let field = self.request.names.output;
        match &self.request.output {
            OutputFormat::Text => Form::Any,
            OutputFormat::JsonObject => {
                self.losses.approximated(field);
                Form::Instruction(JSON_ONLY.to_owned())
            }
            OutputFormat::JsonSchema { schema, description, .. } => {
                let is_taken = self.known.structured;
                // The API has no other place for what the answer is.
                let described = description.as_deref().and_then(|text| json_schema::described(schema, text));
                let schema = described.as_deref().unwrap_or(schema);
                let reduced = is_taken.then(|| json_schema::reduce(schema, Subset::AnthropicStrict));
                if let Some(reduced) = reduced.filter(|reduced| !reduced.is_refused) {
                    if reduced.has_lost {
                        self.losses.approximated(field);
                    }
                    return Form::Schema(reduced.text);
                }
                self.losses.approximated(field);
                Form::Instruction(format!("{JSON_ONLY} It must be valid against this JSON Schema:\n{schema}"))
            }
        }
    }

    pub(super) fn sampling(&mut self, body: &mut Vec<u8>, is_thinking: bool) {
        let (sampling, names) = (&self.request.sampling, self.request.names);
        let is_taken = match self.known.sampling {
            Sampling::Refused => false,
            Sampling::WithoutThought | Sampling::Taken | Sampling::OneOf => !is_thinking && !self.is_newer(),
        };
        let temperature = sampling.temperature.as_ref();
        let mut top_p = sampling.top_p.as_ref();
        if is_taken && self.known.sampling == Sampling::OneOf && temperature.is_some() {
            self.leave_out(top_p.take(), 1.0, names.top_p);
        }
        if is_taken {
            self.clamped(body, ("temperature", names.temperature), temperature);
            self.clamped(body, ("top_p", names.top_p), top_p);
            if let Some(top_k) = &sampling.top_k {
                json::raw_field(body, "top_k", top_k.get());
            }
        } else {
            self.leave_out(temperature, 1.0, names.temperature);
            self.leave_out(top_p, 1.0, names.top_p);
            self.leave_out(sampling.top_k.as_ref(), 0.0, names.top_k);
        }
        self.leave_out(sampling.frequency_penalty.as_ref(), 0.0, names.frequency_penalty);
        self.leave_out(sampling.presence_penalty.as_ref(), 0.0, names.presence_penalty);
        if sampling.seed.is_some() {
            self.losses.dropped(names.seed);
        }
    }

    /// Leaves a value out, which is a loss unless it says what holds anyway.
    fn leave_out(&mut self, value: Option<&Json<'a>>, neutral: f64, field: &'static str) {
        let is_neutral = |value: &&Json<'a>| number(value).is_some_and(|number| number == neutral);
        if value.is_some() && value.filter(is_neutral).is_none() {
            self.losses.dropped(field);
        }
    }

    /// Writes a number between 0 and 1, its digits kept. Others are not rescaled, which would only look right.
    fn clamped(&mut self, body: &mut Vec<u8>, (key, field): (&str, &'static str), value: Option<&Json<'a>>) {
        let Some(value) = value else { return };
        match number(value) {
            Some(number) if number > 1.0 => {
                self.losses.approximated(field);
                json::raw_field(body, key, "1");
            }
            Some(number) if number >= 0.0 => json::raw_field(body, key, value.get()),
            _ => self.losses.dropped(field),
        }
    }

    /// What else a caller of this dialect may say; and what no other one can be given here.
    pub(super) fn service(&mut self, body: &mut Vec<u8>) {
        let (request, names) = (self.request, self.request.names);
        match &request.service_tier {
            Some(tier) if self.is_own => json::string_field(body, "service_tier", tier),
            Some(_) => self.losses.dropped(names.service_tier),
            None => {}
        }
        for (is_lost, field) in [
            (request.choices.is_some_and(|choices| choices > 1), names.choices),
            (request.logprobs.is_some(), names.logprobs),
            (request.metadata.is_some(), names.metadata),
        ] {
            if is_lost {
                self.losses.dropped(field);
            }
        }
    }

    pub(super) fn stop(&mut self, body: &mut Vec<u8>) {
        let stop = &self.request.stop;
        // Sequences of nothing but white space are refused.
        let mut kept = stop.iter().filter(|text| !text.trim().is_empty()).peekable();
        if stop.iter().any(|text| text.trim().is_empty()) {
            self.losses.dropped(self.request.names.stop);
        }
        if kept.peek().is_none() {
            return;
        }
        json::key(body, "stop_sequences");
        for (index, text) in kept.enumerate() {
            body.push(if index == 0 { b'[' } else { b',' });
            json::string(body, text);
        }
        body.push(b']');
    }
}

fn number(value: &Json<'_>) -> Option<f64> {
    serde_json::from_str(value.get()).ok()
}
