//! How deep schemas are, before anybody follows them.

use memchr::memchr2;
use serde_json::value::RawValue;

/// The most lists and objects within each other: as many as the parsers behind most of the APIs follow, and more than
/// any vendor enforces. OpenAI takes 10 levels of schema, each of which is two of JSON.
/// <https://platform.openai.com/docs/guides/structured-outputs#limitations-on-nesting-depth-and-size>
const DEEPEST: usize = 128;
/// The most bytes that may be read to go through all levels, each of which is read for itself: some, and so often what
/// the schemas have. It is enough for megabytes that are wide, and for whatever is deep and of a size to be enforced.
const READ: [usize; 2] = [8 * 1024 * 1024, 4];

/// What it costs to go through the schemas of a request.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    length: usize,
    read: usize,
}

impl Nesting {
    /// What whoever sent too much is told.
    pub(crate) const TOO_DEEP: &'static str = "the schema is nested too deep";

    /// Is this one, after those before it, of a depth that can be followed? Reads it once.
    pub(crate) fn takes(&mut self, schema: &RawValue) -> bool {
        let bytes = schema.get().as_bytes();
        let (mut depth, mut last, mut at) = (0_usize, 0, 0);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => at = end_of_text(bytes, at + 1),
                b'{' | b'[' | b'}' | b']' => {
                    self.read = self.read.saturating_add(depth.saturating_mul(at - last));
                    last = at;
                    depth = if matches!(byte, b'{' | b'[') { depth + 1 } else { depth.saturating_sub(1) };
                    if depth > DEEPEST {
                        return false;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        self.length = self.length.saturating_add(bytes.len());
        self.read <= self.length.saturating_mul(READ[1]).saturating_add(READ[0])
    }
}

/// Where the text ends that begins here.
fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(schema: &str) -> bool {
        Nesting::default().takes(serde_json::from_str(schema).unwrap())
    }

    fn nested(depth: usize, inner: &str) -> String {
        r#"{"items":"#.repeat(depth) + inner + &"}".repeat(depth)
    }

    #[test]
    fn what_is_too_deep_to_be_followed_is_not_taken() {
        assert!(takes(&nested(128, "true")));
        assert!(!takes(&nested(129, "true")));
        assert!(!takes(&nested(100_000, "true")));
    }

    #[test]
    fn brackets_in_a_text_are_no_levels() {
        let text = r#"[{\"[{\\"#.repeat(200);
        assert!(takes(&format!(r#"{{"description":"{text}","enum":["{text}"]}}"#)));
    }

    #[test]
    fn what_is_large_may_be_wide_and_not_deep() {
        let property = r#""p":{"type":"string","enum":["a"]},"#;
        let wide = |size: usize| format!(r#"{{"properties":{{{}"q":{{}}}}}}"#, property.repeat(size / 35));
        assert!(takes(&wide(14 << 20)));
        assert!(takes(&nested(100, &wide(32 << 10))));
        assert!(!takes(&nested(100, &wide(1 << 20))));
    }

    #[test]
    fn many_are_counted_together() {
        let schema = nested(100, &nested(20, r#"{"type":"string"}"#));
        let schema: Box<RawValue> = serde_json::from_str(&schema).unwrap();
        let mut nesting = Nesting::default();
        let taken = (0..1_000_000).take_while(|_| nesting.takes(&schema)).count();
        assert!((50..1_000).contains(&taken), "{taken}");
    }
}
