use std::time::Duration;

use crate::dialect::sse::Splitter;

/// What is held of a stream that has said nothing yet is bounded as a whole answer is. It may be much: some providers
/// repeat all instructions and tools before the first word, and that twice.
const ANSWER: usize = Splitter::MAX_FRAME_BYTES;

/// How long, and how much.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) first_token: Duration,
    pub(super) idle: Duration,
    pub(super) attempt: Duration,
    pub(super) total: Duration,
    pub(super) hold_back: usize,
    pub(super) answer: usize,
    pub(super) leaves_time: bool,
    /// Nobody else can be asked.
    pub(super) is_last: bool,
}

impl Limits {
    /// Those of one attempt. Where nobody else can be asked, a stream may take as long to begin as an answer that is
    /// not one.
    pub(super) fn of(self, is_last: bool) -> Self {
        let first_token = if is_last { self.first_token.max(self.attempt) } else { self.first_token };
        Self { first_token, leaves_time: self.leaves_time && !is_last, is_last, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            first_token: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            attempt: Duration::from_secs(60),
            total: Duration::from_secs(300),
            hold_back: ANSWER,
            answer: ANSWER,
            leaves_time: false,
            is_last: false,
        }
    }
}
