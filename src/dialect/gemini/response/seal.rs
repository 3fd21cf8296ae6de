//! Seals of other issuers, in the field that the API has for its own.
//!
//! SDKs read that field as bytes, so what is not the vendor's own goes as base64.

use crate::dialect::gemini::NAME;
use crate::dialect::quoted::quoted;
use crate::dialect::seal;

/// What an encrypted thought begins with behind its issuer, to be told from a seal on a readable one.
const REDACTED: &str = "redacted:";

/// Appends `,"thoughtSignature":"…"` for the seal of a thought; nothing where there is nothing to tell.
pub(crate) fn write(out: &mut Vec<u8>, issuer: Option<&str>, signature: Option<&str>) {
    let signature = signature.filter(|signature| !signature.is_empty());
    match (issuer, signature) {
        (None | Some(NAME), None) => {}
        (Some(NAME), Some(signature)) => {
            out.extend_from_slice(b",\"thoughtSignature\":");
            quoted(out, signature);
        }
        (issuer, signature) => foreign(out, &seal::seal(NAME, issuer, signature)),
    }
}

/// The same for a thought that its issuer encrypted.
pub(crate) fn write_redacted(out: &mut Vec<u8>, issuer: Option<&str>, data: &str) {
    let data = format!("{REDACTED}{data}");
    // Never as it is: this is no signature of anyone.
    let issuer = issuer.unwrap_or("unknown");
    foreign(out, &format!("{}{issuer}:{data}", seal::MARK));
}

fn foreign(out: &mut Vec<u8>, seal: &str) {
    out.extend_from_slice(b",\"thoughtSignature\":\"");
    base64(out, seal.as_bytes());
    out.push(b'"');
}

/// Appends standard base64, padded (RFC 4648, section 4).
fn base64(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let sextet = (bits >> (18 - 6 * at) & 0x3f) as usize;
            out.push(if at > group.len() { b'=' } else { ALPHABET[sextet] });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(issuer: Option<&str>, signature: Option<&str>) -> String {
        let mut out = Vec::new();
        write(&mut out, issuer, signature);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_vendors_own_seal_is_as_it_was_and_any_other_is_marked() {
        assert_eq!(written(Some(NAME), Some("Eq==")), r#","thoughtSignature":"Eq==""#);
        assert_eq!(written(Some(NAME), None), "");
        assert_eq!(written(None, None), "");
        // "failover:openai-chat:" and "failover:unknown:Eq==".
        assert_eq!(
            written(Some("openai-chat"), None),
            r#","thoughtSignature":"ZmFpbG92ZXI6b3BlbmFpLWNoYXQ6""#
        );
        assert_eq!(written(None, Some("Eq==")), r#","thoughtSignature":"ZmFpbG92ZXI6dW5rbm93bjpFcT09""#);
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("ÿ~", "w79+")]
        {
            let mut out = Vec::new();
            base64(&mut out, plain.as_bytes());
            assert_eq!(String::from_utf8(out).unwrap(), encoded);
        }
    }
}
