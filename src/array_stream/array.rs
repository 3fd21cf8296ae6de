use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;

use super::BrokenStream;
use crate::dialect::sse::{RawFrame, Splitter, Tail};
use crate::failure::BoxError;

/// Events becoming the elements of an array. Pure: no clock, no I/O.
#[derive(Debug)]
pub(super) struct Array {
    splitter: Splitter,
    out: BytesMut,
    has_begun: bool,
    end: Option<Result<(), BoxError>>,
}

impl Array {
    pub(super) fn new() -> Self {
        Self {
            splitter: Splitter::new(Splitter::MAX_FRAME_BYTES),
            out: BytesMut::new(),
            has_begun: false,
            end: None,
        }
    }

    /// Takes in what arrived of the stream.
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.splitter.push(chunk);
        while let Some(frame) = self.splitter.next_frame() {
            match frame {
                Ok(frame) => drop(self.event(&frame)),
                Err(_) => {
                    self.end = Some(Err(BrokenStream::too_large()));
                    return;
                }
            }
        }
    }

    /// The stream is over. Some servers leave out the blank line after their very last event.
    pub(super) fn finish(&mut self) {
        let splitter = std::mem::replace(&mut self.splitter, Splitter::new(0));
        if let Tail::Truncated(frame) = splitter.finish() {
            let has_data = frame.parse().data.is_some();
            if has_data && !self.event(&frame) {
                self.end = Some(Err(BrokenStream::cut()));
                return;
            }
        }
        self.out.extend_from_slice(if self.has_begun { b"]" } else { b"[]" });
        self.end = Some(Ok(()));
    }

    /// The stream broke.
    pub(super) fn fail(&mut self, error: BoxError) {
        self.end = Some(Err(error));
    }

    /// What there is for the caller.
    pub(super) fn take(&mut self) -> Option<Bytes> {
        (!self.out.is_empty()).then(|| self.out.split().freeze())
    }

    /// How the stream ended, once it has.
    pub(super) const fn end(&mut self) -> Option<&mut Result<(), BoxError>> {
        self.end.as_mut()
    }

    /// Adds an element; `false` for what is none.
    fn event(&mut self, frame: &RawFrame) -> bool {
        if frame.bytes().trim_ascii().is_empty() {
            // A sign of life, which is white space in JSON, too.
            self.out.extend_from_slice(b"\n");
            return false;
        }
        let frame = frame.parse();
        let data = frame.data.as_deref().unwrap_or_default().trim_ascii();
        if data.is_empty() {
            return false;
        }
        if serde_json::from_slice::<IgnoredAny>(data).is_err() {
            tracing::debug!(bytes = data.len(), "left out an event that is not JSON");
            return false;
        }
        let start: &[u8] = if std::mem::replace(&mut self.has_begun, true) { b"\n,\n" } else { b"[" };
        self.out.extend_from_slice(start);
        self.out.extend_from_slice(data);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the caller gets, and whether the stream ended well.
    fn array(chunks: &[&'static str]) -> (String, bool) {
        let mut array = Array::new();
        let mut out = Vec::new();
        for chunk in chunks {
            array.push(Bytes::from_static(chunk.as_bytes()));
            out.extend(array.take().unwrap_or_default());
        }
        if array.end().is_none() {
            array.finish();
        }
        out.extend(array.take().unwrap_or_default());
        (String::from_utf8(out).unwrap(), matches!(array.end(), Some(Ok(()))))
    }

    #[test]
    fn events_are_elements_however_they_arrive() {
        let wanted = ("[{\"a\":1}\n,\n{\"b\":\"ä\"}]".to_owned(), true);
        assert_eq!(array(&["data: {\"a\":1}\r\n\r\ndata: {\"b\":\"ä\"}\r\n\r\n"]), wanted);
        assert_eq!(array(&["da", "ta: {\"a\":1}\n", "\n: ping\n\nevent: x\ndata:{\"b\":\"ä\"}\n\n"]), wanted);
        assert_eq!(array(&[]), ("[]".to_owned(), true));
        assert_eq!(array(&[": ping\n\n"]), ("[]".to_owned(), true));
    }

    #[test]
    fn a_sign_of_life_reaches_who_waits_for_an_array() {
        let json = "\n[{\"a\":1}\n]";
        assert_eq!(array(&["\r\n", "data: {\"a\":1}\r\n\r\n", "\r\n"]), (json.to_owned(), true));
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok());
    }

    #[test]
    fn what_is_no_json_is_left_out() {
        assert_eq!(array(&["data: [DONE]\n\ndata: 1\n\ndata: {\n\n"]), ("[1]".to_owned(), true));
    }

    #[test]
    fn a_stream_that_ends_within_an_event_leaves_the_array_open() {
        assert_eq!(array(&["data: 1\n\ndata: {\"a\":"]), ("[1".to_owned(), false));
        assert_eq!(array(&["data: 1\n\ndata: {\"a\":2}"]), ("[1\n,\n{\"a\":2}]".to_owned(), true));
    }

    #[test]
    fn an_event_without_end_is_not_held_for_ever() {
        let mut array = Array::new();
        array.push(Bytes::from_static(b"data: 1\n\n"));
        let piece = Bytes::from(vec![b'x'; 1024 * 1024]);
        for _ in 0..33 {
            array.push(piece.clone());
        }
        assert_eq!(array.take().unwrap(), "[1");
        assert!(matches!(array.end(), Some(Err(_))));
    }
}
