//! `generationConfig` and its neighbours, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use super::{json, schema};
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Effort, Extra, Json, OutputFormat, ReasoningRequest, Request, Sampling, Text,
};
use crate::dialect::json_schema::Nesting;

/// Reads all that is neither conversation nor tools, and which of the words for the form of the answer the
/// caller uses: the index of them in [`NAMES`](super::NAMES).
pub(super) fn read<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<usize, Invalid> {
    let root = &Path::Root;
    request.metadata = labels(fields)?;
    if let Some(value) = fields.take("serviceTier") {
        let tier = read::text(&root.field("serviceTier"), value)?;
        if matches!(&*tier.to_ascii_lowercase(), "" | "unspecified" | "standard") {
            request.extra.push(Extra::moot("serviceTier", Cow::Borrowed(value)));
        } else {
            request.service_tier = Some(tier);
        }
    }
    let path = &root.field("generationConfig");
    let Some(mut config) = fields.object(root, "generationConfig")? else { return Ok(0) };
    request.sampling = sampling(path, &mut config)?;
    request.max_tokens = config.count(path, "maxOutputTokens")?;
    request.stop = stop(path, &mut config)?;
    choices(path, &mut config, request)?;
    logprobs(path, &mut config, request)?;
    modalities(path, &mut config, request)?;
    if let Some(raw) = config.take("thinkingConfig") {
        request.reasoning = reasoning(&path.field("thinkingConfig"), raw, &mut request.extra)?;
    }
    let output = output(path, &mut config, request)?;
    config.note_rest(path, &mut request.extra);
    Ok(output)
}

fn labels<'a>(fields: &mut Object<'a>) -> Result<Option<Json<'a>>, Invalid> {
    match fields.take("labels") {
        Some(value) if value.get().starts_with('{') => {
            Ok(Some(Cow::Borrowed(value)).filter(|labels| !json::says_nothing(labels)))
        }
        Some(_) => Err(Path::Root.field("labels").wrong("an object")),
        None => Ok(None),
    }
}

fn sampling<'a>(path: &Path<'_>, config: &mut Object<'a>) -> Result<Sampling<'a>, Invalid> {
    let mut take = |name| -> Result<Option<Json<'a>>, Invalid> {
        let Some(value) = config.take(name) else { return Ok(None) };
        number(value).map(Some).ok_or_else(|| path.field(name).wrong("a number"))
    };
    Ok(Sampling {
        temperature: take("temperature")?,
        top_p: take("topP")?,
        top_k: take("topK")?,
        frequency_penalty: take("frequencyPenalty")?,
        presence_penalty: take("presencePenalty")?,
        seed: take("seed")?,
    })
}

/// A number, its digits kept. It may also be written as a string.
fn number(value: &RawValue) -> Option<Json<'_>> {
    let is_number = |text: &str| matches!(text.as_bytes().first(), Some(b'-' | b'0'..=b'9'));
    if is_number(value.get()) {
        return Some(Cow::Borrowed(value));
    }
    let text = read::string(value).filter(|text| is_number(text))?;
    serde_json::from_str::<f64>(&text).ok()?;
    RawValue::from_string(text.trim().to_owned()).ok().map(Cow::Owned)
}

fn stop<'a>(path: &Path<'_>, config: &mut Object<'a>) -> Result<Vec<Text<'a>>, Invalid> {
    let path = &path.field("stopSequences");
    let Some(value) = config.take("stopSequences") else { return Ok(Vec::new()) };
    let items = read::list(path, value)?.into_iter().enumerate();
    items.map(|(index, item)| read::text(&path.index(index), item)).collect()
}

fn choices<'a>(path: &Path<'_>, config: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let Some(value) = config.take("candidateCount") else { return Ok(()) };
    let path = path.field("candidateCount");
    let count = read::count(value).ok_or_else(|| path.wrong("a positive integer"))?;
    if count > 1 {
        request.choices = Some(count);
    } else {
        request.extra.push(Extra::moot(path.to_string(), Cow::Borrowed(value)));
    }
    Ok(())
}

/// How many alternatives says nothing unless the probabilities are wanted.
fn logprobs<'a>(path: &Path<'_>, config: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let (wanted, count) = (config.take("responseLogprobs"), config.take("logprobs"));
    if wanted.is_some_and(|wanted| wanted.get() == "true") {
        let read =
            |value| read::count(value).ok_or_else(|| path.field("logprobs").wrong("a positive integer"));
        request.logprobs = Some(count.map(read).transpose()?.unwrap_or(0));
        return Ok(());
    }
    for (name, value) in [("responseLogprobs", wanted), ("logprobs", count)] {
        if let Some(value) = value {
            request.extra.push(Extra::moot(path.field(name).to_string(), Cow::Borrowed(value)));
        }
    }
    Ok(())
}

/// Text alone is what every model answers with.
fn modalities<'a>(
    path: &Path<'_>,
    config: &mut Object<'a>,
    request: &mut Request<'a>,
) -> Result<(), Invalid> {
    let Some(value) = config.take("responseModalities") else { return Ok(()) };
    let path = path.field("responseModalities");
    let is_text = |item: &RawValue| read::string(item).is_some_and(|word| word.eq_ignore_ascii_case("text"));
    let is_moot = read::list(&path, value)?.into_iter().all(is_text);
    request.extra.push(Extra { is_moot, ..Extra::new(path.to_string(), Cow::Borrowed(value)) });
    Ok(())
}

