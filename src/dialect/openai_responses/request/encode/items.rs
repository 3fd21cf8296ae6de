//! Turns, written as items.

use super::Writer;
use super::media::Piece;
use super::object::{Object, separate};
use crate::dialect::canonical::{Citation, Content, Part, Position, Reasoning, Role, Turn};
use crate::dialect::hash::hash;
use crate::dialect::openai_responses::request::parts::text_kind;
use crate::dialect::openai_responses::{NAME, sealed};
use crate::dialect::quoted::quoted;
use crate::failure::Failure;

/// The conversation as the API has it.
pub(super) struct Written<'a> {
    pub(super) instructions: Option<&'a str>,
    /// A list, or a string; empty where there is none.
    pub(super) input: Vec<u8>,
}

/// The list of items, as it grows.
pub(super) struct Items<'a, 'w, 't, 'l> {
    pub(super) writer: &'w mut Writer<'a, 't, 'l>,
    list: Vec<u8>,
    /// The message that the next part may belong to.
    message: Option<Message<'a>>,
    /// A thought that is only taken with what it led to.
    thought: Option<(Vec<u8>, Position)>,
}

struct Message<'a> {
    role: Role,
    turn: Option<u32>,
    pieces: Vec<Piece<'a>>,
    /// Its content was a string, and is one again.
    is_string: bool,
}

