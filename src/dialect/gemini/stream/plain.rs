//! What nearly every frame of a stream is: a piece of text, and what it cost so far.
//!
//! Frames of this API repeat who answers and all counts with each few words. So they are read by hand, in one
//! pass; about three times as fast as the reader of everything else.

use crate::dialect::canonical::{Text, Usage};
use crate::dialect::gemini::response::usage::Counts;
use crate::dialect::scan::{Once, Scan};

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
        let (mut plain, mut once, mut candidates) = (Self::default(), Once::default(), 0);
        let mut scan = Scan::new(data)?;
        scan.object(|scan, key| match key {
            "candidates" => once.first(0, scan)?.list(|scan| {
                candidates += 1;
                plain.candidate(scan)
            }),
            "usageMetadata" => {
                plain.usage = Counts::scan(once.first(1, scan)?)?.usage();
                Some(())
            }
            "modelVersion" => name(once.first(2, scan)?),
            "responseId" => name(once.first(3, scan)?),
            "createTime" => name(once.first(4, scan)?),
            _ => None,
        })?;
        (scan.is_over() && candidates == 1 && !plain.text.is_empty()).then_some(plain)
    }

    fn candidate(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| match key {
            "content" => self.content(once.first(0, scan)?),
            "index" => (once.first(1, scan)?.number()? == "0").then_some(()),
            "safetyRatings" | "tokenCount" => scan.skip(),
            _ => None,
        })
    }

    fn content(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        let mut once = Once::default();
        scan.object(|scan, key| match key {
            "parts" => once.first(0, scan)?.list(|scan| self.part(scan)),
            "role" => scan.skip(),
            _ => None,
        })
    }

    /// The only part: a second one is for the parser.
    fn part(&mut self, scan: &mut Scan<'a>) -> Option<()> {
        if !self.text.is_empty() {
            return None;
        }
        let mut once = Once::default();
        scan.object(|scan, key| {
            match key {
                "text" => self.text = once.first(0, scan)?.string()?.text()?,
                "thought" => self.is_thought = once.first(1, scan)?.flag()?,
                _ => return None,
            }
            Some(())
        })
    }
}

/// What the parser would read, though none wants to know it again.
fn name(scan: &mut Scan<'_>) -> Option<()> {
    scan.string()?.text().map(drop)
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
