//! Ids and names that the API takes.

use std::borrow::Cow;

use crate::dialect::hash::hash;
pub(super) use crate::dialect::openai::names::{tool_name, user_id};

/// The longest id of a tool call that all versions of the API take.
const MAX_ID: usize = 40;

/// An id for a tool call that the API takes.
pub(super) fn call_id(id: &str) -> Cow<'_, str> {
    crate::dialect::openai::names::call_id(id, MAX_ID)
}

/// An id of exactly nine letters and digits, as Mistral's are.
pub(super) fn short_id(id: &str) -> Cow<'_, str> {
    if is_short(id) {
        return Cow::Borrowed(id);
    }
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = hash(id);
    let digit = |_| {
        let digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
        char::from(digit)
    };
    Cow::Owned((0..9).map(digit).collect())
}

/// Is it an id as Mistral's are?
pub(super) fn is_short(id: &str) -> bool {
    id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An id made up for a call that came without one, the same whenever it is made up again.
pub(super) fn invented_id(answer: &str, index: usize) -> String {
    format!("call_{:024x}", hash(&format!("{answer}#{index}")) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_is_kept_and_any_other_becomes_one() {
        assert_eq!(short_id("D681PevKs"), "D681PevKs");
        for id in ["", "call_1", "toolu_01A09q90qw90lq917835lq9", "D681Pev_s"] {
            assert!(is_short(&short_id(id)), "{id}");
            assert_eq!(short_id(id), short_id(id));
        }
        assert_ne!(short_id("call_1"), short_id("call_2"));
    }
}
