//! What the items of a stream say, told as it comes.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::super::response::wire::{self, Item, Leaf, Part, Parts};
use super::super::response::{self, annotation, finish, logprobs};
use super::decoder::{Decoder, Emit};
use super::fields::Fields;
use super::items::{Kind, Message, Voice};
use crate::dialect::Invalid;
use crate::dialect::canonical::{Event, Text};
use crate::dialect::openai::leaf::{self, Raw};

impl Decoder {
    fn kind(&mut self, slot: usize) -> Option<&mut Kind> {
        self.items.get(slot).filter(|item| !item.is_done).map(|item| &mut item.kind)
    }

    /// Gives the message the word, unless it has been done with.
    fn speak(&mut self, slot: usize, part: u64, emit: Emit<'_>) -> bool {
        let Some(Kind::Message(message)) = self.kind(slot) else { return false };
        let is_new_part = message.part.is_some_and(|last| last != part);
        if message.part != Some(part) {
            *message = Message { part: Some(part), ..Message::default() };
        }
        self.turn(slot, is_new_part, emit);
        true
    }

    pub(super) fn text(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "message")?;
        if let Some(text) = words(fields.delta) {
            if self.speak(slot, fields.part_index.unwrap_or(0), emit) {
                emit(Event::Text { choice: 0, text });
            }
        }
        if let Some(list) = fields.logprobs {
            self.logprobs(slot, list, emit);
        }
        Ok(())
    }

    fn logprobs(&mut self, slot: usize, list: &str, emit: Emit<'_>) {
        let Some(value) = (list != "[]").then(|| logprobs::wrap([list])).flatten() else { return };
        if let Some(Kind::Message(message)) = self.kind(slot) {
            message.has_logprobs = true;
            emit(Event::Logprobs { choice: 0, value });
        }
    }

    pub(super) fn refusal(
        &mut self,
        fields: &Fields<'_>,
        json: Option<&str>,
        emit: Emit<'_>,
    ) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "message")?;
        if let Some(text) = words(json) {
            if self.speak(slot, fields.part_index.unwrap_or(0), emit) {
                self.has_refused = true;
                emit(Event::Refusal { choice: 0, text });
            }
        }
        Ok(())
    }

    pub(super) fn text_done(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "message")?;
        let part =
            Part { text: Leaf(words(fields.whole)), logprobs: raw(fields.logprobs), ..Part::default() };
        self.message_part(slot, fields.part_index.unwrap_or(0), &part, emit);
        Ok(())
    }

    pub(super) fn part_done(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let part: Part<'_> = leaf::read(raw(fields.part)).unwrap_or_default();
        let index = fields.part_index.unwrap_or(0);
        // Thoughts that are not a summary have such parts, too.
        if leaf::text(part.kind).as_deref() == Some("reasoning_text") {
            let slot = self.items.slot(fields.output_index, "reasoning")?;
            self.thought_part(slot, (Voice::Content, index), &part, emit);
        } else {
            let slot = self.items.slot(fields.output_index, "message")?;
            self.message_part(slot, index, &part, emit);
        }
        Ok(())
    }

    /// Tells of a whole part what has not been told.
    fn message_part(&mut self, slot: usize, index: u64, part: &Part<'_>, emit: Emit<'_>) {
        let Some(Kind::Message(message)) = self.kind(slot) else { return };
        if message.part.is_none_or(|told| told < index) {
            if let Some(text) = part.text.said().filter(|_| self.speak(slot, index, emit)) {
                emit(Event::Text { choice: 0, text });
            } else if let Some(text) = part.refusal.said().filter(|_| self.speak(slot, index, emit)) {
                self.has_refused = true;
                emit(Event::Refusal { choice: 0, text });
            }
        }
        let is_speaking = self.speaking == Some(slot);
        let Some(Kind::Message(message)) = self.kind(slot) else { return };
        if message.part != Some(index) || !is_speaking {
            return;
        }
        let annotations = wire::list(part.annotations);
        for annotation in annotations.iter().skip(message.cited) {
            emit(Event::Citation { choice: 0, citation: annotation::read(annotation) });
        }
        message.cited = message.cited.max(annotations.len());
        if let Some(list) = part.logprobs.filter(|_| !message.has_logprobs) {
            self.logprobs(slot, list.get(), emit);
        }
    }

    pub(super) fn citation(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "message")?;
        let part = fields.part_index.unwrap_or(0);
        let (Some(annotation), true) = (raw(fields.annotation), self.speak(slot, part, emit)) else {
            return Ok(());
        };
        if let Some(Kind::Message(message)) = self.kind(slot) {
            message.cited += 1;
        }
        emit(Event::Citation { choice: 0, citation: annotation::read(annotation) });
        Ok(())
    }

    pub(super) fn thought(
        &mut self,
        fields: &Fields<'_>,
        voice: Voice,
        json: Option<&str>,
        emit: Emit<'_>,
    ) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "reasoning")?;
        if let Some(text) = words(json) {
            self.think(slot, (voice, fields.part_index.unwrap_or(0)), text, emit);
        }
        Ok(())
    }

    fn thought_part(&mut self, slot: usize, (voice, index): (Voice, u64), part: &Part<'_>, emit: Emit<'_>) {
        let Some(Kind::Reasoning(thought)) = self.kind(slot) else { return };
        if thought.part.is_none_or(|told| told < index) {
            if let Some(text) = part.text.said() {
                self.think(slot, (voice, index), text, emit);
            }
        }
    }

    /// Parts of a thought are paragraphs of it.
    fn think(&mut self, slot: usize, (voice, part): (Voice, u64), text: Text<'_>, emit: Emit<'_>) {
        let Some(Kind::Reasoning(thought)) = self.kind(slot) else { return };
        if *thought.voice.get_or_insert(voice) != voice {
            return;
        }
        let is_next = thought.part.replace(part).is_some_and(|last| last != part);
        self.turn(slot, false, emit);
        if is_next {
            emit(Event::Reasoning { choice: 0, text: Cow::Borrowed("\n\n") });
        }
        emit(Event::Reasoning { choice: 0, text });
    }

    pub(super) fn item_added(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let item: Item<'_> = leaf::read(raw(fields.item)).unwrap_or_default();
        let word = leaf::text(item.kind);
        self.waits |= word.as_deref().is_some_and(finish::waits);
        let kind = Kind::of(word.as_deref());
        let slot = self.items.begin(fields.output_index, kind)?;
        self.call_begins(slot, &item, emit);
        Ok(())
    }

    /// An item is whole: what has not been told of it is told now.
    pub(super) fn item_done(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let item: Item<'_> = leaf::read(raw(fields.item)).unwrap_or_default();
        let word = leaf::text(item.kind).unwrap_or_default();
        self.waits |= finish::waits(&word);
        let slot = self.items.slot(fields.output_index, &word)?;
        match self.kind(slot) {
            None | Some(Kind::Other) => {}
            Some(Kind::Call(_)) => self.call_done(slot, &item, emit),
            Some(Kind::Message(_)) => self.message_done(slot, &item.content, emit),
            Some(Kind::Reasoning(_)) => self.thought_done(slot, &item, emit),
        }
        self.items.end(slot);
        Ok(())
    }

    fn message_done(&mut self, slot: usize, content: &Parts<'_>, emit: Emit<'_>) {
        if let Parts::Text(text) = content {
            let is_untold = matches!(self.kind(slot), Some(Kind::Message(Message { part: None, .. })));
            if is_untold && !text.is_empty() && self.speak(slot, 0, emit) {
                emit(Event::Text { choice: 0, text: text.clone() });
            }
        }
        for (index, part) in (0..).zip(content.list()) {
            self.message_part(slot, index, part, emit);
        }
        self.silence(slot, emit);
    }

    fn thought_done(&mut self, slot: usize, item: &Item<'_>, emit: Emit<'_>) {
        for (voice, parts) in [(Voice::Summary, &item.summary), (Voice::Content, &item.content)] {
            for (index, part) in (0..).zip(parts.list()) {
                self.thought_part(slot, (voice, index), part, emit);
            }
        }
        // Complete only now.
        if let Some(signature) = response::signature(item) {
            self.turn(slot, false, emit);
            emit(Event::Signature { choice: 0, signature });
        }
        self.silence(slot, emit);
    }

    /// The item has no more to say.
    fn silence(&mut self, slot: usize, emit: Emit<'_>) {
        if self.speaking == Some(slot) {
            self.hush(emit);
        }
    }
}

/// The string, if it is one and says something.
pub(super) fn words(json: Option<&str>) -> Option<Text<'_>> {
    json.and_then(leaf::unquoted).filter(|text| !text.is_empty())
}

fn raw(json: Option<&str>) -> Raw<'_> {
    json.and_then(|json| serde_json::from_str::<&RawValue>(json).ok())
}
