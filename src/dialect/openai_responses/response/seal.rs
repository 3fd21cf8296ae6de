//! Thoughts under seal: `encrypted_content`.
//!
//! The API takes a thought back by its id and its encrypted content together: both are its seal, in one word.
//! A thought that another dialect issued goes under a marked seal instead; one that its issuer does not show at
//! all is told from a shown one by a word before it, which no seal holds.

use std::borrow::Cow;

use crate::dialect::canonical::Text;
use crate::dialect::openai_responses::NAME;
use crate::dialect::seal::{MARK, seal as marked};

/// The seal on a thought of this dialect's own.
pub(super) fn own(id: Option<Text<'_>>, encrypted: &str) -> String {
    format!("{} {encrypted}", id.unwrap_or_default())
}

/// The id of a thought, where it has one, and its encrypted content.
pub(crate) fn seal<'a>(
    issuer: Option<&str>,
    signature: Option<&'a str>,
    redacted: Option<&'a str>,
) -> (Option<&'a str>, Option<Cow<'a, str>>) {
    if let Some(data) = redacted {
        return (None, Some(Cow::Owned(format!("{MARK}{}:redacted {data}", issuer.unwrap_or("unknown")))));
    }
    match signature {
        Some(signature) if issuer == Some(NAME) => {
            let (id, encrypted) = signature.split_once(' ').unwrap_or(("", signature));
            (Some(id).filter(|id| !id.is_empty()), Some(Cow::Borrowed(encrypted)))
        }
        None if issuer == Some(NAME) => (None, None),
        signature => (None, Some(marked(NAME, issuer, signature))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thought_goes_back_to_its_issuer_as_it_came() {
        let sealed = own(Some("rs_1".into()), "gAAA");
        assert_eq!(seal(Some(NAME), Some(&sealed), None), (Some("rs_1"), Some("gAAA".into())));
        assert_eq!(seal(Some(NAME), Some(&own(None, "gAAA")), None), (None, Some("gAAA".into())));
        assert_eq!(seal(Some(NAME), None, None), (None, None));
        assert_eq!(seal(Some("gemini"), Some("a:b"), None), (None, Some("failover:gemini:a:b".into())));
        assert_eq!(seal(Some("gemini"), None, None), (None, Some("failover:gemini:".into())));
        let redacted = seal(Some("anthropic-messages"), None, Some("Eq"));
        assert_eq!(redacted, (None, Some("failover:anthropic-messages:redacted Eq".into())));
    }
}
