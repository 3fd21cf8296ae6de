//! JSON read by hand, for those who only want to know what is there.
//!
//! Every frame of every stream passes here, also those that nobody translates. So this takes one pass and keeps
//! nothing; several times as fast as a reader that hands out values. It takes for JSON exactly what `serde_json`
//! does, to the last escape and digit, so that whoever was content with a look here need not look again.

use std::borrow::Cow;

use super::canonical::Text;
use super::quoted::special;

/// How deep values may nest; the same as in the reader of everything else.
const MAX_DEPTH: usize = 128;

/// A place in JSON text, and the way on from there. `None` where the text is no JSON.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// A string as it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted<'a> {
    /// Quotes included.
    json: &'a str,
    has_escape: bool,
}

impl<'a> Quoted<'a> {
    /// Without its quotes; escapes are still in it.
    pub(super) fn written(self) -> &'a str {
        &self.json[1..self.json.len() - 1]
    }

    /// The text; `None` where an escape is half of a character.
    #[inline]
    pub(super) fn text(self) -> Option<Text<'a>> {
        if self.has_escape {
            serde_json::from_str(self.json).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(self.written()))
        }
    }
}

impl<'a> Scan<'a> {
    /// At the first value of a text; `None` where it is not UTF-8.
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut scan = Self { text: std::str::from_utf8(bytes).ok()?, at: 0, depth: 0 };
        scan.space();
        Some(scan)
    }

    /// Does nothing follow but space?
    pub(super) fn is_over(&mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// What stands here.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Passes over a byte that mostly stands here, and seldom after space.
    #[inline]
    fn next(&mut self, byte: u8) -> Option<()> {
        if self.eat(byte).is_some() {
            return Some(());
        }
        self.space();
        self.eat(byte)
    }

    /// Reads a value, and says whether there is something in it: it is not `null`, not empty.
    #[inline]
    pub(super) fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => self.string().map(|text| !text.written().is_empty()),
            b'n' => self.null().map(|()| false),
            b't' | b'f' => self.flag().map(|_| true),
            b'-' | b'0'..=b'9' => self.number().map(|_| true),
            _ => self.nested(),
        }
    }

    fn nested(&mut self) -> Option<bool> {
        let mut any = false;
        match self.peek()? {
            b'{' => self.members(|scan, _| {
                any = true;
                scan.skip()
            })?,
            _ => self.list(|scan| {
                any = true;
                scan.skip()
            })?,
        }
        Some(any)
    }

    /// Reads a value that is of no interest.
    #[inline]
    pub(super) fn skip(&mut self) -> Option<()> {
        self.value().map(drop)
    }

    /// Reads a value, as it is written.
    #[inline]
    pub(super) fn raw(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.skip()?;
        Some(&self.text[start..self.at])
    }

    /// Reads a number, as it is written.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        let _ = self.eat(b'-');
        if self.eat(b'0').is_none() {
            self.digits()?;
        }
        if self.eat(b'.').is_some() {
            self.digits()?;
        }
        if self.eat(b'e').or_else(|| self.eat(b'E')).is_some() {
            let _ = self.eat(b'+').or_else(|| self.eat(b'-'));
            self.digits()?;
        }
        Some(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Reads `true` or `false`.
    pub(super) fn flag(&mut self) -> Option<bool> {
        let is_true = self.word("true").is_some();
        (is_true || self.word("false").is_some()).then_some(is_true)
    }

    /// Reads `null`.
    pub(super) fn null(&mut self) -> Option<()> {
        self.word("null")
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.text.as_bytes()[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    /// Reads a string: the most of all there is to read, and so part of every loop that does.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Option<Quoted<'a>> {
        let start = self.at;
        self.eat(b'"')?;
        let mut has_escape = false;
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        loop {
            at += special(bytes.get(at..)?)?;
            match bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    has_escape = true;
                    at += escape(&bytes[at + 1..])?;
                }
                _ => return None,
            }
        }
        self.at = at + 1;
        Some(Quoted { json: self.text.get(start..self.at)?, has_escape })
    }

    /// Reads an object, member by member: `field` reads the value of the one it is told.
    #[inline]
    pub(super) fn object(&mut self, mut field: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.members(|scan, key| match key.text()? {
            Cow::Borrowed(key) => field(scan, key),
            Cow::Owned(key) => field(scan, &key),
        })
    }

    #[inline]
    fn members(&mut self, mut member: impl FnMut(&mut Self, Quoted<'a>) -> Option<()>) -> Option<()> {
        self.items(b'{', b'}', |scan| {
            let key = scan.string()?;
            scan.next(b':')?;
            scan.space();
            member(scan, key)
        })
    }

    /// Reads a list: `item` reads each value.
    #[inline]
    pub(super) fn list(&mut self, item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
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
                if self.next(b',').is_none() {
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

/// The fields of an object that have been read, by number. A reader that hands out values refuses a second one of a
/// name that it knows.
#[cfg(any(feature = "openai-chat", feature = "openai-responses", feature = "gemini"))]
#[derive(Debug, Default)]
pub(super) struct Once(u32);

#[cfg(any(feature = "openai-chat", feature = "openai-responses", feature = "gemini"))]
impl Once {
    /// Goes on to the value of a field; `None` where there was one of its name.
    #[inline]
    pub(super) fn first<'s, 'a>(&mut self, field: u32, scan: &'s mut Scan<'a>) -> Option<&'s mut Scan<'a>> {
        let before = self.0;
        self.0 |= 1 << field;
        (self.0 != before).then_some(scan)
    }
}

/// How long an escape is, its backslash included.
fn escape(rest: &[u8]) -> Option<usize> {
    match rest.first()? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => rest.get(1..5)?.iter().all(u8::is_ascii_hexdigit).then_some(6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;
    use crate::dialect::wordings;

    fn is_json(text: &str) -> bool {
        Scan::new(text.as_bytes()).is_some_and(|mut scan| scan.value().is_some() && scan.is_over())
    }

    fn documents() -> impl Strategy<Value = String> {
        let inner = wordings::object(&[("a", wordings::odd()), ("b", wordings::list(wordings::odd()))]);
        let outer = wordings::object(&[("c", inner), ("long", "\"[ -!#-\\[\u{e0}-\u{ff}]{0,90}\"".boxed())]);
        let soup = prop::collection::vec("null|[{}\\[\\],:\"\\\\/u0-9aeE.+\\- \u{1}\u{e4}]", 0..12);
        prop_oneof![outer, wordings::odd(), soup.prop_map(|tokens| tokens.concat())]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]
        #[test]
        fn what_is_json_here_is_json_to_the_parser_and_nothing_else_is(text in documents()) {
            prop_assert_eq!(is_json(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn every_byte_stands_where_it_may() {
        for byte in 0..=0x7f_u8 {
            for before in 0..40 {
                let text = format!("\"{}{}\"", "a".repeat(before), char::from(byte));
                let is_same = is_json(&text) == serde_json::from_str::<IgnoredAny>(&text).is_ok();
                assert!(is_same, "{text:?}");
            }
        }
        assert!(Scan::new(b"\"\xff\"").is_none());
        assert!(!is_json(&"[".repeat(1 << 20)));
    }

    #[test]
    fn names_are_read_and_only_the_first_of_a_name_counts() {
        let read = |text: &str| {
            let mut once = Once::default();
            let mut seen = String::new();
            Scan::new(text.as_bytes())?.object(|scan, key| match key {
                "\u{e4}" => {
                    seen.push_str(&once.first(31, scan)?.string()?.text()?);
                    Some(())
                }
                _ => scan.skip(),
            })?;
            Some(seen)
        };
        assert_eq!(read(r#"{"\u00e4":"a\tb","x":[{}],"x":0}"#).as_deref(), Some("a\tb"));
        assert_eq!(read(r#"{"ä":"a","\u00e4":"a"}"#), None);
        assert_eq!(read(r#"{"\ud800":0}"#), None);
    }
}
