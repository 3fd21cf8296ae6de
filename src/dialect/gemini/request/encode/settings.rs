use super::super::json;
use super::Writer;
use super::tools::schema;
use crate::dialect::Sampling;
use crate::dialect::canonical::{Json, OutputFormat, Tool};
use crate::dialect::json_schema;
use crate::dialect::quoted::quoted;

/// How the form of the answer is asked for.
pub(super) enum Form {
    /// It is not.
    Any,
    /// By the type of the answer.
    Object,
    /// And by a schema.
    Schema(Vec<u8>),
    /// By words, where the fields are refused.
    Instruction(String),
}

const JSON_ONLY: &str =
    "Answer with a single JSON object and nothing else: no prose around it, no code fence.";

/// The most stop sequences the API takes.
const MAX_STOP: usize = 5;
/// The most alternatives of a token it tells.
const MAX_LOGPROBS: u64 = 20;

impl<'a> Writer<'_, 'a> {
    /// How the form is asked for. Before the third generation, models refuse to be told one beside tools.
    pub(super) fn form(&mut self) -> Form {
        let field = self.request.names.output;
        let has_tools = self.request.tools.iter().any(|tool| matches!(tool, Tool::Function { .. }));
        let is_refused = !self.is_own && has_tools && !self.family.is_recent;
        match &self.request.output {
            OutputFormat::Text => Form::Any,
            OutputFormat::JsonObject if is_refused => {
                self.losses.approximated(field);
                Form::Instruction(JSON_ONLY.to_owned())
            }
            OutputFormat::JsonObject => Form::Object,
            OutputFormat::JsonSchema { schema: wanted, description, .. } => {
                let described = description.as_deref().and_then(|text| json_schema::described(wanted, text));
                let wanted = described.as_deref().unwrap_or(wanted);
                let reduced = schema(wanted);
                let is_refused = is_refused || reduced.is_refused || !self.target.capabilities.structured;
                if is_refused && !self.is_own {
                    self.losses.approximated(field);
                    let words = "It must be valid against this JSON Schema:";
                    return Form::Instruction(format!("{JSON_ONLY} {words}\n{wanted}"));
                }
                if reduced.has_lost && !self.is_own {
                    self.losses.approximated(field);
                }
                Form::Schema(reduced.text)
            }
        }
    }

    /// Writes what stands in `generationConfig`.
    pub(super) fn generation(&mut self, out: &mut Vec<u8>, form: &Form) {
        self.sampling(out);
        self.limits(out);
        self.stop(out);
        self.form_fields(out, form);
        self.thinking(out);
        self.rest(out, "generationConfig", WRITTEN);
    }

    fn form_fields(&self, out: &mut Vec<u8>, form: &Form) {
        if self.is_own {
            for name in WRITTEN {
                if let Some(value) = self.wording(&format!("generationConfig.{name}")) {
                    json::raw_field(out, name, value.get());
                }
            }
            return;
        }
        match form {
            Form::Any | Form::Instruction(_) => {}
            Form::Object => json::string_field(out, "responseMimeType", "application/json"),
            Form::Schema(schema) => {
                json::string_field(out, "responseMimeType", "application/json");
                json::key(out, "responseJsonSchema");
                out.extend_from_slice(schema);
            }
        }
    }

    fn sampling(&mut self, out: &mut Vec<u8>) {
        let (sampling, names) = (&self.request.sampling, self.request.names);
        let rows = [
            ("temperature", &sampling.temperature, names.temperature, 1.0),
            ("topP", &sampling.top_p, names.top_p, 1.0),
            ("topK", &sampling.top_k, names.top_k, 0.0),
            ("frequencyPenalty", &sampling.frequency_penalty, names.frequency_penalty, 0.0),
            ("presencePenalty", &sampling.presence_penalty, names.presence_penalty, 0.0),
        ];
        let is_refused = self.target.capabilities.sampling == Sampling::Refused && !self.is_own;
        for (name, value, field, neutral) in rows {
            let Some(value) = value else { continue };
            if !is_refused {
                self.clamped(out, name, value, field);
            } else if number(value) != Some(neutral) {
                self.losses.dropped(field);
            }
        }
        match &sampling.seed {
            // The API keeps 32 bits of it.
            Some(seed) if self.is_own || seed.get().parse::<i32>().is_ok() => {
                json::raw_field(out, "seed", seed.get());
            }
            Some(_) => self.losses.dropped(names.seed),
            None => {}
        }
    }

    /// Writes a number, its digits kept. A temperature above what is taken is not rescaled, which would only
    /// look right.
    fn clamped(&mut self, out: &mut Vec<u8>, name: &str, value: &Json<'a>, field: &'static str) {
        if name == "temperature" && !self.is_own && number(value).is_some_and(|number| number > 2.0) {
            self.losses.approximated(field);
            return json::raw_field(out, name, "2");
        }
        json::raw_field(out, name, value.get());
    }

    fn limits(&mut self, out: &mut Vec<u8>) {
        let (request, names) = (self.request, self.request.names);
        if let Some(wanted) = request.max_tokens {
            let most = self.target.capabilities.max_output.unwrap_or(u64::from(u32::MAX >> 1));
            if wanted > most && !self.is_own {
                self.losses.approximated(names.max_tokens);
            }
            let limit = if self.is_own { wanted } else { wanted.min(most) };
            json::raw_field(out, "maxOutputTokens", &limit.to_string());
        }
        if let Some(choices) = request.choices.filter(|choices| *choices > 1) {
            json::raw_field(out, "candidateCount", &choices.to_string());
        }
        if let Some(wanted) = request.logprobs {
            json::raw_field(out, "responseLogprobs", "true");
            let count = if self.is_own { wanted } else { wanted.min(MAX_LOGPROBS) };
            if count != wanted {
                self.losses.approximated(names.logprobs);
            }
            if count > 0 {
                json::raw_field(out, "logprobs", &count.to_string());
            }
        }
    }

    fn stop(&mut self, out: &mut Vec<u8>) {
        let stop = &self.request.stop;
        if stop.is_empty() {
            return;
        }
        if !self.is_own && !self.target.capabilities.stop {
            return self.losses.dropped(self.request.names.stop);
        }
        let most = if self.is_own { usize::MAX } else { MAX_STOP };
        if stop.len() > most {
            self.losses.approximated(self.request.names.stop);
        }
        json::raw_field(out, "stopSequences", "[");
        for text in stop.iter().take(most) {
            json::separate(out);
            quoted(out, text);
        }
        out.push(b']');
    }

    /// Labels, tier and the end user: the public API has a place for the tier alone, and another price list.
    pub(super) fn labels(&mut self, body: &mut Vec<u8>) {
        let (request, names) = (self.request, self.request.names);
        if request.user.is_some() {
            self.losses.dropped(names.user);
        }
        match &request.metadata {
            Some(labels) if self.is_own => json::raw_field(body, "labels", labels.get()),
            Some(_) => self.losses.dropped(names.metadata),
            None => {}
        }
        match &request.service_tier {
            Some(tier) if self.is_own => json::string_field(body, "serviceTier", tier),
            Some(_) => self.losses.dropped(names.service_tier),
            None => {}
        }
    }
}

/// What a caller of this dialect has said of the form of the answer, in any of its words.
const WRITTEN: &[&str] =
    &["responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseFormat"];

fn number(value: &Json<'_>) -> Option<f64> {
    serde_json::from_str(value.get()).ok()
}
