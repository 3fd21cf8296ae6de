use crate::dialect::Signal;
use crate::dialect::gemini::error;
use crate::dialect::gemini::response::glance::glance;
use crate::dialect::sse::Frame;

/// What a frame is. Thoughts are content, as far as streams go: the model is at work.
pub(crate) fn signal(frame: &Frame<'_>) -> Signal {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return Signal::Alive };
    if data.is_empty() {
        return Signal::Alive;
    }
    let failure = || Signal::Error(Box::new(error::decode(None, data)));
    if frame.event == Some(b"error") {
        return failure();
    }
    match glance(data) {
        None => Signal::Malformed,
        Some(seen) if seen.has_error => failure(),
        Some(seen) if seen.has_finish => Signal::Finish,
        Some(seen) if seen.says_something || seen.has_thought => Signal::Content,
        Some(_) => Signal::Lifecycle,
    }
}
