//! Thoughts under seal: `encrypted_content`, of this dialect or marked as another's.

use std::borrow::Cow;

use crate::dialect::openai_responses::NAME;
use crate::dialect::openai_responses::sealed::{REDACTED, unpack};
use crate::dialect::seal::{MARK, seal as marked};

/// The id of a thought, where it has one, and its encrypted content.
pub(crate) fn seal<'a>(
    issuer: Option<&str>,
    signature: Option<&'a str>,
    redacted: Option<&'a str>,
) -> (Option<&'a str>, Option<Cow<'a, str>>) {
    if let Some(data) = redacted {
        let issuer = issuer.unwrap_or("unknown");
        return (None, Some(Cow::Owned(format!("{MARK}{issuer}:{REDACTED}{data}"))));
    }
    match signature {
        Some(signature) if issuer == Some(NAME) => {
            let (id, encrypted) = unpack(signature);
            (id, encrypted.map(Cow::Borrowed))
        }
        None if issuer == Some(NAME) => (None, None),
        signature => (None, Some(marked(NAME, issuer, signature))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::openai_responses::sealed::pack;

    #[test]
    fn a_thought_goes_back_to_its_issuer_as_it_came() {
        let sealed = |id| pack(id, Some("gAAA")).unwrap();
        assert_eq!(seal(Some(NAME), Some(&sealed(Some("rs_1"))), None), (Some("rs_1"), Some("gAAA".into())));
        assert_eq!(seal(Some(NAME), Some(&sealed(None)), None), (None, Some("gAAA".into())));
        assert_eq!(seal(Some(NAME), Some("rs_1 "), None), (Some("rs_1"), None));
        assert_eq!(seal(Some(NAME), None, None), (None, None));
        assert_eq!(seal(Some("gemini"), Some("a:b"), None), (None, Some("failover:gemini:a:b".into())));
        assert_eq!(seal(Some("gemini"), None, None), (None, Some("failover:gemini:".into())));
        let redacted = seal(Some("anthropic-messages"), None, Some("Eq"));
        assert_eq!(redacted, (None, Some("failover:anthropic-messages:redacted Eq".into())));
    }
}
