//! Halves of characters.
//!
//! JSON may escape half of a character that takes two escapes, and a server that cuts its text by UTF-16 units, or by
//! tokens, sends an emoji in two pieces: `"\ud83d"` and then `"\ude00"`. No string of ours can hold that. Strict
//! readers refuse such a text whole; here the half becomes U+FFFD, and nothing else is lost.

use memchr::{memchr, memmem};

/// The escape of U+FFFD, as long as the one whose place it takes.
const REPLACEMENT: &[u8; 6] = b"\\ufffd";

/// The same JSON with each half of a character replaced; `None` where there is none. Every byte keeps its place.
///
/// Two halves in two strings are two of them: each was read before the other was there.
pub(crate) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    if !may_have_halves(json) {
        return None;
    }
    let (mut mended, mut at) = (None, 0);
    while let Some(found) = json.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += found;
        at += match (unit(&json[at..]), json.get(at + 6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                let mended: &mut Vec<u8> = mended.get_or_insert_with(|| json.to_vec());
                mended[at..at + 6].copy_from_slice(REPLACEMENT);
                6
            }
            // A backslash that is escaped begins nothing.
            _ => 2,
        };
    }
    mended
}

/// Reads JSON, and where it cannot be read, without its halves of characters: they are no reason to lose the rest. Nearly
/// none has one, and so they are looked for only then. Of what is invalid, `read` must have told nothing yet.
#[cfg(any(feature = "openai-responses", feature = "anthropic-messages", feature = "schema-normalizer"))]
pub(crate) fn leniently<T, E>(json: &[u8], mut read: impl FnMut(&[u8]) -> Result<T, E>) -> Result<T, E> {
    read(json).or_else(|error| match mended(json) {
        Some(mended) => read(&mended),
        None => Err(error),
    })
}

/// Is there any such escape, be it of a half, of a whole character, or itself escaped? This is quick to know.
pub(crate) fn may_have_halves(json: &[u8]) -> bool {
    [b"\\ud", b"\\uD"].iter().any(|start| memmem::find(json, *start).is_some())
}

/// The unit of UTF-16 that is escaped here.
fn unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(json: &str) -> String {
        let mended = mended(json.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        serde_json::from_str(&mended.unwrap_or_else(|| json.to_owned())).unwrap()
    }

    #[test]
    fn a_half_is_replaced_and_a_whole_character_is_not() {
        assert_eq!(text(r#""a\ud83db""#), "a\u{fffd}b");
        assert_eq!(text(r#""\uDE00\ud83D""#), "\u{fffd}\u{fffd}");
        assert_eq!(text(r#""\ud83d\ud83d\ude00\n""#), "\u{fffd}\u{1f600}\n");
        assert_eq!(text(r#""\ud83d\n\ude00""#), "\u{fffd}\n\u{fffd}");
        for whole in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e4""#, r#""\ud7ff""#, "\"\u{1f600}\"", ""]
        {
            assert_eq!(mended(whole.as_bytes()), None, "{whole}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_json_is_a_text_afterwards(inner in "(\\\\u[dD][89abAB][0-9]{2}|\\\\\\\\|\\\\u[dD][c-f]00|[a-f0-9u]|\\\\n){0,12}") {
            let json = format!("\"{inner}\"");
            let read = text(&json);
            if let Ok(strict) = serde_json::from_str::<String>(&json) {
                prop_assert_eq!(read, strict);
            }
        }

        #[test]
        fn nothing_is_read_out_of_bounds(bytes in prop::collection::vec(prop::sample::select(&b"\\uUdD8\"c"[..]), 0..24)) {
            let mended = mended(&bytes);
            prop_assert!(mended.is_none_or(|mended| mended.len() == bytes.len()));
        }
    }
}
