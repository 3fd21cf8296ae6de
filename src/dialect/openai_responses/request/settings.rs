//! All that is neither conversation nor tools, read.

use std::borrow::Cow;

use super::NAMES;
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Effort, Extra, Json, OutputFormat, ReasoningRequest, Request, Sampling, Text,
};
use crate::dialect::openai::fields::{self, Object, Path};

/// What to include for token probabilities.
pub(super) const LOGPROBS: &str = "message.output_text.logprobs";
/// What to include for thoughts that can be sent back.
pub(super) const ENCRYPTED: &str = "reasoning.encrypted_content";

/// Reads the settings.
pub(super) fn decode<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    request.sampling = sampling(fields)?;
    if let Some(value) = fields.take("max_output_tokens") {
        request.max_tokens = Some(fields::count(&root.field("max_output_tokens"), value)?);
    }
    let has_top = include(fields, request)?;
    text(fields, request)?;
    reasoning(fields, request)?;
    let has_user = user(fields, request)?;
    request.names = &NAMES[usize::from(has_user)][usize::from(has_top)];
    stream_options(fields, request)?;
    defaults(fields, request);
    request.service_tier = fields.text(root, "service_tier")?;
    request.metadata = match fields.take("metadata") {
        Some(value) if value.get().starts_with('{') => Some(Cow::Borrowed(value)),
        Some(value) => return Err(root.field("metadata").wrong("an object", value)),
        None => None,
    };
    Ok(())
}

fn sampling<'a>(fields: &mut Object<'a>) -> Result<Sampling<'a>, Invalid> {
    let mut take = |name| -> Result<Option<Json<'a>>, Invalid> {
        let Some(value) = fields.take(name) else { return Ok(None) };
        fields::number(&Path::Root.field(name), value).map(|number| Some(Cow::Borrowed(number)))
    };
    Ok(Sampling { temperature: take("temperature")?, top_p: take("top_p")?, ..Sampling::default() })
}

/// What asks for no more than holds anyway. That an answer is to be stored is said by those who mean to go on from
/// it by its id, which they cannot elsewhere.
fn defaults<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) {
    let mut moot = |name, values: &[&str]| fields.moot(&Path::Root, name, values, &mut request.extra);
    moot("store", &["false"]);
    moot("truncation", &[r#""disabled""#]);
    moot("service_tier", &[r#""auto""#, r#""default""#]);
    moot("metadata", &["{}"]);
    moot("top_logprobs", &["0"]);
}

/// What the answer should include: token probabilities, and what is of use in this dialect only. Does the caller
/// say of how many other tokens, too?
fn include<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<bool, Invalid> {
    let path = &Path::Root.field("include");
    let Some(value) = fields.take("include") else { return Ok(false) };
    request.extra.push(Extra::moot("include", Cow::Borrowed(value)));
    for (index, item) in fields::list(path, value)?.into_iter().enumerate() {
        let path = &path.index(index);
        match &*fields::text(path, item)? {
            LOGPROBS => request.logprobs = Some(0),
            // Thoughts come sealed, whoever has them.
            ENCRYPTED => {}
            _ => request.extra.push(Extra::new(path.to_string(), Cow::Borrowed(item))),
        }
    }
    if request.logprobs.is_some() {
        fields.moot(&Path::Root, "top_logprobs", &["0"], &mut request.extra);
        if let Some(value) = fields.take("top_logprobs") {
            request.logprobs = Some(fields::count(&Path::Root.field("top_logprobs"), value)?);
            return Ok(true);
        }
    }
    Ok(false)
}

fn text<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("text");
    fields.moot(&Path::Root, "text", &["{}"], &mut request.extra);
    let Some(mut text) = fields.object(&Path::Root, "text")? else { return Ok(()) };
    text.moot(path, "verbosity", &[r#""medium""#], &mut request.extra);
    if let Some(value) = text.take("format") {
        let path = &path.field("format");
        let mut format = Object::read(path, value)?;
        request.output = match &*format.required_text(path, "type")? {
            "text" => {
                request.extra.push(Extra::moot("text.format", Cow::Borrowed(value)));
                OutputFormat::Text
            }
            "json_object" => OutputFormat::JsonObject,
            "json_schema" => OutputFormat::JsonSchema {
                name: Some(format.required_text(path, "name")?),
                description: format.text(path, "description")?,
                schema: Cow::Borrowed(format.take("schema").ok_or_else(|| path.field("schema").missing())?),
                strict: format.boolean(path, "strict")?,
            },
            other => return Err(path.field("type").unknown(other)),
        };
        format.keep_rest(path, &mut request.extra);
    }
    text.keep_rest(path, &mut request.extra);
    Ok(())
}

fn reasoning<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("reasoning");
    fields.moot(&Path::Root, "reasoning", &["{}"], &mut request.extra);
    let Some(mut reasoning) = fields.object(&Path::Root, "reasoning")? else { return Ok(()) };
    if let Some(value) = reasoning.take("effort") {
        let word = fields::text(&path.field("effort"), value)?;
        match Effort::parse(&word) {
            Some(effort) => {
                let disabled = effort == Effort::None;
                let effort = Some(effort);
                request.reasoning =
                    Some(ReasoningRequest { effort, disabled, ..ReasoningRequest::default() });
            }
            None => request.extra.push(Extra::new("reasoning.effort", Cow::Borrowed(value))),
        }
    }
    // What can be read of a thought is shown wherever a member shows it, in his measure.
    for name in ["summary", "generate_summary"] {
        if let Some(value) = reasoning.take(name) {
            let path = path.field(name).to_string();
            request.extra.push(Extra { is_carried: true, ..Extra::new(path, Cow::Borrowed(value)) });
        }
    }
    reasoning.keep_rest(path, &mut request.extra);
    Ok(())
}

/// The end user; where he is named twice, the newer field holds. Is it the older one?
fn user<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<bool, Invalid> {
    let root = &Path::Root;
    let mut user: Option<Text<'a>> = fields.text(root, "safety_identifier")?;
    let is_older = user.is_none();
    if is_older {
        user = fields.text(root, "user")?;
    }
    request.user = user;
    Ok(is_older && request.user.is_some())
}

fn stream_options<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("stream_options");
    let Some(value) = fields.take("stream_options") else { return Ok(()) };
    let mut options = Object::read(path, value)?;
    request.extra.push(Extra::moot("stream_options", Cow::Borrowed(value)));
    // Padding against guesses at a stream's words by their lengths: only this API has it to switch off.
    options.take("include_obfuscation");
    options.note_rest(path, &mut request.extra);
    Ok(())
}
