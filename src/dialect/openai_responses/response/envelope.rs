//! A response around its output.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{item, usage};
use crate::dialect::Reply;
use crate::dialect::canonical::{Text, Usage};
use crate::dialect::openai::leaf;
use crate::dialect::quoted::quoted;

/// How a response stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    InProgress,
    Completed,
    /// With the reason, where there is a word for it.
    Incomplete(Option<&'static str>),
    Failed,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Failed => "failed",
        }
    }

    /// Of the item that was being written.
    pub(crate) const fn of_last_item(self) -> &'static str {
        if matches!(self, Self::Completed) { "completed" } else { "incomplete" }
    }
}

/// All of a response that does not change while it is written.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// The id, which those of items are made from.
    pub(crate) id: String,
    /// From the brace to `"status":`.
    head: Vec<u8>,
    /// The model, as JSON.
    model: Vec<u8>,
    /// What is repeated of the request, and what SDKs take for present: `,"tools":[]`.
    tail: Vec<u8>,
}

impl Envelope {
    pub(crate) fn new(id: Cow<'_, str>, created: u64, model: &str, reply: &Reply) -> Self {
        let mut head = br#"{"id":"#.to_vec();
        quoted(&mut head, &id);
        head.extend_from_slice(br#","object":"response","created_at":"#);
        item::number(&mut head, created);
        head.extend_from_slice(br#","status":"#);
        let mut json = Vec::new();
        quoted(&mut json, model);
        Self { id: id.into_owned(), head, model: json, tail: tail(&reply.echo) }
    }

    /// Writes the response, with what `output` writes as its items.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        status: Status,
        usage: Option<Usage>,
        output: impl FnOnce(&mut Vec<u8>),
    ) {
        out.extend_from_slice(&self.head);
        quoted(out, status.word());
        // Nothing an SDK knows says better that what the model produced is no answer.
        let error: &[u8] = match status {
            Status::Failed => br#"{"code":"server_error","message":"The model produced no valid answer."}"#,
            _ => b"null",
        };
        out.extend_from_slice(br#","error":"#);
        out.extend_from_slice(error);
        out.extend_from_slice(br#","incomplete_details":"#);
        match status {
            Status::Incomplete(Some(reason)) => {
                out.extend_from_slice(br#"{"reason":"#);
                quoted(out, reason);
                out.push(b'}');
            }
            _ => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(br#","model":"#);
        out.extend_from_slice(&self.model);
        out.extend_from_slice(br#","output":["#);
        output(out);
        out.push(b']');
        out.extend_from_slice(&self.tail);
        out.extend_from_slice(br#","usage":"#);
        usage::write(out, usage);
        out.push(b'}');
    }
}

/// What is written here whatever the request says.
const OWN: &[&str] =
    &["id", "object", "created_at", "status", "error", "incomplete_details", "model", "output", "usage"];

/// What SDKs take for present.
const DEFAULTS: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("temperature", "null"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_p", "null"),
];

fn tail(echo: &str) -> Vec<u8> {
    // It is made by this program; what is none is not worth an answer.
    let body = format!("{{{echo}}}");
    let mut members: Vec<(&str, &str)> = Vec::new();
    let Members(said) = leaf::object(body.as_bytes()).unwrap_or_else(|_| Members(Vec::new()));
    let said = said.iter().map(|(name, value)| (&**name, value.get()));
    for (name, value) in said.chain(DEFAULTS.iter().copied()) {
        if !OWN.contains(&name) && members.iter().all(|(known, _)| *known != name) {
            members.push((name, value));
        }
    }
    let mut tail = Vec::with_capacity(echo.len() + 128);
    for (name, value) in members {
        tail.push(b',');
        quoted(&mut tail, name);
        tail.push(b':');
        tail.extend_from_slice(value.as_bytes());
    }
    tail
}

/// The members of an object, in order.
struct Members<'a>(Vec<(Text<'a>, &'a RawValue)>);

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
                while let Some((leaf::Borrowed(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_stands_once_and_what_sdks_need_is_there() {
        let tail = |echo| String::from_utf8(tail(echo)).unwrap();
        let defaults = r#","instructions":null,"metadata":{},"parallel_tool_calls":true,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null"#;
        assert_eq!(tail(""), defaults);
        assert_eq!(tail("no JSON"), defaults);
        assert_eq!(
            tail(
                r#""metadata":{"a":"b"},"model":"x","tools":[1],"tools":[2],"top_p":0.50,"instructions":"i""#
            ),
            r#","metadata":{"a":"b"},"tools":[1],"top_p":0.50,"instructions":"i","parallel_tool_calls":true,"temperature":null,"tool_choice":"auto""#
        );
    }
}
