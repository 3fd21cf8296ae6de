//! Messages, read into turns.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::part;
use super::read::{self, Object, Path};
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Cache, Content, Extra, Part, Position, Role, Text, ToolCall, ToolResult, Turn,
};
use crate::dialect::openai_chat::{reasoning, wire};

/// Reads the conversation. Results of tools that follow each other become one turn.
pub(super) fn decode<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Vec<Turn<'a>>, Invalid> {
    let items = Object::list(path, value)?;
    if items.is_empty() {
        let message = format!(
            "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
        );
        return Err(Invalid::new(message).at(path.to_string()));
    }
    let mut reader = Reader { turns: Vec::with_capacity(items.len()), results: false, function: None, extra };
    for (index, item) in items.into_iter().enumerate() {
        reader.message(&path.index(index), index as u32, item)?;
    }
    Ok(reader.turns)
}

struct Reader<'a, 'e> {
    turns: Vec<Turn<'a>>,
    /// The last turn holds results of tools only.
    results: bool,
    /// The id made up for the last call of a legacy function, which had none.
    function: Option<String>,
    /// What has no place in the hub.
    extra: &'e mut Vec<Extra<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn message(&mut self, path: &Path<'_>, turn: u32, mut fields: Object<'a>) -> Result<(), Invalid> {
        let word = fields.required_text(path, "role")?;
        let role = match &*word {
            "system" => Role::System,
            "developer" => Role::Developer,
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "tool" | "function" => return self.result(path, turn, &word, fields),
            other => return Err(path.field("role").unknown(other)),
        };
        self.results = false;
        let mut parts = Vec::new();
        if role == Role::Assistant {
            self.assistant(path, turn, &mut fields, &mut parts)?;
        } else {
            let content = fields.take("content").ok_or_else(|| path.field("content").missing())?;
            parts = part::decode(&path.field("content"), turn, content, self.extra)?;
        }
        cache(&mut fields, &mut parts);
        self.turns.push(Turn { role, name: fields.text(path, "name")?, parts });
        fields.note_rest(path, self.extra);
        Ok(())
    }

    fn assistant(
        &mut self,
        path: &Path<'_>,
        turn: u32,
        fields: &mut Object<'a>,
        parts: &mut Vec<Part<'a>>,
    ) -> Result<(), Invalid> {
        let position = |field, index| Position { turn: Some(turn), field, index };
        self.thoughts(path, turn, fields, parts);
        if let Some(content) = fields.take("content") {
            let content = part::decode(&path.field("content"), turn, content, self.extra)?;
            let is_empty = |part: &Part<'_>| matches!(&part.content, Content::Text(text) if text.is_empty());
            parts.extend(content.into_iter().filter(|part| !is_empty(part)));
        }
        if let Some(refusal) = fields.text(path, "refusal")?.filter(|refusal| !refusal.is_empty()) {
            parts.push(Part::new(Content::Refusal(refusal), position("refusal", None)));
        }
        if let Some(audio) = fields.take("audio") {
            let content = Content::Unknown { kind: "audio".into(), value: Cow::Borrowed(audio) };
            parts.push(Part::new(content, position("audio", None)));
        }
        if let Some(calls) = fields.take("tool_calls") {
            let path = &path.field("tool_calls");
            for (index, call) in read::list(path, calls)?.into_iter().enumerate() {
                let content = tool_call(&path.index(index), call, self.extra)?;
                parts.push(Part::new(content, position("tool_calls", Some(index as u32))));
            }
        }
        if let Some(call) = fields.object(path, "function_call")? {
            let id = format!("call_function_{turn}");
            self.function = Some(id.clone());
            let content = function(&path.field("function_call"), id.into(), call, self.extra)?;
            parts.push(Part::new(content, position("function_call", None)));
        }
        Ok(())
    }

    /// What the model thought, as text, or in details, or as both.
    fn thoughts(&mut self, path: &Path<'_>, turn: u32, fields: &mut Object<'a>, parts: &mut Vec<Part<'a>>) {
        let words = ["reasoning_content", "reasoning"].map(|name| (name, fields.take(name)));
        let mut texts =
            words.into_iter().filter_map(|(name, value)| Some((name, value?, wire::text(value)?)));
        let first = texts.next();
        // A second text that is not the first one over again goes nowhere.
        for (name, value, text) in texts {
            let is_moot = first.as_ref().is_some_and(|(_, _, known)| *known == text);
            let path = path.field(name).to_string();
            self.extra.push(Extra { is_moot, ..Extra::new(path, Cow::Borrowed(value)) });
        }
        let (field, text) = first.map_or(("reasoning_content", None), |(name, _, text)| (name, Some(text)));
        for (index, thought) in reasoning::placed(text, fields.take("reasoning_details")) {
            let field = if index.is_some() { "reasoning_details" } else { field };
            let position = Position { turn: Some(turn), field, index };
            parts.push(Part::new(Content::Reasoning(thought), position));
        }
    }

    /// A result of a tool. Those that follow each other are one turn, as in dialects that know no such role.
    fn result(
        &mut self,
        path: &Path<'_>,
        turn: u32,
        role: &str,
        mut fields: Object<'a>,
    ) -> Result<(), Invalid> {
        let id = match (role, self.function.clone()) {
            ("function", Some(id)) => Cow::Owned(id),
            ("function", None) => fields.required_text(path, "name")?,
            _ => fields.required_text(path, "tool_call_id")?,
        };
        let mut parts = match fields.take("content") {
            Some(content) => part::decode(&path.field("content"), turn, content, self.extra)?,
            // The legacy role takes `null` for a function without a result.
            None if role == "function" => Vec::new(),
            None => return Err(path.field("content").missing()),
        };
        cache(&mut fields, &mut parts);
        // The call it answers names the tool.
        fields.take("name");
        fields.note_rest(path, self.extra);
        let position = Position { turn: Some(turn), field: "content", index: None };
        let part =
            Part::new(Content::ToolResult(ToolResult { id, name: None, parts, is_error: false }), position);
        match self.turns.last_mut() {
            Some(last) if self.results => last.parts.push(part),
            _ => self.turns.push(Turn { role: Role::User, name: None, parts: vec![part] }),
        }
        self.results = true;
        Ok(())
    }
}

