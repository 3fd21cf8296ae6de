//! Strings as JSON: most of what is written here, and most of that needs no escape.

use std::io::Write;

/// Appends `text` as a JSON string, as `serde_json` writes it, which looks at one byte at a time.
pub(super) fn quoted(out: &mut Vec<u8>, text: &str) {
    // What an ordinary text grows by; one of nothing but quotes grows again.
    out.reserve(text.len() + text.len() / 16 + 2);
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(plain) = special(rest) {
        out.extend_from_slice(&rest[..plain]);
        escape(out, rest[plain]);
        rest = &rest[plain + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            // Writing to memory cannot fail.
            let _ = write!(out, "\\u{byte:04x}");
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Where the first byte stands that needs an escape: of what is short a word is looked at together, of what is long a
/// block.
#[inline]
pub(super) fn special(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < 32 {
        let Some(word) = bytes.get(at..at + 8) else { break };
        if let Some(found) = special_of(word) {
            return Some(at + found);
        }
        at += 8;
    }
    special_from(bytes, at)
}

#[inline(never)]
fn special_from(bytes: &[u8], mut at: usize) -> Option<usize> {
    while bytes.get(at..at + 32).is_some_and(is_plain) {
        at += 32;
    }
    while let Some(word) = bytes.get(at..at + 8) {
        if let Some(found) = special_of(word) {
            return Some(at + found);
        }
        at += 8;
    }
    bytes[at..].iter().position(|byte| is_special(*byte)).map(|found| at + found)
}

/// Without a branch, so that of a block the compiler looks at many bytes in one step.
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn is_plain(block: &[u8]) -> bool {
    !block.iter().fold(false, |any, byte| any | is_special(*byte))
}

#[inline]
fn special_of(word: &[u8]) -> Option<usize> {
    let found = specials(word.try_into().map_or(0, u64::from_le_bytes));
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

/// The high bit of the first byte that needs an escape is set, and none below it.
const fn specials(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    // A byte below `n` borrows from its high bit, which only bytes of ASCII have clear.
    const fn below(word: u64, n: u8) -> u64 {
        word.wrapping_sub(ONES * n as u64) & !word
    }
    let quote = below(word ^ (ONES * b'"' as u64), 1);
    let backslash = below(word ^ (ONES * b'\\' as u64), 1);
    (below(word, 0x20) | quote | backslash) & (ONES * 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_as_serde_json(text: &str) {
        let mut out = Vec::new();
        quoted(&mut out, text);
        assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(text).unwrap());
    }

    #[test]
    fn every_character_is_written_as_serde_json_does_wherever_it_stands() {
        for c in (0..0x500).chain([0x2028, 0xffff, 0x1_f600]).filter_map(char::from_u32) {
            for before in 0..17 {
                assert_as_serde_json(&format!("{}{c}{c}bcdefgh", "a".repeat(before)));
            }
        }
        assert_as_serde_json("");
    }
}
