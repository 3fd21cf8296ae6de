use std::hash::{DefaultHasher, Hash, Hasher};

use super::arguments::Arguments;
use super::canonical::Text;

/// More calls than these are not open at once in any answer that is one.
const MOST_OPEN: usize = 64;

/// What the frames of a stream tell by the way: is an answer whole of which nobody says why it ends, and are its calls of
/// tools such as can be made?
///
/// Some servers end calls of tools without a reason, and then a call that is there to its last brace speaks for itself.
/// Half a call does not; and of text nobody knows. And some models end with a good reason calls whose arguments are no
/// JSON. So the arguments of calls are followed, and not kept.
#[derive(Clone, Debug, Default)]
pub struct Untold {
    calls: Vec<Call>,
    /// There were too many at once to follow those that come.
    is_full: bool,
    /// What came last was the end of something.
    is_closed: bool,
    is_lost: bool,
    is_garbled: bool,
}

#[derive(Clone, Debug)]
struct Call {
    choice: u32,
    number: Option<u64>,
    /// Its hash.
    id: Option<u64>,
    arguments: Arguments,
}

/// A piece of a call, as servers send it that do not agree on how calls are told apart.
#[derive(Debug)]
#[cfg_attr(not(feature = "openai-chat"), allow(dead_code))]
pub(super) struct Piece<'p> {
    /// Of which answer.
    pub(super) choice: u32,
    pub(super) number: Option<u64>,
    pub(super) id: Option<&'p str>,
    /// It names the tool.
    pub(super) is_named: bool,
    /// What it adds to the arguments.
    pub(super) arguments: &'p str,
}