/// Reads how much to think: none where nothing but the default is said.
fn reasoning<'a>(
    path: &Path<'_>,
    raw: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<ReasoningRequest<'a>>, Invalid> {
    let mut fields = Object::read(path, raw)?;
    let mut request = ReasoningRequest::default();
    let shown = fields.take("includeThoughts");
    let shows = shown.is_some_and(|shown| shown.get() == "true");
    let level = fields.text(path, "thinkingLevel")?.map(|level| level.to_ascii_lowercase());
    match level.as_deref() {
        None | Some("" | "thinking_level_unspecified") => {}
        Some(word) => {
            let known = Effort::parse(word).ok_or_else(|| path.field("thinkingLevel").unknown(word))?;
            request.effort = Some(known);
        }
    }
    match fields.take("thinkingBudget").map(|value| (value, read::count(value))) {
        None => {}
        Some((_, Some(0))) => request.disabled = true,
        Some((_, Some(tokens))) => request.budget_tokens = Some(tokens),
        Some((value, None)) if matches!(value.get(), "-1" | "\"-1\"" | "-1.0") => request.adaptive = true,
        Some(_) => return Err(path.field("thinkingBudget").wrong("an integer")),
    }
    fields.note_rest(path, extra);
    let says_how = request.effort.is_some() || request.budget_tokens.is_some() || request.disabled;
    if !says_how && !request.adaptive && !shows {
        extra.push(Extra::moot(path.to_string(), Cow::Borrowed(raw)));
        return Ok(None);
    }
    request.shows = shown.map(|_| shows);
    // Thoughts are asked for, and how many is left to the model.
    request.adaptive |= !says_how;
    request.raw = Some(Cow::Borrowed(raw));
    Ok(Some(request))
}

/// The words for the form of the answer, in the order of [`NAMES`](super::NAMES).
const MIME: usize = 0;
const SCHEMA: usize = 1;
const JSON_SCHEMA: usize = 2;
const FORMAT: usize = 3;

fn output<'a>(path: &Path<'_>, config: &mut Object<'a>, request: &mut Request<'a>) -> Result<usize, Invalid> {
    let mime = config.take("responseMimeType");
    let kind = mime.map(|value| read::text(&path.field("responseMimeType"), value)).transpose()?;
    if kind.as_deref().is_some_and(|kind| !matches!(kind, "application/json" | "text/plain" | "")) {
        // One word of several, without JSON around it: nobody else has that.
        for (name, value) in [("responseMimeType", mime), ("responseSchema", config.take("responseSchema"))] {
            if let Some(value) = value {
                request.extra.push(Extra::new(path.field(name).to_string(), Cow::Borrowed(value)));
            }
        }
        return Ok(MIME);
    }
    if let Some(value) = mime {
        request.extra.push(Extra::moot(path.field("responseMimeType").to_string(), Cow::Borrowed(value)));
    }
    for (name, words) in [
        ("responseJsonSchema", JSON_SCHEMA),
        ("_responseJsonSchema", JSON_SCHEMA),
        ("responseSchema", SCHEMA),
    ] {
        let Some(value) = config.take(name) else { continue };
        let path = path.field(name).to_string();
        let schema = match words {
            SCHEMA => schema::normalised(value, &path, &mut Nesting::default())?,
            _ => Cow::Borrowed(value),
        };
        request.extra.push(Extra::moot(path, Cow::Borrowed(value)));
        request.output = enforced(schema);
        return Ok(words);
    }
    if let Some(value) = config.take("responseFormat") {
        return format(&path.field("responseFormat"), value, request);
    }
    if kind.as_deref() == Some("application/json") {
        request.output = OutputFormat::JsonObject;
    }
    Ok(MIME)
}

/// The newer form, with one field for each kind of answer.
fn format<'a>(path: &Path<'_>, value: &'a RawValue, request: &mut Request<'a>) -> Result<usize, Invalid> {
    let mut fields = Object::read(path, value)?;
    let text = fields.object(path, "text")?;
    let mut is_moot = fields.is_empty();
    if let Some(mut text) = text {
        let path = &path.field("text");
        let kind = text.text(path, "mimeType")?.unwrap_or_default().to_ascii_uppercase();
        match (text.take("schema"), &*kind) {
            (Some(schema), _) => request.output = enforced(Cow::Borrowed(schema)),
            (None, "APPLICATION_JSON" | "APPLICATION/JSON") => request.output = OutputFormat::JsonObject,
            (None, _) => {}
        }
        is_moot &= text.is_empty();
    }
    request.extra.push(Extra { is_moot, ..Extra::new(path.to_string(), Cow::Borrowed(value)) });
    Ok(FORMAT)
}

/// A schema of the answer always holds here.
const fn enforced(schema: Json<'_>) -> OutputFormat<'_> {
    OutputFormat::JsonSchema { name: None, description: None, schema, strict: Some(true) }
}
