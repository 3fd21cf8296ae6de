//! The calls of a stream, told as they come.

use std::borrow::Cow;

use super::super::response;
use super::super::response::wire::Item;
use super::decoder::{Decoder, Emit};
use super::fields::Fields;
use super::items::{Call, Kind};
use super::said::words;
use crate::dialect::Invalid;
use crate::dialect::canonical::{Event, Text};
use crate::dialect::openai::leaf;

impl Decoder {
    fn call(&mut self, slot: usize) -> Option<&mut Call> {
        match self.items.get(slot).filter(|item| !item.is_done).map(|item| &mut item.kind) {
            Some(Kind::Call(call)) => Some(call),
            _ => None,
        }
    }

    /// Tells the call, once its name is known.
    pub(super) fn call_begins(&mut self, slot: usize, item: &Item<'_>, emit: Emit<'_>) {
        let number = self.calls;
        let Some(call) = self.call(slot).filter(|call| call.number.is_none()) else { return };
        if let Some(json) = item.arguments.filter(|_| !call.has_arguments) {
            call.early = leaf::json_text(json).into_owned();
        }
        let Some(name) = leaf::text(item.name) else { return };
        let told = if call.has_arguments { std::mem::take(&mut call.early) } else { String::new() };
        self.items.tell_call(slot, number);
        self.calls += 1;
        self.has_said = true;
        self.hush(emit);
        let id = response::call_id(item, &self.answer, slot);
        emit(Event::ToolCall { choice: 0, index: number, id, name });
        if !told.is_empty() {
            emit(Event::Arguments { choice: 0, index: number, json: told.into() });
        }
    }

    pub(super) fn arguments(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "function_call")?;
        let (Some(json), Some(call)) = (words(fields.delta), self.call(slot)) else { return Ok(()) };
        if !std::mem::replace(&mut call.has_arguments, true) {
            call.early.clear();
        }
        match call.number {
            Some(index) => emit(Event::Arguments { choice: 0, index, json }),
            None => call.early.push_str(&json),
        }
        Ok(())
    }

    pub(super) fn arguments_done(&mut self, fields: &Fields<'_>, emit: Emit<'_>) -> Result<(), Invalid> {
        let slot = self.items.slot(fields.output_index, "function_call")?;
        // Some servers write the object itself.
        let json = fields.whole.map(|json| leaf::unquoted(json).unwrap_or(Cow::Borrowed(json)));
        if let Some(json) = json.filter(|json| !json.is_empty()) {
            self.whole_arguments(slot, json, emit);
        }
        Ok(())
    }

    /// All of the arguments, which matter only where no increments came.
    fn whole_arguments(&mut self, slot: usize, json: Text<'_>, emit: Emit<'_>) {
        let Some(call) = self.call(slot).filter(|call| !call.has_arguments) else { return };
        call.has_arguments = true;
        match call.number {
            Some(index) => {
                call.early.clear();
                emit(Event::Arguments { choice: 0, index, json });
            }
            None => call.early = json.into_owned(),
        }
    }

    pub(super) fn call_done(&mut self, slot: usize, item: &Item<'_>, emit: Emit<'_>) {
        self.call_begins(slot, item, emit);
        let json = item.arguments.map(leaf::json_text).filter(|json| !json.is_empty());
        if let Some(json) = json {
            self.whole_arguments(slot, json, emit);
        }
        self.late_arguments(slot, emit);
        let is_told = self.call(slot).is_some_and(|call| call.number.is_some());
        // Amid what else is told, nobody could tell whose end it is.
        if is_told && self.speaking.is_none() && !self.items.has_other_open_call() {
            emit(Event::PartEnd { choice: 0 });
        }
    }

    /// Arguments that stood in the item from the start, and that nothing has followed.
    fn late_arguments(&mut self, slot: usize, emit: Emit<'_>) {
        let early = self.call(slot).map(|call| std::mem::take(&mut call.early)).unwrap_or_default();
        if !early.is_empty() {
            self.whole_arguments(slot, Cow::Owned(early), emit);
        }
    }

    /// The answer is over, and with it the calls that nobody said were done.
    pub(super) fn end_calls(&mut self, emit: Emit<'_>) {
        for slot in 0..self.items.len() {
            self.late_arguments(slot, emit);
        }
    }
}
