use super::super::finish::{self, Held};
use super::super::{answer, citation, json, provenance};
use super::TERMINAL;
use super::arguments::Scan;
use super::waiting::{Call, Waiting};
use crate::dialect::canonical::{Citation, Event, Finish, Usage};
use crate::dialect::{Encode, Reply};

/// What stands before the text in an increment of it.
const TEXT_DELTA: &str = "\"text_delta\",\"text\":";

/// Writes a stream of this dialect, in the order its SDKs insist on: one start, blocks numbered without gaps
/// and one at a time, the reason for the end together with the usage, one stop.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    has_started: bool,
    /// The number of the next block.
    next: u64,
    open: Option<Block>,
    /// What stands before the text of each increment of the open block, written once.
    head: Vec<u8>,
    waiting: Waiting,
    held: Held,
    usage: Usage,
    ending: Option<(&'static str, Option<String>)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// All is said.
    Complete,
    /// The rest cannot be told in this dialect: the answer counts as cut off.
    Broken,
}

#[derive(Debug)]
enum Block {
    Text,
    /// With the seal that it will be closed with.
    Thinking(Option<String>),
    Call {
        index: u32,
        scan: Scan,
    },
}

impl Encoder {
    pub(in super::super) fn new(reply: Reply) -> Self {
        Self {
            reply,
            has_started: false,
            next: 0,
            open: None,
            head: Vec::new(),
            waiting: Waiting::default(),
            held: Held::default(),
            usage: Usage::default(),
            ending: None,
            state: State::Open,
        }
    }

    /// Goes on with a stream that has begun and told so many blocks of text, the last of which may be open.
    pub(in super::super) fn resumed(blocks: u64, is_open: bool) -> Self {
        let mut this = Self { has_started: true, next: blocks, ..Self::new(Reply::default()) };
        if let Some(index) = blocks.checked_sub(1).filter(|_| is_open) {
            this.head_of(index, TEXT_DELTA);
            this.open = Some(Block::Text);
        }
        this
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_started, true) {
            return;
        }
        out.extend_from_slice(
            b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":",
        );
        json::string(out, &finish::message_id(id, self.reply.created));
        out.extend_from_slice(b",\"type\":\"message\",\"role\":\"assistant\",\"model\":");
        json::string(out, model.unwrap_or(&self.reply.model));
        out.extend_from_slice(b",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":");
        answer::usage(out, self.usage);
        out.extend_from_slice(b"}}\n\n");
    }

    /// Opens a block. `content` is what stands in it, `delta` what stands before each increment.
    fn open(&mut self, block: Block, content: &[u8], delta: &str, out: &mut Vec<u8>) {
        self.start(None, None, out);
        out.extend_from_slice(
            b"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":",
        );
        json::number(out, self.next);
        out.extend_from_slice(b",\"content_block\":");
        out.extend_from_slice(content);
        out.extend_from_slice(b"}\n\n");
        self.head_of(self.next, delta);
        self.next += 1;
        self.open = Some(block);
    }

    fn head_of(&mut self, index: u64, delta: &str) {
        self.head.clear();
        self.head.extend_from_slice(
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
        );
        json::number(&mut self.head, index);
        self.head.extend_from_slice(b",\"delta\":{\"type\":");
        self.head.extend_from_slice(delta.as_bytes());
    }

    fn increment(&self, text: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        json::string(out, text);
        out.extend_from_slice(b"}}\n\n");
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        let Some(block) = self.open.take() else { return };
        let index = self.next - 1;
        if let Block::Thinking(signature) = block {
            // The SDKs refuse a thought without a seal.
            let seal = provenance::seal(self.reply.issuer.as_deref(), signature.as_deref());
            out.extend_from_slice(
                b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
            );
            json::number(out, index);
            out.extend_from_slice(b",\"delta\":{\"type\":\"signature_delta\",\"signature\":");
            json::string(out, &seal);
            out.extend_from_slice(b"}}\n\n");
        }
        out.extend_from_slice(
            b"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":",
        );
        json::number(out, index);
        out.extend_from_slice(b"}\n\n");
    }

    /// Closes what is open, and tells every call that waited.
    fn close_all(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        while self.open_next(out) {
            self.close(out);
        }
    }

