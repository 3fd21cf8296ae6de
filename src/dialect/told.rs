//! What a caller knows of an answer that was cut: read from what was sent to him, and from nothing else.

use bytes::Bytes;

use super::Decode;
use super::canonical::{Event, OutputFormat, Request, Usage};
use super::sse::{Frame, Splitter};

/// An answer of plain text, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) usage: Usage,
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
}

impl Told {
    /// Reads a stream that broke off between two frames. `look` sees each frame first: decoders read over what
    /// has no place in the canonical model, and it must not be gone on with by somebody who knows nothing of it.
    /// `None` where anything but the text of one answer was told, its end included.
    pub(super) fn read(
        mut decoder: impl Decode,
        sent: &[u8],
        look: &mut dyn FnMut(&Frame<'_>) -> Option<()>,
    ) -> Option<Self> {
        let mut told = Self::default();
        let (mut is_plain, mut read) = (true, 0);
        let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
        splitter.push(Bytes::copy_from_slice(sent));
        while let Some(raw) = splitter.next_frame() {
            let raw = raw.ok()?;
            read += raw.bytes().len();
            let frame = raw.parse();
            if frame.data.is_some() {
                look(&frame)?;
            }
            decoder.decode(&frame, &mut |event| is_plain &= told.add(&event)).ok()?;
        }
        // What was begun of a frame cannot be taken back, be it a single letter. A line end is nothing yet.
        let is_between_frames = sent[read..].iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        (is_plain && is_between_frames && !told.text.is_empty()).then_some(told)
    }

    /// Notes an event, if it is one of plain text.
    fn add(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start { id, model } => {
                self.id = id.as_deref().map(str::to_owned);
                self.model = model.as_deref().map(str::to_owned);
            }
            Event::Text { choice: 0, text } => self.text.push_str(text),
            Event::Usage(usage) => self.usage = self.usage.updated(*usage),
            Event::Reasoning { text, .. } | Event::Refusal { text, .. } => return text.is_empty(),
            Event::PartEnd { .. } | Event::Ping => {}
            _ => return false,
        }
        true
    }
}

/// Does the request ask for one answer in plain text, and for nothing that only one provider knows?
///
/// Two halves of JSON by two models may each be right and not fit together.
pub(super) fn wants_plain_text(request: &Request<'_>) -> bool {
    matches!(request.output, OutputFormat::Text)
        && request.choices.is_none_or(|choices| choices <= 1)
        && request.logprobs.is_none()
        && request.state.is_none()
}