/// A wish to cache up to this message, as proxies for other vendors take it, belongs to its last part.
fn cache<'a>(fields: &mut Object<'a>, parts: &mut [Part<'a>]) {
    if let (Some(wish), Some(last)) = (fields.take("cache_control"), parts.last_mut()) {
        last.cache = Some(Cache { is_of_turn: true, ..Cache::new("cache_control", Cow::Borrowed(wish)) });
    }
}

fn tool_call<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let mut fields = Object::read(path, value)?;
    let id = fields.required_text(path, "id")?;
    // Its kind shows in its fields; its place in a stream, which some callers keep, is its place in the list.
    let _ = (fields.take("type"), fields.take("index"));
    let call = match fields.object(path, "custom")? {
        Some(inner) => custom(&path.field("custom"), id, inner, extra)?,
        None => function(&path.field("function"), id, fields.required_object(path, "function")?, extra)?,
    };
    fields.note_rest(path, extra);
    Ok(call)
}

fn custom<'a>(
    path: &Path<'_>,
    id: Text<'a>,
    mut fields: Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let name = fields.required_text(path, "name")?;
    let input = fields.take("input").ok_or_else(|| path.field("input").missing())?;
    fields.note_rest(path, extra);
    // The input of a custom tool is any text: as a JSON string it is at least arguments that parse.
    Ok(Content::ToolCall(ToolCall { id, name, arguments: Cow::Borrowed(input.get()) }))
}

fn function<'a>(
    path: &Path<'_>,
    id: Text<'a>,
    mut fields: Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Content<'a>, Invalid> {
    let name = fields.required_text(path, "name")?;
    let arguments = fields.take("arguments").map_or(Cow::Borrowed(""), wire::json_text);
    fields.note_rest(path, extra);
    Ok(Content::ToolCall(ToolCall { id, name, arguments }))
}
