//! The items of a stream that is read, by their place in the output.

use crate::dialect::Invalid;

/// More items than this are no answer.
const MOST: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Items(Vec<Item>);

#[derive(Debug)]
pub(super) struct Item {
    /// Its place in the output.
    index: u64,
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
        self.0.get_mut(slot)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Is there no place for another?
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// The slot of an item: the last one where its place is not told. Servers that leave the beginning of an
    /// item out get one of this `kind`.
    pub(super) fn slot(&mut self, index: Option<u64>, kind: &str) -> Result<usize, Invalid> {
        let known = match index {
            Some(index) => self.0.iter().rposition(|item| item.index == index),
            None => self.0.len().checked_sub(1).filter(|last| !self.0[*last].is_done),
        };
        match known {
            Some(slot) => Ok(slot),
            None => self.add(index, Kind::of(Some(kind))),
        }
    }

    /// Has something been told of this part, or of a later one of its item?
    pub(super) fn has_told(&self, index: Option<u64>, part: u64) -> bool {
        let known = match index {
            Some(index) => self.0.iter().rfind(|item| item.index == index),
            None => self.0.last(),
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
        let known = index.and_then(|index| self.0.iter().rposition(|item| item.index == index));
        known.map_or_else(|| self.add(index, kind), Ok)
    }

    fn add(&mut self, index: Option<u64>, kind: Kind) -> Result<usize, Invalid> {
        if self.is_full() {
            return Err(Invalid::new("The stream has too many items."));
        }
        let index = index.unwrap_or(self.0.len() as u64);
        self.0.push(Item { index, kind, is_done: false });
        Ok(self.0.len() - 1)
    }

    /// Is a call open besides this one?
    pub(super) fn has_other_open_call(&self, slot: usize) -> bool {
        let is_open =
            |item: &Item| !item.is_done && matches!(&item.kind, Kind::Call(call) if call.number.is_some());
        self.0.iter().enumerate().any(|(other, item)| other != slot && is_open(item))
    }
}