impl<'a, 'w, 't, 'l> Items<'a, 'w, 't, 'l> {
    pub(super) fn write(writer: &'w mut Writer<'a, 't, 'l>) -> Result<Written<'a>, Failure> {
        let request = writer.request;
        let instructions = instructions(writer);
        let turns = &request.turns[usize::from(instructions.is_some())..];
        if let Some(text) = writer.is_own.then(|| lone(turns, "input")).flatten() {
            let mut input = Vec::new();
            quoted(&mut input, text);
            return Ok(Written { instructions, input });
        }
        let mut items = Items { writer, list: b"[".to_vec(), message: None, thought: None };
        for turn in turns {
            items.turn(turn)?;
        }
        let mut input = items.list;
        input.push(b']');
        if turns.is_empty() && request.state.is_some() {
            input.clear();
        }
        if input == b"[]" && request.state.is_none() {
            // Empty text is a question elsewhere, and here none.
            let nowhere = Position { turn: None, field: request.names.turns, index: None };
            return Err(writer.unsupported(nowhere, ""));
        }
        prefill(writer);
        Ok(Written { instructions, input })
    }

    fn turn(&mut self, turn: &'a Turn<'a>) -> Result<(), Failure> {
        if let Some(name) = turn.name.as_deref().filter(|name| !name.is_empty()) {
            self.name(turn, name);
        }
        if turn.parts.is_empty() && self.writer.is_own {
            self.message =
                Some(Message { role: turn.role, turn: None, pieces: Vec::new(), is_string: false });
        }
        for part in &turn.parts {
            self.part(turn.role, part)?;
        }
        self.flush();
        self.forget();
        Ok(())
    }

    /// This API's messages have no name of the speaker.
    fn name(&mut self, turn: &Turn<'_>, _: &str) {
        if let Some(part) = turn.parts.first() {
            let position = Position { field: "name", index: None, ..part.position };
            self.writer.losses.dropped(self.writer.request.names.part(position, ""));
        }
    }

    fn part(&mut self, role: Role, part: &'a Part<'a>) -> Result<(), Failure> {
        match &part.content {
            Content::Reasoning(thought) => {
                self.writer.drop_cache(part);
                self.reasoning(thought, part.position);
            }
            Content::ToolCall(call) => {
                self.writer.drop_cache(part);
                self.call(call, part.position);
            }
            Content::ToolResult(result) => {
                self.writer.drop_cache(part);
                self.result(result, part.position)?;
            }
            Content::Citation(citation) => self.citation(citation, part.position),
            Content::Unknown { value, .. } if self.writer.is_own && part.position.field.is_empty() => {
                self.item(value.get().as_bytes());
            }
            content => {
                let is_sayable =
                    matches!(content, Content::Text(_) | Content::Refusal(_) | Content::Unknown { .. });
                if role == Role::Assistant && !is_sayable && !self.writer.is_own {
                    return Err(self.writer.unsupported(part.position, ""));
                }
                let piece = self.writer.media(part)?;
                self.say(role, piece, part.position);
            }
        }
        Ok(())
    }

    /// Adds to the message that is open, or opens one.
    fn say(&mut self, role: Role, piece: Piece<'a>, position: Position) {
        let is_own = self.writer.is_own;
        if !is_own && role == Role::Assistant && piece.plain().is_some_and(str::is_empty) {
            return;
        }
        if self.message.as_ref().is_some_and(|message| is_own && message.turn != position.turn) {
            self.flush();
        }
        let message = self.message.get_or_insert_with(|| Message {
            role,
            turn: position.turn,
            pieces: Vec::new(),
            is_string: !is_own || position.index.is_none(),
        });
        message.pieces.push(piece);
    }

    /// Writes the message that is open.
    pub(super) fn flush(&mut self) {
        let Some(message) = self.message.take() else { return };
        let is_assistant = message.role == Role::Assistant;
        if is_assistant {
            self.recall();
        }
        let writer = &*self.writer;
        let alone = match &message.pieces[..] {
            [piece] if message.is_string => piece.plain(),
            _ => None,
        };
        let mut content = Vec::new();
        match alone {
            Some(text) => quoted(&mut content, text),
            None => list(writer, &mut content, &message.pieces, text_kind(message.role)),
        }
        separate(&mut self.list);
        let kept = writer.kept.item(message.turn);
        let mut item = Object::new(&mut self.list, kept);
        if is_assistant && alone.is_none() && !writer.is_own {
            // In this form it is a message of the model's own, which the vendor's types want with an id.
            item.text("type", "message");
            item.text("id", &format!("msg_{:032x}", hash(&String::from_utf8_lossy(&content))));
            item.text("status", "completed");
        }
        item.text("role", role_word(message.role));
        item.json("content", &content);
        item.end();
    }

    /// Writes an item that is no message.
    pub(super) fn item(&mut self, json: &[u8]) {
        self.flush();
        self.recall();
        separate(&mut self.list);
        self.list.extend_from_slice(json);
    }

    fn reasoning(&mut self, thought: &'a Reasoning<'a>, position: Position) {
        self.flush();
        let writer = &mut *self.writer;
        let is_issued_here = thought.issuer.as_deref() == Some(NAME);
        let (id, encrypted) = thought.signature.as_deref().map_or((None, None), sealed::unpack);
        // An id alone names what the provider has stored, which for callers of other dialects is nothing.
        if !is_issued_here || (!writer.is_own && encrypted.is_none()) {
            writer.losses.dropped(writer.request.names.thought(position, thought));
            return;
        }
        let mut json = Vec::new();
        let mut item = Object::new(&mut json, writer.kept.item(position.turn));
        item.text("type", "reasoning");
        match (id, encrypted) {
            (Some(id), _) => item.text("id", id),
            (None, Some(encrypted)) if !writer.is_own => {
                item.text("id", &format!("rs_{:032x}", hash(encrypted)));
            }
            _ => {}
        }
        let is_given = item.has_kept("content") || thought.text.is_empty();
        if !is_given || item.has_kept("summary") || !writer.is_own {
            item.field("summary", |out| summary(out, &thought.text));
        }
        if let Some(encrypted) = encrypted {
            item.text("encrypted_content", encrypted);
        }
        item.end();
        if writer.is_own {
            self.item(&json);
        } else {
            self.forget();
            self.thought = Some((json, position));
        }
    }

    /// Writes the thought that led to what comes now.
    fn recall(&mut self) {
        if let Some((json, _)) = self.thought.take() {
            separate(&mut self.list);
            self.list.extend_from_slice(&json);
        }
    }

    /// Leaves a thought out that led to nothing: the API refuses one without what followed it.
    fn forget(&mut self) {
        if let Some((_, position)) = self.thought.take() {
            self.writer.losses.dropped(self.writer.request.names.part(position, ""));
        }
    }

    /// A citation goes to the text before it, if it says what the vendor's types want of one.
    fn citation(&mut self, citation: &Citation<'_>, position: Position) {
        let text = self.message.as_mut().and_then(|message| match message.pieces.last_mut() {
            Some(Piece::Text { citations, .. }) if message.role == Role::Assistant => Some(citations),
            _ => None,
        });
        let written = text.is_some_and(|out| annotate(out, citation));
        if !written {
            self.writer.losses.dropped(self.writer.request.names.part(position, ""));
        }
    }
}

