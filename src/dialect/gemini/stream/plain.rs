//! What nearly every frame of a stream is: a piece of text, and what it cost so far.
//!
//! Frames of this API repeat who answers and all counts with each few words. So they are read by hand, in one
//! pass; about three times as fast as the reader of everything else.

use std::borrow::Cow;

use crate::dialect::canonical::{Text, Usage};
use crate::dialect::gemini::response::usage::Counts;
use crate::dialect::scan::Scan;

/// A piece of the first answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plain<'a> {
    pub(super) text: Text<'a>,
    pub(super) is_thought: bool,
    pub(super) usage: Option<Usage>,
}

impl<'a> Plain<'a> {
    /// Reads such a frame; `None` for any other, which then is parsed. What is read here is JSON to its last
    /// brace, so that a malformed frame never passes.
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(data).ok()?;
        let mut plain = Self::default();
        let mut candidates = 0;
        let mut scan = Scan::new(data);
        scan.space();
        scan.object(|scan, key| match key {
            b"candidates" => scan.list(|scan| {
                candidates += 1;
                plain.candidate(scan)
            }),
            b"usageMetadata" => {
                plain.usage = Counts::scan(scan)?.usage();
                Some(())
            }
            b"modelVersion" | b"responseId" | b"createTime" => scan.value().map(drop),
            _ => None,
        })?;
        (scan.is_over() && candidates == 1 && !plain.text.is_empty()).then_some(plain)
    }

    fn candidate(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        scan.object(|scan, key| match key {
            b"content" => scan.object(|scan, key| match key {
                b"parts" => scan.list(|scan| self.part(scan)),
                b"role" => scan.value().map(drop),
                _ => None,
            }),
            b"index" => (scan.number() == b"0").then_some(()),
            b"safetyRatings" | b"tokenCount" => scan.value().map(drop),
            _ => None,
        })
    }

    /// The only part: a second one is for the parser.
    fn part(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        if !self.text.is_empty() {
            return None;
        }
        scan.object(|scan, key| match key {
            b"text" if self.text.is_empty() => {
                self.text = text(std::str::from_utf8(scan.raw()?).ok()?)?;
                Some(())
            }
            b"thought" => {
                self.is_thought = scan.peek()? == b't';
                // Anything but a flag is no matter of bytes.
                matches!(scan.peek()?, b't' | b'f').then_some(())?;
                scan.value().map(drop)
            }
            _ => None,
        })
    }
}

/// The text of a string, as it is written.
fn text(json: &str) -> Option<Text<'_>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    match memchr::memchr(b'\\', inner.as_bytes()) {
        None => Some(Cow::Borrowed(inner)),
        Some(_) => serde_json::from_str(json).ok().map(Cow::Owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_piece_is_read_and_anything_else_is_left_to_the_parser() {
        let read = |json: &str| {
            Plain::read(json.as_bytes()).map(|plain| (plain.text.into_owned(), plain.is_thought))
        };
        let of = |part: &str, more: &str| {
            read(&format!(
                r#"{{"candidates": [{{"content": {{"parts": [{part}],"role": "model"}},"index": 0{more}}}]}}"#
            ))
        };
        assert_eq!(of(r#"{"text": "ä b"}"#, ""), Some(("ä b".to_owned(), false)));
        assert_eq!(of(r#"{"text":"a\n\u00e4"}"#, ""), Some(("a\nä".to_owned(), false)));
        assert_eq!(of(r#"{"text":"a","thought":true}"#, ""), Some(("a".to_owned(), true)));
        for part in [
            r#"{"text":""}"#,
            r#"{"text":"\ud800"}"#,
            r#"{"text":"a"},{"text":"b"}"#,
            r#"{"text":"a","thoughtSignature":"E"}"#,
            r#"{"text":"a","thought":"yes"}"#,
            r#"{"functionCall":{"name":"f"}}"#,
            r#"{"text":"a","text":"b"}"#,
            r#"{"text":7}"#,
            "",
        ] {
            assert_eq!(of(part, ""), None, "{part}");
        }
        for more in [r#","finishReason":"STOP""#, r#","groundingMetadata":{}"#, r#","index":1"#, "}"] {
            assert_eq!(of(r#"{"text":"a"}"#, more), None, "{more}");
        }
        for whole in [
            r#"{"error":{}}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"error":null}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1.5}}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{}]}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}x"#,
        ] {
            assert_eq!(read(whole), None, "{whole}");
        }
        assert_eq!(Plain::read(b"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\xff\"}]}}]}"), None);
    }
}
