use super::canonical::Text;

/// More calls than these are not open at once in any answer that is one.
const MOST_OPEN: usize = 64;

/// What is known of an answer of which nobody says why it ends: is it whole all the same?
///
/// Some servers end calls of tools so, and then a call that is there to its last brace speaks for itself. Half a call
/// does not; and of text nobody knows. So the arguments of calls are followed, and not kept.
#[derive(Clone, Debug, Default)]
pub struct Untold {
    /// Those of which something is still to come.
    open: Vec<(u64, Arguments)>,
    /// What came last was the end of something.
    is_closed: bool,
    is_lost: bool,
}

impl Untold {
    /// Would the answer be whole if it ended here?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_closed && self.open.is_empty() && !self.is_lost
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
    pub fn lost(&mut self) {
        self.is_lost = true;
        self.open = Vec::new();
    }

    /// A piece of the call of this number: does it name the tool, and what does it add to the arguments?
    pub fn called(&mut self, number: u64, is_named: bool, arguments: &Text<'_>) {
        if self.is_lost {
            return;
        }
        let known = self.open.iter().position(|(open, _)| *open == number);
        let at = known.unwrap_or(self.open.len());
        if known.is_none() && !is_named && arguments.trim_ascii().is_empty() {
            return;
        }
        if known.is_none() {
            self.open.push((number, Arguments::default()));
        }
        if self.open[at].1.follow(arguments) {
            self.open.swap_remove(at);
            self.is_closed = true;
        } else if self.open.len() > MOST_OPEN {
            self.lost();
        }
    }
}

/// JSON text in pieces, of which only matters whether it is over.
#[derive(Clone, Copy, Debug, Default)]
struct Arguments {
    depth: u32,
    in_text: bool,
    is_escaped: bool,
}

impl Arguments {
    /// Is the object over with this piece? What some models say in place of one with nothing in it is one, too.
    fn follow(&mut self, piece: &str) -> bool {
        let is_new = self.depth == 0;
        for byte in piece.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = self.in_text,
                b'"' => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        let piece = piece.trim_ascii();
        let has_ended = self.depth == 0 && !self.in_text && piece.ends_with('}');
        has_ended && (!is_new || piece.starts_with('{')) || (is_new && piece == "null")
    }
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
        // Some give every call the same number.
        assert!(after(&[(0, "{}"), (0, "{}")]) && !after(&[(0, "{}"), (0, "{")]));
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

    #[test]
    fn no_more_is_followed_than_an_answer_has() {
        let mut untold = Untold::default();
        (0..=MOST_OPEN as u64).for_each(|number| untold.called(number, false, &"{".into()));
        (0..=MOST_OPEN as u64).for_each(|number| untold.called(number, false, &"}".into()));
        assert!(!untold.is_whole() && untold.open.capacity() == 0);
    }
}
