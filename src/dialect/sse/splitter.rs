use std::fmt;

use bytes::{Bytes, BytesMut};
use memchr::memchr2;

use super::RawFrame;

/// Room for a frame that is more than most streams need.
const LARGE: usize = 64 * 1024;

/// Cuts a stream of bytes into frames, however the bytes were cut before.
///
/// ```
/// use bytes::Bytes;
/// use tower_failover::dialect::sse::{Splitter, Tail};
///
/// let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
/// splitter.push(Bytes::from_static(b"data: one\n\ndata: t"));
/// assert_eq!(splitter.next_frame().unwrap().unwrap().bytes(), "data: one\n\n");
/// assert!(splitter.next_frame().is_none());
/// splitter.push(Bytes::from_static(b"wo\n"));
/// assert!(splitter.next_frame().is_none());
/// // The last blank line never came.
/// assert!(matches!(splitter.finish(), Tail::Truncated(frame) if frame.bytes() == "data: two\n"));
/// ```
#[derive(Debug)]
pub struct Splitter {
    /// The beginning of a frame that was cut.
    partial: BytesMut,
    /// What arrived last, from the end of the last frame on.
    chunk: Bytes,
    /// How far `chunk` has been searched.
    searched: usize,
    /// Nothing stands on the current line yet.
    at_line_start: bool,
    /// The last byte was a CR that ended a line: a LF that follows belongs to it.
    after_cr: bool,
    is_first: bool,
    max_frame_bytes: usize,
}

/// A frame larger than the limit: the stream cannot be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame of the stream is larger than the limit")
    }
}

impl std::error::Error for TooLong {}

/// What was left when the stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a stream ends cleanly or it does not")]
pub enum Tail {
    /// Nothing: the last frame was complete.
    Clean,
    /// A frame without its blank line. Some servers leave it out after their very last frame, so it may still
    /// be whole.
    Truncated(RawFrame),
}

impl Splitter {
    /// The usual limit of one frame, 32 MiB. A frame may be a whole answer: pictures come in one, and some dialects
    /// repeat all that was said in their last. So it may be as large as an answer that comes without a stream.
    pub const MAX_FRAME_BYTES: usize = 32 * 1024 * 1024;

    /// A splitter that holds at most this much of an unfinished frame.
    #[must_use]
    pub fn new(max_frame_bytes: usize) -> Self {
        Self {
            partial: BytesMut::new(),
            chunk: Bytes::new(),
            searched: 0,
            at_line_start: true,
            after_cr: false,
            is_first: true,
            max_frame_bytes,
        }
    }

    /// Takes in what arrived. All frames of the last chunk must have been taken out before.
    pub fn push(&mut self, chunk: Bytes) {
        // What is left of the last chunk is the beginning of a frame.
        self.partial.extend_from_slice(&self.chunk);
        self.chunk = chunk;
        self.searched = 0;
    }

    /// The next whole frame; `None` until more arrives.
    ///
    /// # Errors
    /// [`TooLong`] for a frame over the limit.
    pub fn next_frame(&mut self) -> Option<Result<RawFrame, TooLong>> {
        let Some(end) = self.find_end() else {
            let held = self.partial.len() + self.chunk.len();
            return (held > self.max_frame_bytes).then_some(Err(TooLong));
        };
        if self.partial.len() + end > self.max_frame_bytes {
            return Some(Err(TooLong));
        }
        let end_of_frame = self.chunk.split_to(end);
        self.searched = 0;
        let bytes = if self.partial.is_empty() {
            end_of_frame
        } else {
            self.partial.extend_from_slice(&end_of_frame);
            self.take_partial()
        };
        Some(Ok(self.frame(bytes)))
    }

    /// The stream has ended.
    #[must_use]
    pub fn finish(mut self) -> Tail {
        self.push(Bytes::new());
        let rest = std::mem::take(&mut self.partial).freeze();
        let frame = self.frame(rest);
        if frame.parse().is_empty() { Tail::Clean } else { Tail::Truncated(frame) }
    }

    /// What is left of the room goes to the next frame that is cut. Not that of a large one: it would be kept as long
    /// as the stream.
    fn take_partial(&mut self) -> Bytes {
        let is_large = self.partial.capacity() > LARGE;
        if is_large { std::mem::take(&mut self.partial) } else { self.partial.split() }.freeze()
    }

    fn frame(&mut self, bytes: Bytes) -> RawFrame {
        if std::mem::take(&mut self.is_first) { RawFrame::first(bytes) } else { RawFrame::new(bytes) }
    }

