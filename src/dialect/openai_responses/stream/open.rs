//! The items of a stream that is written, as long as they are open.
//!
//! What has been written of a text is kept as it was written: the events that end it, and the last event of the
//! stream, say it once more.

use super::super::response::item::{self, Callee, Words};
use crate::dialect::canonical::Text;
use crate::dialect::quoted::quoted;

/// Numbers the events.
#[derive(Debug, Default)]
pub(super) struct Sequence(u64);

impl Sequence {
    /// Writes an event: its fields but for its kind and number.
    pub(super) fn event(&mut self, out: &mut Vec<u8>, kind: &str, fields: impl FnOnce(&mut Vec<u8>)) {
        begin(out, kind);
        fields(out);
        self.end(out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#","sequence_number":"#);
        item::number(out, self.0);
        out.extend_from_slice(b"}\n\n");
        self.0 += 1;
    }
}

fn begin(out: &mut Vec<u8>, kind: &str) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\ndata: {\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.push(b'"');
}

/// Where an item stands.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) id: String,
}

impl Place {
    /// The fields of an event about the item itself, without the last brace of it.
    pub(super) fn item(&self, out: &mut Vec<u8>, item: impl FnOnce(&mut Vec<u8>)) {
        out.extend_from_slice(br#","output_index":"#);
        item::number(out, self.index as u64);
        out.extend_from_slice(br#","item":"#);
        item(out);
    }

    /// The fields that say what part of the item an event is about.
    fn part(&self, out: &mut Vec<u8>, list: &str, part: u64) {
        self.whole(out);
        out.extend_from_slice(b",\"");
        out.extend_from_slice(list.as_bytes());
        out.extend_from_slice(b"\":");
        item::number(out, part);
    }

    fn whole(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#","item_id":"#);
        quoted(out, &self.id);
        out.extend_from_slice(br#","output_index":"#);
        item::number(out, self.index as u64);
    }
}

/// A text that grows.
#[derive(Debug, Default)]
pub(super) struct Growing {
    /// What stands before each increment, written once.
    head: Vec<u8>,
    /// What stands after it, up to the number.
    tail: &'static [u8],
    /// The whole, as JSON without its quotes.
    json: Vec<u8>,
}

impl Growing {
    fn new(kind: &str, tail: &'static [u8], place: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut head = Vec::with_capacity(256);
        begin(&mut head, kind);
        place(&mut head);
        head.extend_from_slice(br#","delta":"#);
        Self { head, tail, json: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str, sequence: &mut Sequence, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        let from = out.len() + 1;
        quoted(out, text);
        self.json.extend_from_slice(&out[from..out.len() - 1]);
        out.extend_from_slice(self.tail);
        sequence.end(out);
    }

    pub(super) fn words(&self) -> Words<'_> {
        Words::Escaped(&self.json)
    }

    /// The text, read back from what was written.
    fn read(&self) -> String {
        let mut json = Vec::with_capacity(self.json.len() + 2);
        self.words().write(&mut json);
        serde_json::from_slice(&json).unwrap_or_default()
    }
}

/// A message: texts and refusals that follow each other.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) place: Place,
    /// The parts that are whole, as JSON.
    parts: Vec<u8>,
    count: u64,
    pub(super) part: Option<Part>,
}

/// A part of a message.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) is_refusal: bool,
    /// No more of it will come but what is about it.
    pub(super) is_over: bool,
    pub(super) text: Growing,
    annotations: Vec<u8>,
    cited: u64,
    logprobs: Vec<u8>,
}

impl Message {
    pub(super) fn open(place: Place, sequence: &mut Sequence, out: &mut Vec<u8>) -> Self {
        let message = Self { place, parts: Vec::new(), count: 0, part: None };
        sequence.event(out, "response.output_item.added", |out| {
            message.place.item(out, |out| message.write(out, "in_progress"));
        });
        message
    }

    fn write(&self, out: &mut Vec<u8>, status: &str) {
        item::message(out, &self.place.id, status);
        out.extend_from_slice(&self.parts);
        out.extend_from_slice(b"]}");
    }

    /// The part that is open, if it is of this kind; else a new one.
    pub(super) fn part(&mut self, is_refusal: bool, sequence: &mut Sequence, out: &mut Vec<u8>) -> &mut Part {
        let goes_on = self.part.take_if(|part| part.is_refusal == is_refusal && !part.is_over);
        let part = match goes_on {
            Some(part) => part,
            None => {
                self.end_part(sequence, out);
                self.open_part(is_refusal, sequence, out)
            }
        };
        self.part.insert(part)
    }

    fn open_part(&self, is_refusal: bool, sequence: &mut Sequence, out: &mut Vec<u8>) -> Part {
        let (kind, tail): (_, &[u8]) = match is_refusal {
            true => ("response.refusal.delta", b""),
            false => ("response.output_text.delta", br#","logprobs":[]"#),
        };
        let text = Growing::new(kind, tail, |out| self.place.part(out, "content_index", self.count));
        let part = Part {
            is_refusal,
            is_over: false,
            text,
            annotations: Vec::new(),
            cited: 0,
            logprobs: Vec::new(),
        };
        self.tell_part("response.content_part.added", &part, sequence, out);
        part
    }

    fn tell_part(&self, kind: &str, part: &Part, sequence: &mut Sequence, out: &mut Vec<u8>) {
        sequence.event(out, kind, |out| {
            self.place.part(out, "content_index", self.count);
            out.extend_from_slice(br#","part":"#);
            part.write(out);
        });
    }

    fn end_part(&mut self, sequence: &mut Sequence, out: &mut Vec<u8>) {
        let Some(part) = self.part.take() else { return };
        let kind = if part.is_refusal { "response.refusal.done" } else { "response.output_text.done" };
        sequence.event(out, kind, |out| {
            self.place.part(out, "content_index", self.count);
            if part.is_refusal {
                out.extend_from_slice(br#","refusal":"#);
            } else {
                out.extend_from_slice(br#","logprobs":["#);
                out.extend_from_slice(&part.logprobs);
                out.extend_from_slice(br#"],"text":"#);
            }
            part.text.words().write(out);
        });
        self.tell_part("response.content_part.done", &part, sequence, out);
        if self.count > 0 {
            self.parts.push(b',');
        }
        part.write(&mut self.parts);
        self.count += 1;
    }

    /// Tells where the text comes from, with what `write` writes, if it writes anything.
    pub(super) fn annotate(
        &mut self,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>, &dyn Fn() -> usize) -> bool,
    ) -> usize {
        let Some(part) = self.part.as_mut().filter(|part| !part.is_refusal) else { return 0 };
        let mut annotation = Vec::new();
        if !write(&mut annotation, &|| part.text.read().chars().count()) {
            return 0;
        }
        sequence.event(out, "response.output_text.annotation.added", |out| {
            self.place.part(out, "content_index", self.count);
            out.extend_from_slice(br#","annotation_index":"#);
            item::number(out, part.cited);
            out.extend_from_slice(br#","annotation":"#);
            out.extend_from_slice(&annotation);
        });
        if part.cited > 0 {
            part.annotations.push(b',');
        }
        part.annotations.extend_from_slice(&annotation);
        part.cited += 1;
        annotation.len()
    }

    /// Tells the probabilities of what has been said, beside an increment of nothing.
    pub(super) fn logprobs(&mut self, elements: &str, sequence: &mut Sequence, out: &mut Vec<u8>) -> usize {
        let Some(part) = self.part.as_mut().filter(|part| !part.is_refusal) else { return 0 };
        sequence.event(out, "response.output_text.delta", |out| {
            self.place.part(out, "content_index", self.count);
            out.extend_from_slice(br#","delta":"","logprobs":["#);
            out.extend_from_slice(elements.as_bytes());
            out.push(b']');
        });
        if !part.logprobs.is_empty() {
            part.logprobs.push(b',');
        }
        part.logprobs.extend_from_slice(elements.as_bytes());
        elements.len()
    }

    /// Ends the message; returns it whole.
    pub(super) fn close(
        mut self,
        status: &str,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> (usize, Vec<u8>) {
        self.end_part(sequence, out);
        let mut json = Vec::with_capacity(self.parts.len() + 128);
        self.write(&mut json, status);
        done(self.place, json, sequence, out)
    }
}

impl Part {
    fn write(&self, out: &mut Vec<u8>) {
        match self.is_refusal {
            true => item::refusal(out, self.text.words()),
            false => item::text(out, self.text.words(), &self.annotations, &self.logprobs),
        }
    }
}

/// Tells that an item is whole.
fn done(place: Place, json: Vec<u8>, sequence: &mut Sequence, out: &mut Vec<u8>) -> (usize, Vec<u8>) {
    sequence.event(out, "response.output_item.done", |out| {
        place.item(out, |out| out.extend_from_slice(&json));
    });
    (place.index, json)
}

/// A thought.
#[derive(Debug)]
pub(super) struct Thought {
    place: Place,
    summary: Option<Growing>,
    pub(super) signature: Option<String>,
}

impl Thought {
    pub(super) fn open(place: Place, sequence: &mut Sequence, out: &mut Vec<u8>) -> Self {
        sequence.event(out, "response.output_item.added", |out| {
            place.item(out, |out| item::reasoning(out, &place.id, Words::Plain(""), None));
        });
        Self { place, summary: None, signature: None }
    }

    pub(super) fn push(&mut self, text: &str, sequence: &mut Sequence, out: &mut Vec<u8>) {
        if self.summary.is_none() {
            self.tell_part("response.reasoning_summary_part.added", Words::Plain(""), sequence, out);
        }
        let place = &self.place;
        let summary = self.summary.get_or_insert_with(|| {
            let place = |out: &mut Vec<u8>| place.part(out, "summary_index", 0);
            Growing::new("response.reasoning_summary_text.delta", b"", place)
        });
        summary.push(text, sequence, out);
    }

    fn tell_part(&self, kind: &str, text: Words<'_>, sequence: &mut Sequence, out: &mut Vec<u8>) {
        sequence.event(out, kind, |out| {
            self.place.part(out, "summary_index", 0);
            out.extend_from_slice(br#","part":"#);
            item::summary(out, text);
        });
    }

    /// Ends the thought, under this seal; returns it whole.
    pub(super) fn close(
        self,
        encrypted: Option<&str>,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> (usize, Vec<u8>) {
        let text = self.summary.as_ref().map_or(Words::Plain(""), Growing::words);
        if self.summary.is_some() {
            sequence.event(out, "response.reasoning_summary_text.done", |out| {
                self.place.part(out, "summary_index", 0);
                out.extend_from_slice(br#","text":"#);
                text.write(out);
            });
            self.tell_part("response.reasoning_summary_part.done", text, sequence, out);
        }
        let mut json = Vec::new();
        item::reasoning(&mut json, &self.place.id, text, encrypted);
        done(self.place, json, sequence, out)
    }
}

/// A call of a tool.
#[derive(Debug)]
pub(super) struct Call {
    place: Place,
    /// Its number among the calls.
    pub(super) number: u32,
    call_id: String,
    name: String,
    pub(super) arguments: Growing,
    /// No more of it will come.
    pub(super) is_over: bool,
}

impl Call {
    pub(super) fn open(
        place: Place,
        number: u32,
        [call_id, name]: [&Text<'_>; 2],
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Self {
        let kind = "response.function_call_arguments.delta";
        let arguments = Growing::new(kind, b"", |out| place.whole(out));
        let (call_id, name) = (call_id.to_string(), name.to_string());
        let call = Self { place, number, call_id, name, arguments, is_over: false };
        sequence.event(out, "response.output_item.added", |out| {
            call.place.item(out, |out| call.write(out, "in_progress"));
        });
        call
    }

    fn write(&self, out: &mut Vec<u8>, status: &str) {
        let callee = Callee { id: &self.place.id, call_id: &self.call_id, name: &self.name };
        item::call(out, callee, status, self.arguments.words());
    }

    /// Are the arguments JSON by now?
    pub(super) fn is_whole(&self) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments.read()).is_ok()
    }

    /// Ends the call; returns it whole. Callers parse what they are given: a call without arguments gets an
    /// empty object, unless it was cut off.
    pub(super) fn close(
        mut self,
        is_cut: bool,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> (usize, Vec<u8>) {
        let is_cut = is_cut && !self.is_whole();
        if self.arguments.words().is_empty() && !is_cut {
            self.arguments.push("{}", sequence, out);
        }
        sequence.event(out, "response.function_call_arguments.done", |out| {
            self.place.whole(out);
            out.extend_from_slice(br#","name":"#);
            quoted(out, &self.name);
            out.extend_from_slice(br#","arguments":"#);
            self.arguments.words().write(out);
        });
        let mut json = Vec::new();
        self.write(&mut json, if is_cut { "incomplete" } else { "completed" });
        done(self.place, json, sequence, out)
    }
}