/// The one system prompt before all else, if it is one text. Any other stands among the items as it was.
fn instructions<'a>(writer: &Writer<'a, '_, '_>) -> Option<&'a str> {
    let turns = &writer.request.turns;
    if writer.is_own {
        return lone(turns.get(..1)?, "instructions");
    }
    let is_system = |turn: &&Turn<'_>| matches!(turn.role, Role::System | Role::Developer);
    if turns.iter().take_while(is_system).count() != 1 || turns.len() < 2 {
        return None;
    }
    match &turns[0].parts[..] {
        [Part { content: Content::Text(text), cache: None, .. }] if turns[0].name.is_none() => Some(text),
        _ => None,
    }
}

/// The text of a turn that is all of a field of the request.
fn lone<'a>(turns: &'a [Turn<'a>], field: &str) -> Option<&'a str> {
    let [Turn { parts, .. }] = turns else { return None };
    match &parts[..] {
        [
            Part {
                content: Content::Text(text), position: Position { turn: None, field: found, .. }, ..
            },
        ] => (*found == field).then_some(&**text),
        _ => None,
    }
}

/// Words of the assistant at the very end are to be continued. This API answers them afresh.
fn prefill(writer: &mut Writer<'_, '_, '_>) {
    let last = writer.request.turns.last().filter(|turn| turn.role == Role::Assistant && !writer.is_own);
    let text =
        last.and_then(|turn| turn.parts.last()).filter(|part| matches!(part.content, Content::Text(_)));
    if let Some(part) = text {
        writer.losses.approximated(writer.request.names.part(part.position, ""));
    }
}

pub(super) fn list(writer: &Writer<'_, '_, '_>, out: &mut Vec<u8>, pieces: &[Piece<'_>], kind: &str) {
    out.push(b'[');
    for piece in pieces {
        separate(out);
        piece.write(out, kind, writer);
    }
    out.push(b']');
}

fn summary(out: &mut Vec<u8>, text: &str) {
    if text.is_empty() {
        out.extend_from_slice(b"[]");
        return;
    }
    out.extend_from_slice(br#"[{"type":"summary_text","text":"#);
    quoted(out, text);
    out.extend_from_slice(b"}]");
}

/// Appends an annotation; `false` where too little is known for one.
fn annotate(out: &mut Vec<u8>, citation: &Citation<'_>) -> bool {
    let raw = citation.raw.as_ref().filter(|(dialect, _)| dialect == NAME);
    if let Some((_, raw)) = raw {
        separate(out);
        out.extend_from_slice(raw.get().as_bytes());
        return true;
    }
    let (Some(url), Some(start), Some(end)) = (&citation.url, citation.start, citation.end) else {
        return false;
    };
    separate(out);
    let mut object = Object::new(out, Vec::new());
    object.text("type", "url_citation");
    object.text("url", url);
    object.text("title", citation.title.as_deref().unwrap_or(url));
    object.json("start_index", start.to_string().as_bytes());
    object.json("end_index", end.to_string().as_bytes());
    object.end();
    true
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
