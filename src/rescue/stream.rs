use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use super::Respond;
use crate::dialect::sse::is_event_stream;
use crate::failure::{BoxError, Class, Failure};

/// An event stream that may have to be ended with an error event.
#[derive(Debug)]
pub(super) struct Stream<R> {
    respond: R,
    /// The last bytes that passed, as many as the longest blank line is after its line.
    tail: [u8; 4],
}

impl<R> Stream<R> {
    /// `None` for a body to which nothing can be added: no event stream, encoded, or of a length already told.
    pub(super) fn of(headers: &HeaderMap, respond: R) -> Option<Self> {
        let is_open = !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_LENGTH);
        // Before anything has passed a frame can begin, as after a blank line.
        (is_event_stream(headers) && is_open).then_some(Self { respond, tail: *b"\n\n\n\n" })
    }

    pub(super) fn passed(&mut self, data: &[u8]) {
        let kept = &data[data.len().saturating_sub(self.tail.len())..];
        let start = self.tail.len() - kept.len();
        self.tail.copy_within(kept.len().., 0);
        self.tail[start..].copy_from_slice(kept);
    }

    /// The last event, if the policy has one. Where the stream broke off inside a frame, a blank line first:
    /// the event must not become part of what was cut.
    pub(super) fn last_word(&self, error: &BoxError) -> Option<Bytes>
    where
        R: Respond,
    {
        let failure = Failure::find(error.as_ref()).cloned();
        let event = self.respond.event(&failure.unwrap_or(Failure::new(Class::Interrupted)))?;
        if self.is_between_frames() {
            return Some(event);
        }
        Some([b"\n\n", &event[..]].concat().into())
    }

    fn is_between_frames(&self) -> bool {
        let blank_lines: [&[u8]; 4] = [b"\n\n", b"\r\r", b"\n\r\n", b"\r\n\r\n"];
        blank_lines.iter().any(|line| self.tail.ends_with(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(parts: &[&str]) -> bool {
        let mut stream = Stream { respond: (), tail: *b"\n\n\n\n" };
        for part in parts {
            stream.passed(part.as_bytes());
        }
        stream.is_between_frames()
    }

    #[test]
    fn the_end_of_a_frame_is_seen_however_the_bytes_are_split() {
        assert!(after(&[]));
        assert!(after(&[""]));
        assert!(after(&["data: x\n\n"]));
        assert!(after(&["data: x\n", "\n"]));
        assert!(after(&["data: x\r\n\r", "\n"]));
        assert!(after(&["data: x", "\r", "\n", "\r", "\n"]));
        assert!(after(&["data: x\r\r"]));
        assert!(!after(&["data: x"]));
        assert!(!after(&["data: x\n"]));
        assert!(!after(&["data: x\r\n"]));
        assert!(!after(&["data: x\n\n", "d"]));
    }
}
