use super::DONE;
use super::glance::glance;
use crate::dialect::broken_off::broken_off;
use crate::dialect::openai_chat::error;
use crate::dialect::sse::Frame;
use crate::dialect::{Choices, Signal};

/// What a frame is, and of which answers.
pub(crate) fn signal(frame: &Frame<'_>, choices: &mut Choices) -> Signal {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return Signal::Alive };
    if data.is_empty() {
        return Signal::Alive;
    }
    if data == DONE {
        return Signal::End;
    }
    let failure = || Signal::Error(Box::new(error::decode(None, data)));
    if frame.event == Some(b"error") {
        return failure();
    }
    let Some(seen) = glance(data) else { return Signal::Malformed };
    choices.add(seen.choices);
    if seen.has_error || (!seen.has_choices && error::is_error(data)) {
        failure()
    } else if seen.has_failed {
        Signal::Error(Box::new(broken_off()))
    } else if seen.has_finish {
        Signal::Finish
    } else if seen.has_content {
        Signal::Content
    } else {
        Signal::Lifecycle
    }
}
