use crate::dialect::gemini::NAME;
use crate::dialect::gemini::response::{json, seal};
use crate::dialect::looks::Looks;
use crate::dialect::queue::Queue;

/// The most that is held back of all calls of an answer, in bytes.
const MOST: usize = 4 * 1024 * 1024;

/// Calls that have begun: in this API a call is told whole.
#[derive(Debug, Default)]
pub(super) struct Calls {
    waiting: Queue<Call>,
    bytes: usize,
}

#[derive(Debug)]
struct Call {
    id: String,
    name: String,
    arguments: String,
    seal: Option<String>,
    looks: Looks,
}

/// What has come that calls may be told before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Another call: those whose arguments are whole.
    NextCall,
    /// The end of the part: one without arguments is whole, too.
    PartEnd,
    /// The end of the answer: all, but for those that were cut off, which cannot be told.
    End,
}

impl Calls {
    /// A call has begun. Returns `false` where that is too much to hold.
    pub(super) fn begin(&mut self, index: u32, [id, name]: [&str; 2], seal: Option<String>) -> bool {
        if self.waiting.get_mut(index).is_some() {
            return true;
        }
        let size = size_of::<Call>() + id.len() + name.len() + seal.as_ref().map_or(0, String::len);
        self.bytes += size;
        let (id, name) = (id.to_owned(), name.to_owned());
        let looks = Looks::default();
        self.waiting.push(index, Call { id, name, arguments: String::new(), seal, looks });
        self.bytes <= MOST
    }

    /// More arguments have come. Returns `false` where that is too much to hold, or where no such call waits:
    /// then it has been told, and nothing can be added. White space is no loss.
    pub(super) fn append(&mut self, index: u32, json: &str) -> bool {
        let Some(call) = self.waiting.get_mut(index) else {
            return json.trim().is_empty();
        };
        call.arguments.push_str(json);
        self.bytes += json.len();
        self.bytes <= MOST
    }

    /// Are the arguments of each that waits an object?
    pub(super) fn are_whole(&self) -> bool {
        self.waiting.iter().all(|call| json::object(&call.arguments).is_some())
    }

    /// The next call to be told, written as the members of its part.
    pub(super) fn next(&mut self, due: Due) -> Option<Vec<u8>> {
        loop {
            let call = self.waiting.pop_if(|call| call.is_due(due))?;
            if self.waiting.is_empty() {
                self.bytes = 0;
            }
            if let Some(part) = call.part() {
                return Some(part);
            }
        }
    }
}

impl Call {
    /// `None` where there are no whole arguments.
    fn part(&self) -> Option<Vec<u8>> {
        let arguments = json::object(&self.arguments)?;
        let mut part = Vec::with_capacity(arguments.len() + 64);
        json::call(&mut part, [&self.id, &self.name, arguments]);
        if self.seal.is_some() {
            seal::write(&mut part, Some(NAME), self.seal.as_deref());
        }
        Some(part)
    }

    fn is_due(&mut self, due: Due) -> bool {
        let arguments = self.arguments.trim_ascii();
        if arguments.is_empty() || due == Due::End {
            return due != Due::NextCall;
        }
        // Where others come between many pieces, the end of the answer is soon enough.
        self.looks.may_look(self.arguments.len()) && json::is_object(arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(calls: &mut Calls, due: Due) -> usize {
        std::iter::from_fn(|| calls.next(due)).count()
    }

    #[test]
    fn a_call_is_told_when_its_arguments_are_whole() {
        let mut calls = Calls::default();
        assert!(calls.begin(0, ["a", "f"], None) && calls.begin(1, ["b", "g"], None));
        assert_eq!(told(&mut calls, Due::NextCall), 0, "arguments may still come");
        assert!(calls.append(1, "{}") && calls.append(0, "{\"a\":"));
        assert_eq!(told(&mut calls, Due::PartEnd), 0, "calls keep their order");
        assert!(calls.append(0, "1}"));
        assert_eq!(told(&mut calls, Due::NextCall), 2);
        assert!(calls.append(0, "\n") && !calls.append(0, "{}"));
        assert!(calls.begin(2, ["c", "h"], None));
        assert_eq!(told(&mut calls, Due::PartEnd), 1, "none are an empty object");
        assert!(calls.begin(3, ["d", "h"], None) && calls.append(3, "{\"a\""));
        assert_eq!(told(&mut calls, Due::PartEnd), 0);
        assert!(!calls.are_whole());
        assert!(calls.begin(4, ["e", "h"], None) && calls.append(4, "null"));
        assert_eq!(told(&mut calls, Due::End), 1, "half a call is none");
        assert!(calls.are_whole());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut calls = Calls::default();
        assert!(calls.begin(0, ["a", "f"], None));
        assert!(!calls.append(0, &" ".repeat(MOST)));
        let mut calls = Calls::default();
        assert!(!(0..100_000).all(|index| calls.begin(index, ["", ""], None)));
    }
}
