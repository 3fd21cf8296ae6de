use super::super::json;
use super::seals::{self, Seals};
use super::settings::Form;
use super::{Writer, refuse};
use crate::dialect::canonical::{Content, Part, Reasoning, Role, ToolCall, Turn};
use crate::dialect::quoted::quoted;
use crate::failure::Failure;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    User,
    Model,
}

/// A content, as far as it is written.
#[derive(Default)]
struct Written {
    /// Whose it is; `None` where nothing is open.
    side: Option<Side>,
    /// Which of the caller's it is, where he speaks this dialect.
    turn: Option<u32>,
    /// Results of tools, which stand before all else in a user's content.
    results: Vec<u8>,
    parts: Vec<u8>,
}

impl Written {
    fn is_empty(&self) -> bool {
        self.results.is_empty() && self.parts.is_empty()
    }
}

/// Contents: neighbours of one side are one, and one that holds nothing was never there. Those of a caller of
/// this dialect stay as they were cut.
#[derive(Default)]
pub(super) struct Contents {
    closed: Vec<Written>,
    open: Written,
}

impl Contents {
    /// Goes on with this side.
    fn open(&mut self, side: Side, turn: Option<u32>) {
        if (self.open.side, self.open.turn) == (Some(side), turn) {
            return;
        }
        self.close(turn.is_some());
        let is_same = |last: &Written| (last.side, last.turn) == (Some(side), turn);
        self.open = match self.closed.last() {
            Some(last) if is_same(last) => self.closed.pop().unwrap_or_default(),
            _ => Written { side: Some(side), turn, ..Written::default() },
        };
    }

    fn close(&mut self, keeps_empty: bool) {
        let open = std::mem::take(&mut self.open);
        if !open.is_empty() || (keeps_empty && open.side.is_some()) {
            self.closed.push(open);
        }
    }

    /// Where to write the next part.
    pub(super) fn part(&mut self) -> &mut Vec<u8> {
        separate(&mut self.open.parts)
    }

    /// Where to write the next result.
    pub(super) fn result(&mut self) -> &mut Vec<u8> {
        separate(&mut self.open.results)
    }
}

fn separate(list: &mut Vec<u8>) -> &mut Vec<u8> {
    if !list.is_empty() {
        list.push(b',');
    }
    list
}

impl<'w, 'a> Writer<'w, 'a> {
    /// Writes `contents`.
    pub(super) fn contents(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        let request = self.request;
        let current = self.current();
        let mut contents = Contents::default();
        for (index, turn) in request.turns.iter().enumerate().skip(self.leading) {
            let is_current = index >= current && turn.role == Role::Assistant;
            self.turn(&mut contents, turn, is_current)?;
        }
        contents.close(self.is_own);
        if contents.closed.is_empty() && !self.is_own {
            // Empty text is a question elsewhere, and here none.
            return Err(refuse(request.names.turns, "nothing is said in them"));
        }
        self.prefill()?;
        json::raw_field(body, "contents", "[");
        for content in contents.closed {
            self.content(body, content);
        }
        body.push(b']');
        Ok(())
    }

    /// Not every model goes on with words of its own.
    fn prefill(&self) -> Result<(), Failure> {
        let last = self.request.turns.last().filter(|turn| turn.role == Role::Assistant);
        match last.and_then(|turn| turn.parts.last()) {
            Some(part) if !self.target.capabilities.prefill && !self.is_own => {
                Err(self.unsupported(part.position, "the model does not continue a turn of the assistant"))
            }
            _ => Ok(()),
        }
    }

