use super::super::{NAME, json};
use super::settings::Form;
use super::{Writer, base64, names};
use crate::dialect::canonical::{
    Content, Part, Position, Reasoning, Role, Source, ToolCall, ToolResult, Turn,
};
use crate::failure::Failure;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    User,
    Assistant,
}

/// Turns as they alternate: neighbours of one side are one, and one that holds nothing was never there.
#[derive(Default)]
struct Alternating {
    list: Vec<u8>,
    side: Option<Side>,
    /// Results of tools, which stand before all else in a user's turn.
    first: Vec<u8>,
    rest: Vec<u8>,
}

impl Alternating {
    /// Where to write the next block.
    fn block(&mut self, side: Side, is_result: bool) -> &mut Vec<u8> {
        if self.side != Some(side) {
            self.flush();
            self.side = Some(side);
        }
        let blocks = if is_result { &mut self.first } else { &mut self.rest };
        if !blocks.is_empty() {
            blocks.push(b',');
        }
        blocks
    }

    fn flush(&mut self) {
        let Some(side) = self.side.take() else { return };
        let role = match side {
            Side::User => &b"{\"role\":\"user\",\"content\":["[..],
            Side::Assistant => b"{\"role\":\"assistant\",\"content\":[",
        };
        if !self.list.is_empty() {
            self.list.push(b',');
        }
        self.list.extend_from_slice(role);
        self.list.append(&mut self.first);
        if !self.rest.is_empty() && self.list.last() == Some(&b'}') {
            self.list.push(b',');
        }
        self.list.append(&mut self.rest);
        self.list.extend_from_slice(b"]}");
    }
}

