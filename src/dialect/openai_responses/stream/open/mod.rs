//! The items of a stream that is written, as long as they are open.
//!
//! What has been written of a text is kept as it was written: the events that end it, and the last event of the
//! stream, say it once more.

mod call;
mod calls;
mod message;
mod thought;

pub(super) use self::call::Call;
pub(super) use self::calls::Calls;
pub(super) use self::message::Message;
pub(super) use self::thought::Thought;

use crate::dialect::openai_responses::response::item::{self, Words};
use crate::dialect::quoted::quoted;

/// Numbers the events.
#[derive(Debug, Default)]
pub(super) struct Sequence(u64);

impl Sequence {
    /// Goes on with this number.
    pub(super) const fn from(next: u64) -> Self {
        Self(next)
    }

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

    /// With this as what has been written.
    fn with(mut self, text: &str) -> Self {
        let mut json = Vec::with_capacity(text.len() + 2);
        quoted(&mut json, text);
        self.json.extend_from_slice(&json[1..json.len() - 1]);
        self
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

    /// How long it is as JSON, in bytes.
    fn len(&self) -> usize {
        self.json.len()
    }

    /// The text, read back from what was written.
    fn read(&self) -> String {
        let mut json = Vec::with_capacity(self.json.len() + 2);
        self.words().write(&mut json);
        serde_json::from_slice(&json).unwrap_or_default()
    }
}

/// Tells that an item is whole.
fn done(place: &Place, json: Vec<u8>, sequence: &mut Sequence, out: &mut Vec<u8>) -> (usize, Vec<u8>) {
    sequence.event(out, "response.output_item.done", |out| {
        place.item(out, |out| out.extend_from_slice(&json));
    });
    (place.index, json)
}
