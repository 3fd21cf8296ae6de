//! Tools and the choice among them, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request, Text, Tool, ToolChoice};

/// Reads the tools, the choice and whether calls may be parallel. Are they all functions of the older form?
pub(super) fn decode<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<bool, Invalid> {
    let root = &Path::Root;
    if let Some(value) = fields.take("tools") {
        let path = &root.field("tools");
        for (index, item) in read::list(path, value)?.into_iter().enumerate() {
            let tool = tool(&path.index(index), item, &mut request.extra)?;
            request.tools.push(tool);
        }
    }
    if let Some(value) = fields.take("tool_choice") {
        request.tool_choice = Some(choice(&root.field("tool_choice"), value, &mut request.extra)?);
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

fn choice<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<ToolChoice<'a>, Invalid> {
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
    let choice = match &*kind {
        "function" | "custom" => ToolChoice::Tool(named(path, &kind, &mut fields, extra)?),
        "allowed_tools" => allowed(&path.field(&kind), fields.required_object(path, &kind)?, extra)?,
        other => return Err(path.field("type").unknown(other)),
    };
    fields.note_rest(path, extra);
    Ok(choice)
}

/// The name in `{"function": {"name": …}}`, or in what else the kind is called.
fn named<'a>(
    path: &Path<'_>,
    kind: &str,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Text<'a>, Invalid> {
    let mut inner = fields.required_object(path, kind)?;
    let path = &path.field(kind);
    let name = inner.required_text(path, "name")?;
    inner.note_rest(path, extra);
    Ok(name)
}

fn allowed<'a>(
    path: &Path<'_>,
    mut fields: Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<ToolChoice<'a>, Invalid> {
    let required = fields.required_text(path, "mode")? == "required";
    let tools = fields.take("tools").ok_or_else(|| path.field("tools").missing())?;
    fields.note_rest(path, extra);
    let path = &path.field("tools");
    let mut names = Vec::new();
    for (index, item) in read::list(path, tools)?.into_iter().enumerate() {
        let path = &path.index(index);
        let mut tool = Object::read(path, item)?;
        let kind = tool.required_text(path, "type")?;
        names.push(named(path, &kind, &mut tool, extra)?);
        tool.note_rest(path, extra);
    }
    Ok(ToolChoice::Allowed { names, required })
}

/// `functions` and `function_call`, which tools replaced. Members get them as tools; that the answer then
/// holds `tool_calls` is noted as a loss.
fn legacy<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<bool, Invalid> {
    let root = &Path::Root;
    let Some(value) = fields.take("functions") else { return Ok(false) };
    let is_alone = request.tools.is_empty();
    let extra = &mut request.extra;
    let path = &root.field("functions");
    for (index, item) in read::list(path, value)?.into_iter().enumerate() {
        let path = &path.index(index);
        let mut fields = Object::read(path, item)?;
        request.tools.push(function(path, &mut fields, None)?);
        if is_alone {
            request.tool_paths.push(path.to_string());
        }
        fields.note_rest(path, extra);
    }
    extra.push(Extra { is_carried: true, ..Extra::new("functions", Cow::Borrowed(value)) });
    let Some(value) = fields.take("function_call") else { return Ok(is_alone) };
    let path = &root.field("function_call");
    request.tool_choice = Some(if value.get().starts_with('"') {
        choice(path, value, extra)?
    } else {
        let mut fields = Object::read(path, value)?;
        let name = fields.required_text(path, "name")?;
        fields.note_rest(path, extra);
        ToolChoice::Tool(name)
    });
    Ok(is_alone)
}