    fn text(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open, Some(Block::Text)) {
            self.close_all(out);
            let content = b"{\"type\":\"text\",\"text\":\"\"}";
            self.open(Block::Text, content, TEXT_DELTA, out);
        }
        self.increment(text, out);
    }

    /// A citation belongs to the text that is open; where none is, there is no place for it.
    fn cite(&mut self, cited: &Citation<'_>, out: &mut Vec<u8>) {
        let mut written = Vec::new();
        if !matches!(self.open, Some(Block::Text)) || !citation::write(&mut written, cited) {
            return;
        }
        out.extend_from_slice(
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
        );
        json::number(out, self.next - 1);
        out.extend_from_slice(b",\"delta\":{\"type\":\"citations_delta\",\"citation\":");
        out.extend_from_slice(&written);
        out.extend_from_slice(b"}}\n\n");
    }

    fn reasoning(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open, Some(Block::Thinking(None))) {
            self.open_thinking(out);
        }
        self.increment(text, out);
    }

    fn open_thinking(&mut self, out: &mut Vec<u8>) {
        self.close_all(out);
        let content = b"{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}";
        self.open(Block::Thinking(None), content, "\"thinking_delta\",\"thinking\":", out);
    }

    /// A seal belongs to the thought that is open. Alone it is a thought that its issuer does not show: Gemini
    /// seals calls and texts so. Amid a call there is no place for it.
    fn signature(&mut self, signature: &str, out: &mut Vec<u8>) {
        match &self.open {
            Some(Block::Thinking(_)) => {}
            Some(Block::Call { scan, .. }) if !scan.is_complete() => return,
            _ => self.open_thinking(out),
        }
        if let Some(Block::Thinking(seal)) = &mut self.open {
            seal.get_or_insert_default().push_str(signature);
        }
    }

    fn redacted(&mut self, data: &str, out: &mut Vec<u8>) {
        self.close_all(out);
        let mut content = b"{\"type\":\"redacted_thinking\"".to_vec();
        let data = provenance::seal(self.reply.issuer.as_deref(), Some(data));
        json::string_field(&mut content, "data", &data);
        content.push(b'}');
        self.open(Block::Text, &content, "", out);
        self.close(out);
    }

    fn call(&mut self, call: Call, out: &mut Vec<u8>) {
        self.held.calls = true;
        // Nearly always the calls come one after another. Where they are mixed, the later one waits.
        if let Some(Block::Call { index, scan }) = &self.open {
            if *index == call.index {
                return;
            }
            if !scan.is_complete() || !self.waiting.is_empty() {
                self.break_unless_kept(|waiting| waiting.push(call));
                return;
            }
        }
        self.close_all(out);
        self.open_call(&call, out);
    }

    fn open_call(&mut self, call: &Call, out: &mut Vec<u8>) {
        let mut content = b"{\"type\":\"tool_use\"".to_vec();
        json::string_field(&mut content, "id", &call.id);
        json::string_field(&mut content, "name", &call.name);
        json::raw_field(&mut content, "input", "{}}");
        let mut scan = Scan::default();
        scan.push(&call.arguments);
        let block = Block::Call { index: call.index, scan };
        self.open(block, &content, "\"input_json_delta\",\"partial_json\":", out);
        // The vendor's own streams begin with an empty one, and some clients count on it.
        self.increment("", out);
        if !call.arguments.is_empty() {
            self.increment(&call.arguments, out);
        }
    }

    fn open_next(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(call) = self.waiting.pop() else { return false };
        self.open_call(&call, out);
        true
    }

    fn break_unless_kept(&mut self, keep: impl FnOnce(&mut Waiting) -> bool) {
        if !keep(&mut self.waiting) {
            self.state = State::Broken;
        }
    }

    fn arguments(&mut self, index: u32, json: &str, out: &mut Vec<u8>) {
        if json.is_empty() {
            return;
        }
        match &mut self.open {
            Some(Block::Call { index: open, scan }) if *open == index => {
                scan.push(json);
                self.increment(json, out);
                return self.advance(out);
            }
            _ => {}
        }
        self.break_unless_kept(|waiting| waiting.append(index, json));
    }

    /// Goes on to the call that waits, once the open one is whole.
    fn advance(&mut self, out: &mut Vec<u8>) {
        while !self.waiting.is_empty() {
            match &self.open {
                Some(Block::Call { scan, .. }) if !scan.is_complete() => return,
                _ => {
                    self.close(out);
                    self.open_next(out);
                }
            }
        }
    }

    fn part_end(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        self.open_next(out);
    }

    fn end(&mut self, out: &mut Vec<u8>) -> bool {
        match (self.state, self.ending.take()) {
            (State::Complete, _) => true,
            (State::Broken, _) | (State::Open, None) => false,
            (State::Open, Some((reason, sequence))) => {
                self.start(None, None, out);
                self.close_all(out);
                // What came after the reason may have been calls.
                let said = finish::encode(&Finish::Stop, self.held).map(|(reason, _)| reason);
                let reason = said.filter(|_| reason == "end_turn").unwrap_or(reason);
                out.extend_from_slice(
                    b"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":",
                );
                json::string(out, reason);
                out.extend_from_slice(b",\"stop_sequence\":");
                json::string_or_null(out, sequence.as_deref());
                out.extend_from_slice(b"},\"usage\":");
                answer::usage(out, self.usage);
                out.extend_from_slice(b"}\n\n");
                out.extend_from_slice(TERMINAL);
                self.state = State::Complete;
                true
            }
        }
    }

    fn finish_with(&mut self, reason: &Finish<'_>, out: &mut Vec<u8>) {
        self.close_all(out);
        match finish::encode(reason, self.held) {
            Some((reason, sequence)) => self.ending = Some((reason, sequence.map(str::to_owned))),
            // What the model produced is no answer: no clean end for it.
            None => self.state = State::Broken,
        }
    }
}

impl Encode for Encoder {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.state != State::Open {
            return;
        }
        match event {
            Event::Start { id, model } => self.start(id.as_deref(), model.as_deref(), out),
            Event::Usage(usage) => self.usage = self.usage.updated(*usage),
            Event::Ping => out.extend_from_slice(b"event: ping\ndata: {\"type\":\"ping\"}\n\n"),
            Event::End => {
                self.end(out);
            }
            Event::Text { choice: 0, text } => self.text(text, out),
            Event::Refusal { choice: 0, text } => {
                self.held.refusal = true;
                self.text(text, out);
            }
            Event::Citation { choice: 0, citation } => self.cite(citation, out),
            Event::Reasoning { choice: 0, text } => self.reasoning(text, out),
            Event::Signature { choice: 0, signature } => self.signature(signature, out),
            Event::Redacted { choice: 0, data } => self.redacted(data, out),
            Event::ToolCall { choice: 0, index, id, name } => {
                let (id, name) = (id.to_string(), name.to_string());
                self.call(Call { index: *index, id, name, arguments: String::new() }, out);
            }
            Event::Arguments { choice: 0, index, json } => self.arguments(*index, json, out),
            Event::PartEnd { choice: 0 } => self.part_end(out),
            Event::Finish { choice: 0, reason } => self.finish_with(reason, out),
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        self.end(out)
    }
}
