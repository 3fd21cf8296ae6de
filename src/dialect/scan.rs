//! JSON read by hand, for those who only want to know what is there.
//!
//! Every frame of every stream passes here, also those that nobody translates. So this takes one pass and keeps
//! nothing; about twice as fast as a reader that hands out values.

/// How deep values may nest; the same as in the reader of everything else.
const MAX_DEPTH: usize = 128;

/// Bytes at which a string ends, escapes, or is none.
static IS_SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = true;
        byte += 1;
    }
    table[b'"' as usize] = true;
    table[b'\\' as usize] = true;
    table
};

/// A place in JSON text, and the way on from there. `None` where the text is no JSON.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scan<'a> {
    /// At the beginning of what is known to be UTF-8.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// Does nothing follow but space?
    pub(super) fn is_over(&mut self) -> bool {
        self.space();
        self.at == self.bytes.len()
    }

    /// Passes over what is no value.
    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// What stands here.
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Reads a value, and says whether there is something in it: it is not `null`, not empty.
    pub(super) fn value(&mut self) -> Option<bool> {
        match self.peek()? {
            b'"' => self.string().map(|text| !text.is_empty()),
            b'{' => {
                let mut any = false;
                self.object(|scan, _| {
                    any = true;
                    scan.value().map(drop)
                })?;
                Some(any)
            }
            b'[' => {
                let mut any = false;
                self.list(|scan| {
                    any = true;
                    scan.value().map(drop)
                })?;
                Some(any)
            }
            b'n' => self.word(b"null").map(|()| false),
            b't' => self.word(b"true").map(|()| true),
            b'f' => self.word(b"false").map(|()| true),
            b'-' | b'0'..=b'9' => {
                self.number();
                Some(true)
            }
            _ => None,
        }
    }

    /// Reads a value, as it is written, quotes included.
    #[cfg(feature = "gemini")]
    pub(super) fn raw(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.value()?;
        self.bytes.get(start..self.at)
    }

    /// Reads a number, as it is written.
    pub(super) fn number(&mut self) -> &'a [u8] {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    /// Reads a string, as it is written.
    #[inline]
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        self.eat(b'"')?;
        let rest = &self.bytes[self.at..];
        let mut end = 0;
        loop {
            end += rest[end..].iter().position(|byte| IS_SPECIAL[usize::from(*byte)])?;
            match rest[end] {
                b'"' => break,
                b'\\' => end = (end + 2).min(rest.len()),
                _ => return None,
            }
        }
        self.at += end + 1;
        Some(&rest[..end])
    }

    /// Reads an object, member by member: `field` reads the value of the one it is told.
    #[inline]
    pub(super) fn object(&mut self, mut field: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.items(b'{', b'}', |scan| {
            let key = scan.string()?;
            scan.space();
            scan.eat(b':')?;
            scan.space();
            field(scan, key)
        })
    }

    /// Reads a list: `item` reads each value.
    #[inline]
    pub(super) fn list(&mut self, item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.items(b'[', b']', item)
    }

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
