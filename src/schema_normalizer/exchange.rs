use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::dialect::{Dialect, Reply, ToolNames};
use crate::facts::{Checked, Losses};

/// What has to be remembered of a request until its answer comes. Owned by the attempt: nothing of it outlives
/// or precedes it.
#[derive(Debug)]
pub(super) struct Exchange<F, M> {
    pub(super) front: F,
    pub(super) member: M,
    /// The model asked, to be named where the provider does not name it.
    pub(super) model: Arc<str>,
    /// The caller wants a stream.
    pub(super) stream: bool,
    pub(super) usage: Usage,
    pub(super) tool_names: ToolNames,
    pub(super) losses: Losses,
    /// What of the request the answer repeats.
    pub(super) echo: String,
    /// Set when the member says why its answer is empty.
    pub(super) checked: Checked,
    /// The largest answer that is collected, in bytes.
    pub(super) answer_limit: usize,
}

/// Does the caller want usage at the end of a stream?
pub(super) enum Usage {
    Known(bool),
    /// Same dialect: nobody needs to know, unless the member answers with no stream. Then it stands in here.
    In(Bytes),
}

impl std::fmt::Debug for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(is_wanted) => f.debug_tuple("Known").field(is_wanted).finish(),
            Self::In(_) => f.write_str("In(..)"),
        }
    }
}

impl<F: Dialect, M: Dialect> Exchange<F, M> {
    /// Do caller and member speak the same dialect?
    pub(super) fn is_same(&self) -> bool {
        self.front.name() == self.member.name()
    }

    /// What an encoder has to know.
    pub(super) fn reply(&self) -> Reply {
        // A clock before 1970 is no reason to fail a call.
        let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let wants_usage = match &self.usage {
            Usage::Known(is_wanted) => *is_wanted,
            Usage::In(body) => self.front.decode_request(body).is_ok_and(|request| request.wants_usage),
        };
        Reply::new(&*self.model, created)
            .with_usage(wants_usage)
            .issued_by(self.member.name())
            .with_echo(&*self.echo)
    }
}
