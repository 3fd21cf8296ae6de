use super::super::response::envelope::{Envelope, Status};
use super::super::response::seal::seal;
use super::super::response::{annotation, finish, ids, logprobs};
use super::open::{Call, Calls, Message, Place, Sequence, Thought};
use crate::dialect::canonical::{Citation, Event, Finish, Text, Usage};
use crate::dialect::{Encode, Reply};

/// The most that is kept of an answer, in bytes: as much as a whole one may have by default.
const MOST: usize = 32 * 1024 * 1024;
/// What an item costs beside its text, at most.
const ITEM: usize = 512;

/// Writes a stream of this dialect: one item after the other, every part between its beginning and its end, and
/// at last the answer as a whole. For that it keeps what it has written, up to 32 MiB: an answer that is longer
/// has no clean end.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// Once the stream has started.
    envelope: Option<Envelope>,
    sequence: Sequence,
    /// The items by their places; empty as long as they are open.
    output: Vec<Vec<u8>>,
    kept: usize,
    message: Option<Box<Message>>,
    thought: Option<Box<Thought>>,
    calls: Calls,
    has_refusal: bool,
    usage: Option<Usage>,
    /// Told at the very end: some servers go on after they have said it.
    finish: Option<Finish<'static>>,
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

impl Encode for Encoder {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.state != State::Open {
            return;
        }
        match event {
            Event::Start { id, model } => self.start(id.as_deref(), model.as_deref(), out),
            Event::Text { choice: 0, text } => self.text(false, text, out),
            Event::Refusal { choice: 0, text } => self.text(true, text, out),
            Event::Reasoning { choice: 0, text } => self.reasoning(text, out),
            Event::Signature { choice: 0, signature } => self.signature(signature, out),
            Event::Redacted { choice: 0, data } => self.redacted(data, out),
            Event::ToolCall { choice: 0, index, id, name } => self.call(*index, [id, name], out),
            Event::Arguments { choice: 0, index, json } => self.arguments(*index, json, out),
            Event::Citation { choice: 0, citation } => self.citation(citation, out),
            Event::Logprobs { choice: 0, value } => {
                if let (Some(elements), Some(message)) = (logprobs::inner(value), &mut self.message) {
                    self.kept += message.logprobs(elements, &mut self.sequence, out);
                }
            }
            Event::PartEnd { choice: 0 } => self.part_end(out),
            Event::Finish { choice: 0, reason } => self.stop(reason),
            Event::Usage(usage) => self.usage = Some(self.usage.unwrap_or_default().updated(*usage)),
            Event::End => {
                self.finish(out);
            }
            _ => {}
        }
        if self.kept > MOST {
            self.state = State::Broken;
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        if self.state == State::Open {
            if let Some(reason) = self.finish.take() {
                self.end(&reason, out);
                self.state = State::Complete;
            }
        }
        self.state == State::Complete
    }
}

impl Encoder {
    pub(in super::super) fn new(reply: Reply) -> Self {
        Self {
            reply,
            envelope: None,
            sequence: Sequence::default(),
            output: Vec::new(),
            kept: 0,
            message: None,
            thought: None,
            calls: Calls::default(),
            has_refusal: false,
            usage: None,
            finish: None,
            state: State::Open,
        }
    }

