//! Tools and the choice among them, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request, Tool, ToolChoice};
use crate::dialect::openai::fields::{self, Object, Path};

const CHOICE: &str = "tool_choice";

/// Reads the tools, the choice and whether calls may be parallel.
pub(super) fn decode<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    fields.moot(root, "tools", &["[]"], &mut request.extra);
    if let Some(value) = fields.take("tools") {
        let path = &root.field("tools");
        for (index, item) in fields::list(path, value)?.into_iter().enumerate() {
            let tool = tool(&path.index(index), item, &mut request.extra)?;
            request.tools.push(tool);
        }
    }
    if let Some(value) = fields.take(CHOICE) {
        request.tool_choice = choice(&root.field(CHOICE), value, &mut request.extra)?;
    }
    request.parallel_tool_calls = fields.boolean(root, "parallel_tool_calls")?;
    Ok(())
}

fn tool<'a>(path: &Path<'_>, item: &'a RawValue, extra: &mut Vec<Extra<'a>>) -> Result<Tool<'a>, Invalid> {
    let mut fields = Object::read(path, item)?;
    let kind = fields.required_text(path, "type")?;
    if kind != "function" {
        return Ok(Tool::Hosted { kind, value: Cow::Borrowed(item) });
    }
    let function = Tool::Function {
        name: fields.required_text(path, "name")?,
        description: fields.text(path, "description")?,
        parameters: fields.take("parameters").map(Cow::Borrowed),
        // Left out, this API makes of the schema a strict one as far as that goes: no promise that a member of
        // another dialect would have to keep, which might refuse the schema as it is.
        strict: fields.boolean(path, "strict")?,
        cache: None,
    };
    fields.keep_rest(path, extra);
    Ok(function)
}

/// The choice, as far as the hub knows such a one; of any other it is kept that it was made.
fn choice<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<ToolChoice<'a>>, Invalid> {
    if value.get().starts_with('"') {
        return Ok(Some(match &*fields::text(path, value)? {
            "auto" => ToolChoice::Auto,
            "required" => ToolChoice::Required,
            "none" => ToolChoice::None,
            other => return Err(path.unknown(other)),
        }));
    }
    let mut fields = Object::read(path, value)?;
    let kind = fields.required_text(path, "type")?;
    let choice = match &*kind {
        "function" => ToolChoice::Tool(fields.required_text(path, "name")?),
        "custom" => {
            extra.push(Extra::moot(CHOICE, Cow::Borrowed(value)));
            ToolChoice::Tool(fields.required_text(path, "name")?)
        }
        "allowed_tools" => allowed(path, value, &mut fields, extra)?,
        // One of the provider's own tools.
        _ => {
            extra.push(Extra::new(CHOICE, Cow::Borrowed(value)));
            return Ok(None);
        }
    };
    fields.keep_rest(path, extra);
    Ok(Some(choice))
}

fn allowed<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<ToolChoice<'a>, Invalid> {
    let mode = fields.required_text(path, "mode")?;
    let required = mode == "required";
    let mut is_plain = required || mode == "auto";
    let tools = fields.take("tools").ok_or_else(|| path.field("tools").missing())?;
    let path = &path.field("tools");
    let mut names = Vec::new();
    for (index, item) in fields::list(path, tools)?.into_iter().enumerate() {
        let path = &path.index(index);
        let mut tool = Object::read(path, item)?;
        let kind = tool.required_text(path, "type")?;
        is_plain &= kind == "function";
        match &*kind {
            "function" | "custom" => names.push(tool.required_text(path, "name")?),
            _ => extra.push(Extra::new(path.to_string(), Cow::Borrowed(item))),
        }
        is_plain &= tool.rest().next().is_none();
    }
    if !is_plain {
        extra.push(Extra::moot(CHOICE, Cow::Borrowed(value)));
    }
    Ok(ToolChoice::Allowed { names, required })
}
