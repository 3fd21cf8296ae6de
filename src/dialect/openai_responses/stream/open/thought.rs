use super::{Growing, Place, Sequence, done};
use crate::dialect::openai_responses::response::item::{self, Words};

/// A thought.
#[derive(Debug)]
pub(in super::super) struct Thought {
    place: Place,
    summary: Option<Growing>,
    pub(in super::super) signature: Option<String>,
}

impl Thought {
    pub(in super::super) fn open(place: Place, sequence: &mut Sequence, out: &mut Vec<u8>) -> Self {
        sequence.event(out, "response.output_item.added", |out| {
            place.item(out, |out| item::reasoning(out, &place.id, Words::Plain(""), None));
        });
        Self { place, summary: None, signature: None }
    }

    pub(in super::super) fn push(&mut self, text: &str, sequence: &mut Sequence, out: &mut Vec<u8>) {
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
    pub(in super::super) fn close(
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
        done(&self.place, json, sequence, out)
    }
}
