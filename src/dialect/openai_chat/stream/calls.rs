use std::borrow::Cow;

use crate::dialect::canonical::{Event, Text};
use crate::dialect::openai_chat::names;
use crate::dialect::openai_chat::wire::{self, text};
use crate::dialect::slots::Slots;
use crate::failure::{Class, Failure, Report};

/// More calls than these are no answer.
const MOST: usize = 4096;

/// Who gets the events.
pub(super) type Emit<'e> = &'e mut dyn FnMut(Event<'_>);

/// The calls of one choice, put together from fragments.
///
/// OpenAI numbers them and names each once. Others leave the number out, give every call the number 0, repeat
/// id and name in each fragment, or send a call whole.
#[derive(Debug, Default)]
pub(super) struct Calls {
    known: Vec<Call>,
    numbers: Slots<u64>,
    ids: Slots<String>,
    /// How many of them have been told.
    told: u32,
}

#[derive(Debug)]
struct Call {
    number: Option<u64>,
    id: String,
    /// Its number among those that have been told: its name has come.
    told: Option<u32>,
    /// Arguments that came before the name.
    early: String,
    has_arguments: bool,
}

fn too_many() -> Failure {
    Failure::new(Class::InvalidOutput).with_report(Report::new("The answer has too many calls of tools."))
}

/// Where a fragment belongs: which answer of the stream, and the stream's id.
#[derive(Clone, Copy)]
pub(super) struct Origin<'o> {
    pub(super) choice: u32,
    pub(super) answer: &'o str,
}

/// A piece of a call. Fields that say nothing are not there.
#[derive(Debug, Default)]
pub(super) struct Fragment<'a> {
    pub(super) number: Option<u64>,
    pub(super) id: Option<Text<'a>>,
    pub(super) name: Option<Text<'a>>,
    pub(super) arguments: Text<'a>,
}

impl<'a> Fragment<'a> {
    pub(super) fn of(call: &wire::ToolCall<'a>) -> Self {
        let (name, arguments) = match (&call.function, &call.custom) {
            (Some(function), _) => (text(function.name), function.arguments()),
            (None, Some(custom)) => (text(custom.name), custom.input()),
            (None, None) => (None, Cow::Borrowed("")),
        };
        Self { number: wire::count(call.index), id: text(call.id), name, arguments }
    }
}

impl Calls {
    pub(super) const fn is_empty(&self) -> bool {
        self.told == 0
    }

    pub(super) fn fragment(&mut self, origin: Origin<'_>, fragment: Fragment<'_>, emit: Emit<'_>) {
        let Fragment { number, id, name, arguments } = fragment;
        match self.slot(number, id, name.is_some()) {
            Some(slot) => self.tell(slot, origin, (name, arguments), emit),
            None => emit(Event::Error(Box::new(too_many()))),
        }
    }

    /// The legacy form: one call, without id and number.
    pub(super) fn legacy(&mut self, origin: Origin<'_>, call: &wire::Function<'_>, emit: Emit<'_>) {
        if call.is_called() {
            if let Some(slot) = self.slot(None, None, self.known.is_empty()) {
                self.tell(slot, origin, (text(call.name), call.arguments()), emit);
            }
        }
    }

    /// The call that a fragment belongs to; a new one where it begins one. `None` if that would be too many.
    fn slot(&mut self, number: Option<u64>, id: Option<Text<'_>>, has_name: bool) -> Option<usize> {
        let found = self.find(number, id.as_deref());
        // Without number and id, a name is all that tells the next call from the last.
        let begins = number.is_none() && id.is_none() && has_name;
        match found.filter(|_| !begins) {
            Some(slot) => {
                if let (Some(id), true) = (id, self.known[slot].id.is_empty()) {
                    self.name(slot, id.into_owned());
                }
                Some(slot)
            }
            None if self.known.len() >= MOST => None,
            None => {
                let slot = self.known.len();
                let call = Call {
                    number,
                    id: String::new(),
                    told: None,
                    early: String::new(),
                    has_arguments: false,
                };
                self.known.push(call);
                if let Some(number) = number {
                    self.numbers.insert(number, slot);
                }
                if let Some(id) = id {
                    self.name(slot, id.into_owned());
                }
                Some(slot)
            }
        }
    }

    /// The last call with this number and id.
    fn find(&self, number: Option<u64>, id: Option<&str>) -> Option<usize> {
        let (id, number) = match (id, number) {
            (None, None) => return self.known.len().checked_sub(1),
            (None, Some(number)) => return self.numbers.get(&number),
            (Some(id), None) => return self.ids.get(id),
            (Some(id), Some(number)) => (id, number),
        };
        // Two calls may share a number, but not an id.
        let is_same = |call: &Call| call.number == Some(number) && (call.id == id || call.id.is_empty());
        let last = self.numbers.get(&number)?;
        if is_same(&self.known[last]) {
            return Some(last);
        }
        let named = self.ids.get(id)?;
        if is_same(&self.known[named]) {
            return Some(named);
        }
        // The number came again with another id, and the id with another number.
        self.known.iter().rposition(is_same)
    }

    fn name(&mut self, slot: usize, id: String) {
        self.ids.insert(id.clone(), slot);
        self.known[slot].id = id;
    }

    fn tell(
        &mut self,
        slot: usize,
        origin: Origin<'_>,
        (name, arguments): (Option<Text<'_>>, Text<'_>),
        emit: Emit<'_>,
    ) {
        let call = &mut self.known[slot];
        // Within an object it is a value.
        let is_none = !call.has_arguments && arguments == wire::NO_ARGUMENTS;
        let arguments = if is_none { Cow::Borrowed("") } else { arguments };
        call.has_arguments |= !arguments.is_empty();
        let choice = origin.choice;
        let Some(index) = call.told else {
            // A call that never gets a name is not told, and not counted.
            let Some(name) = name else { return call.early.push_str(&arguments) };
            let index = self.told;
            self.told += 1;
            call.told = Some(index);
            if call.id.is_empty() {
                self.name(slot, names::invented_id(origin.answer, slot));
            }
            let call = &mut self.known[slot];
            emit(Event::ToolCall { choice, index, id: Cow::Borrowed(&call.id), name });
            for json in [Cow::Owned(std::mem::take(&mut call.early)), arguments] {
                if !json.is_empty() {
                    emit(Event::Arguments { choice, index, json });
                }
            }
            return;
        };
        if !arguments.is_empty() {
            emit(Event::Arguments { choice, index, json: arguments });
        }
    }
}