    fn content(&self, out: &mut Vec<u8>, mut content: Written) {
        json::separate(out);
        out.push(b'{');
        let path = content.turn.map(|turn| format!("contents[{turn}]")).unwrap_or_default();
        match (self.wording(&format!("{path}.role")), content.side) {
            (Some(role), _) => json::raw_field(out, "role", role.get()),
            (None, Some(Side::Model)) => json::string_field(out, "role", "model"),
            (None, _) => json::string_field(out, "role", "user"),
        }
        if !content.is_empty() {
            json::raw_field(out, "parts", "[");
            out.append(&mut content.results);
            if !content.parts.is_empty() {
                json::separate(out);
            }
            out.append(&mut content.parts);
            out.push(b']');
        }
        if content.turn.is_some() {
            self.rest(out, &path, &["role"]);
        }
        out.push(b'}');
    }

    fn turn(&mut self, contents: &mut Contents, turn: &'w Turn<'a>, is_current: bool) -> Result<(), Failure> {
        let side = if turn.role == Role::Assistant { Side::Model } else { Side::User };
        let is_operators = matches!(turn.role, Role::System | Role::Developer);
        if let (Some(_), Some(part)) = (&turn.name, turn.parts.first()) {
            let at = part.position.turn.unwrap_or_default();
            self.losses.dropped(format!("{}[{at}].name", self.request.names.turns));
        }
        let mut seals = Seals::new(is_current && self.family.is_recent && !self.is_own);
        if turn.parts.is_empty() && self.is_own {
            contents.open(side, None);
        }
        for (index, part) in turn.parts.iter().enumerate() {
            if is_operators {
                self.losses.approximated(self.path(part.position, ""));
            }
            let at = part.position.turn.filter(|_| self.is_own);
            contents.open(if self.is_own { side } else { side_of(&part.content, side) }, at);
            self.part(contents, (turn, index), &mut seals)?;
        }
        for seal in seals.left() {
            let out = contents.part();
            out.push(b'{');
            json::string_field(out, "text", "");
            json::string_field(out, "thoughtSignature", seal);
            out.push(b'}');
        }
        Ok(())
    }

