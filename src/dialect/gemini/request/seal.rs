//! Seals as this dialect carries them: base64, since its SDKs read them as bytes. So the mark of a foreign
//! one stands in base64, too.

use std::borrow::Cow;

use crate::dialect::canonical::Text;
use crate::dialect::gemini::NAME;
use crate::dialect::seal::{self, MARK};

/// `failover:` in base64: nine bytes are twelve characters, whatever follows.
pub(super) const MARKED: &str = "ZmFpbG92ZXI6";

/// What the vendor documents for calls that another model has made: it stands where a seal must, and is none.
pub(super) const NONE: &str = "skip_thought_signature_validator";

/// The issuer of a seal, and what he wrote in it.
pub(super) fn unseal(seal: Text<'_>) -> (Text<'_>, Option<Text<'_>>) {
    let marked = seal.starts_with(MARKED).then(|| decode(&seal)).flatten();
    match marked.filter(|marked| marked.starts_with(MARK)) {
        Some(marked) => seal::unseal(NAME, Cow::Owned(marked)),
        None => seal::unseal(NAME, seal),
    }
}

/// Does another issuer's mark stand on it?
pub(super) fn is_foreign(seal: &str) -> bool {
    seal.starts_with(MARKED)
}

/// Decodes base64 of either alphabet, padded or not, into text; `None` for what is neither.
fn decode(encoded: &str) -> Option<String> {
    let encoded = encoded.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3 + 2);
    for group in encoded.as_bytes().chunks(4) {
        if group.len() == 1 {
            return None;
        }
        let mut bits = 0_u32;
        for at in 0..4 {
            bits = bits << 6 | group.get(at).map_or(Some(0), |byte| sextet(*byte))?;
        }
        let [_, whole @ ..] = bits.to_be_bytes();
        bytes.extend_from_slice(&whole[..group.len() - 1]);
    }
    String::from_utf8(bytes).ok()
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_seal_is_known_in_base64_and_its_own_issuers_is_left_alone() {
        for seal in
            ["ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPz8_", "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPz8/"]
        {
            assert_eq!(unseal(seal.into()), ("anthropic-messages".into(), Some("Eq???".into())));
            assert!(is_foreign(seal));
        }
        assert_eq!(unseal("ZmFpbG92ZXI6b3BlbmFpLWNoYXQ6".into()), ("openai-chat".into(), None));
        assert_eq!(unseal("EqQBAg==".into()), (NAME.into(), Some("EqQBAg==".into())));
        assert_eq!(unseal(NONE.into()), (NAME.into(), Some(NONE.into())));
        assert_eq!(decode("Z"), None);
        assert_eq!(decode("Zm9v!A=="), None);
    }
}
