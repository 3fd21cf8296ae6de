use serde::Deserialize;

use super::DONE;
use crate::dialect::Signal;
use crate::dialect::openai_chat::error;
use crate::dialect::openai_chat::wire::{self, Raw, is_empty};
use crate::dialect::sse::Frame;

/// As little of a chunk as tells its kind.
#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Option<Vec<Choice<'a>>>,
    #[serde(borrow)]
    error: Raw<'a>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Option<wire::Message<'a>>,
    #[serde(borrow)]
    message: Option<wire::Message<'a>>,
    #[serde(borrow)]
    finish_reason: Raw<'a>,
}

/// What a frame is.
pub(crate) fn signal(frame: &Frame<'_>) -> Signal {
    let Some(data) = frame.data.as_deref().map(<[u8]>::trim_ascii) else { return Signal::Alive };
    if data.is_empty() {
        return Signal::Alive;
    }
    if data == DONE {
        return Signal::End;
    }
    if frame.event == Some(b"error") {
        return Signal::Error(Box::new(error::decode(None, data)));
    }
    let Ok(chunk) = wire::object::<Chunk<'_>>(data) else { return Signal::Malformed };
    let Some(choices) = chunk.choices.filter(|_| chunk.error.is_none()) else {
        return if chunk.error.is_some() || error::is_error(data) {
            Signal::Error(Box::new(error::decode(None, data)))
        } else {
            Signal::Lifecycle
        };
    };
    if choices.iter().any(|choice| choice.finish_reason.is_some_and(|reason| !is_empty(reason))) {
        return Signal::Finish;
    }
    let says =
        |message: &Option<wire::Message<'_>>| message.as_ref().is_some_and(wire::Message::says_something);
    if choices.iter().any(|choice| says(&choice.delta) || says(&choice.message)) {
        return Signal::Content;
    }
    Signal::Lifecycle
}