    fn part(
        &mut self,
        contents: &mut Contents,
        (turn, index): (&'w Turn<'a>, usize),
        seals: &mut Seals<'w>,
    ) -> Result<(), Failure> {
        let part = &turn.parts[index];
        self.note_cache(part);
        let beside = if self.is_own { seals::beside(turn, index) } else { None };
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => {
                if !text.is_empty() || self.is_own {
                    let out = contents.part();
                    out.push(b'{');
                    json::string_field(out, "text", text);
                    self.close(out, part, beside);
                }
            }
            Content::ToolCall(call) => {
                let seal = if self.is_own { beside } else { seals.for_call() };
                let out = contents.part();
                self.call(out, call, part);
                self.close(out, part, seal);
            }
            Content::ToolResult(result) => self.result(contents, result, (part, beside))?,
            Content::Reasoning(thought) => {
                let is_carried = self.is_own && seals::is_carried(turn, index);
                if !(is_carried && seals::alone(&part.content).is_some()) {
                    self.reasoning(contents, thought, part, seals);
                }
            }
            Content::Citation(_) => self.losses.dropped(self.path(part.position, "citations")),
            Content::Unknown { value, .. } if self.is_own => {
                contents.part().extend_from_slice(value.get().as_bytes());
            }
            _ => {
                let out = contents.part();
                out.push(b'{');
                let path = self.path(part.position, "");
                self.media(out, part, &path)?;
                self.close(out, part, beside);
            }
        }
        Ok(())
    }

    /// Ends a part: its seal, and what only this dialect says of it.
    pub(super) fn close(&self, out: &mut Vec<u8>, part: &Part<'a>, seal: Option<&str>) {
        if let Some(seal) = seal {
            json::string_field(out, "thoughtSignature", seal);
        }
        if self.is_own {
            let written: &[&str] = if seal.is_some() { &["thoughtSignature"] } else { &[] };
            self.rest(out, &self.path(part.position, ""), written);
        }
        out.push(b'}');
    }

    fn note_cache(&mut self, part: &Part<'a>) {
        if let Some(cache) = &part.cache {
            self.losses.dropped(self.request.names.cache(part.position, cache));
        }
    }

    fn call(&mut self, out: &mut Vec<u8>, call: &ToolCall<'a>, part: &Part<'a>) {
        let path = if self.is_own { self.path(part.position, "functionCall") } else { "".into() };
        out.extend_from_slice(b"{\"functionCall\":{");
        if !call.id.is_empty() && self.wording(&format!("{path}.id")).is_none() {
            json::string_field(out, "id", &call.id);
        }
        let name = self.tool_name(&call.name);
        if name != call.name {
            self.losses.renamed(self.request.names.call_name(part.position));
        }
        json::string_field(out, "name", &name);
        let arguments = call.arguments.trim();
        match json::object(arguments) {
            Some(_) if self.wording(&format!("{path}.args")).is_some() => {}
            Some(object) => json::raw_field(out, "args", object.get()),
            None if arguments.is_empty() => json::raw_field(out, "args", "{}"),
            None => {
                // What the model wrote is no object: it is shown what it wrote, and can see that it erred.
                self.losses.approximated(self.path(part.position, ""));
                json::raw_field(out, "args", "{\"_raw\":");
                quoted(out, &call.arguments);
                out.push(b'}');
            }
        }
        self.rest(out, &path, &["args", "id"]);
        out.push(b'}');
    }

    /// A thought goes back to its issuer only. His seal on it belongs to the call that followed: a caller of
    /// another dialect has no other place for it.
    fn reasoning(
        &mut self,
        contents: &mut Contents,
        thought: &'w Reasoning<'a>,
        part: &Part<'a>,
        seals: &mut Seals<'w>,
    ) {
        if !seals::is_own(thought) || thought.redacted.is_some() {
            return self.losses.dropped(self.request.names.thought(part.position, thought));
        }
        let seal = thought.signature.as_deref();
        if !thought.text.is_empty() || self.is_own {
            let out = contents.part();
            out.push(b'{');
            json::string_field(out, "text", &thought.text);
            if !(thought.text.is_empty() && seal.is_some()) {
                json::raw_field(out, "thought", "true");
            }
            self.close(out, part, seal.filter(|_| self.is_own));
        }
        if let Some(seal) = seal.filter(|_| !self.is_own) {
            seals.wait(seal);
        }
    }

    /// Writes `systemInstruction`.
    pub(super) fn system(&mut self, body: &mut Vec<u8>, form: &Form) -> Result<(), Failure> {
        let request = self.request;
        let mut parts = Vec::new();
        for part in request.turns[..self.leading].iter().flat_map(|turn| &turn.parts) {
            self.note_cache(part);
            match &part.content {
                Content::Text(text) | Content::Refusal(text) if !text.is_empty() || self.is_own => {
                    let out = separate(&mut parts);
                    out.push(b'{');
                    json::string_field(out, "text", text);
                    self.close(out, part, None);
                }
                Content::Text(_) | Content::Refusal(_) => {}
                Content::Unknown { value, .. } if self.is_own => {
                    separate(&mut parts).extend_from_slice(value.get().as_bytes());
                }
                _ => return Err(self.unsupported(part.position, "instructions are text only")),
            }
        }
        if let Form::Instruction(text) = form {
            let out = separate(&mut parts);
            out.push(b'{');
            json::string_field(out, "text", text);
            out.push(b'}');
        }
        if !parts.is_empty() {
            json::raw_field(body, "systemInstruction", "{\"parts\":[");
            body.append(&mut parts);
            body.push(b']');
            self.rest(body, "systemInstruction", &[]);
            body.push(b'}');
        }
        Ok(())
    }
}

/// Results are the user's and calls the model's, whoever says them.
const fn side_of(content: &Content<'_>, side: Side) -> Side {
    match content {
        Content::ToolResult(_) => Side::User,
        Content::ToolCall(_) => Side::Model,
        _ => side,
    }
}
