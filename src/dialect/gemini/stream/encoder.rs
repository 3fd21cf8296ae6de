use super::calls::{Calls, Due};
use crate::dialect::canonical::{Citation, Event, Usage};
use crate::dialect::gemini::NAME;
use crate::dialect::gemini::response::grounding::{About, Grounding};
use crate::dialect::gemini::response::{finish, json, logprobs, origin, seal, usage};
use crate::dialect::quoted::quoted;
use crate::dialect::{Encode, Reply};

/// What stands before the members of a part.
const HEAD: &[u8] = b"data: {\"candidates\":[{\"content\":{\"parts\":[{";
/// The most of a text that is kept to count bytes in.
const MOST_TEXT: usize = 1024 * 1024;

/// Writes one stream of chunks, each one part of a whole answer's shape.
///
/// Frames hold one `data:` line and nothing else: the vendor's Python SDK fails at event names and comments.
#[derive(Debug)]
pub struct Encoder {
    reply: Reply,
    /// What stands behind the number of the choice: who answered. Empty until the stream has started.
    tail: Vec<u8>,
    /// The id of a stream that others have begun.
    id: Option<String>,
    choices: Vec<Choice>,
    usage: Usage,
    /// The first chunk tells what the prompt cost, where that is known by then.
    has_chunk: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// All is said.
    Complete,
    /// The rest cannot be told: the answer counts as cut off.
    Broken,
}

#[derive(Debug, Default)]
struct Choice {
    index: u32,
    open: Open,
    /// The last piece of another issuer's thought, kept back until it is known whether its seal comes next: readers
    /// pass over the seal of a part without text.
    thought: String,
    /// A seal of this API's own that waits for the next call.
    seal: Option<String>,
    calls: Calls,
    /// The text that sources are about, and how many bytes came before it.
    text: String,
    before: usize,
    grounding: Grounding,
    has_content: bool,
    has_refusal: bool,
    /// Why it stopped, and the word for it where the model refused.
    finish: Option<[&'static str; 2]>,
    /// And that explains a call that is not whole.
    is_cut: bool,
}

/// The part that the next increment may belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Nothing,
    Text,
    /// No seal has come for it yet.
    Thought,
}

impl Encode for Encoder {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if self.state != State::Open {
            return;
        }
        match event {
            Event::Start { id, model } => self.start(id.as_deref(), model.as_deref()),
            Event::Usage(usage) => self.usage = self.usage.updated(*usage),
            Event::End => {
                self.finish(out);
            }
            Event::Text { choice, text } => self.text(*choice, text, out),
            Event::Refusal { choice, text } => {
                self.choice(*choice).has_refusal |= !text.is_empty();
                self.text(*choice, text, out);
            }
            Event::Reasoning { choice, text } => self.thought(*choice, text, out),
            Event::Signature { choice, signature } => self.signature(*choice, signature, out),
            Event::Redacted { choice, data } => self.redacted(*choice, data, out),
            Event::ToolCall { choice, index, id, name } => {
                self.turn(*choice, Open::Nothing, Due::NextCall, out);
                let choice = self.choice(*choice);
                let seal = choice.seal.take();
                let is_held = choice.calls.begin(*index, [id, name], seal);
                self.break_unless(is_held);
            }
            Event::Arguments { choice, index, json } => {
                let is_held = self.choice(*choice).calls.append(*index, json);
                self.break_unless(is_held);
            }
            Event::Citation { choice, citation } => self.choice(*choice).cite(citation),
            Event::Logprobs { choice, value } => self.logprobs(*choice, value.get(), out),
            Event::PartEnd { choice } => self.turn(*choice, Open::Nothing, Due::PartEnd, out),
            Event::Finish { choice, reason } => {
                let words = [finish::write(reason, false), finish::write(reason, true)];
                let choice = self.choice(*choice);
                (choice.finish, choice.is_cut) = (Some(words), reason.explains_nothing_said());
            }
            // Nobody is waiting for a sign of life, and a comment would not be one.
            Event::Error(_) | Event::Ping => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        let is_told = |choice: &Choice| choice.finish.is_some();
        if self.state == State::Open && !self.choices.is_empty() && self.choices.iter().all(is_told) {
            // A call that nothing cut off and that cannot be told all the same leaves no answer.
            let is_sound = |choice: &Choice| choice.is_cut || choice.calls.are_whole();
            if !self.choices.iter().all(is_sound) {
                self.state = State::Broken;
                return false;
            }
            self.end(out);
            self.state = State::Complete;
        }
        self.state == State::Complete
    }
}

