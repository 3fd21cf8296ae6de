//! Ids of calls: here they are optional and mostly absent, elsewhere nothing works without.

use std::collections::{HashMap, VecDeque};

use crate::dialect::canonical::Text;
use crate::dialect::hash::hash;

/// The id of a call that came without one: where it stands, and what it calls. The same in every later turn of
/// the conversation, in which all that has been said stays where it is.
pub(super) fn invented(turn: usize, part: usize, name: &str) -> String {
    format!("call_{:024x}", hash(&format!("{turn}.{part}#{name}")) >> 32)
}

/// The calls of a conversation that have no result yet.
#[derive(Default)]
pub(super) struct Calls<'a> {
    list: Vec<Called<'a>>,
    /// Those with an id of their own.
    by_id: HashMap<Text<'a>, VecDeque<usize>>,
    by_name: HashMap<Text<'a>, Named>,
}

struct Called<'a> {
    id: Text<'a>,
    is_answered: bool,
}

/// Calls of one tool: all, and those without an id of their own.
#[derive(Default)]
struct Named {
    all: VecDeque<usize>,
    bare: VecDeque<usize>,
}

impl<'a> Calls<'a> {
    /// The model has called a tool.
    pub(super) fn add(&mut self, id: Text<'a>, name: Text<'a>, has_own_id: bool) {
        let slot = self.list.len();
        let named = self.by_name.entry(name).or_default();
        named.all.push_back(slot);
        if has_own_id {
            self.by_id.entry(id.clone()).or_default().push_back(slot);
        } else {
            named.bare.push_back(slot);
        }
        self.list.push(Called { id, is_answered: false });
    }

    /// The id of the call that a result answers: by its id where it has one, else the first of this name that
    /// waits, since results come in the order of the calls.
    pub(super) fn answer(&mut self, id: Option<&str>, name: &str) -> Option<Text<'a>> {
        let list = &mut self.list;
        let by_id = id.and_then(|id| first(list, self.by_id.get_mut(id)));
        let slot = by_id.or_else(|| {
            let named = self.by_name.get_mut(name)?;
            first(list, Some(if id.is_some() { &mut named.bare } else { &mut named.all }))
        })?;
        let called = list.get_mut(slot)?;
        called.is_answered = true;
        Some(std::mem::take(&mut called.id))
    }
}

/// The first that waits still: those before it have been answered by the other name they go by.
fn first(list: &[Called<'_>], slots: Option<&mut VecDeque<usize>>) -> Option<usize> {
    let slots = slots?;
    loop {
        let slot = slots.pop_front()?;
        if list.get(slot).is_some_and(|called| !called.is_answered) {
            return Some(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_answers_the_call_of_its_id_or_the_first_of_its_name() {
        let mut calls = Calls::default();
        for (id, name, has_own_id) in
            [("a", "f", true), ("1", "f", false), ("b", "f", true), ("2", "f", false), ("b", "g", true)]
        {
            calls.add(id.into(), name.into(), has_own_id);
        }
        let mut answer = |id, name| calls.answer(id, name).map(|id| id.into_owned());
        assert_eq!(answer(Some("b"), "?").as_deref(), Some("b"));
        assert_eq!(answer(Some("x"), "f").as_deref(), Some("1"), "one with another id is not meant");
        assert_eq!(answer(None, "f").as_deref(), Some("a"));
        assert_eq!(answer(None, "f").as_deref(), Some("2"));
        assert_eq!(answer(None, "f"), None);
        assert_eq!((answer(Some("a"), "?"), answer(Some("b"), "f").as_deref()), (None, Some("b")));
        assert_eq!(answer(None, "g"), None);
    }
}
