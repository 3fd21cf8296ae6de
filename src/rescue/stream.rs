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
    /// What was sent last, where the policy heeds it.
    recent: Option<Recent>,
}

/// The last events, as they were sent: each from its beginning. Copies, for who keeps a slice of a connection's
/// buffer keeps all of it.
#[derive(Debug, Default)]
struct Recent {
    /// Whole, for the last may be cut.
    before: Vec<u8>,
    /// Nothing, where it was too large.
    last: Vec<u8>,
    is_too_large: bool,
}

/// An event that is larger, as a picture, is not copied: it is not worth so much memory to know its number.
const LARGEST: usize = 1024 * 1024;

/// So much room is kept from one event for the next.
const ROOM: usize = 4 * 1024;

impl<R: Respond> Stream<R> {
    /// `None` for a body to which nothing can be added: no event stream, encoded, or of a length already told.
    pub(super) fn of(headers: &HeaderMap, respond: R) -> Option<Self> {
        let is_open = !headers.contains_key(CONTENT_ENCODING) && !headers.contains_key(CONTENT_LENGTH);
        // Before anything has passed a frame can begin, as after a blank line.
        let recent = respond.heeds_sent().then(Recent::default);
        (is_event_stream(headers) && is_open).then_some(Self { respond, tail: *b"\n\n\n\n", recent })
    }

    pub(super) fn passed(&mut self, data: &[u8]) {
        let is_between_frames = self.is_between_frames();
        if let Some(recent) = &mut self.recent {
            recent.passed(data, is_between_frames);
        }
        let kept = &data[data.len().saturating_sub(self.tail.len())..];
        let start = self.tail.len() - kept.len();
        self.tail.copy_within(kept.len().., 0);
        self.tail[start..].copy_from_slice(kept);
    }

    /// The last event, if the policy has one. Where the stream broke off inside a frame, a blank line first:
    /// the event must not become part of what was cut.
    pub(super) fn last_word(&self, error: &BoxError) -> Option<Bytes> {
        let failure = Failure::find(error.as_ref()).cloned().unwrap_or(Failure::new(Class::Interrupted));
        let event = match &self.recent {
            Some(recent) => self.respond.event_after(&recent.bytes(), &failure)?,
            None => self.respond.event(&failure)?,
        };
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

impl Recent {
    fn passed(&mut self, data: &[u8], is_between_frames: bool) {
        // A comment or a blank line is no event.
        if is_between_frames && !matches!(data.first(), None | Some(b':' | b'\r' | b'\n')) {
            std::mem::swap(&mut self.before, &mut self.last);
            self.last.clear();
            self.last.shrink_to(ROOM);
            self.is_too_large = false;
        }
        self.is_too_large |= self.last.len() + data.len() > LARGEST;
        if self.is_too_large {
            self.last = Vec::new();
        } else {
            self.last.extend_from_slice(data);
        }
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.before[..], &self.last].concat()
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;
    use crate::facts::Attempts;

    #[derive(Clone, Copy)]
    struct Echo;

    impl Respond for Echo {
        fn respond(&self, _: &BoxError, _: Option<&Attempts>) -> Response<Bytes> {
            unreachable!()
        }

        fn heeds_sent(&self) -> bool {
            true
        }

        fn event_after(&self, sent: &[u8], _: &Failure) -> Option<Bytes> {
            Some(Bytes::copy_from_slice(sent))
        }
    }

    fn stream(parts: &[&str]) -> Stream<Echo> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/event-stream".parse().unwrap());
        let mut stream = Stream::of(&headers, Echo).unwrap();
        parts.iter().for_each(|part| stream.passed(&Bytes::copy_from_slice(part.as_bytes())));
        stream
    }

    fn after(parts: &[&str]) -> bool {
        stream(parts).is_between_frames()
    }

    #[test]
    fn the_last_event_is_kept_whole_and_little_else() {
        let kept = |parts: &[&str]| {
            let kept = stream(parts).last_word(&"cut".into()).unwrap();
            String::from_utf8(kept.into()).unwrap()
        };
        assert_eq!(kept(&[]), "");
        assert_eq!(kept(&["data: a\n\n", "data: b\n\n", "data: c\n\n"]), "data: b\n\ndata: c\n\n");
        assert_eq!(kept(&["data: a\n\n", "da", "ta: b\n", "\n"]), "data: a\n\ndata: b\n\n");
        let blank_line = "\n\n";
        assert_eq!(kept(&["data: a\n\n", "data: b"]), format!("{blank_line}data: a\n\ndata: b"));
        assert_eq!(kept(&["data: a\n\ndata: b\n\n", ": ping\n\n"]), "data: a\n\ndata: b\n\n: ping\n\n");
        let large = "x".repeat(LARGEST);
        assert_eq!(kept(&["data: ", &large, "\n\n"]), "");
        assert_eq!(kept(&["data: ", &large, "\n\n", "data: b\n\n"]), "data: b\n\n");
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