impl Encoder {
    pub(crate) fn new(reply: Reply) -> Self {
        Self {
            reply,
            tail: Vec::new(),
            id: None,
            choices: Vec::new(),
            usage: Usage::default(),
            has_chunk: false,
            state: State::Open,
        }
    }

    /// Goes on with a stream that has this id, and has said this. Its next chunks name the model that wrote them.
    pub(crate) fn resumed(reply: Reply, id: Option<String>, text: &str) -> Self {
        let mut choice = Choice { open: Open::Text, has_content: true, ..Choice::default() };
        choice.keep(text);
        Self { id, choices: vec![choice], has_chunk: true, ..Self::new(reply) }
    }

    fn start(&mut self, id: Option<&str>, model: Option<&str>) {
        if self.tail.is_empty() {
            let id = self.id.as_deref().or(id);
            origin(&mut self.tail, id, model.unwrap_or(&self.reply.model));
            self.tail.extend_from_slice(b"}\r\n\r\n");
        }
    }

    /// In the order of their numbers: the SDKs take the first in the list for the answer.
    fn choice(&mut self, index: u32) -> &mut Choice {
        let slot = self.choices.partition_point(|choice| choice.index < index);
        if self.choices.get(slot).is_none_or(|choice| choice.index != index) {
            self.choices.insert(slot, Choice { index, ..Choice::default() });
        }
        &mut self.choices[slot]
    }

    fn break_unless(&mut self, is_held: bool) {
        if !is_held {
            self.state = State::Broken;
        }
    }

    /// Writes a chunk from the end of its part on. `more` are members of the candidate.
    fn close(&mut self, index: u32, more: &[u8], out: &mut Vec<u8>) {
        self.start(None, None);
        self.choice(index).has_content = true;
        out.extend_from_slice(b"}],\"role\":\"model\"},\"index\":");
        if index == 0 {
            out.push(b'0');
        } else {
            json::number(out, u64::from(index));
        }
        out.extend_from_slice(more);
        out.extend_from_slice(b"}]");
        if !std::mem::replace(&mut self.has_chunk, true) {
            usage::write(out, self.usage);
        }
        out.extend_from_slice(&self.tail);
    }

    fn text(&mut self, index: u32, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.turn(index, Open::Text, Due::PartEnd, out);
        self.choice(index).keep(text);
        out.extend_from_slice(HEAD);
        out.extend_from_slice(b"\"text\":");
        quoted(out, text);
        self.close(index, b"", out);
    }

    fn thought(&mut self, index: u32, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        self.turn(index, Open::Thought, Due::PartEnd, out);
        if self.is_foreign() {
            let before = std::mem::replace(&mut self.choice(index).thought, text.to_owned());
            if !before.is_empty() {
                piece(&before, out);
                self.close(index, b"", out);
            }
        } else {
            piece(text, out);
            self.close(index, b"", out);
        }
    }

    fn is_foreign(&self) -> bool {
        self.reply.issuer.as_deref().is_some_and(|issuer| issuer != NAME)
    }

    /// A seal belongs to the thought that is open; one of this API's own alone to the call that comes next.
    fn signature(&mut self, index: u32, signature: &str, out: &mut Vec<u8>) {
        let is_own = self.reply.issuer.as_deref() == Some(NAME);
        let choice = self.choice(index);
        if choice.open == Open::Thought {
            choice.open = Open::Nothing;
        } else {
            self.turn(index, Open::Nothing, Due::PartEnd, out);
            if is_own {
                self.rest(index, out);
                self.choice(index).seal = Some(signature.to_owned());
                return;
            }
        }
        self.sealed(index, |issuer, out| seal::write(out, issuer, Some(signature)), out);
    }

