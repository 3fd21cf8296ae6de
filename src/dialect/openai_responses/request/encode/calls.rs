//! Calls of tools and their results, written as items.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::Writer;
use super::items::{Items, list};
use super::object::Object;
use crate::dialect::canonical::{Position, Role, ToolCall, ToolResult};
use crate::dialect::openai::names;
use crate::dialect::openai_responses::request::parts::text_kind;
use crate::dialect::quoted::quoted;
use crate::failure::Failure;

/// The longest id of a tool call.
const MAX_ID: usize = 64;

impl<'a> Items<'a, '_, '_, '_> {
    /// Writes a call as an item.
    pub(super) fn call(&mut self, call: &'a ToolCall<'a>, position: Position) {
        let names = self.writer.request.names;
        let name = self.writer.tool_name(&call.name);
        if name != *call.name {
            self.writer.losses.renamed(names.call_name(position));
        }
        let id = self.writer.call_id(&call.id, || names.call_id(position));
        let is_own = self.writer.is_own;
        let kept = self.writer.kept.item(position.turn.filter(|_| is_own));
        let is_custom = kept.iter().any(|(field, _)| *field == "type");
        let mut json = Vec::new();
        let mut item = Object::new(&mut json, kept);
        item.text("type", "function_call");
        item.text("call_id", &id);
        item.text("name", &name);
        let is_nothing = call.arguments.trim().is_empty();
        if is_custom && serde_json::from_str::<&RawValue>(&call.arguments).is_ok() {
            item.json("input", call.arguments.as_bytes());
        } else {
            item.text("arguments", if is_nothing && !is_own { "{}" } else { &call.arguments });
        }
        item.end();
        self.item(&json);
    }

    /// Writes what a tool answered as an item.
    pub(super) fn result(&mut self, result: &'a ToolResult<'a>, position: Position) -> Result<(), Failure> {
        self.flush();
        let writer = &mut *self.writer;
        if result.is_error {
            writer.losses.dropped(writer.request.names.part(position, "is_error"));
        }
        let mut pieces = Vec::with_capacity(result.parts.len());
        for part in &result.parts {
            pieces.push(writer.media(part)?);
        }
        let is_string =
            result.parts.first().is_none_or(|part| !writer.is_own || part.position.index.is_none());
        let mut output = Vec::new();
        match &pieces[..] {
            [] => output.extend_from_slice(b"\"\""),
            [piece] if is_string && piece.plain().is_some() => {
                quoted(&mut output, piece.plain().unwrap_or_default());
            }
            pieces => list(writer, &mut output, pieces, text_kind(Role::User)),
        }
        let names = writer.request.names;
        let id = writer.call_id(&result.id, || names.result_id(position));
        let mut json = Vec::new();
        let mut item = Object::new(&mut json, writer.kept.item(position.turn.filter(|_| writer.is_own)));
        item.text("type", "function_call_output");
        item.text("call_id", &id);
        if let Some(name) = result.name.as_deref().filter(|_| writer.is_own) {
            item.text("name", name);
        }
        item.json("output", &output);
        item.end();
        self.item(&json);
        Ok(())
    }
}

impl Writer<'_, '_, '_> {
    /// The id of a call as the API takes it; `path` is where the caller has it.
    fn call_id<'i>(&mut self, id: &'i str, path: impl FnOnce() -> Cow<'static, str>) -> Cow<'i, str> {
        let member = if self.is_own { id.into() } else { names::call_id(id, MAX_ID) };
        if member != id {
            self.extras.note_renamed(path(), self.losses);
        }
        member
    }
}
