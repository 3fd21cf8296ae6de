//! What it takes to replay a thought: the id of its item, and what the provider has encrypted. Both are one
//! seal in the canonical model, in one word after the other, so that they stay together in whatever field
//! another dialect has for it.

use std::borrow::Cow;

use crate::dialect::canonical::{Reasoning, Text};
use crate::dialect::openai_responses::NAME;
use crate::dialect::seal::{MARK, unseal};

/// Stands before what its issuer has encrypted and does not show at all. No seal holds a space.
pub(super) const REDACTED: &str = "redacted ";

/// The seal of a thought with this id, and encrypted so.
pub(super) fn pack(id: Option<&str>, encrypted: Option<&str>) -> Option<Text<'static>> {
    // An id with a space in it is none of the vendor's; without it another is made up.
    let id = id.filter(|id| is_plain_id(id)).unwrap_or_default();
    let encrypted = encrypted.unwrap_or_default();
    (!id.is_empty() || !encrypted.is_empty()).then(|| Cow::Owned(format!("{id} {encrypted}")))
}

/// Is it an id that a seal can hold?
pub(super) fn is_plain_id(id: &str) -> bool {
    !id.is_empty() && !id.contains(' ')
}

/// The id and the encrypted thought in a seal.
pub(super) fn unpack(seal: &str) -> (Option<&str>, Option<&str>) {
    let (id, encrypted) = seal.split_once(' ').unwrap_or(("", seal));
    (Some(id).filter(|id| !id.is_empty()), Some(encrypted).filter(|encrypted| !encrypted.is_empty()))
}

/// A thought, by the id of its item and its `encrypted_content`: this dialect's own, or one that was marked for
/// callers of it.
pub(super) fn read<'a>(id: Option<&str>, encrypted: Option<Text<'a>>) -> Reasoning<'a> {
    match encrypted {
        Some(marked) if marked.starts_with(MARK) => {
            let (issuer, seal) = unseal(NAME, marked);
            let redacted = seal.as_deref().and_then(|seal| seal.strip_prefix(REDACTED));
            let redacted = redacted.map(|data| Cow::Owned(data.to_owned()));
            let signature = seal.filter(|_| redacted.is_none());
            Reasoning { signature, redacted, issuer: Some(issuer), ..Reasoning::default() }
        }
        encrypted => Reasoning {
            signature: pack(id, encrypted.as_deref()),
            issuer: Some(Cow::Borrowed(NAME)),
            ..Reasoning::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_the_id_and_the_encrypted_thought() {
        for (id, encrypted) in [(Some("rs_1"), Some("gAAA=")), (Some("rs_1"), None), (None, Some("gA:A"))] {
            assert_eq!(unpack(&pack(id, encrypted).unwrap()), (id, encrypted));
        }
        assert_eq!(pack(None, Some("")), None);
        assert_eq!(unpack(&pack(Some("r s"), Some("x")).unwrap()), (None, Some("x")));
    }

    #[test]
    fn whose_thought_it_is_is_told_by_its_mark() {
        let read = |encrypted: &'static str| read(Some("rs_1"), Some(encrypted.into()));
        let own = read("gAAA");
        assert_eq!((own.issuer.as_deref(), own.signature.as_deref()), (Some(NAME), Some("rs_1 gAAA")));
        let signed = read("failover:gemini:a:b");
        assert_eq!((signed.issuer.as_deref(), signed.signature.as_deref()), (Some("gemini"), Some("a:b")));
        let hidden = read("failover:anthropic-messages:redacted Eq");
        assert_eq!((hidden.signature, hidden.redacted.as_deref()), (None, Some("Eq")));
        let bare = read("failover:openai-chat:");
        assert_eq!((bare.signature, bare.redacted), (None, None));
    }
}
