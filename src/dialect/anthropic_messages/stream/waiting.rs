use crate::dialect::queue::Queue;

/// The most that is held back, in bytes.
const MOST: usize = 1024 * 1024;

/// A call that has begun, and what is known of its arguments.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) index: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) arguments: String,
}

/// Calls that began while another was open: in this dialect their turn comes later.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    calls: Queue<Call>,
    bytes: usize,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Keeps a call for later. Returns `false` where that is too much to keep.
    pub(super) fn push(&mut self, call: Call) -> bool {
        if self.calls.get_mut(call.index).is_some() {
            return true;
        }
        self.bytes += call.id.len() + call.name.len() + call.arguments.len() + size_of::<Call>();
        self.calls.push(call.index, call);
        self.bytes <= MOST
    }

    /// Keeps more of a call's arguments. Returns `false` where that is too much to keep, or where no such call
    /// waits: then it was closed, or never began, and cannot be told any more. White space is no loss.
    pub(super) fn append(&mut self, index: u32, json: &str) -> bool {
        let Some(call) = self.calls.get_mut(index) else {
            return json.trim().is_empty();
        };
        call.arguments.push_str(json);
        self.bytes += json.len();
        self.bytes <= MOST
    }

    /// The call whose turn it is.
    pub(super) fn pop(&mut self) -> Option<Call> {
        let call = self.calls.pop_if(|_| true)?;
        let size = call.id.len() + call.name.len() + call.arguments.len() + size_of::<Call>();
        self.bytes = self.bytes.saturating_sub(size);
        Some(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded() {
        let call = |index| Call { index, id: "c".to_owned(), name: "n".to_owned(), arguments: String::new() };
        let mut waiting = Waiting::default();
        assert!(waiting.push(call(1)) && waiting.append(1, "{}") && waiting.append(9, " "));
        assert!(!waiting.append(9, "{}"));
        assert!(!waiting.append(1, &" ".repeat(MOST)));
        waiting.pop();
        assert!(waiting.is_empty() && waiting.bytes == 0);
        assert!(!(0..).take(MOST).all(|index| waiting.push(call(index))));
    }
}
