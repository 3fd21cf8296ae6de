use std::time::Duration;

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
            hold_back: 64 * 1024,
            answer: 32 * 1024 * 1024,
            leaves_time: false,
            is_last: false,
        }
    }
}
