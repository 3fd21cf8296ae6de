//! The fields of an event, found without reading what stands in them.
//!
//! Every frame of every stream passes here, also those that nobody translates. So this reads JSON by hand, in
//! one pass: it takes nothing for an event that is not JSON to its last byte, and keeps nothing.

use crate::dialect::quoted::special;

/// How deep values may nest; the same as in the reader of everything else.
const MAX_DEPTH: usize = 128;

/// The values of an event, as JSON; `null` is as good as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// Without its quotes.
    pub(super) kind: Option<&'a str>,
    pub(super) output_index: Option<u64>,
    /// The place of a part in its item, whatever the list is called.
    pub(super) part_index: Option<u64>,
    pub(super) delta: Option<&'a str>,
    /// What a part or call has come to, in the events that say so.
    pub(super) whole: Option<&'a str>,
    pub(super) item: Option<&'a str>,
    pub(super) part: Option<&'a str>,
    pub(super) annotation: Option<&'a str>,
    pub(super) logprobs: Option<&'a str>,
    pub(super) response: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

/// Finds the fields; `None` where the data is no JSON object.
pub(super) fn fields(data: &[u8]) -> Option<Fields<'_>> {
    let text = std::str::from_utf8(data).ok()?;
    let mut fields = Fields::default();
    let mut scan = Scan { text, at: 0, depth: 0 };
    scan.space();
    scan.object(|scan, key| {
        let value = scan.value()?;
        fields.set(key, value);
        Some(())
    })?;
    scan.space();
    (scan.at == text.len()).then_some(fields)
}

impl<'a> Fields<'a> {
    fn set(&mut self, key: &str, value: &'a str) {
        let field = match key {
            "type" => {
                self.kind = value.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
                return;
            }
            "output_index" => return self.output_index = value.parse().ok(),
            "content_index" | "summary_index" => return self.part_index = value.parse().ok(),
            "delta" => &mut self.delta,
            "text" | "refusal" | "arguments" => &mut self.whole,
            "item" => &mut self.item,
            "part" => &mut self.part,
            "annotation" => &mut self.annotation,
            "logprobs" => &mut self.logprobs,
            "response" => &mut self.response,
            "error" => &mut self.error,
            _ => return,
        };
        *field = Some(value).filter(|value| *value != "null");
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Scan<'a> {
    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Reads a value, and returns it as it is written.
    #[inline]
    fn value(&mut self) -> Option<&'a str> {
        let start = self.at;
        match self.peek()? {
            b'"' => drop(self.string()?),
            b'{' => self.object(|scan, _| scan.value().map(drop))?,
            b'[' => self.list(|scan| scan.value().map(drop))?,
            b'n' => self.word("null")?,
            b't' => self.word("true")?,
            b'f' => self.word("false")?,
            b'-' | b'0'..=b'9' => {
                while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
                    self.at += 1;
                }
            }
            _ => return None,
        }
        Some(&self.text[start..self.at])
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    /// Reads a string, as it is written, without its quotes.
    #[inline]
    fn string(&mut self) -> Option<&'a str> {
        self.eat(b'"')?;
        let start = self.at;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let found = special(rest)?;
            self.at += found;
            match rest[found] {
                b'"' => break,
                // What is escaped may be half of a character only where this is no JSON anyway.
                b'\\' if rest.get(found + 1)?.is_ascii() => self.at += 2,
                _ => return None,
            }
        }
        self.at += 1;
        Some(&self.text[start..self.at - 1])
    }

    #[inline]
    fn object(&mut self, mut field: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.items(b'{', b'}', |scan| {
            let key = scan.string()?;
            scan.space();
            scan.eat(b':')?;
            scan.space();
            field(scan, key)
        })
    }

    #[inline]
    fn list(&mut self, item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.items(b'[', b']', item)
    }

    #[inline]
    fn items(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.eat(open)?;
        self.depth += 1;
        self.space();
        if self.depth > MAX_DEPTH {
            return None;
        }
        if self.eat(close).is_none() {
            loop {
                item(self)?;
                self.space();
                if self.eat(b',').is_none() {
                    break;
                }
                self.space();
            }
            self.eat(close)?;
        }
        self.depth -= 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_not_taken_for_an_event() {
        for data in [
            "",
            "{",
            "}",
            "[]",
            "1",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":nul}"#,
            r#"{"a":"\"#,
            r#"{"a":"\"}"#,
            r#"{"a":"\é"}"#,
            r#"{"a":[1 2]}"#,
            "{\"a\":\"\n\"}",
        ] {
            assert_eq!(fields(data.as_bytes()), None, "{data}");
        }
        assert_eq!(fields(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(fields(format!("{{\"a\":{}", "[".repeat(1 << 20)).as_bytes()), None);
    }

    #[test]
    fn only_fields_in_their_own_place_count() {
        let data = r#" { "delta" : "a\"}ü" , "item":{"type":"x","delta":"no"}, "logprobs":null,
            "type":"response.output_text.delta","content_index":3,"output_index": 12 } "#;
        let wanted = Fields {
            kind: Some("response.output_text.delta"),
            output_index: Some(12),
            part_index: Some(3),
            delta: Some(r#""a\"}ü""#),
            item: Some(r#"{"type":"x","delta":"no"}"#),
            ..Fields::default()
        };
        assert_eq!(fields(data.as_bytes()), Some(wanted));
    }
}
