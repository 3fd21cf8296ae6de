//! Tools and the choice among them, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request, Text, Tool, ToolChoice};

/// Reads the tools, the choice and whether calls may be parallel.
pub(super) fn decode<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    if let Some(value) = fields.take("tools") {
        let path = &root.field("tools");
        for (index, item) in read::list(path, value)?.into_iter().enumerate() {
            let tool = tool(&path.index(index), item, &mut request.extra)?;
            request.tools.push(tool);
        }
    }
    if let Some(value) = fields.take("tool_choice") {
        request.tool_choice = Some(choice(&root.field("tool_choice"), value)?);
    }
    request.parallel_tool_calls = fields.boolean(root, "parallel_tool_calls")?;
    legacy(fields, request)
}

fn tool<'a>(path: &Path<'_>, item: &'a RawValue, extra: &mut Vec<Extra<'a>>) -> Result<Tool<'a>, Invalid> {
    let mut fields = Object::read(path, item)?;
    let kind = fields.required_text(path, "type")?;
    if kind != "function" {
        return Ok(Tool::Hosted { kind, value: Cow::Borrowed(item) });
    }
    let mut inner = fields.required_object(path, "function")?;
    let cache = fields.take("cache_control").map(Cow::Borrowed);
    let function = function(&path.field("function"), &mut inner, cache)?;
    inner.note_rest(&path.field("function"), extra);
    fields.note_rest(path, extra);
    Ok(function)
}

fn function<'a>(
    path: &Path<'_>,
    fields: &mut Object<'a>,
    cache: Option<Cow<'a, RawValue>>,
) -> Result<Tool<'a>, Invalid> {
    Ok(Tool::Function {
        name: fields.required_text(path, "name")?,
        description: fields.text(path, "description")?,
        parameters: fields.take("parameters").map(Cow::Borrowed),
        strict: fields.boolean(path, "strict")?,
        cache,
    })
}

fn choice<'a>(path: &Path<'_>, value: &'a RawValue) -> Result<ToolChoice<'a>, Invalid> {
    if value.get().starts_with('"') {
        return Ok(match &*read::text(path, value)? {
            "auto" => ToolChoice::Auto,
            // `any` is Mistral's word.
            "required" | "any" => ToolChoice::Required,
            "none" => ToolChoice::None,
            other => return Err(path.unknown(other)),
        });
    }
    let mut fields = Object::read(path, value)?;
    // Some callers leave the type out; then it is a function.
    let kind = fields.text(path, "type")?.unwrap_or(Cow::Borrowed("function"));
    match &*kind {
        "function" | "custom" => {
            let mut inner = fields.required_object(path, &kind)?;
            inner.required_text(&path.field(&kind), "name").map(ToolChoice::Tool)
        }
        "allowed_tools" => allowed(&path.field("allowed_tools"), fields.required_object(path, &kind)?),
        other => Err(path.field("type").unknown(other)),
    }
}

fn allowed<'a>(path: &Path<'_>, mut fields: Object<'a>) -> Result<ToolChoice<'a>, Invalid> {
    let mode = fields.required_text(path, "mode")?;
    let path = &path.field("tools");
    let tools = fields.take("tools").ok_or_else(|| path.missing())?;
    let name = |(index, item)| -> Result<Text<'a>, Invalid> {
        let path = &path.index(index);
        let mut tool = Object::read(path, item)?;
        let kind = tool.required_text(path, "type")?;
        tool.required_object(path, &kind)?.required_text(&path.field(&kind), "name")
    };
    let names = read::list(path, tools)?.into_iter().enumerate().map(name).collect::<Result<_, _>>()?;
    Ok(ToolChoice::Allowed { names, required: mode == "required" })
}

/// `functions` and `function_call`, which tools replaced. Members get them as tools; that the answer then
/// holds `tool_calls` is noted as a loss.
fn legacy<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    let Some(value) = fields.take("functions") else { return Ok(()) };
    let path = &root.field("functions");
    for (index, item) in read::list(path, value)?.into_iter().enumerate() {
        let path = &path.index(index);
        let tool = function(path, &mut Object::read(path, item)?, None)?;
        request.tools.push(tool);
    }
    request.extra.push(Extra { path: "functions".into(), value: Cow::Borrowed(value) });
    let Some(value) = fields.take("function_call") else { return Ok(()) };
    let path = &root.field("function_call");
    request.tool_choice = Some(if value.get().starts_with('"') {
        choice(path, value)?
    } else {
        ToolChoice::Tool(Object::read(path, value)?.required_text(path, "name")?)
    });
    Ok(())
}
