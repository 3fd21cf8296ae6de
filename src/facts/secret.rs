use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::Extensions;

use crate::failure::{Failure, Report};

/// Shorter keys are no secrets but placeholders, as for a server near by, and words of any text.
const SHORTEST: usize = 8;
/// Stands in the place of each byte of a key: the length of what holds it stays.
pub(crate) const MASK: u8 = b'*';

/// The key that a request was sent with. Nobody who is told why the request failed may read it.
///
/// Providers quote keys that they refuse, in the body of an error as in an answer that turns out to be one; and what
/// stands there escaped is a key again once the error was read. So a client leaves this on its responses, and whoever
/// reads an error in one masks its [`Report`]. What is no error is not looked at: it is the model's, and nobody
/// tells a model the key.
///
/// `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// `None` of a key with fewer than eight bytes: a placeholder.
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        (key.len() >= SHORTEST).then(|| Self(key.into()))
    }

    #[cfg(feature = "client")]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The failure that was read in a response with these extensions, with the key in it masked.
    #[must_use]
    pub fn mask(response: &Extensions, failure: Failure) -> Failure {
        Self::mask_by(response.get(), failure)
    }

    /// The failure, with the key masked where there is one.
    pub(crate) fn mask_by(secret: Option<&Self>, failure: Failure) -> Failure {
        match secret {
            Some(secret) => secret.mask_in(failure),
            None => failure,
        }
    }

    /// The failure, with this key masked wherever the provider has quoted it, plain or escaped as in JSON.
    #[must_use]
    pub fn mask_in(&self, failure: Failure) -> Failure {
        match failure.report().and_then(|report| self.masked(report)) {
            Some(report) => failure.with_report(report),
            None => failure,
        }
    }

    /// `None` where there is nothing to mask.
    fn masked(&self, report: &Report) -> Option<Report> {
        let mut masked = report.clone();
        let words = [&mut masked.kind, &mut masked.code, &mut masked.param, &mut masked.request_id];
        let words = words.into_iter().flatten().chain([&mut masked.message]);
        let mut is_quoted = false;
        for word in words {
            if let Some(text) = self.masked_bytes(word.as_bytes()) {
                *word = String::from_utf8_lossy(&text).into_owned();
                is_quoted = true;
            }
        }
        if let Some(body) = masked.verbatim.as_deref().and_then(|body| self.masked_bytes(body)) {
            masked.verbatim = Some(Bytes::from(body));
            is_quoted = true;
        }
        is_quoted.then_some(masked)
    }

    fn masked_bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut masked: Option<Vec<u8>> = None;
        let mut at = 0;
        while at < bytes.len() {
            // What is escaped begins with its backslashes.
            let is_escaped = at > 0 && bytes[at - 1] == b'\\';
            match self.length_in(&bytes[at..]).filter(|_| !is_escaped) {
                None => at += 1,
                Some(length) => {
                    masked.get_or_insert_with(|| bytes.to_vec())[at..at + length].fill(MASK);
                    at += length;
                }
            }
        }
        masked
    }

    /// How many bytes the key takes at the beginning of these: all of it, or as much as was not cut off.
    fn length_in(&self, bytes: &[u8]) -> Option<usize> {
        let mut length = 0;
        for (index, wanted) in self.0.bytes().filter(|byte| *byte != b'\\').enumerate() {
            match unit(&bytes[length..]) {
                Some((byte, more)) if byte == wanted => length += more,
                None if index >= SHORTEST => return Some(bytes.len()),
                _ => return None,
            }
        }
        Some(length)
    }
}

/// The first character that the bytes stand for, and how many of them do: `a`, `\/`, `\u0061`; and, where JSON stands
/// in a string of JSON, `\\u0061`.
fn unit(bytes: &[u8]) -> Option<(u8, usize)> {
    let slashes = bytes.iter().take_while(|byte| **byte == b'\\').count();
    let rest = &bytes[slashes..];
    let escaped = rest.strip_prefix(b"u").filter(|_| slashes > 0).and_then(|digits| digits.get(..4));
    let escaped = escaped.and_then(|digits| std::str::from_utf8(digits).ok());
    match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
        Some(byte) => Some((byte, slashes + 5)),
        None => rest.first().map(|byte| (*byte, slashes + 1)),
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Class;

    const KEY: &str = "sk-a/b+secret";

    fn masked(text: &str) -> String {
        let secret = Secret::of(KEY).unwrap();
        let bytes = secret.masked_bytes(text.as_bytes());
        bytes.map_or_else(|| text.to_owned(), |bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_key_is_masked_however_it_is_written() {
        for written in [
            KEY,
            r"sk-a\/b+secret",
            r"\u0073k-a\u002Fb+secret",
            r"\\u0073k-a\\/b+secret",
            r"\\\/sk-a\/b+secret",
        ] {
            let text = format!("a {written}{KEY}, b {KEY}.");
            let rest = masked(&text).replace('*', "");
            assert!(["a , b .", r"a \\\/, b ."].contains(&&*rest), "{rest}");
            assert_eq!(masked(&text).len(), text.len());
        }
    }

    #[test]
    fn what_is_left_of_a_key_where_a_message_was_cut_is_masked_and_other_words_are_not() {
        assert_eq!(masked("the key sk-a/b+se"), "the key *********");
        assert_eq!(masked(r"the key \u0073k-a/b+se"), "the key **************");
        for text in ["the key sk-a", r"sk-a/b+secre.", r"\\\\\\", r"\u00", "ä\\uD83Dsk", ""] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn nothing_that_a_failure_tells_holds_the_key() {
        let quoted = || Some(format!("of {KEY}"));
        let report = Report {
            kind: quoted(),
            code: quoted(),
            param: quoted(),
            request_id: quoted(),
            verbatim: Some(Bytes::from(format!(r#"{{"error":"\u0073{}"}}"#, &KEY[1..]))),
            ..Report::new(format!("bad {KEY}"))
        };
        let failure = Failure::new(Class::InvalidRequest).with_report(report);
        let failure = Secret::of(KEY).unwrap().mask_in(failure);
        let report = failure.report().unwrap();
        let words = [&report.kind, &report.code, &report.param, &report.request_id];
        assert!(words.into_iter().all(|word| word.as_deref() == Some("of *************")));
        assert_eq!(report.message, "bad *************");
        assert_eq!(report.verbatim.as_deref(), Some(&br#"{"error":"******************"}"#[..]));
    }

    #[test]
    fn a_placeholder_is_no_secret_and_no_secret_is_shown() {
        assert!(Secret::of("EMPTY").is_none());
        assert_eq!(format!("{:?}", Secret::of(KEY)), "Some(Secret(..))");
    }
}
