//! Tools, and which must be called, read.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::read::{self, Object, Path};
use super::{json, schema};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Request, Text, Tool, ToolChoice};
use crate::dialect::json_schema::Nesting;

/// Reads the tools: entries that each hold a list of functions, tools of the vendor's, or both.
pub(super) fn read<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("tools");
    let mut nesting = Nesting::default();
    let entries = fields.take("tools").map(|value| read::list(path, value)).transpose()?;
    for (index, item) in entries.unwrap_or_default().into_iter().enumerate() {
        let path = &path.index(index);
        let mut entry = Object::read(path, item)?;
        if let Some(list) = entry.take("functionDeclarations") {
            let path = &path.field("functionDeclarations");
            for (at, item) in read::list(path, list)?.into_iter().enumerate() {
                let path = &path.index(at);
                request.tools.push(function(path, item, (&mut request.extra, &mut nesting))?);
                request.tool_paths.push(path.to_string());
            }
        }
        for (kind, value) in entry.rest() {
            request.tools.push(Tool::Hosted { kind, value: Cow::Borrowed(value) });
            request.tool_paths.push(path.to_string());
        }
    }
    choice(fields, request)
}

/// A function. Its arguments are described in the vendor's notation or as JSON Schema.
fn function<'a>(
    path: &Path<'_>,
    item: &'a RawValue,
    (extra, nesting): (&mut Vec<Extra<'a>>, &mut Nesting),
) -> Result<Tool<'a>, Invalid> {
    let mut fields = Object::read(path, item)?;
    let name = fields.required_text(path, "name")?;
    let description = fields.text(path, "description")?;
    let parameters = match fields.take("parametersJsonSchema") {
        Some(schema) => Some(Cow::Borrowed(schema)),
        None => match fields.take("parameters") {
            Some(schema) => {
                let path = path.field("parameters").to_string();
                let normalised = schema::normalised(schema, &path, nesting)?;
                extra.push(Extra::moot(path, Cow::Borrowed(schema)));
                Some(normalised)
            }
            None => None,
        },
    };
    for (field, value) in fields.rest() {
        let is_moot = json::says_nothing(value);
        extra.push(Extra { is_moot, ..Extra::new(path.field(&field).to_string(), Cow::Borrowed(value)) });
    }
    Ok(Tool::Function { name, description, parameters, strict: None, cache: None })
}

fn choice<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("toolConfig");
    let Some(mut config) = fields.object(&Path::Root, "toolConfig")? else { return Ok(()) };
    if let Some(mut calling) = config.object(path, "functionCallingConfig")? {
        let path = &path.field("functionCallingConfig");
        let mode = calling.text(path, "mode")?;
        let mut names = Vec::new();
        if let Some(list) = calling.take("allowedFunctionNames") {
            let path = &path.field("allowedFunctionNames");
            for (index, item) in read::list(path, list)?.into_iter().enumerate() {
                names.push(read::text(&path.index(index), item)?);
            }
        }
        let mode = mode.as_deref().unwrap_or_default().to_ascii_uppercase();
        request.tool_choice = match &*mode {
            "" | "MODE_UNSPECIFIED" => (!names.is_empty()).then(|| allowed(names, false)),
            "AUTO" => Some(allowed(names, false)),
            "ANY" => Some(allowed(names, true)),
            "NONE" => Some(ToolChoice::None),
            "VALIDATED" => {
                enforce(request);
                Some(allowed(names, false))
            }
            other => return Err(path.field("mode").unknown(other)),
        };
        calling.note_rest(path, &mut request.extra);
    }
    config.note_rest(path, &mut request.extra);
    Ok(())
}

fn allowed(mut names: Vec<Text<'_>>, required: bool) -> ToolChoice<'_> {
    match (names.len(), required) {
        (0, true) => ToolChoice::Required,
        (0, false) => ToolChoice::Auto,
        (1, true) => ToolChoice::Tool(names.remove(0)),
        _ => ToolChoice::Allowed { names, required },
    }
}

/// What other dialects say of each tool is said once here, of all.
fn enforce(request: &mut Request<'_>) {
    for tool in &mut request.tools {
        if let Tool::Function { strict, .. } = tool {
            *strict = Some(true);
        }
    }
}
