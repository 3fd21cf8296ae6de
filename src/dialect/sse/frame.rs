use std::borrow::Cow;

use bytes::{Buf, Bytes};
use memchr::memchr2;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One frame as it arrived, its blank line included. Without the byte-order mark that the first one of a stream may
/// begin with: passed on behind something else, it would be part of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    bytes: Bytes,
    has_mark: bool,
}

impl RawFrame {
    /// A frame read from these bytes, not the first of its stream.
    #[must_use]
    pub const fn new(bytes: Bytes) -> Self {
        Self { bytes, has_mark: false }
    }

    /// The first frame of a stream.
    pub(super) fn first(mut bytes: Bytes) -> Self {
        let has_mark = bytes.starts_with(BYTE_ORDER_MARK);
        if has_mark {
            bytes.advance(BYTE_ORDER_MARK.len());
        }
        Self { bytes, has_mark }
    }

    /// How many bytes arrived of it, the mark included.
    #[cfg(feature = "stream-guard")]
    pub(crate) const fn arrived(&self) -> usize {
        let mark = if self.has_mark { BYTE_ORDER_MARK.len() } else { 0 };
        self.bytes.len() + mark
    }

    /// The bytes, for passing on untouched.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bytes, for passing on untouched.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// Reads the fields.
    #[must_use]
    pub fn parse(&self) -> Frame<'_> {
        Frame::parse(&self.bytes)
    }
}

/// The fields of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The name of the event, if it has one.
    pub event: Option<&'a [u8]>,
    /// The data; several lines are joined with LF. `None` for a frame of comments only.
    pub data: Option<Cow<'a, [u8]>>,
    /// It holds a comment.
    pub has_comment: bool,
}

impl<'a> Frame<'a> {
    /// A frame with this data.
    #[must_use]
    pub const fn of(data: &'a [u8]) -> Self {
        Self { event: None, data: Some(Cow::Borrowed(data)), has_comment: false }
    }

    /// Reads the fields of one frame.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Self {
        let mut frame = Self::default();
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            frame.line(&rest[..end]);
            let is_crlf = rest.get(end..end + 2) == Some(b"\r\n");
            rest = rest.get(end + 1 + usize::from(is_crlf)..).unwrap_or_default();
        }
        frame
    }

    /// Neither data nor comment: an extra blank line.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.data.is_none() && !self.has_comment
    }

    fn line(&mut self, line: &'a [u8]) {
        if line.first() == Some(&b':') {
            self.has_comment = true;
            return;
        }
        // The usual case first: `data: …`, and nothing to search for.
        if let Some(value) = line.strip_prefix(b"data:") {
            self.add_data(value.strip_prefix(b" ").unwrap_or(value));
        } else if let Some(value) = line.strip_prefix(b"event:") {
            self.event = Some(value.strip_prefix(b" ").unwrap_or(value));
        } else if line == b"data" {
            self.add_data(b"");
        }
    }

    fn add_data(&mut self, value: &'a [u8]) {
        match &mut self.data {
            None => self.data = Some(Cow::Borrowed(value)),
            Some(data) => {
                let data = data.to_mut();
                data.push(b'\n');
                data.extend_from_slice(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_space_after_the_colon_is_no_part_of_the_value() {
        assert_eq!(Frame::parse(b"data:x\n\n").data.as_deref(), Some(&b"x"[..]));
        assert_eq!(Frame::parse(b"data: x\n\n").data.as_deref(), Some(&b"x"[..]));
        assert_eq!(Frame::parse(b"data:  x\n\n").data.as_deref(), Some(&b" x"[..]));
    }

    #[test]
    fn lines_of_data_are_joined() {
        let frame = Frame::parse(b"event: e\r\ndata: {\rdata\ndata: }\r\n\r\n");
        assert_eq!(frame.event, Some(&b"e"[..]));
        assert_eq!(frame.data.as_deref(), Some(&b"{\n\n}"[..]));
    }

    #[test]
    fn comments_and_unknown_fields_carry_no_data() {
        let frame = Frame::parse(b": OPENROUTER PROCESSING\nid: 7\nretry: 3\n\n");
        assert!(frame.has_comment && frame.data.is_none() && !frame.is_empty());
        assert!(Frame::parse(b"\n").is_empty());
    }
}