impl<'a> Writer<'_, 'a> {
    /// Writes `system`.
    pub(super) fn system(&mut self, body: &mut Vec<u8>, form: &Form) -> Result<(), Failure> {
        let request = self.request;
        let mut blocks = Vec::new();
        for part in request.turns[..self.leading].iter().flat_map(|turn| &turn.parts) {
            match &part.content {
                Content::Text(text) | Content::Refusal(text) => self.text(&mut blocks, text, part),
                _ => return Err(self.unsupported(part.position, "", "instructions are text only")),
            }
        }
        if let Form::Instruction(text) = form {
            separate(&mut blocks);
            blocks.extend_from_slice(b"{\"type\":\"text\"");
            json::string_field(&mut blocks, "text", text);
            blocks.push(b'}');
        }
        if !blocks.is_empty() {
            json::key(body, "system");
            body.push(b'[');
            body.append(&mut blocks);
            body.push(b']');
        }
        Ok(())
    }

    /// Writes `messages`.
    pub(super) fn messages(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        let request = self.request;
        let mut turns = Alternating::default();
        let last = request.turns.len().saturating_sub(1);
        for (index, turn) in request.turns.iter().enumerate().skip(self.leading) {
            self.turn(&mut turns, turn, index == last)?;
        }
        turns.flush();
        if turns.list.is_empty() {
            // Empty text is a question elsewhere, and here none.
            let nowhere = Position { turn: None, field: request.names.turns, index: None };
            return Err(self.unsupported(nowhere, "", "nothing is said in them"));
        }
        json::key(body, "messages");
        body.push(b'[');
        body.append(&mut turns.list);
        body.push(b']');
        Ok(())
    }

    fn turn(&mut self, turns: &mut Alternating, turn: &Turn<'a>, is_last: bool) -> Result<(), Failure> {
        let side = if turn.role == Role::Assistant { Side::Assistant } else { Side::User };
        let is_operators = matches!(turn.role, Role::System | Role::Developer);
        if let (Some(_), Some(part)) = (&turn.name, turn.parts.first()) {
            let at = part.position.turn.unwrap_or_default();
            self.losses.dropped(format!("{}[{at}].name", self.request.names.turns));
        }
        let count = turn.parts.len();
        for (index, part) in turn.parts.iter().enumerate() {
            if is_operators {
                self.losses.approximated(self.path(part.position, ""));
            }
            // A turn that is to be continued must not end in white space.
            let is_prefill = is_last && side == Side::Assistant && index + 1 == count;
            self.part(turns, side, part, is_prefill)?;
        }
        Ok(())
    }

    fn part(
        &mut self,
        turns: &mut Alternating,
        side: Side,
        part: &Part<'a>,
        is_prefill: bool,
    ) -> Result<(), Failure> {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => {
                let text = if is_prefill { text.trim_end() } else { text };
                if !text.trim().is_empty() {
                    let out = turns.block(side, false);
                    self.text_block(out, text, part);
                }
            }
            Content::ToolCall(call) => self.call(turns.block(Side::Assistant, false), call, part),
            Content::ToolResult(result) => self.result(turns.block(Side::User, true), result, part)?,
            Content::Reasoning(thought) => self.reasoning(turns, thought, part),
            Content::Document { .. } if side == Side::Assistant && self.is_newer() => {
                return Err(self.unsupported(part.position, "", "the assistant's turns hold no documents"));
            }
            _ => self.media(turns.block(side, false), part)?,
        }
        Ok(())
    }

    /// Text among other blocks. An empty block is refused, and says nothing.
    fn text(&mut self, blocks: &mut Vec<u8>, text: &str, part: &Part<'a>) {
        if !text.trim().is_empty() {
            separate(blocks);
            self.text_block(blocks, text, part);
        }
    }

    fn text_block(&mut self, out: &mut Vec<u8>, text: &str, part: &Part<'a>) {
        out.extend_from_slice(b"{\"type\":\"text\"");
        json::string_field(out, "text", text);
        self.close(out, part);
    }

    fn close(&mut self, out: &mut Vec<u8>, part: &Part<'a>) {
        let (names, position) = (self.request.names, part.position);
        if let Some(cache) = &part.cache {
            self.cache(out, &cache.wish, &|| names.cache(position, cache));
        }
        out.push(b'}');
    }

    fn call(&mut self, out: &mut Vec<u8>, call: &ToolCall<'a>, part: &Part<'a>) {
        out.extend_from_slice(b"{\"type\":\"tool_use\"");
        let (id, name) = (names::id(&call.id), names::tool(&call.name));
        let caller = self.request.names;
        if id != call.id {
            self.extras.note_renamed(caller.call_id(part.position), self.losses);
        }
        if name != call.name {
            self.losses.renamed(caller.call_name(part.position));
        }
        json::string_field(out, "id", &id);
        json::string_field(out, "name", &name);
        json::key(out, "input");
        let arguments = call.arguments.trim();
        match json::object(arguments) {
            Some(object) => out.extend_from_slice(object.get().as_bytes()),
            None if arguments.is_empty() => out.extend_from_slice(b"{}"),
            None => {
                // What the model wrote is no object: it is shown what it wrote, and can see that it erred.
                self.losses.approximated(self.path(part.position, ""));
                out.extend_from_slice(b"{\"_raw\":");
                json::string(out, &call.arguments);
                out.push(b'}');
            }
        }
        self.close(out, part);
    }

    fn result(&mut self, out: &mut Vec<u8>, result: &ToolResult<'a>, part: &Part<'a>) -> Result<(), Failure> {
        out.extend_from_slice(b"{\"type\":\"tool_result\"");
        let id = names::id(&result.id);
        if id != result.id {
            self.extras.note_renamed(self.request.names.result_id(part.position), self.losses);
        }
        json::string_field(out, "tool_use_id", &id);
        let mut blocks = Vec::new();
        for inner in &result.parts {
            match &inner.content {
                Content::Text(text) | Content::Refusal(text) => self.text(&mut blocks, text, inner),
                _ => {
                    separate(&mut blocks);
                    self.media(&mut blocks, inner)?;
                }
            }
        }
        if blocks.is_empty() && result.is_error {
            // A failure without a word is refused.
            blocks.extend_from_slice(b"{\"type\":\"text\",\"text\":\"error\"}");
        }
        json::key(out, "content");
        out.push(b'[');
        out.append(&mut blocks);
        out.push(b']');
        if result.is_error {
            json::raw_field(out, "is_error", "true");
        }
        self.close(out, part);
        Ok(())
    }

    /// A thought goes back to its issuer only, and only under his seal.
    fn reasoning(&mut self, turns: &mut Alternating, thought: &Reasoning<'a>, part: &Part<'a>) {
        let is_own = thought.issuer.as_deref() == Some(NAME);
        match (&thought.redacted, &thought.signature) {
            (Some(data), _) if is_own => {
                let out = turns.block(Side::Assistant, false);
                out.extend_from_slice(b"{\"type\":\"redacted_thinking\"");
                json::string_field(out, "data", data);
                out.push(b'}');
            }
            (None, Some(signature)) if is_own => {
                let out = turns.block(Side::Assistant, false);
                out.extend_from_slice(b"{\"type\":\"thinking\"");
                json::string_field(out, "thinking", &thought.text);
                json::string_field(out, "signature", signature);
                out.push(b'}');
            }
            _ => self.losses.dropped(self.request.names.thought(part.position, thought)),
        }
    }

    fn media(&mut self, out: &mut Vec<u8>, part: &Part<'a>) -> Result<(), Failure> {
        match &part.content {
            Content::Image { source, detail } => {
                if detail.as_ref().is_some_and(|detail| detail != "auto") {
                    self.losses.dropped(self.path(part.position, self.request.names.detail));
                }
                out.extend_from_slice(b"{\"type\":\"image\"");
                self.image(out, source, part)?;
            }
            Content::Document { source, name } => {
                out.extend_from_slice(b"{\"type\":\"document\"");
                self.document(out, source, part)?;
                if let Some(name) = name.as_ref().filter(|name| !name.is_empty()) {
                    json::string_field(out, "title", name);
                }
            }
            Content::Unknown { value, .. } if self.is_own => {
                out.extend_from_slice(value.get().as_bytes());
                return Ok(());
            }
            Content::Unknown { kind, .. } => {
                let why = format!("the member has no such part: {kind}");
                return Err(self.unsupported(part.position, "", &why));
            }
            Content::Audio { .. } => {
                return Err(self.unsupported(part.position, "", "the member takes no audio"));
            }
            _ => return Err(self.unsupported(part.position, "", "the member takes no such part here")),
        }
        self.close(out, part);
        Ok(())
    }

    fn image(&self, out: &mut Vec<u8>, source: &Source<'a>, part: &Part<'a>) -> Result<(), Failure> {
        const TYPES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];
        match source {
            Source::Base64 { media_type, data } => {
                // Some write the type that does not exist.
                let media_type = if media_type == "image/jpg" { "image/jpeg" } else { media_type };
                if !TYPES.contains(&media_type) {
                    let why = format!("the member takes no images of type {media_type}");
                    return Err(self.unsupported(part.position, "", &why));
                }
                inline(out, media_type, data);
                Ok(())
            }
            _ => self.reference(out, source, part),
        }
    }

    fn document(&self, out: &mut Vec<u8>, source: &Source<'a>, part: &Part<'a>) -> Result<(), Failure> {
        match source {
            Source::Base64 { media_type, data } if media_type == "application/pdf" => {
                inline(out, media_type, data);
                Ok(())
            }
            Source::Base64 { media_type, data } => {
                let text = if media_type.starts_with("text/") { base64::text(data) } else { None };
                let why = || format!("the member takes no documents of type {media_type}");
                plain_text(out, &text.ok_or_else(|| self.unsupported(part.position, "", &why()))?);
                Ok(())
            }
            Source::Text(text) => {
                plain_text(out, text);
                Ok(())
            }
            _ => self.reference(out, source, part),
        }
    }

    fn reference(&self, out: &mut Vec<u8>, source: &Source<'a>, part: &Part<'a>) -> Result<(), Failure> {
        let (kind, field, value) = match source {
            Source::Url(url) => ("url", "url", url),
            Source::File(id) if self.is_own => ("file", "file_id", id),
            _ => return Err(self.unsupported(part.position, "", "the file is stored at another provider")),
        };
        json::key(out, "source");
        out.push(b'{');
        json::string_field(out, "type", kind);
        json::string_field(out, field, value);
        out.push(b'}');
        Ok(())
    }
}

fn plain_text(out: &mut Vec<u8>, text: &str) {
    json::raw_field(out, "source", "{\"type\":\"text\",\"media_type\":\"text/plain\"");
    json::string_field(out, "data", text);
    out.push(b'}');
}

fn inline(out: &mut Vec<u8>, media_type: &str, data: &str) {
    json::raw_field(out, "source", "{\"type\":\"base64\"");
    json::string_field(out, "media_type", media_type);
    json::string_field(out, "data", data);
    out.push(b'}');
}

fn separate(blocks: &mut Vec<u8>) {
    if !blocks.is_empty() {
        blocks.push(b',');
    }
}
