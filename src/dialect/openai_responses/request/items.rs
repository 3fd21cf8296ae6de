//! The items of `input`, read into turns.
//!
//! What a chat has as one message is here several items: a thought, a text, a call. Those of the assistant that
//! follow each other are one turn, and so are results of tools. Each part knows the item it came from.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::decode::keep_state;
use super::parts;
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Content, Extra, Part, Position, Reasoning, Request, Role, Text, ToolCall, ToolResult, Turn,
};
use crate::dialect::openai::fields::{self, Object, Path};
use crate::dialect::openai::leaf;
use crate::dialect::openai_responses::sealed;

/// Between the paragraphs of a thought.
const PARAGRAPH: &str = "\n\n";

/// Reads the list of items.
pub(super) fn decode<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    request: &mut Request<'a>,
) -> Result<(), Invalid> {
    let items = fields::list(path, value)?;
    if items.is_empty() && request.state.is_none() {
        let message = format!(
            "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        );
        return Err(Invalid::new(message).at(path.to_string()));
    }
    let mut reader = Reader { request, open: None };
    for (index, item) in items.into_iter().enumerate() {
        reader.item(&path.index(index), index as u32, item)?;
    }
    Ok(())
}

/// Whose turn may be gone on with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Assistant,
    Results,
}

struct Reader<'a, 'r> {
    request: &'r mut Request<'a>,
    open: Option<Open>,
}

