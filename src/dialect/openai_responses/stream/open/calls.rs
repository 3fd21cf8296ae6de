use std::collections::BTreeMap;

use super::{Call, Sequence};
use crate::dialect::slots::Slots;

/// The calls that are open: usually one, but other dialects may mix the fragments of several, and what hopes for more
/// arguments stays open beside what follows. So each is looked at only where something has come.
#[derive(Debug, Default)]
pub(in super::super) struct Calls {
    /// By their places.
    open: BTreeMap<usize, Call>,
    /// The places of all by their numbers.
    places: Slots<u32>,
    /// The places of those that may have ended since they were looked at.
    fresh: Vec<usize>,
}

impl Calls {
    pub(in super::super) fn is_open(&self, number: u32) -> bool {
        self.places.get(&number).is_some_and(|place| self.open.contains_key(&place))
    }

    pub(in super::super) fn insert(&mut self, number: u32, call: Call) {
        self.places.insert(number, call.place.index);
        self.open.insert(call.place.index, call);
    }

    /// Tells more of the arguments. Returns `false` where no such call is open.
    pub(in super::super) fn push(
        &mut self,
        number: u32,
        json: &str,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(place) = self.places.get(&number) else { return false };
        let Some(call) = self.open.get_mut(&place) else { return false };
        call.arguments.push(json, sequence, out);
        if !std::mem::replace(&mut call.is_fresh, true) {
            self.fresh.push(place);
        }
        true
    }

    /// No more comes of the call that is open, if it is the only one: of several nobody could tell whose end it is.
    /// Returns whether it has ended.
    pub(in super::super) fn end_only(&mut self) -> bool {
        let (1, Some((place, call))) = (self.open.len(), self.open.iter_mut().next()) else { return false };
        call.is_over = true;
        if !std::mem::replace(&mut call.is_fresh, true) {
            self.fresh.push(*place);
        }
        call.looks_whole()
    }

    /// Those that have all their arguments, in their order.
    pub(in super::super) fn take_whole(&mut self) -> Vec<Call> {
        let mut whole = Vec::new();
        self.fresh.sort_unstable();
        for place in self.fresh.drain(..) {
            let Some(call) = self.open.get_mut(&place) else { continue };
            call.is_fresh = false;
            let is_empty = call.is_over && call.arguments.words().is_empty();
            if is_empty || call.looks_whole() {
                whole.extend(self.open.remove(&place));
            }
        }
        whole
    }

    pub(in super::super) fn take_all(&mut self) -> impl Iterator<Item = Call> + use<> {
        self.fresh.clear();
        std::mem::take(&mut self.open).into_values()
    }
}
