//! A look at a chunk that tells its kind and no more.
//!
//! Every frame of every stream passes here, also those that nobody translates. So this reads JSON by hand, in
//! one pass and without keeping anything; about twice as fast as a reader that hands out values.

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

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Glance {
    pub(super) has_error: bool,
    pub(super) has_choices: bool,
    pub(super) has_content: bool,
    pub(super) has_finish: bool,
}

/// Looks at a chunk; `None` where it is no JSON object.
pub(super) fn glance(data: &[u8]) -> Option<Glance> {
    std::str::from_utf8(data).ok()?;
    let mut seen = Glance::default();
    let mut scan = Scan { bytes: data, at: 0, depth: 0 };
    scan.space();
    scan.object(|scan, key| {
        match key {
            b"choices" if scan.peek()? != b'n' => {
                seen.has_choices = true;
                scan.list(|scan| choice(scan, &mut seen))?;
            }
            b"error" => {
                seen.has_error = scan.peek()? != b'n';
                scan.value()?;
            }
            _ => drop(scan.value()?),
        }
        Some(())
    })?;
    scan.space();
    (scan.at == data.len()).then_some(seen)
}

fn choice(scan: &mut Scan<'_>, seen: &mut Glance) -> Option<()> {
    if scan.peek()? != b'{' {
        return scan.value().map(drop);
    }
    scan.object(|scan, key| {
        match key {
            b"delta" | b"message" if scan.peek()? == b'{' => scan.object(|scan, key| {
                seen.has_content |= said(scan, key)?;
                Some(())
            })?,
            b"finish_reason" => seen.has_finish |= scan.value()?,
            _ => drop(scan.value()?),
        }
        Some(())
    })
}

/// Reads one field of a message: is it one of those an answer stands in, and is something in it?
fn said(scan: &mut Scan<'_>, key: &[u8]) -> Option<bool> {
    match key {
        b"content" | b"refusal" | b"reasoning_content" | b"reasoning" | b"reasoning_details"
        | b"tool_calls" => scan.value(),
        b"audio" => {
            let is_null = scan.peek()? == b'n';
            scan.value()?;
            Some(!is_null)
        }
        b"function_call" if scan.peek()? == b'{' => {
            let mut is_called = false;
            scan.object(|scan, _| {
                is_called |= scan.value()?;
                Some(())
            })?;
            Some(is_called)
        }
        _ => scan.value().map(|_| false),
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scan<'a> {
    #[inline]
    fn space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Reads a value, and says whether there is something in it: it is not `null`, not empty.
    fn value(&mut self) -> Option<bool> {
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
                while matches!(self.peek(), Some(b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
                    self.at += 1;
                }
                Some(true)
            }
            _ => None,
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    /// Reads a string, as it is written.
    #[inline]
    fn string(&mut self) -> Option<&'a [u8]> {
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

    #[inline]
    fn object(&mut self, mut field: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
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
    fn what_is_no_json_is_not_taken_for_a_chunk() {
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
            r#"{"choices":{}}"#,
            r#"{"choices":[}"#,
            r#"{"choices":[{]}"#,
            r#"{"a":[1 2]}"#,
            "{\"a\":\"\n\"}",
        ] {
            assert_eq!(glance(data.as_bytes()), None, "{data}");
        }
        assert_eq!(glance(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(glance(format!("{{\"a\":{}", "[".repeat(1 << 20)).as_bytes()), None);
    }

    #[test]
    fn only_fields_in_their_own_place_count() {
        let seen = glance(br#" { "content":"x", "a":[{"finish_reason":"stop"}], "choices" : [ { "delta" : { } , "content":"x" } ] } "#);
        assert_eq!(seen, Some(Glance { has_choices: true, ..Glance::default() }));
        let seen =
            glance(br#"{"error":null,"choices":[{"finish_reason":null,"delta":{"content":"a\"}b"}}]}"#);
        assert_eq!(seen, Some(Glance { has_choices: true, has_content: true, ..Glance::default() }));
    }
}