impl<'a> Reader<'a, '_> {
    fn item(&mut self, path: &Path<'_>, index: u32, item: &'a RawValue) -> Result<(), Invalid> {
        let mut fields = Object::read(path, item)?;
        let kind = match fields.take("type") {
            Some(kind) => Some((fields::text(&path.field("type"), kind)?, kind)),
            None => None,
        };
        match kind.as_ref().map(|(word, raw)| (&**word, *raw)) {
            Some(("message", raw)) => {
                self.keep(path, "type", raw);
                self.message(path, index, fields)
            }
            None if fields.has("role") => self.message(path, index, fields),
            Some(("function_call", _)) => self.call(path, index, fields, "arguments"),
            Some(("custom_tool_call", raw)) => {
                self.keep(path, "type", raw);
                self.call(path, index, fields, "input")
            }
            Some(("function_call_output", _)) => self.result(path, index, fields),
            Some(("custom_tool_call_output", raw)) => {
                self.keep(path, "type", raw);
                self.result(path, index, fields)
            }
            Some(("reasoning", _)) => self.reasoning(path, index, fields),
            Some(("item_reference", _)) => {
                self.reference(path, index, item);
                Ok(())
            }
            None if fields.has("id") => {
                self.reference(path, index, item);
                Ok(())
            }
            None => Err(path.field("type").missing()),
            Some((kind, _)) => {
                // Its answer to a tool that ran at the caller's is his; all else the provider has said.
                let is_callers = kind.ends_with("_output") || kind.ends_with("_response");
                let open = if is_callers { Open::Results } else { Open::Assistant };
                self.unknown(index, open, Cow::Owned(kind.to_owned()), item);
                Ok(())
            }
        }
    }

    fn message(&mut self, path: &Path<'_>, index: u32, mut fields: Object<'a>) -> Result<(), Invalid> {
        let word = fields.required_text(path, "role")?;
        let role = match &*word {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            "developer" => Role::Developer,
            other => return Err(path.field("role").unknown(other)),
        };
        let content = fields.take("content").ok_or_else(|| path.field("content").missing())?;
        let field = parts::Field { name: "content", turn: index, kind: parts::text_kind(role) };
        let mut parts = parts::decode(&path.field("content"), field, content, &mut self.request.extra)?;
        if parts.is_empty() {
            // It says nothing, and has its place.
            self.keep(path, "content", content);
            let position = Position { turn: Some(index), field: "content", index: None };
            parts.push(Part::new(Content::Text(Cow::Borrowed("")), position));
        }
        self.rest(path, fields);
        if role == Role::Assistant {
            self.add(Open::Assistant, parts);
        } else {
            self.open = None;
            self.request.turns.push(Turn { role, name: None, parts });
        }
        Ok(())
    }

    fn call(
        &mut self,
        path: &Path<'_>,
        index: u32,
        mut fields: Object<'a>,
        input: &str,
    ) -> Result<(), Invalid> {
        let id = fields.required_text(path, "call_id")?;
        let name = fields.required_text(path, "name")?;
        let value = fields.take(input).ok_or_else(|| path.field(input).missing())?;
        let text = fields::text(&path.field(input), value)?;
        // The input of a custom tool is any text: as a JSON string it is at least arguments that parse.
        let arguments = if input == "arguments" { text } else { Cow::Borrowed(value.get()) };
        self.rest(path, fields);
        let content = Content::ToolCall(ToolCall { id, name, arguments });
        self.add(Open::Assistant, vec![Part::new(content, whole(index))]);
        Ok(())
    }

    fn result(&mut self, path: &Path<'_>, index: u32, mut fields: Object<'a>) -> Result<(), Invalid> {
        let id = fields.required_text(path, "call_id")?;
        let name = fields.text(path, "name")?;
        fields.moot(path, "output", &["[]"], &mut self.request.extra);
        let parts = match fields.take("output") {
            Some(output) => {
                let field = parts::Field { name: "output", turn: index, kind: parts::text_kind(Role::User) };
                parts::decode(&path.field("output"), field, output, &mut self.request.extra)?
            }
            None if self.is_kept(path, "output") => Vec::new(),
            None => return Err(path.field("output").missing()),
        };
        self.rest(path, fields);
        let content = Content::ToolResult(ToolResult { id, name, parts, is_error: false });
        self.add(Open::Results, vec![Part::new(content, whole(index))]);
        Ok(())
    }

    fn reasoning(&mut self, path: &Path<'_>, index: u32, mut fields: Object<'a>) -> Result<(), Invalid> {
        fields.moot(path, "encrypted_content", &[r#""""#], &mut self.request.extra);
        let encrypted = fields.text(path, "encrypted_content")?;
        let id = fields.peek("id").and_then(leaf::string);
        if id.as_deref().is_some_and(sealed::is_plain_id) {
            fields.take("id");
        }
        let is_shown = fields.has("content");
        let summary = self.texts(path, &mut fields, "summary", !is_shown)?;
        let content = self.texts(path, &mut fields, "content", false)?;
        let text = if summary.is_empty() { content } else { summary };
        self.rest(path, fields);
        let thought = Reasoning { text, ..sealed::read(id.as_deref(), encrypted) };
        self.add(Open::Assistant, vec![Part::new(Content::Reasoning(thought), whole(index))]);
        Ok(())
    }

    /// The paragraphs of a thought as one text. A list that cannot be made of the text again is kept: only that
    /// of a summary with one paragraph can.
    fn texts(
        &mut self,
        path: &Path<'_>,
        fields: &mut Object<'a>,
        name: &str,
        mut is_plain: bool,
    ) -> Result<Text<'a>, Invalid> {
        let Some(value) = fields.take(name) else { return Ok(Cow::Borrowed("")) };
        let list = &path.field(name);
        let mut texts = Vec::new();
        for (index, item) in fields::list(list, value)?.into_iter().enumerate() {
            let path = &list.index(index);
            let mut part = Object::read(path, item)?;
            texts.push(part.required_text(path, "text")?);
            let is_typed = part.take("type").is_some_and(|kind| kind.get() == r#""summary_text""#);
            is_plain &= is_typed && part.rest().next().is_none();
        }
        if !is_plain || texts.len() != 1 || texts[0].is_empty() {
            self.keep(path, name, value);
        }
        Ok(match &mut texts[..] {
            [text] => std::mem::take(text),
            texts => Cow::Owned(texts.join(PARAGRAPH)),
        })
    }

    /// An item that the provider has stored.
    fn reference(&mut self, path: &Path<'_>, index: u32, item: &'a RawValue) {
        keep_state(self.request, Extra::new(path.to_string(), Cow::Borrowed(item)));
        self.unknown(index, Open::Assistant, Cow::Borrowed("item_reference"), item);
    }

    /// An item that only this dialect knows, kept whole.
    fn unknown(&mut self, index: u32, open: Open, kind: Text<'a>, item: &'a RawValue) {
        let content = Content::Unknown { kind, value: Cow::Borrowed(item) };
        self.add(open, vec![Part::new(content, whole(index))]);
    }

    fn add(&mut self, open: Open, parts: Vec<Part<'a>>) {
        match self.request.turns.last_mut() {
            Some(last) if self.open == Some(open) => last.parts.extend(parts),
            _ => {
                let role = if open == Open::Assistant { Role::Assistant } else { Role::User };
                self.request.turns.push(Turn { role, name: None, parts });
            }
        }
        self.open = Some(open);
    }

    /// Bookkeeping of the provider's, and what is not known.
    fn rest(&mut self, path: &Path<'_>, mut fields: Object<'a>) {
        let extra = &mut self.request.extra;
        fields.moot(path, "id", &[], extra);
        fields.moot(path, "status", &[r#""completed""#], extra);
        fields.keep_rest(path, extra);
    }

    fn keep(&mut self, path: &Path<'_>, name: &str, value: &'a RawValue) {
        self.request.extra.push(Extra::moot(path.field(name).to_string(), Cow::Borrowed(value)));
    }

    fn is_kept(&self, path: &Path<'_>, name: &str) -> bool {
        self.request.extra.last().is_some_and(|extra| extra.path == path.field(name).to_string())
    }
}

/// The position of a part that is an item of its own.
const fn whole(index: u32) -> Position {
    Position { turn: Some(index), field: "", index: None }
}
