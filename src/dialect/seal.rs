//! Whose thoughts are whose.
//!
//! Vendors seal a thought with an opaque signature, or encrypt it, and refuse one that they did not issue. So
//! the seal of one goes to a caller of another's dialect with its issuer's name before it:
//! `failover:ISSUER:SEAL`. When it comes back it is known, and goes no further than to its issuer. Nothing is
//! stored: the conversation itself carries what has to be known.

use std::borrow::Cow;

use memchr::memmem;

use super::canonical::Text;

/// What a foreign seal begins with.
pub(super) const MARK: &str = "failover:";

/// The seal under which a thought goes to a caller of the dialect `own`.
pub(super) fn seal<'a>(own: &str, issuer: Option<&str>, signature: Option<&'a str>) -> Cow<'a, str> {
    let signature = signature.unwrap_or_default();
    match issuer {
        Some(issuer) if issuer == own && !signature.is_empty() => Cow::Borrowed(signature),
        _ => Cow::Owned(format!("{MARK}{}:{signature}", issuer.unwrap_or("unknown"))),
    }
}

/// The issuer of a seal found in the dialect `own`, and what he wrote in it.
pub(super) fn unseal<'a>(own: &'static str, seal: Text<'a>) -> (Text<'a>, Option<Text<'a>>) {
    let Some(marked) = seal.strip_prefix(MARK) else {
        return (Cow::Borrowed(own), (!seal.is_empty()).then_some(seal));
    };
    let (issuer, signature) = marked.split_once(':').unwrap_or((marked, ""));
    let signature = (!signature.is_empty()).then(|| Cow::Owned(signature.to_owned()));
    (Cow::Owned(issuer.to_owned()), signature)
}

/// Does the body hold a marked seal? Prose that quotes one is a false alarm, and harmless.
pub(super) fn is_in(body: &[u8]) -> bool {
    memmem::find(body, b"\"failover:").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_says_whose_thought_it_is() {
        const OWN: &str = "anthropic-messages";
        assert_eq!(seal(OWN, Some(OWN), Some("EqQB")), "EqQB");
        assert_eq!(seal(OWN, Some("openai-chat"), None), "failover:openai-chat:");
        assert_eq!(unseal(OWN, "EqQB".into()), (OWN.into(), Some("EqQB".into())));
        assert_eq!(unseal(OWN, "failover:openai-chat:".into()), ("openai-chat".into(), None));
        let there_and_back = unseal(OWN, seal(OWN, Some("gemini"), Some("a:b")));
        assert_eq!(there_and_back, ("gemini".into(), Some("a:b".into())));
    }
}