    /// Goes on with a stream that has told one message, of one text, after so many events.
    pub(in super::super) fn resumed(envelope: Envelope, next: u64, item: String, text: &str) -> Self {
        let message = Message::resumed(Place { index: 0, id: item }, text);
        Self {
            envelope: Some(envelope),
            sequence: Sequence::from(next),
            output: vec![Vec::new()],
            kept: ITEM + text.len(),
            message: Some(Box::new(message)),
            ..Self::new(Reply::default())
        }
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>, out: &mut Vec<u8>) {
        if self.envelope.is_some() {
            return;
        }
        let created = self.reply.created;
        let model = model.unwrap_or(&self.reply.model);
        let envelope = Envelope::new(ids::response(id, created), created, model, &self.reply);
        for kind in ["response.created", "response.in_progress"] {
            self.sequence.event(out, kind, |out| {
                out.extend_from_slice(br#","response":"#);
                envelope.write(out, Status::InProgress, None, |_| {});
            });
        }
        self.envelope = Some(envelope);
    }

    /// A place for a new item. `id` is its own, where it has one.
    fn place(&mut self, prefix: &str, id: Option<&str>, out: &mut Vec<u8>) -> Place {
        self.start(None, None, out);
        let index = self.output.len();
        self.output.push(Vec::new());
        self.kept += ITEM;
        let response = self.envelope.as_ref().map_or("", |envelope| &envelope.id);
        Place { index, id: id.map_or_else(|| ids::item(prefix, response, index), str::to_owned) }
    }

    fn keep(&mut self, (index, json): (usize, Vec<u8>)) {
        self.output[index] = json;
    }

    fn text(&mut self, is_refusal: bool, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.message.is_none() {
            self.end_thought(out);
            self.end_whole_calls(out);
            let place = self.place("msg", None, out);
            self.message = Some(Box::new(Message::open(place, &mut self.sequence, out)));
        }
        self.has_refusal |= is_refusal;
        self.kept += text.len();
        if let Some(message) = &mut self.message {
            message.part(is_refusal, &mut self.sequence, out).push(text, &mut self.sequence, out);
        }
    }

    fn citation(&mut self, citation: &Citation<'_>, out: &mut Vec<u8>) {
        if let Some(message) = &mut self.message {
            let write = |out: &mut Vec<u8>, length: usize| annotation::write(out, citation, || length);
            self.kept += message.annotate(&mut self.sequence, out, write);
        }
    }

    fn open_thought(&mut self, id: Option<&str>, out: &mut Vec<u8>) -> &mut Thought {
        self.end_message("completed", out);
        self.end_thought(out);
        self.end_whole_calls(out);
        let place = self.place("rs", id, out);
        self.thought.insert(Box::new(Thought::open(place, &mut self.sequence, out)))
    }

    fn reasoning(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if self.thought.as_ref().is_none_or(|thought| thought.signature.is_some()) {
            self.open_thought(None, out);
        }
        self.kept += text.len();
        if let Some(thought) = &mut self.thought {
            thought.push(text, &mut self.sequence, out);
        }
    }

    /// A seal belongs to the thought that is open. Alone it is a thought that its issuer does not show.
    fn signature(&mut self, signature: &str, out: &mut Vec<u8>) {
        if signature.is_empty() {
            return;
        }
        self.kept += signature.len();
        match self.thought.as_mut().filter(|thought| thought.signature.is_none()) {
            Some(thought) => thought.signature = Some(signature.to_owned()),
            None => {
                let issuer = self.reply.issuer.clone();
                let (id, _) = seal(issuer.as_deref(), Some(signature), None);
                self.open_thought(id, out).signature = Some(signature.to_owned());
            }
        }
    }

    fn redacted(&mut self, data: &str, out: &mut Vec<u8>) {
        self.kept += data.len();
        self.open_thought(None, out);
        let (_, encrypted) = seal(self.reply.issuer.as_deref(), None, Some(data));
        if let Some(thought) = self.thought.take() {
            let whole = thought.close(encrypted.as_deref(), &mut self.sequence, out);
            self.keep(whole);
        }
    }

    fn call(&mut self, number: u32, names: [&Text<'_>; 2], out: &mut Vec<u8>) {
        if self.calls.is_open(number) {
            return;
        }
        self.end_message("completed", out);
        self.end_thought(out);
        self.end_whole_calls(out);
        self.kept += names[0].len() + names[1].len();
        let place = self.place("fc", None, out);
        self.calls.insert(number, Call::open(place, names, &mut self.sequence, out));
    }

    fn arguments(&mut self, number: u32, json: &str, out: &mut Vec<u8>) {
        if json.is_empty() {
            return;
        }
        self.kept += json.len();
        // Of a call that never began, or has been ended. White space is no loss.
        if !self.calls.push(number, json, &mut self.sequence, out) && !json.trim().is_empty() {
            self.state = State::Broken;
        }
    }

    /// What has spoken last is over: a text, a thought, or a call if it is the only one.
    fn part_end(&mut self, out: &mut Vec<u8>) {
        let part = self.message.as_mut().and_then(|message| message.part.as_mut());
        if let Some(part) = part.filter(|part| !part.is_over) {
            part.is_over = true;
        } else if self.thought.is_some() {
            self.end_thought(out);
        } else if self.calls.end_only() {
            self.end_whole_calls(out);
        }
    }

    fn stop(&mut self, reason: &Finish<'_>) {
        if self.finish.is_some() {
            return;
        }
        self.finish = Some(match reason {
            // What the model produced is no answer: no clean end for it.
            Finish::Error => return self.state = State::Broken,
            Finish::Other(word) => Finish::Other(word.to_string().into()),
            Finish::Length => Finish::Length,
            Finish::ContextWindow => Finish::ContextWindow,
            Finish::ContentFilter => Finish::ContentFilter,
            // All the same here.
            _ => Finish::Stop,
        });
    }

    fn end_message(&mut self, status: &str, out: &mut Vec<u8>) {
        if let Some(message) = self.message.take() {
            let whole = message.close(status, &mut self.sequence, out);
            self.keep(whole);
        }
    }

    fn end_thought(&mut self, out: &mut Vec<u8>) {
        let Some(mut thought) = self.thought.take() else { return };
        let signature = thought.signature.take();
        let (_, encrypted) = seal(self.reply.issuer.as_deref(), signature.as_deref(), None);
        let whole = thought.close(encrypted.as_deref(), &mut self.sequence, out);
        self.keep(whole);
    }

    /// Ends the calls that have all their arguments. Those of which more may come stay open beside what follows.
    fn end_whole_calls(&mut self, out: &mut Vec<u8>) {
        for call in self.calls.take_whole() {
            let whole = call.close(false, &mut self.sequence, out);
            self.keep(whole);
        }
    }

    fn end(&mut self, reason: &Finish<'_>, out: &mut Vec<u8>) {
        self.start(None, None, out);
        let status = finish::status(Some(reason), self.has_refusal);
        self.end_thought(out);
        self.end_message(status.of_last_item(), out);
        for call in self.calls.take_all() {
            let whole = call.close(status != Status::Completed, &mut self.sequence, out);
            self.keep(whole);
        }
        let Some(envelope) = &self.envelope else { return };
        let kind = if status == Status::Completed { "response.completed" } else { "response.incomplete" };
        self.sequence.event(out, kind, |out| {
            out.extend_from_slice(br#","response":"#);
            envelope.write(out, status, self.usage, |out| out.extend_from_slice(&self.output.join(&b',')));
        });
    }
}
