//! The items of a stream that is read, by their place in the output.

use crate::dialect::Invalid;
use crate::dialect::slots::Slots;

/// More items than this are no answer.
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Items {
    list: Vec<Item>,
    /// By their places.
    slots: Slots<u64>,
    /// How many calls have been told that are not done.
    open_calls: usize,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// All is said of it.
    pub(super) is_done: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Message(Message),
    Reasoning(Reasoning),
    Call(Call),
    /// Of the provider's own: nothing the caller has to act on.
    Other,
}

#[derive(Debug, Default)]
pub(super) struct Message {
    /// The last part of which something was told.
    pub(super) part: Option<u64>,
    /// How many of its annotations were.
    pub(super) cited: usize,
    pub(super) has_logprobs: bool,
}

#[derive(Debug, Default)]
pub(super) struct Reasoning {
    pub(super) part: Option<u64>,
    /// What is told: the other one would say it again.
    pub(super) voice: Option<Voice>,
}

/// Where the readable text of a thought stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Summary,
    Content,
}

#[derive(Debug, Default)]
pub(super) struct Call {
    /// Its number among the calls, once its name has come and it has been told.
    pub(super) number: Option<u32>,
    /// Arguments that came before the name, or that stood in the item from the start. Some servers put all of
    /// them there; where increments follow, those hold.
    pub(super) early: String,
    /// Increments came.
    pub(super) has_arguments: bool,
}

impl Kind {
    /// As the dialect calls it. Nothing is known yet of an item without its kind.
    pub(super) fn of(word: Option<&str>) -> Self {
        match word {
            Some("message") => Self::Message(Message::default()),
            Some("reasoning") => Self::Reasoning(Reasoning::default()),
            Some("function_call") => Self::Call(Call::default()),
            _ => Self::Other,
        }
    }
}

impl Items {
    pub(super) fn get(&mut self, slot: usize) -> Option<&mut Item> {
        self.list.get_mut(slot)
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Is there no place for another?
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MOST
    }

    /// The slot of an item: the last one where its place is not told. Servers that leave the beginning of an
    /// item out get one of this `kind`.
    pub(super) fn slot(&mut self, index: Option<u64>, kind: &str) -> Result<usize, Invalid> {
        let known = match index {
            Some(index) => self.slots.get(&index),
            None => self.list.len().checked_sub(1).filter(|last| !self.list[*last].is_done),
        };
        match known {
            Some(slot) => Ok(slot),
            None => self.add(index, Kind::of(Some(kind))),
        }
    }

    /// Has something been told of this part, or of a later one of its item?
    pub(super) fn has_told(&self, index: Option<u64>, part: u64) -> bool {
        let known = match index {
            Some(index) => self.slots.get(&index).and_then(|slot| self.list.get(slot)),
            None => self.list.last(),
        };
        let told = known.and_then(|item| match &item.kind {
            Kind::Message(message) => message.part,
            Kind::Reasoning(thought) => thought.part,
            Kind::Call(_) | Kind::Other => None,
        });
        told.is_some_and(|told| told >= part)
    }

    /// A new item. One that is begun twice is the same.
    pub(super) fn begin(&mut self, index: Option<u64>, kind: Kind) -> Result<usize, Invalid> {
        let known = index.and_then(|index| self.slots.get(&index));
        known.map_or_else(|| self.add(index, kind), Ok)
    }

    fn add(&mut self, index: Option<u64>, kind: Kind) -> Result<usize, Invalid> {
        if self.is_full() {
            return Err(Invalid::new("The stream has too many items."));
        }
        let slot = self.list.len();
        self.slots.insert(index.unwrap_or(slot as u64), slot);
        self.list.push(Item { kind, is_done: false });
        Ok(slot)
    }

    /// The call is told now.
    pub(super) fn tell_call(&mut self, slot: usize, number: u32) {
        if let Some(Item { kind: Kind::Call(call), .. }) = self.list.get_mut(slot) {
            self.open_calls += usize::from(call.number.replace(number).is_none());
        }
    }

    /// All is said of the item.
    pub(super) fn end(&mut self, slot: usize) {
        let Some(item) = self.list.get_mut(slot) else { return };
        let is_open_call = !item.is_done && matches!(&item.kind, Kind::Call(call) if call.number.is_some());
        self.open_calls -= usize::from(is_open_call);
        item.is_done = true;
    }

    /// Is a call open besides one that is?
    pub(super) const fn has_other_open_call(&self) -> bool {
        self.open_calls > 1
    }
}
