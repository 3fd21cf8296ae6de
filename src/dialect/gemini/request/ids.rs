//! Ids of calls: here they are optional and mostly absent, elsewhere nothing works without.

use crate::dialect::canonical::Text;
use crate::dialect::hash::hash;

/// The id of a call that came without one: where it stands, and what it calls. The same in every later turn of
/// the conversation, in which all that has been said stays where it is.
pub(super) fn invented(turn: usize, part: usize, name: &str) -> String {
    format!("call_{:024x}", hash(&format!("{turn}.{part}#{name}")) >> 32)
}

/// The calls of a conversation that have no result yet.
#[derive(Default)]
pub(super) struct Calls<'a>(Vec<Called<'a>>);

struct Called<'a> {
    id: Text<'a>,
    name: Text<'a>,
    has_own_id: bool,
}

impl<'a> Calls<'a> {
    /// The model has called a tool.
    pub(super) fn add(&mut self, id: Text<'a>, name: Text<'a>, has_own_id: bool) {
        self.0.push(Called { id, name, has_own_id });
    }

    /// The id of the call that a result answers: by its id where it has one, else the first of this name that
    /// waits, since results come in the order of the calls.
    pub(super) fn answer(&mut self, id: Option<&str>, name: &str) -> Option<Text<'a>> {
        let by_id = id.and_then(|id| self.0.iter().position(|call| call.has_own_id && call.id == id));
        let by_name = |call: &Called<'_>| call.name == name && (id.is_none() || !call.has_own_id);
        let at = by_id.or_else(|| self.0.iter().position(by_name))?;
        Some(self.0.remove(at).id)
    }
}
