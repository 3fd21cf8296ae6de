/// The last turn of the conversation is the beginning of the answer, to be continued and not to be answered.
///
/// Whoever cannot do that must not be asked: some models refuse such a conversation, which costs time, and others
/// answer it afresh, so that the caller would read two answers, one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a mark without parts")]
pub struct Prefill;
