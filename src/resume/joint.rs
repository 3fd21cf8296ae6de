use std::fmt;

use bytes::Bytes;

use super::Seam;
use super::step::Way;
use super::voice::{End, Voice};
use crate::dialect::Decode;
use crate::dialect::canonical::Usage;
use crate::dialect::sse::{Frame, Splitter, Tail};
use crate::failure::BoxError;

/// Another stream, joined to the one that broke off. Pure: no clock, no I/O.
pub(super) struct Joint {
    splitter: Splitter,
    decoder: Box<dyn Decode + Send>,
    pub(super) voice: Voice,
}

impl Joint {
    pub(super) fn new(way: Way, seam: &Seam, spent: Usage, mark: Vec<u8>) -> Self {
        let splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
        Self { splitter, decoder: seam.decoder(), voice: Voice::new(way, seam, spent, mark) }
    }

    /// Reads all whole frames of what arrived, and writes what is for the caller.
    pub(super) fn push(&mut self, chunk: Bytes, seam: &mut Seam, out: &mut Vec<u8>) {
        self.splitter.push(chunk);
        while !self.voice.has_ended() {
            match self.splitter.next_frame() {
                None => return,
                Some(Ok(raw)) => self.read(&raw.parse(), seam, out),
                Some(Err(too_long)) => self.voice.finish(Some(too_long.into()), seam, out),
            }
        }
    }

    /// The other stream is over, by `error` if there was one.
    pub(super) fn finish(&mut self, error: Option<BoxError>, seam: &mut Seam, out: &mut Vec<u8>) {
        let splitter = std::mem::replace(&mut self.splitter, Splitter::new(0));
        if let Tail::Truncated(raw) = splitter.finish() {
            self.read(&raw.parse(), seam, out);
        }
        self.voice.finish(error, seam, out);
    }

    pub(super) const fn take_end(&mut self) -> Option<End> {
        self.voice.take_end()
    }

    fn read(&mut self, frame: &Frame<'_>, seam: &mut Seam, out: &mut Vec<u8>) {
        if frame.data.is_none() {
            return;
        }
        let voice = &mut self.voice;
        if let Err(invalid) = self.decoder.decode(frame, &mut |event| voice.event(&event, seam, out)) {
            tracing::debug!(%invalid, "skipped a malformed frame");
        }
    }
}

impl fmt::Debug for Joint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joint").finish_non_exhaustive()
    }
}