impl Untold {
    /// Would the answer be whole if it ended here?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_closed && self.calls.iter().all(|call| call.arguments.are_over()) && !self.is_lost
    }

    /// Has an answer ended with a reason that does not explain why the arguments of one of its calls are not JSON? Then it
    /// is none.
    #[must_use]
    pub const fn is_garbled(&self) -> bool {
        self.is_garbled
    }

    /// Has a tool been called?
    #[must_use]
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Something was said that never tells whether it is all.
    pub const fn said(&mut self) {
        self.is_closed = false;
    }

    /// What was begun before ends here, and says so.
    pub const fn closed(&mut self) {
        self.is_closed = true;
    }

    /// Nothing that follows will make this an answer that ends by itself.
    pub const fn lost(&mut self) {
        self.is_lost = true;
    }

    /// It was said why the answer of this number ends. `is_cut` by a limit or a filter: then half a call is what there is.
    pub fn stops(&mut self, choice: u32, is_cut: bool) {
        let mut calls = self.calls.iter().filter(|call| call.choice == choice);
        self.is_garbled |= !is_cut && calls.any(|call| !call.arguments.are_sound());
    }

    /// Are the arguments of all calls in the answer of this number objects, or none?
    #[cfg(feature = "schema-normalizer")]
    pub(crate) fn calls_take_objects(&self, choice: u32) -> bool {
        let mut calls = self.calls.iter().filter(|call| call.choice == choice);
        calls.all(|call| call.arguments.are_over() || call.arguments.are_none())
    }

    /// A piece of the call of this number: does it name the tool, and what does it add to the arguments?
    pub fn called(&mut self, number: u64, is_named: bool, arguments: &Text<'_>) {
        self.piece(&Piece { choice: 0, number: Some(number), id: None, is_named, arguments });
    }

    /// A call of this number begins in this answer.
    #[cfg(any(feature = "openai-responses", feature = "anthropic-messages", feature = "schema-normalizer"))]
    pub(crate) fn begins(&mut self, choice: u32, number: Option<u64>) {
        self.is_another(choice, number);
        self.push(Call { choice, number, id: None, arguments: Arguments::default() });
    }

    /// What has this number from here on is not the call that had it.
    #[cfg(any(feature = "openai-responses", feature = "anthropic-messages", feature = "schema-normalizer"))]
    pub(crate) fn is_another(&mut self, choice: u32, number: Option<u64>) {
        let is_same = |call: &&mut Call| call.choice == choice && call.number == number;
        self.calls.iter_mut().filter(is_same).for_each(|call| call.number = None);
    }

    /// More of the arguments of the call that began with this number, or else of the last. Of others nothing is known.
    #[cfg(any(feature = "openai-responses", feature = "anthropic-messages", feature = "schema-normalizer"))]
    pub(crate) fn adds(&mut self, choice: u32, number: Option<u64>, arguments: &str) {
        let is_same = |call: &&mut Call| call.choice == choice && (number.is_none() || call.number == number);
        if let Some(call) = self.calls.iter_mut().rev().find(is_same) {
            call.arguments.follow(arguments);
        }
    }

    /// All of the arguments of that call, which matter only where no increments came.
    #[cfg(feature = "openai-responses")]
    pub(crate) fn adds_up_to(&mut self, number: Option<u64>, arguments: &str) {
        let is_same = |call: &&mut Call| number.is_none() || call.number == number;
        let call = self.calls.iter_mut().rev().find(is_same).filter(|call| call.arguments.are_none());
        if let Some(call) = call {
            call.arguments.follow(arguments);
        }
    }

    /// A piece of a call, which is found by whatever the piece tells of it.
    pub(super) fn piece(&mut self, piece: &Piece<'_>) {
        let id = piece.id.map(hash);
        let Some(at) = self.find(piece, id).or_else(|| self.add(piece, id)) else { return };
        let call = &mut self.calls[at];
        call.id = call.id.or(id);
        let was_over = call.arguments.are_over();
        call.arguments.follow(piece.arguments);
        self.is_closed |= call.arguments.are_over() && !was_over;
    }

    /// The last call that this may be of.
    fn find(&self, piece: &Piece<'_>, id: Option<u64>) -> Option<usize> {
        let is_same = |call: &Call| match (piece.number, id) {
            _ if call.choice != piece.choice => false,
            // Without number and id, a name is all that tells the next call from the last.
            (None, None) => !piece.is_named,
            (None, id) => call.id == id,
            // Two calls may share a number, but not an id.
            (number, id) => call.number == number && (id.is_none() || call.id.is_none() || call.id == id),
        };
        let at = self.calls.iter().rposition(is_same)?;
        let begins_next = id.is_none() && piece.is_named && self.calls[at].arguments.are_over();
        (!begins_next).then_some(at)
    }

    fn add(&mut self, piece: &Piece<'_>, id: Option<u64>) -> Option<usize> {
        if !piece.is_named && piece.arguments.trim_ascii().is_empty() {
            return None;
        }
        let (choice, number) = (piece.choice, piece.number);
        self.push(Call { choice, number, id, arguments: Arguments::default() })
    }

    /// Of a call that is whole there is nothing more to be known.
    fn push(&mut self, call: Call) -> Option<usize> {
        if self.calls.len() >= MOST_OPEN {
            self.calls.retain(|call| !call.arguments.are_over());
        }
        if self.is_full || self.calls.len() >= MOST_OPEN {
            (self.is_full, self.is_lost) = (true, true);
            return None;
        }
        self.calls.push(call);
        Some(self.calls.len() - 1)
    }
}

fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A piece of the call of this number that does not name the tool.
    fn after(pieces: &[(u64, &str)]) -> bool {
        let mut untold = Untold::default();
        for (number, piece) in pieces {
            untold.called(*number, false, &(*piece).into());
        }
        untold.is_whole()
    }

    #[test]
    fn a_call_is_whole_with_its_last_brace() {
        assert!(after(&[(0, "{}")]) && after(&[(0, "null")]) && after(&[(0, " {\"a\": [1, {}]} \n")]));
        assert!(after(&[(0, "{\"a\":"), (0, " {\"b\": 1}"), (0, "}")]));
        assert!(after(&[(0, "{"), (0, "}  "), (0, " ")]));
        assert!(!after(&[]) && !after(&[(0, "")]) && !after(&[(0, "{")]) && !after(&[(0, "}")]));
        assert!(!after(&[(0, "{\"a\":"), (0, " {\"b\": 1}")]), "a brace of another");
        assert!(!after(&[(0, "{\"a\": \"}")]) && !after(&[(0, r#"{"a": "\"}"#)]), "a brace within a text");
        assert!(after(&[(0, r#"{"a": "\"#), (0, r#""}"}"#)]), "an escape that was cut in two");
        assert!(!after(&[(0, "{"), (0, "null")]) && !after(&[(0, "word")]));
    }

    #[test]
    fn every_call_has_to_be_whole() {
        assert!(!after(&[(0, "{}"), (1, "{")]) && !after(&[(0, "{"), (1, "{}")]));
        assert!(after(&[(0, "{"), (1, "{\"a\""), (0, "}"), (1, ":1}")]));
        assert!(!after(&[(0, "{}"), (0, "}")]) && !after(&[(0, "{}"), (0, "{}")]), "more than a call");
        // Some give every call the same number.
        let mut untold = Untold::default();
        ["{}", "{\"a\"", "{}"].iter().for_each(|piece| untold.called(0, true, &(*piece).into()));
        assert!(!untold.is_whole(), "the name was only repeated");
        let mut untold = Untold::default();
        ["{}", "{\"a\":1}"].iter().for_each(|piece| untold.called(0, true, &(*piece).into()));
        assert!(untold.is_whole());
    }

    #[test]
    fn a_name_alone_is_half_a_call_and_words_after_one_are_no_end() {
        let mut untold = Untold::default();
        untold.called(0, true, &"".into());
        assert!(!untold.is_whole());
        untold.called(0, true, &"{}".into());
        assert!(untold.is_whole());
        untold.said();
        assert!(!untold.is_whole());
        untold.closed();
        assert!(untold.is_whole());
        untold.lost();
        untold.closed();
        assert!(!untold.is_whole());
    }

    /// Do the calls in these pieces (of an answer, with number and id) make it garbled?
    fn is_garbled(pieces: &[(u32, Option<u64>, Option<&str>, &str)], is_cut: bool) -> bool {
        let mut untold = Untold::default();
        for (choice, number, id, arguments) in pieces {
            let (choice, number, id, is_named) = (*choice, *number, *id, id.is_some());
            untold.piece(&Piece { choice, number, id, is_named, arguments });
        }
        untold.stops(0, is_cut);
        untold.is_garbled()
    }

    #[test]
    fn arguments_that_are_no_json_garble_an_answer_that_nothing_cut() {
        let half = [(0, Some(0), None, "{\"a\":"), (0, Some(0), None, "\"x")];
        assert!(is_garbled(&half, false) && !is_garbled(&half, true));
        assert!(!is_garbled(&[(0, Some(0), Some("a"), "")], false), "none at all");
        assert!(
            !is_garbled(&[], false) && !is_garbled(&[(1, Some(0), None, "{")], false),
            "of another answer"
        );
        assert!(is_garbled(&[(0, Some(0), None, "{\"a\":1}"), (0, Some(0), None, "}")], false));
    }

    #[test]
    fn calls_are_told_apart_however_servers_do_it() {
        let [a, b] = ["{\"a\":", "{\"b\":"];
        for [one, other] in [
            [(Some(0), None), (Some(1), None)],
            [(Some(0), Some("a")), (Some(0), Some("b"))],
            [(None, Some("a")), (None, Some("b"))],
        ] {
            let piece = |(number, id), json| (0, number, id, json);
            let mixed = [piece(one, a), piece(other, b), piece(one, "1}"), piece(other, "2}")];
            assert!(!is_garbled(&mixed, false), "{one:?}");
            assert!(is_garbled(&mixed[..3], false), "{one:?}");
        }
    }

    #[test]
    fn no_more_is_followed_than_an_answer_has() {
        let mut untold = Untold::default();
        (0..=MOST_OPEN as u64).for_each(|number| untold.called(number, false, &"{".into()));
        (0..=MOST_OPEN as u64).for_each(|number| untold.called(number, false, &"}".into()));
        assert!(!untold.is_whole() && untold.calls.len() <= MOST_OPEN);
    }
}
