//! Ids and names that OpenAI refuses, made into ones that it takes.
//!
//! Both are functions of the caller's word alone, so that a call and its result agree over all turns of a
//! conversation and nothing is stored.

use std::borrow::Cow;

use crate::dialect::hash::hash;

/// The longest name of a tool.
const MAX_NAME: usize = 64;

/// An id for a tool call, of at most so many characters.
pub(in crate::dialect) fn call_id(id: &str, longest: usize) -> Cow<'_, str> {
    // Kimi's ids hold a dot and a colon, and it wants them back as they were.
    if fits(id, longest, b"_-.:") { Cow::Borrowed(id) } else { Cow::Owned(format!("call_{:032x}", hash(id))) }
}

/// A name for a tool that the API takes: what can be kept of it, and a hash of the whole.
pub(in crate::dialect) fn tool_name(name: &str) -> Cow<'_, str> {
    if fits(name, MAX_NAME, b"_-") {
        return Cow::Borrowed(name);
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let kept: String = name.chars().take(47).map(|c| if is_plain(c) { c } else { '_' }).collect();
    Cow::Owned(format!("{kept}_{:016x}", hash(name) as u64))
}

/// An end user's id that the API takes: at most 64 characters.
pub(in crate::dialect) fn user_id(user: &str) -> Cow<'_, str> {
    if user.chars().count() <= 64 {
        Cow::Borrowed(user)
    } else {
        Cow::Owned(format!("user_{:032x}", hash(user)))
    }
}

fn fits(word: &str, max: usize, marks: &[u8]) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || marks.contains(&byte);
    !word.is_empty() && word.len() <= max && word.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_fits_is_kept_and_any_other_becomes_one_that_fits() {
        assert_eq!(call_id("toolu_01A09q90qw90lq917835lq9", 40), "toolu_01A09q90qw90lq917835lq9");
        for id in ["", "a b", &"x".repeat(41), &"é".repeat(900)] {
            let mapped = call_id(id, 40);
            assert!(fits(&mapped, 40, b"_"), "{mapped}");
            assert_eq!(mapped, call_id(id, 40));
        }
        assert_ne!(call_id("a b", 64), call_id("a/b", 64));
        assert_eq!(call_id("functions.get:0", 64), "functions.get:0");
    }

    #[test]
    fn a_name_keeps_what_can_be_kept_of_it() {
        assert_eq!(tool_name("get_weather"), "get_weather");
        let long = "a".repeat(100);
        assert!(fits(&tool_name(&long), MAX_NAME, b"_") && tool_name(&long).starts_with("aaaa"));
        assert_ne!(tool_name("files/read"), tool_name("files.read"));
        assert!(tool_name("files/read").starts_with("files_read_"));
    }
}