    /// Searches on from where the last search ended, for the end of a blank line.
    fn find_end(&mut self) -> Option<usize> {
        let bytes = &self.chunk[..];
        while self.searched < bytes.len() {
            if std::mem::take(&mut self.after_cr) && bytes[self.searched] == b'\n' {
                self.searched += 1;
                continue;
            }
            let Some(length) = memchr2(b'\n', b'\r', &bytes[self.searched..]) else {
                self.at_line_start = false;
                self.searched = bytes.len();
                return None;
            };
            let is_blank = self.at_line_start && length == 0;
            self.searched += length;
            self.after_cr = bytes[self.searched] == b'\r';
            self.searched += 1;
            self.at_line_start = true;
            if is_blank {
                // The LF of a CRLF goes with its frame where it is there already.
                if self.after_cr && bytes.get(self.searched) == Some(&b'\n') {
                    self.after_cr = false;
                    self.searched += 1;
                }
                return Some(self.searched);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Name, data, and whether there was a comment.
    type Event = (Option<Vec<u8>>, Option<Vec<u8>>, bool);

    /// The events in `stream`, cut into chunks at `cuts`.
    fn events(stream: &[u8], cuts: &[usize]) -> Vec<Event> {
        let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
        let mut events = Vec::new();
        let mut raw = Vec::new();
        let mut take = |frame: &RawFrame| {
            raw.extend_from_slice(frame.bytes());
            let frame = frame.parse();
            if !frame.is_empty() {
                events.push((
                    frame.event.map(<[u8]>::to_vec),
                    frame.data.map(|d| d.into_owned()),
                    frame.has_comment,
                ));
            }
        };
        let mut from = 0;
        for to in cuts.iter().copied().chain([stream.len()]) {
            splitter.push(Bytes::copy_from_slice(&stream[from..to]));
            from = to;
            while let Some(frame) = splitter.next_frame() {
                take(&frame.unwrap());
            }
        }
        if let Tail::Truncated(frame) = splitter.finish() {
            take(&frame);
        }
        let stream = stream.strip_prefix("\u{feff}".as_bytes()).unwrap_or(stream);
        assert!(stream.starts_with(&raw), "frames are the bytes that arrived");
        events
    }

    proptest! {
        #[test]
        fn any_split_of_the_bytes_gives_the_same_events(
            lines in prop::collection::vec("(data|event|data:|data: \\{\"a\":1\\}|event: x|: hi|é|)(\n|\r|\r\n)", 0..12),
            has_mark: bool,
            seed in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let mark = if has_mark { "\u{feff}" } else { "" };
            let stream = format!("{mark}{}", lines.concat()).into_bytes();
            let mut cuts: Vec<usize> = seed.iter().map(|index| index.index(stream.len() + 1)).collect();
            cuts.sort_unstable();
            let every: Vec<usize> = (0..stream.len()).collect();
            let whole = events(&stream, &[]);
            prop_assert_eq!(&events(&stream, &cuts), &whole);
            prop_assert_eq!(&events(&stream, &every), &whole);
        }
    }

    #[test]
    fn a_whole_frame_is_a_slice_of_what_arrived() {
        let chunk = Bytes::from_static(b"data: a\n\ndata: b\n\n");
        let mut splitter = Splitter::new(64);
        splitter.push(chunk.clone());
        let first = splitter.next_frame().unwrap().unwrap();
        assert_eq!(first.bytes().as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn a_byte_order_mark_is_left_out_at_the_start_and_nowhere_else() {
        let mut splitter = Splitter::new(64);
        splitter.push(Bytes::from_static(b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n"));
        let first = splitter.next_frame().unwrap().unwrap();
        assert_eq!(
            (&first.bytes()[..], first.parse().data.as_deref()),
            (&b"data: a\n\n"[..], Some(&b"a"[..]))
        );
        let second = splitter.next_frame().unwrap().unwrap();
        assert_eq!((second.bytes().len(), second.parse().data), (12, None));
        // It may be all there is.
        splitter = Splitter::new(64);
        splitter.push(Bytes::from_static(b"\xEF\xBB"));
        splitter.push(Bytes::from_static(b"\xBF"));
        assert!(splitter.next_frame().is_none());
        assert_eq!(splitter.finish(), Tail::Clean);
    }

    #[test]
    fn an_unfinished_frame_is_bounded() {
        let mut splitter = Splitter::new(8);
        splitter.push(Bytes::from_static(b"data: 12"));
        assert!(splitter.next_frame().is_none());
        splitter.push(Bytes::from_static(b"3"));
        assert_eq!(splitter.next_frame(), Some(Err(TooLong)));
    }

    #[test]
    fn an_end_is_told_from_a_truncation() {
        let tail = |stream: &'static [u8]| {
            let mut splitter = Splitter::new(64);
            splitter.push(Bytes::from_static(stream));
            while splitter.next_frame().is_some() {}
            splitter.finish()
        };
        assert_eq!(tail(b"data: a\n\n"), Tail::Clean);
        assert_eq!(tail(b"data: a\n\n\n\n"), Tail::Clean);
        assert!(matches!(tail(b"data: a\n\ndata: b"), Tail::Truncated(frame) if frame.bytes() == "data: b"));
    }
}
