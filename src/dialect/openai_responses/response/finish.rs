//! Why the model stopped: a status, a reason beside it, and what the answer holds.

use std::borrow::Cow;

use super::envelope::Status;
use crate::dialect::canonical::{Content, Finish, Text};
use crate::dialect::openai::leaf::{self, Raw};

/// What an answer holds, as far as its end is called by it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held {
    /// A tool of the caller's is called.
    pub(crate) calls: bool,
    /// The model refused.
    pub(crate) refusal: bool,
    /// It waits for what only callers of this dialect can give it (see [`waits`]).
    pub(crate) waits: bool,
}

/// Is an item of this kind one that the model waits for the caller to answer, and that only this API has? Who could
/// not have asked for it is not told of it, and must not take the answer for a whole one.
pub(crate) fn waits(kind: &str) -> bool {
    matches!(
        kind,
        "custom_tool_call"
            | "computer_call"
            | "local_shell_call"
            | "apply_patch_call"
            | "mcp_approval_request"
    )
}

impl Held {
    pub(crate) fn of(parts: &[Content<'_>]) -> Self {
        Self {
            calls: parts.iter().any(|part| matches!(part, Content::ToolCall(_))),
            refusal: parts.iter().any(|part| matches!(part, Content::Refusal(_))),
            waits: parts.iter().any(|part| matches!(part, Content::Unknown { kind, .. } if waits(kind))),
        }
    }
}

/// Reads why the model stopped. The API has no word for tool calls or a refusal: the answer itself says it. A
/// call of an answer that was cut off is not one to be run, so the cut is told first.
pub(crate) fn read<'a>(status: Option<Text<'a>>, details: Raw<'a>, held: Held) -> Option<Finish<'a>> {
    match status.as_deref() {
        // Work in the background that goes on.
        Some("queued" | "in_progress") => None,
        Some("completed") | None => Some(match held {
            Held { waits: true, .. } => Finish::Error,
            Held { calls: true, .. } => Finish::ToolCalls,
            Held { refusal: true, .. } => Finish::ContentFilter,
            Held { .. } => Finish::Stop,
        }),
        Some("incomplete") => Some(cut_off(details)),
        Some("failed") => Some(Finish::Error),
        Some(_) => status.map(Finish::Other),
    }
}

fn cut_off(details: Raw<'_>) -> Finish<'_> {
    #[derive(serde::Deserialize)]
    struct Details<'a> {
        #[serde(borrow)]
        reason: Raw<'a>,
    }
    let reason = leaf::read::<Details<'_>>(details).and_then(|details| leaf::text(details.reason));
    match reason.as_deref() {
        Some("max_output_tokens") => Finish::Length,
        Some("content_filter") => Finish::ContentFilter,
        _ => Finish::Other(reason.unwrap_or(Cow::Borrowed("incomplete"))),
    }
}

/// How a response ends that ended so. Without a word of the provider nobody knows that it is whole.
pub(crate) fn status(finish: Option<&Finish<'_>>, has_refusal: bool) -> Status {
    match finish {
        Some(Finish::Length | Finish::ContextWindow) => Status::Incomplete(Some("max_output_tokens")),
        // A refusal in words is an answer, and a whole one.
        Some(Finish::ContentFilter) if !has_refusal => Status::Incomplete(Some("content_filter")),
        Some(Finish::Error) => Status::Failed,
        Some(Finish::Other(word)) => match &**word {
            "max_messages" => Status::Incomplete(Some("max_messages")),
            "steered" => Status::Incomplete(Some("steered")),
            "incomplete" | "cancelled" => Status::Incomplete(None),
            _ => Status::Completed,
        },
        Some(_) => Status::Completed,
        None => Status::Incomplete(None),
    }
}