    fn redacted(&mut self, index: u32, data: &str, out: &mut Vec<u8>) {
        self.turn(index, Open::Nothing, Due::PartEnd, out);
        self.sealed(index, |issuer, out| seal::write_redacted(out, issuer, data), out);
    }

    fn sealed(&mut self, index: u32, seal: impl FnOnce(Option<&str>, &mut Vec<u8>), out: &mut Vec<u8>) {
        piece(&std::mem::take(&mut self.choice(index).thought), out);
        seal(self.reply.issuer.as_deref(), out);
        self.close(index, b"", out);
    }

    /// Goes on to another part, and first tells what waited for the end of the last.
    fn turn(&mut self, index: u32, to: Open, due: Due, out: &mut Vec<u8>) {
        let is_foreign = self.is_foreign();
        let choice = self.choice(index);
        if choice.open == to && to != Open::Nothing {
            return;
        }
        let was = std::mem::replace(&mut choice.open, to);
        if was == Open::Thought && is_foreign {
            // Without a seal only the mark of its issuer tells whose it is.
            self.sealed(index, |issuer, out| seal::write(out, issuer, None), out);
        }
        while let Some(part) = self.choice(index).calls.next(due) {
            out.extend_from_slice(HEAD);
            out.extend_from_slice(&part);
            self.close(index, b"", out);
        }
        if to != Open::Nothing {
            self.rest(index, out);
        }
        if to == Open::Text {
            self.choice(index).begin_text();
        }
    }

    /// A seal that no call came for.
    fn rest(&mut self, index: u32, out: &mut Vec<u8>) {
        if let Some(signature) = self.choice(index).seal.take() {
            out.extend_from_slice(HEAD);
            out.extend_from_slice(b"\"text\":\"\"");
            seal::write(out, Some(NAME), Some(&signature));
            self.close(index, b"", out);
        }
    }

    fn logprobs(&mut self, index: u32, value: &str, out: &mut Vec<u8>) {
        let mut more = Vec::new();
        logprobs::write(&mut more, b",\"logprobsResult\":", value);
        if !more.is_empty() {
            out.extend_from_slice(HEAD);
            out.extend_from_slice(b"\"text\":\"\"");
            self.close(index, &more, out);
        }
    }

    /// The last chunk: why each answer stopped, where it comes from, and what all cost.
    fn end(&mut self, out: &mut Vec<u8>) {
        self.start(None, None);
        for slot in 0..self.choices.len() {
            let index = self.choices[slot].index;
            self.turn(index, Open::Nothing, Due::End, out);
            self.rest(index, out);
        }
        out.extend_from_slice(b"data: {\"candidates\":[");
        for (slot, choice) in self.choices.iter().enumerate() {
            out.extend_from_slice(if slot > 0 { b",{" } else { b"{" });
            choice.end(out);
            out.push(b'}');
        }
        out.push(b']');
        usage::write(out, self.usage);
        out.extend_from_slice(&self.tail);
    }
}

/// Begins the chunk of a part that is a thought.
fn piece(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(HEAD);
    out.extend_from_slice(b"\"text\":");
    quoted(out, text);
    out.extend_from_slice(b",\"thought\":true");
}

impl Choice {
    fn begin_text(&mut self) {
        self.before += self.text.len();
        self.text.clear();
    }

    fn keep(&mut self, text: &str) {
        if self.before + self.text.len() + text.len() <= MOST_TEXT {
            self.text.push_str(text);
        }
    }

    fn cite(&mut self, citation: &Citation<'_>) {
        self.grounding.add(citation, About { text: &self.text, before: self.before, part: None });
    }

    /// The SDKs' chats take a chunk without a part for a broken answer: it has none only where a filter left
    /// nothing to say.
    fn end(&self, out: &mut Vec<u8>) {
        let [word, refusal] = self.finish.unwrap_or(["OTHER"; 2]);
        if self.has_content || word != "SAFETY" {
            out.extend_from_slice(b"\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},");
        }
        out.extend_from_slice(b"\"finishReason\":");
        quoted(out, if self.has_refusal { refusal } else { word });
        out.extend_from_slice(b",\"index\":");
        json::number(out, u64::from(self.index));
        self.grounding.write(out);
    }
}
