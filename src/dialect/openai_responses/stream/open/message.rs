use super::{Growing, Place, Sequence, done};
use crate::dialect::openai_responses::response::item;

/// A message: texts and refusals that follow each other.
#[derive(Debug)]
pub(in super::super) struct Message {
    pub(in super::super) place: Place,
    /// The parts that are whole, as JSON.
    parts: Vec<u8>,
    count: u64,
    pub(in super::super) part: Option<Part>,
}

/// A part of a message.
#[derive(Debug)]
pub(in super::super) struct Part {
    pub(in super::super) is_refusal: bool,
    /// No more of it will come but what is about it.
    pub(in super::super) is_over: bool,
    text: Growing,
    /// How long the text is, in characters: what a citation is about that does not say.
    length: usize,
    annotations: Vec<u8>,
    cited: u64,
    logprobs: Vec<u8>,
}

impl Message {
    pub(in super::super) fn open(place: Place, sequence: &mut Sequence, out: &mut Vec<u8>) -> Self {
        let message = Self { place, parts: Vec::new(), count: 0, part: None };
        sequence.event(out, "response.output_item.added", |out| {
            message.place.item(out, |out| message.write(out, "in_progress"));
        });
        message
    }

    /// A message that was opened before, with one text of which this has been told.
    pub(in super::super) fn resumed(place: Place, text: &str) -> Self {
        let mut message = Self { place, parts: Vec::new(), count: 0, part: None };
        let part = message.new_part(false);
        let length = text.chars().count();
        message.part = Some(Part { text: part.text.with(text), length, ..part });
        message
    }

    fn write(&self, out: &mut Vec<u8>, status: &str) {
        item::message(out, &self.place.id, status);
        out.extend_from_slice(&self.parts);
        out.extend_from_slice(b"]}");
    }

    /// The part that is open, if it is of this kind; else a new one.
    pub(in super::super) fn part(
        &mut self,
        is_refusal: bool,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> &mut Part {
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
        let part = self.new_part(is_refusal);
        self.tell_part("response.content_part.added", &part, sequence, out);
        part
    }

    fn new_part(&self, is_refusal: bool) -> Part {
        let (kind, tail): (_, &[u8]) = match is_refusal {
            true => ("response.refusal.delta", b""),
            false => ("response.output_text.delta", br#","logprobs":[]"#),
        };
        let text = Growing::new(kind, tail, |out| self.place.part(out, "content_index", self.count));
        let [annotations, logprobs] = [const { Vec::new() }; 2];
        Part { is_refusal, is_over: false, text, length: 0, annotations, cited: 0, logprobs }
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
    pub(in super::super) fn annotate(
        &mut self,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>, usize) -> bool,
    ) -> usize {
        let Some(part) = self.part.as_mut().filter(|part| !part.is_refusal) else { return 0 };
        let mut annotation = Vec::new();
        if !write(&mut annotation, part.length) {
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
    pub(in super::super) fn logprobs(
        &mut self,
        elements: &str,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> usize {
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
    pub(in super::super) fn close(
        mut self,
        status: &str,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> (usize, Vec<u8>) {
        self.end_part(sequence, out);
        let mut json = Vec::with_capacity(self.parts.len() + 128);
        self.write(&mut json, status);
        done(&self.place, json, sequence, out)
    }
}

impl Part {
    pub(in super::super) fn push(&mut self, text: &str, sequence: &mut Sequence, out: &mut Vec<u8>) {
        self.length += text.chars().count();
        self.text.push(text, sequence, out);
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self.is_refusal {
            true => item::refusal(out, self.text.words()),
            false => item::text(out, self.text.words(), &self.annotations, &self.logprobs),
        }
    }
}
