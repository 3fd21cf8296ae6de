use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::wire::{self, Object, Str};
use super::top::Top;
use super::{NAMES, note_rest, optional};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request, Tool, ToolChoice};

#[derive(serde::Deserialize)]
struct Custom<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    description: Option<Str<'a>>,
    #[serde(borrow)]
    input_schema: &'a RawValue,
    #[serde(default)]
    strict: Option<bool>,
    #[serde(borrow, default)]
    cache_control: Option<&'a RawValue>,
}

/// The fields of a tool that the hub has a place for.
const TOOL: &[&str] = &["type", "name", "description", "input_schema", "strict", "cache_control"];
/// The fields of a choice.
const CHOICE: &[&str] = &["type", "name", "disable_parallel_tool_use"];

#[derive(serde::Deserialize)]
struct MaybeKind<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<Str<'a>>,
}

#[derive(serde::Deserialize)]
struct Choice<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(default)]
    disable_parallel_tool_use: Option<bool>,
}

/// Reads the tools, and which must be called.
pub(super) fn read<'a>(top: &mut Top<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    for (index, raw) in top.tools.take().unwrap_or_default().into_iter().enumerate() {
        request.tools.push(tool(index, raw, &mut request.extra)?);
    }
    let Some(Object(choice)) = optional::<Object<Choice<'a>>>("tool_choice", top.tool_choice)? else {
        return Ok(());
    };
    request.tool_choice = Some(match (&*choice.kind, choice.name) {
        ("auto", _) => ToolChoice::Auto,
        ("any", _) => ToolChoice::Required,
        ("none", _) => ToolChoice::None,
        ("tool", Some(Str(name))) => ToolChoice::Tool(name),
        ("tool", None) => return Err(wire::wrong("tool_choice.name", "Field required")),
        _ => return Err(wire::wrong("tool_choice.type", "Input should be 'auto', 'any', 'tool' or 'none'")),
    });
    if let Some(raw) = top.tool_choice {
        note_rest(&mut request.extra, raw, CHOICE, &|field| format!("tool_choice.{field}").into());
    }
    request.parallel_tool_calls = choice.disable_parallel_tool_use.map(|disabled| !disabled);
    Ok(())
}

fn tool<'a>(index: usize, raw: &'a RawValue, extra: &mut Vec<Extra<'a>>) -> Result<Tool<'a>, Invalid> {
    let path = || format!("tools.{index}");
    let Object(MaybeKind { kind }) = read_at(&path, raw)?;
    match kind {
        Some(Str(kind)) if kind != "custom" => {
            return Ok(Tool::Hosted { kind, value: Cow::Borrowed(raw) });
        }
        _ => {}
    }
    let Object(tool): Object<Custom<'a>> = read_at(&path, raw)?;
    note_rest(extra, raw, TOOL, &|field| NAMES.tool(index, field));
    Ok(Tool::Function {
        name: tool.name,
        description: tool.description.map(|Str(text)| text),
        parameters: Some(Cow::Borrowed(tool.input_schema)),
        strict: tool.strict,
        cache: tool.cache_control.map(Cow::Borrowed),
    })
}

fn read_at<'a, T>(path: &dyn Fn() -> String, raw: &'a RawValue) -> Result<T, Invalid>
where
    T: serde::Deserialize<'a>,
{
    serde_json::from_str(raw.get()).map_err(|error| wire::invalid(&path(), &error))
}
