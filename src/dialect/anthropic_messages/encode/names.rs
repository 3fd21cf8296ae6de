//! Names and ids that this dialect takes, from those that it does not.

use std::borrow::Cow;

use crate::dialect::hash::hash;

const LONGEST_NAME: usize = 128;

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The name of a tool.
pub(super) fn tool(name: &str) -> Cow<'_, str> {
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let plain = name.bytes().map(|byte| if is_plain(byte) { char::from(byte) } else { '_' });
    let short: String = plain.take(LONGEST_NAME - 17).collect();
    Cow::Owned(format!("{short}_{:016x}", hash(name) as u64))
}

/// The id of a call.
pub(super) fn id(id: &str) -> Cow<'_, str> {
    if !id.is_empty() && id.bytes().all(is_plain) {
        return Cow::Borrowed(id);
    }
    Cow::Owned(format!("toolu_{:016x}", hash(id) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_stays_and_what_is_not_becomes_something_that_is() {
        assert_eq!(tool("get_weather-2"), "get_weather-2");
        assert_eq!(id("call_1"), "call_1");
        for name in ["ns.tool", "ns:tool", "", "ä", &"x".repeat(400)] {
            let tool = tool(name);
            assert!(tool.len() <= 128 && tool.bytes().all(is_plain), "{tool}");
            assert_ne!(tool, name);
        }
        assert_ne!(tool("ns.tool"), tool("ns:tool"));
        assert_ne!(id("a/b"), id("a.b"));
        assert_eq!(id("a/b"), id("a/b"));
    }
}
