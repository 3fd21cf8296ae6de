//! Text that another dialect carries as base64, and this one as text.

/// Decodes standard base64, padded or not, into text; `None` for what is neither.
pub(super) fn text(encoded: &str) -> Option<String> {
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
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_out_and_what_is_none_does_not() {
        // RFC 4648, section 10.
        for (encoded, decoded) in
            [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("w6Q=", "ä")]
        {
            assert_eq!(text(encoded).as_deref(), Some(decoded));
        }
        for wrong in ["Z", "Zm9vY", "Zm-v", "/w==", "Z g="] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }
}
