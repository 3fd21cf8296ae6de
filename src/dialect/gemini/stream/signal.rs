use crate::dialect::broken_off::broken_off;
use crate::dialect::gemini::error;
use crate::dialect::gemini::response::glance::glance;
use crate::dialect::sse::Frame;
use crate::dialect::{Choices, Signal};

/// What a frame is, and of which answers. Thoughts are content, as far as streams go: the model is at work.
pub(crate) fn signal(frame: &Frame<'_>, choices: &mut Choices) -> Signal {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return Signal::Alive };
    if data.is_empty() {
        return Signal::Alive;
    }
    let failure = || Signal::Error(Box::new(error::decode(None, data)));
    if frame.event == Some(b"error") {
        return failure();
    }
    let Some(seen) = glance(data) else { return Signal::Malformed };
    choices.add(seen.choices);
    if seen.has_error {
        failure()
    } else if seen.has_failed {
        Signal::Error(Box::new(broken_off()))
    } else if seen.has_finish {
        Signal::Finish
    } else if seen.says_something || seen.has_thought {
        Signal::Content
    } else {
        Signal::Lifecycle
    }
}
