//! Ids of a response and its items, made up where the provider's are of another dialect.
//!
//! They are functions of the provider's id and of an item's place alone: a whole answer and the stream it might
//! have been call everything the same.

use std::borrow::Cow;

use crate::dialect::hash::hash;

/// The id of a response as this dialect has them.
pub(crate) fn response(id: Option<&str>, created: u64) -> Cow<'_, str> {
    let is_plain = |id: &str| {
        id.len() <= 59 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    match id.filter(|id| !id.is_empty()) {
        Some(id) if id.starts_with("resp_") => Cow::Borrowed(id),
        Some(id) if is_plain(id) => Cow::Owned(format!("resp_{id}")),
        Some(id) => Cow::Owned(format!("resp_{:032x}", hash(id))),
        None => Cow::Owned(format!("resp_{created:016x}")),
    }
}

/// The id of an item: `msg`, `fc`, `rs`. The API takes up to 64 characters when it comes back.
pub(crate) fn item(prefix: &str, response: &str, index: usize) -> String {
    format!("{prefix}_{:032x}", hash(&format!("{response}#{index}")))
}

/// An id made up for a call that came without one.
pub(crate) fn call(response: &str, index: usize) -> String {
    format!("call_{:024x}", hash(&format!("{response}#{index}")) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_this_dialects_own_and_made_up_the_same_again() {
        assert_eq!(response(Some("resp_a/b"), 1), "resp_a/b");
        assert_eq!(response(Some("chatcmpl-1"), 1), "resp_chatcmpl-1");
        assert_eq!(response(None, 255), "resp_00000000000000ff");
        let long = "x".repeat(100);
        for id in ["a b", &long] {
            assert_eq!(response(Some(id), 1), response(Some(id), 2));
            assert_eq!(response(Some(id), 1).len(), 37);
        }
        assert_ne!(item("msg", "resp_1", 0), item("msg", "resp_1", 1));
        assert!(item("msg", "resp_1", 0).len() <= 64);
    }
}
