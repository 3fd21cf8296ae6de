//! A JSON object of which a few members are changed, and all others stay byte for byte.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::canonical::{Request, Role};
use super::quoted::quoted;

/// The members of an object, in order. Names are unique.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(String, Cow<'a, str>)>);

impl<'a> Members<'a> {
    /// Reads them; `None` where it is no object, or one in which a name stands twice.
    pub(super) fn read(json: &'a [u8]) -> Option<Self> {
        let members: Self = serde_json::from_slice(json).ok()?;
        let is_first = |(index, (name, _)): (usize, &(String, _))| {
            members.0[..index].iter().all(|(known, _)| known != name)
        };
        members.0.iter().enumerate().all(is_first).then_some(members)
    }

    /// The value of a member, as JSON. `null` is as good as absent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(&**value).filter(|value| *value != "null")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Sets a member, in its place where it has one.
    pub(super) fn set(&mut self, name: &str, json: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, value)) => *value = Cow::Owned(json),
            None => self.0.push((name.to_owned(), Cow::Owned(json))),
        }
    }

    #[cfg(feature = "anthropic-messages")]
    pub(super) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(super) fn write(&self) -> String {
        let mut out = b"{".to_vec();
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            quoted(&mut out, name);
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
        out.push(b'}');
        // Strings were written, and nothing else.
        String::from_utf8(out).unwrap_or_default()
    }

    /// Lowers a limit of tokens by what a text may have cost, so that both halves together keep it: a token for
    /// four bytes, which is a guess, and never to nothing. A limit that is no number is left to be refused.
    pub(super) fn spend(&mut self, limit: &str, text: &str) {
        let spent = text.len().div_ceil(4) as u64;
        if let Some(most) = self.get(limit).and_then(|most| most.parse::<u64>().ok()) {
            self.set(limit, most.saturating_sub(spent).max(1).to_string());
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
            where
                A: MapAccess<'de>,
            {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((name, Cow::Borrowed(value.get())));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// The list with one more element; `None` where it is no list.
pub(super) fn appended(list: &str, element: &str) -> Option<String> {
    let inner = list.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let comma = if inner.is_empty() { "" } else { "," };
    Some(format!("[{inner}{comma}{element}]"))
}

/// The text as a JSON string.
pub(super) fn string(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    quoted(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Does a value say nothing: `null`, `false`, or something empty?
pub(super) fn is_void(json: &str) -> bool {
    let inner = |open, close| json.strip_prefix(open).and_then(|json: &str| json.strip_suffix(close));
    let inside = inner('[', ']').or_else(|| inner('{', '}'));
    matches!(json, "null" | "false" | "\"\"") || inside.is_some_and(|inside| inside.trim().is_empty())
}

/// May an answer be begun for the model? Not where the caller has begun one himself.
pub(super) fn may_begin(request: &Request<'_>) -> bool {
    request.turns.last().is_some_and(|turn| turn.role != Role::Assistant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_as_it_was_written() {
        let mut members = Members::read(br#" {"a" : 1.50, "b\u0041":[ 1 ], "c":null,"max":20 } "#).unwrap();
        assert_eq!(
            (members.get("a"), members.get("bA"), members.get("c")),
            (Some("1.50"), Some("[ 1 ]"), None)
        );
        members.set("d", "{}".to_owned());
        members.remove("c");
        members.spend("max", "ninechars");
        assert_eq!(members.write(), r#"{"a":1.50,"bA":[ 1 ],"max":17,"d":{}}"#);
        members.spend("max", &"x".repeat(100));
        assert_eq!(members.get("max"), Some("1"));
    }

    #[test]
    fn what_is_no_object_or_says_a_thing_twice_is_not_read() {
        for json in ["", "[]", "1", r#"{"a":1,"a":2}"#, "{"] {
            assert!(Members::read(json.as_bytes()).is_none(), "{json}");
        }
    }

    #[test]
    fn a_list_grows_at_its_end() {
        assert_eq!(appended(" [ ] ", "1").as_deref(), Some("[1]"));
        assert_eq!(appended("[[1], 2 ]", "{}").as_deref(), Some("[[1], 2,{}]"));
        assert_eq!(appended("\"[]\"", "1"), None);
    }

    #[test]
    fn only_what_says_nothing_is_void() {
        for (json, is_so) in
            [("null", true), ("[ ]", true), ("{}", true), ("\"\"", true), ("0", false), ("[0]", false)]
        {
            assert_eq!(is_void(json), is_so, "{json}");
        }
    }
}
