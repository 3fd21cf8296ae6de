use std::fmt;

use memchr::memchr_iter;

/// Frames that are longer are not compared, and none is kept in full for the next.
const LONG: usize = 4 * 1024;

/// What the caller was sent, to the byte, and in a fraction of the space: the frames of a stream differ in a few
/// letters, so of each only what differs from the one before is kept. Pure.
#[derive(Clone, Default)]
pub(super) struct Record {
    /// For each frame: how much of the beginning and of the end of the last one it repeats, and what stands between.
    packed: Vec<u8>,
    /// The last frame, in full.
    last: Vec<u8>,
    len: usize,
}

impl Record {
    pub(super) const fn new() -> Self {
        Self { packed: Vec::new(), last: Vec::new(), len: 0 }
    }

    /// How much was sent, in bytes.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// How much is kept of it, in bytes.
    pub(super) fn kept(&self) -> usize {
        self.packed.len() + self.last.len()
    }

    /// Adds frames, or any other bytes.
    pub(super) fn push(&mut self, mut data: &[u8]) {
        self.len += data.len();
        while !data.is_empty() {
            let end = frame_end(data);
            let (frame, rest) = data.split_at(end);
            self.push_frame(frame);
            data = rest;
        }
    }

    fn push_frame(&mut self, frame: &[u8]) {
        let head = same_head(&self.last, frame);
        let tail = same_tail(&self.last[head..], &frame[head..]);
        let middle = &frame[head..frame.len() - tail];
        for number in [head, tail, middle.len()] {
            push_number(number, &mut self.packed);
        }
        self.packed.extend_from_slice(middle);
        self.last.clear();
        if frame.len() <= LONG {
            self.last.extend_from_slice(frame);
        }
    }

    /// All that was sent.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        let (mut packed, mut last) = (&self.packed[..], 0..0);
        while !packed.is_empty() {
            let [head, tail, middle] = [(); 3].map(|()| take_number(&mut packed));
            let (middle, rest) = packed.split_at(middle);
            let start = bytes.len();
            bytes.extend_from_within(last.start..last.start + head);
            bytes.extend_from_slice(middle);
            bytes.extend_from_within(last.end - tail..last.end);
            last = start..bytes.len();
            packed = rest;
        }
        bytes
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Behind the first blank line. A frame has few lines, so that each is looked at.
fn frame_end(data: &[u8]) -> usize {
    let blank = memchr_iter(b'\n', data).find(|at| data.get(at + 1) == Some(&b'\n'));
    blank.map_or(data.len(), |at| at + 2)
}

/// Blocks are compared at once, and bytes only in the one that differs.
const BLOCK: usize = 16;

fn same_head(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.chunks_exact(BLOCK).zip(other.chunks_exact(BLOCK));
    let same = BLOCK * blocks.take_while(|(one, other)| one == other).count();
    same + one[same..].iter().zip(&other[same..]).take_while(|(one, other)| one == other).count()
}

fn same_tail(one: &[u8], other: &[u8]) -> usize {
    let blocks = one.rchunks_exact(BLOCK).zip(other.rchunks_exact(BLOCK));
    let same = BLOCK * blocks.take_while(|(one, other)| one == other).count();
    let rest = one[..one.len() - same].iter().rev().zip(other[..other.len() - same].iter().rev());
    same + rest.take_while(|(one, other)| one == other).count()
}

/// Seven bits a byte, the low ones first; the eighth says that more follow.
fn push_number(mut number: usize, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(packed: &mut &[u8]) -> usize {
    let mut number = 0;
    let mut shift = 0;
    while let Some((byte, rest)) = packed.split_first() {
        *packed = rest;
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Record {
        let mut record = Record::new();
        chunks.into_iter().for_each(|chunk| record.push(chunk));
        record
    }

    proptest! {
        #[test]
        fn what_was_sent_comes_back_to_the_byte(
            chunks in prop::collection::vec("(data: [ab]{0,40}|[ab]{0,3}|\n|\r\n\r\n|\n\n|a{200}|é){0,8}", 0..12),
        ) {
            let sent = chunks.concat().into_bytes();
            let record = recorded(chunks.iter().map(String::as_bytes));
            prop_assert_eq!(record.len(), sent.len());
            prop_assert_eq!(record.into_bytes(), sent);
        }
    }

    #[test]
    fn a_frame_takes_little_more_than_its_text() {
        let frame = |word: &str| {
            format!(
                "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}]}}\n\n"
            )
        };
        let frames: Vec<String> = (0..1000).map(|word| frame(&format!(" word{word}"))).collect();
        let record = recorded(frames.iter().map(String::as_bytes));
        assert!(record.packed.len() * 15 < record.len(), "{} of {}", record.packed.len(), record.len());
        assert_eq!(record.into_bytes(), frames.concat().into_bytes());
    }

    #[test]
    fn a_long_frame_is_kept_once() {
        let frames = [&[b'x'; 100_000][..], b"\n\n", b"data: a\n\n"].concat();
        let record = recorded([&frames[..]]);
        assert!(record.kept() < frames.len() + 32);
        assert_eq!(record.into_bytes(), frames);
    }
}
