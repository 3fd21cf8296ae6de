//! Seals as this dialect carries them: base64, since its SDKs read them as bytes. So the mark of a foreign
//! one stands in base64, too.

use std::borrow::Cow;

use memchr::memmem;

use crate::dialect::canonical::{Reasoning, Text};
use crate::dialect::gemini::NAME;
use crate::dialect::seal;

/// `failover:` in base64: nine bytes are twelve characters, whatever follows.
const MARKED: &str = "ZmFpbG92ZXI6";

/// What the vendor documents for calls that another model has made: it stands where a seal must, and is none.
pub(super) const NONE: &str = "skip_thought_signature_validator";

/// What an encrypted thought of another issuer begins with, to be told from a seal on a readable one.
const REDACTED: &str = "redacted:";

/// What a seal says: whose thought it is, and his seal on it, or the thought encrypted.
pub(super) fn unseal(seal: Text<'_>) -> Reasoning<'_> {
    let marked = seal.starts_with(MARKED).then(|| decode(&seal)).flatten();
    let (issuer, signature) = seal::unseal(NAME, marked.map_or(seal, Cow::Owned));
    let redacted = signature.as_deref().and_then(|signature| signature.strip_prefix(REDACTED));
    let redacted = redacted.filter(|_| issuer != NAME).map(|data| Cow::Owned(data.to_owned()));
    let signature = signature.filter(|_| redacted.is_none());
    Reasoning { issuer: Some(issuer), signature, redacted, ..Reasoning::default() }
}

/// Does another issuer's mark stand on it?
pub(super) fn is_foreign(seal: &str) -> bool {
    seal.starts_with(MARKED) || seal.starts_with(seal::MARK)
}

/// May there be such a one? Prose that quotes one is a false alarm, and harmless.
pub(super) fn is_in(body: &[u8]) -> bool {
    memmem::find(body, b"\"ZmFpbG92ZXI6").is_some() || seal::is_in(body)
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

    fn read(seal: &str) -> [Option<String>; 3] {
        let thought = unseal(seal.into());
        [thought.issuer, thought.signature, thought.redacted].map(|field| field.map(Cow::into_owned))
    }

    fn told(issuer: &str, signature: Option<&str>, redacted: Option<&str>) -> [Option<String>; 3] {
        [Some(issuer), signature, redacted].map(|field| field.map(str::to_owned))
    }

    #[test]
    fn a_foreign_seal_is_known_in_base64_and_its_own_issuers_is_left_alone() {
        for seal in
            ["ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPz8_", "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPz8/"]
        {
            assert_eq!(read(seal), told("anthropic-messages", Some("Eq???"), None));
            assert!(is_foreign(seal));
        }
        assert_eq!(read("ZmFpbG92ZXI6b3BlbmFpLWNoYXQ6"), told("openai-chat", None, None));
        assert_eq!(read("ZmFpbG92ZXI6bzpyZWRhY3RlZDpFcQ=="), told("o", None, Some("Eq")));
        assert_eq!(read("EqQBAg=="), told(NAME, Some("EqQBAg=="), None));
        assert_eq!(decode("Z"), None);
        assert_eq!(decode("Zm9v!A=="), None);
    }
}
