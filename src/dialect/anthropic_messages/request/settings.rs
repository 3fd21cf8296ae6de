use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::wire::{self, Object, Str};
use super::super::{NAMES, OLDER_NAMES};
use super::top::Top;
use super::{note, note_rest, optional};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Effort, Extra, Json, OutputFormat, ReasoningRequest, Request, Text};

#[derive(serde::Deserialize)]
struct Thinking<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    budget_tokens: Option<u64>,
    #[serde(borrow, default)]
    display: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct OutputConfig<'a> {
    #[serde(borrow, default)]
    effort: Option<Str<'a>>,
    #[serde(borrow, default)]
    format: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Format<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    schema: Option<&'a RawValue>,
}

/// Reads all that is neither conversation nor tools.
pub(super) fn read<'a>(top: &mut Top<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    request.sampling.temperature = numeral("temperature", top.temperature)?;
    request.sampling.top_p = numeral("top_p", top.top_p)?;
    request.sampling.top_k = numeral("top_k", top.top_k)?;
    let stop: Option<Vec<Str<'a>>> = optional("stop_sequences", top.stop_sequences)?;
    request.stop = stop.unwrap_or_default().into_iter().map(|Str(text)| text).collect();
    request.user = user(top.metadata, &mut request.extra)?;
    let config = optional::<Object<OutputConfig<'a>>>("output_config", top.output_config)?;
    let (effort, format) = config.map_or((None, None), |config| (config.0.effort, config.0.format));
    request.output = match (format, top.output_format) {
        (Some(format), _) => output("output_config.format", format, &mut request.extra)?,
        (None, Some(format)) => {
            request.names = &OLDER_NAMES;
            output("output_format", format, &mut request.extra)?
        }
        (None, None) => OutputFormat::Text,
    };
    if let Some(raw) = top.output_config {
        let path = |field: &str| format!("output_config.{field}").into();
        note_rest(&mut request.extra, raw, &["effort", "format"], &path);
    }
    request.reasoning = reasoning(top.thinking, effort, &mut request.extra)?;
    for (name, value) in std::mem::take(&mut top.rest) {
        if name == "service_tier" {
            let tier: Option<Str<'a>> = wire::read("service_tier", value)?;
            request.service_tier = tier.map(|Str(tier)| tier).filter(|tier| tier != "auto");
        } else if !is_default(&name, value) {
            note(&mut request.extra, name, Some(value));
        }
    }
    Ok(())
}

/// A number, its digits kept.
fn numeral<'a>(path: &str, raw: Option<&'a RawValue>) -> Result<Option<Json<'a>>, Invalid> {
    let Some(raw) = raw else { return Ok(None) };
    let _: f64 = wire::read(path, raw)?;
    Ok(Some(Cow::Borrowed(raw)))
}

fn user<'a>(metadata: Option<&'a RawValue>, extra: &mut Vec<Extra<'a>>) -> Result<Option<Text<'a>>, Invalid> {
    #[derive(serde::Deserialize)]
    struct Metadata<'a> {
        #[serde(borrow, default)]
        user_id: Option<Str<'a>>,
    }
    let Some(raw) = metadata else { return Ok(None) };
    let Object(read): Object<Metadata<'a>> = wire::read("metadata", raw)?;
    note_rest(extra, raw, &["user_id"], &|field| format!("metadata.{field}").into());
    Ok(read.user_id.map(|Str(user)| user))
}

fn output<'a>(
    path: &str,
    raw: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<OutputFormat<'a>, Invalid> {
    let Object(format): Object<Format<'a>> = wire::read(path, raw)?;
    if format.kind != "json_schema" {
        return Err(wire::wrong(&wire::join(path, "type"), "Input should be 'json_schema'"));
    }
    let schema = format.schema.ok_or_else(|| wire::wrong(&wire::join(path, "schema"), "Field required"))?;
    let schema = Cow::Borrowed(schema);
    note_rest(extra, raw, &["type", "schema"], &|field| wire::join(path, field).into());
    Ok(OutputFormat::JsonSchema { name: None, description: None, schema, strict: Some(true) })
}

fn reasoning<'a>(
    thinking: Option<&'a RawValue>,
    effort: Option<Str<'a>>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<ReasoningRequest<'a>>, Invalid> {
    let mut request = ReasoningRequest::default();
    if let Some(Str(word)) = &effort {
        let wrong = || {
            wire::wrong("output_config.effort", "Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
        };
        request.effort = Some(Effort::parse(word).ok_or_else(wrong)?);
    }
    let Some(raw) = thinking else { return Ok(effort.map(|_| request)) };
    let Object(thinking): Object<Thinking<'a>> = wire::read("thinking", raw)?;
    match &*thinking.kind {
        "enabled" => {
            let budget = thinking.budget_tokens;
            let missing = || wire::wrong("thinking.enabled.budget_tokens", "Field required");
            request.budget_tokens = Some(budget.ok_or_else(missing)?);
        }
        "adaptive" => request.adaptive = true,
        "disabled" => request.disabled = true,
        _ => {}
    }
    let is_special = !matches!(&*thinking.kind, "enabled" | "adaptive" | "disabled");
    // A kind that nobody knows is kept whole.
    if !is_special {
        note_rest(extra, raw, &["type", "budget_tokens", "display"], &|field| {
            format!("thinking.{field}").into()
        });
    }
    request.shows = thinking.display.and_then(|display| match display.get() {
        r#""omitted""# => Some(false),
        r#""summarized""# => Some(true),
        _ => None,
    });
    if let Some(display) = thinking.display.filter(|_| request.shows.is_none() && !is_special) {
        note(extra, NAMES.thoughts, Some(display));
    }
    request.raw = (is_special || thinking.display.is_some()).then_some(Cow::Borrowed(raw));
    Ok(Some(request))
}

/// A field that says what holds anyway is no loss.
fn is_default(name: &str, value: &RawValue) -> bool {
    (name, value.get()) == ("speed", r#""standard""#)
}
