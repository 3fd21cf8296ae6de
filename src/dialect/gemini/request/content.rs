//! Contents, read as turns.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::ids::Calls;
use super::part;
use super::read::{self, Object, Path};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Content, Extra, Part, Position, Request, Role, Turn};

/// Reads the conversation.
///
/// Neighbouring contents of the model are one turn: SDKs that keep the pieces of a stream as they came send
/// each of them back as a content of its own.
pub(super) fn read<'a>(contents: &'a RawValue, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("contents");
    let mut calls = Calls::default();
    for (index, item) in read::list(path, contents)?.into_iter().enumerate() {
        let path = &path.index(index);
        if item.get().starts_with('"') {
            return Err(path.wrong("an object"));
        }
        let mut fields = Object::read(path, item)?;
        let role = role(path, &mut fields, &mut request.extra)?;
        let parts = fields.take("parts");
        fields.note_rest(path, &mut request.extra);
        let is_continued =
            role == Role::Assistant && request.turns.last().is_some_and(|last| last.role == Role::Assistant);
        if !is_continued {
            request.turns.push(Turn { role, name: None, parts: Vec::new() });
        }
        let Some(turn) = request.turns.last_mut() else { continue };
        let path = &path.field("parts");
        for (at, item) in
            parts.map_or_else(|| Ok(Vec::new()), |parts| read::list(path, parts))?.into_iter().enumerate()
        {
            let place = part::Place { path: &path.index(at), turn: index, part: at };
            part::read(&place, item, &mut calls, &mut turn.parts, &mut request.extra)?;
        }
    }
    Ok(())
}

/// Who speaks. Who is not named is the user; results of tools had a role of their own once.
fn role<'a>(path: &Path<'_>, fields: &mut Object<'a>, extra: &mut Vec<Extra<'a>>) -> Result<Role, Invalid> {
    let Some(value) = fields.take("role") else { return Ok(Role::User) };
    let path = &path.field("role");
    match &*read::text(path, value)? {
        "user" => Ok(Role::User),
        "model" => Ok(Role::Assistant),
        "function" | "tool" | "" => {
            extra.push(Extra::moot(path.to_string(), Cow::Borrowed(value)));
            Ok(Role::User)
        }
        _ => Err(Invalid::new("Please use a valid role: user, model.").at(path.to_string())),
    }
}

/// Reads the instructions: a content of text, or a text alone.
pub(super) fn system<'a>(
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<Turn<'a>>, Invalid> {
    let path = &Path::Root.field("systemInstruction");
    if value.get().starts_with('"') {
        let at = Position { turn: None, field: "systemInstruction", index: None };
        return Ok(Some(instructions(vec![Part::new(Content::Text(read::text(path, value)?), at)])));
    }
    let mut fields = Object::read(path, value)?;
    let list = fields.take("parts");
    // Whatever role they are given, they are the operator's.
    if let Some(role) = fields.take("role") {
        extra.push(Extra::moot("systemInstruction.role", Cow::Borrowed(role)));
    }
    fields.note_rest(path, extra);
    let path = &path.field("parts");
    let mut parts = Vec::new();
    for (index, item) in
        list.map_or_else(|| Ok(Vec::new()), |list| read::list(path, list))?.into_iter().enumerate()
    {
        let path = &path.index(index);
        let at = Position { turn: None, field: "systemInstruction.parts", index: u32::try_from(index).ok() };
        let mut fields = Object::read(path, item)?;
        let content = match fields.text(path, "text")? {
            Some(text) => Content::Text(text),
            None => Content::Unknown { kind: Cow::Borrowed("part"), value: Cow::Borrowed(item) },
        };
        if matches!(content, Content::Text(_)) {
            fields.note_rest(path, extra);
        }
        parts.push(Part::new(content, at));
    }
    Ok((!parts.is_empty()).then(|| instructions(parts)))
}

const fn instructions(parts: Vec<Part<'_>>) -> Turn<'_> {
    Turn { role: Role::System, name: None, parts }
}
