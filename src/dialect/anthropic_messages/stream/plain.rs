use memchr::memchr2;

/// What nearly every frame of a stream is: a piece of text without escapes, worded as the vendor words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainDelta<'a> {
    pub(super) index: u64,
    pub(super) is_thought: bool,
    pub(super) text: &'a str,
}

const HEAD: &[u8] = b"{\"type\":\"content_block_delta\",\"index\":";
const TEXT: &[u8] = b",\"delta\":{\"type\":\"text_delta\",\"text\":\"";
const THOUGHT: &[u8] = b",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"";

impl<'a> PlainDelta<'a> {
    /// Reads such a frame; `None` for any other, which then is parsed. What is read here is JSON to the last
    /// byte, so that a malformed frame never passes.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let rest = data.strip_prefix(HEAD)?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = rest.split_at(digits);
        let index = index(number)?;
        let (is_thought, rest) = match (rest.strip_prefix(TEXT), rest.strip_prefix(THOUGHT)) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            (None, None) => return None,
        };
        let end = memchr2(b'"', b'\\', rest)?;
        let (text, tail) = rest.split_at(end);
        let has_no_control = text.iter().all(|byte| *byte >= b' ');
        if tail.first() != Some(&b'"') || !has_no_control || !closes(&tail[1..]) {
            return None;
        }
        Some(Self { index, is_thought, text: std::str::from_utf8(text).ok()? })
    }
}

/// JSON has no leading zeros, and no answer has more blocks than this has digits.
fn index(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 9 || (digits.len() > 1 && digits[0] == b'0') {
        return None;
    }
    Some(digits.iter().fold(0, |index, digit| index * 10 + u64::from(digit - b'0')))
}

/// Two braces, with the spaces that the vendor strews in.
fn closes(tail: &[u8]) -> bool {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let mut solid = tail.iter().filter(|byte| !is_space(byte));
    matches!((solid.next(), solid.next(), solid.next()), (Some(b'}'), Some(b'}'), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_piece_is_read_and_anything_else_is_left_to_the_parser() {
        let frame = |index: &str, rest: &str| {
            format!("{{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{{\"type\":{rest}")
        };
        let read = |frame: &str| {
            PlainDelta::read(frame.as_bytes()).map(|delta| (delta.index, delta.text.to_owned()))
        };
        assert_eq!(read(&frame("10", "\"text_delta\",\"text\":\"ä b\"}  }  ")), Some((10, "ä b".to_owned())));
        assert_eq!(read(&frame("0", "\"thinking_delta\",\"thinking\":\"\"}}")), Some((0, String::new())));
        for (index, rest) in [
            ("0", "\"text_delta\",\"text\":\"a\\n\"}}"),
            ("0", "\"text_delta\",\"text\":\"a\n\"}}"),
            ("0", "\"text_delta\",\"text\":\"a\"}"),
            ("0", "\"text_delta\",\"text\":\"a\"}}x"),
            ("0", "\"text_delta\",\"text\":\"a\",\"b\":1}}"),
            ("0", "\"text_delta\",\"text\":\"a"),
            ("00", "\"text_delta\",\"text\":\"a\"}}"),
            ("", "\"text_delta\",\"text\":\"a\"}}"),
            ("0", "\"citations_delta\",\"citation\":{}}}"),
        ] {
            assert_eq!(read(&frame(index, rest)), None, "{index} {rest}");
        }
        assert_eq!(PlainDelta::read(b"{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\xff\"}}"), None);
    }
}
