//! Names of tools that this dialect takes, from those that it does not.

use std::borrow::Cow;

use crate::dialect::hash::hash;

const LONGEST: usize = 128;

fn is_first(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-')
}

/// The name of a tool: a function of the caller's own, so that later turns agree with earlier ones.
pub(super) fn tool(name: &str) -> Cow<'_, str> {
    let is_taken = name.bytes().next().is_some_and(is_first) && name.bytes().all(is_plain);
    if is_taken && name.len() <= LONGEST {
        return Cow::Borrowed(name);
    }
    let plain = name.bytes().map(|byte| if is_plain(byte) { char::from(byte) } else { '_' });
    let short: String = plain.take(LONGEST - 18).collect();
    let lead = if short.bytes().next().is_some_and(is_first) { "" } else { "_" };
    Cow::Owned(format!("{lead}{short}_{:016x}", hash(name) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_stays_and_what_is_not_becomes_something_that_is() {
        for name in ["get_weather", "ns.tool:a-b", "_1"] {
            assert_eq!(tool(name), name);
        }
        for name in ["1st", "a/b", "", "ä", "-", &"x".repeat(400)] {
            let known = tool(name);
            assert!(known.len() <= LONGEST && known.bytes().all(is_plain), "{known}");
            assert!(known.bytes().next().is_some_and(is_first), "{known}");
        }
        assert_ne!(tool("a/b"), tool("a b"));
    }
}
