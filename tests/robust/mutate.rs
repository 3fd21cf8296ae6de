//! Changes to what was valid.

use proptest::prelude::*;
use proptest::sample::Index;
use tower_failover::dialect::AnyDialect;

use crate::json::Json;
use crate::seeds::words;

/// One change to a value.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Another value there.
    Put(Index, Odd),
    /// A value of the same one there.
    Copy(Index, Index),
    /// A field twice, or an item, with another value the second time.
    Again(Index, Odd),
    Remove(Index),
    /// Another name for a field.
    Rename(Index, Index),
    /// A list around it.
    Wrap(Index),
}

/// A value that does not belong there.
#[derive(Clone, Debug)]
pub(crate) enum Odd {
    One(&'static str),
    /// One of the dialect's own texts.
    Own(Index),
    Nested(u8, bool),
    Long(u16),
    Any(String),
}

const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e-400",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "4294967295",
    "4294967296",
    "65536",
    "0.1e1",
    "1E2",
    "1234567890123456789012345678901234567890.5",
    "\"\"",
    "\" \"",
    "\"text\"",
    r#""\ud800""#,
    r#""\udc00\ud800x""#,
    r#""\u0000""#,
    r#""a\u2028\"\\\n\r\t\u001f""#,
    r#""\u00e4🌦""#,
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    "[\"a\"]",
    r#"{"":null}"#,
    r#"{"a.b[0]":1}"#,
    r#"{"type":"text"}"#,
    r#"{"type":"text","text":"t"}"#,
    r#"{"type":"novel"}"#,
    r#""failover:gemini:x""#,
    r#""failover:anthropic-messages:c2VhbA==""#,
    r#""failover:openai-responses:rs_1 gA""#,
    r#""failover:anthropic-messages:redacted x""#,
    r#""failover:""#,
    r#""ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOmMyVmhiQT09""#,
    r#""data:image/png;base64,AA==""#,
    r#""data:;base64,""#,
    r#""data:,plain""#,
    r#""data:""#,
    r#""https://example.org/a b?ü""#,
    r##"{"$ref":"#"}"##,
    r##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}"##,
    r#"{"type":["object","null"],"properties":7}"#,
    r#""{\"a\":""#,
    r#""{\"a\":1}""#,
    "\"[1,2\"",
];

pub(crate) fn odd() -> impl Strategy<Value = Odd> {
    prop_oneof![
        8 => prop::sample::select(ODD).prop_map(Odd::One),
        4 => any::<Index>().prop_map(Odd::Own),
        1 => (0..100_u8, any::<bool>()).prop_map(|(depth, is_list)| Odd::Nested(depth, is_list)),
        1 => (0..5000_u16).prop_map(Odd::Long),
        1 => ".{0,12}".prop_map(Odd::Any),
    ]
}

impl Odd {
    fn json(&self, dialect: AnyDialect) -> Json {
        Json::Text(match self {
            Self::One(text) => (*text).to_owned(),
            Self::Own(index) => index.get(&words(dialect).texts).clone(),
            Self::Nested(depth, true) => "[".repeat((*depth).into()) + &"]".repeat((*depth).into()),
            Self::Nested(depth, false) => {
                r#"{"a":"#.repeat((*depth).into()) + "1" + &"}".repeat((*depth).into())
            }
            Self::Long(length) => format!("\"{}\"", "x\\n".repeat((*length).into())),
            Self::Any(text) => serde_json::Value::from(&**text).to_string(),
        })
    }
}

pub(crate) fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    let place = any::<Index>;
    let change = prop_oneof![
        6 => (place(), odd()).prop_map(|(at, odd)| Change::Put(at, odd)),
        3 => (place(), place()).prop_map(|(from, to)| Change::Copy(from, to)),
        2 => (place(), odd()).prop_map(|(at, odd)| Change::Again(at, odd)),
        2 => place().prop_map(Change::Remove),
        2 => (place(), place()).prop_map(|(at, name)| Change::Rename(at, name)),
        1 => place().prop_map(Change::Wrap),
    ];
    prop::collection::vec(change, 1..=most)
}

/// Makes these changes to a value of the dialect.
pub(crate) fn changed(dialect: AnyDialect, value: &mut Json, changes: &[Change]) {
    for change in changes {
        let count = value.count();
        match change {
            Change::Put(at, odd) => *value.at(at.index(count)) = odd.json(dialect),
            Change::Copy(from, to) => {
                let copy = value.at(from.index(count)).clone();
                *value.at(to.index(count)) = copy;
            }
            Change::Again(at, odd) => match value.at(at.index(count)) {
                Json::Object(fields) if !fields.is_empty() => {
                    let name = fields[at.index(fields.len())].0.clone();
                    fields.push((name, odd.json(dialect)));
                }
                Json::List(items) if !items.is_empty() => items.push(items[at.index(items.len())].clone()),
                _ => {}
            },
            Change::Remove(at) => match value.at(at.index(count)) {
                Json::Object(fields) if !fields.is_empty() => drop(fields.remove(at.index(fields.len()))),
                Json::List(items) if !items.is_empty() => drop(items.remove(at.index(items.len()))),
                _ => {}
            },
            Change::Rename(at, name) => {
                if let Json::Object(fields) = value.at(at.index(count)) {
                    let length = fields.len().max(1);
                    if let Some((field, _)) = fields.get_mut(name.index(length)) {
                        field.clone_from(at.get(&words(dialect).fields));
                    }
                }
            }
            Change::Wrap(at) => {
                let place = value.at(at.index(count));
                *place = Json::List(vec![place.clone()]);
            }
        }
    }
}

/// One change to bytes.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    Set(Index, u8),
    /// Nothing after that.
    End(Index),
    Remove(Index, u8),
    Insert(Index, Vec<u8>),
    /// A piece once more, somewhere.
    Copy(Index, u8, Index),
}

pub(crate) fn cuts(most: usize) -> impl Strategy<Value = Vec<Cut>> {
    let place = any::<Index>;
    let cut = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Cut::Set(at, byte)),
        2 => (place(), prop::sample::select(b"\"\\{}[],:\n\r0e-.\xff\xc3".to_vec())).prop_map(|(at, byte)| Cut::Set(at, byte)),
        1 => place().prop_map(Cut::End),
        2 => (place(), any::<u8>()).prop_map(|(at, length)| Cut::Remove(at, length)),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Cut::Insert(at, bytes)),
        1 => (place(), prop::sample::select(vec!["\n\n", "\r", "data:", "data: [DONE]\n\n", ": x\n\n", "event: error\n", "{\"a\":", "\\ud800", "null"]))
            .prop_map(|(at, text)| Cut::Insert(at, text.as_bytes().to_vec())),
        2 => (place(), any::<u8>(), place()).prop_map(|(from, length, to)| Cut::Copy(from, length, to)),
    ];
    prop::collection::vec(cut, 0..=most)
}

pub(crate) fn cut(bytes: &mut Vec<u8>, cuts: &[Cut]) {
    for cut in cuts {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        match cut {
            Cut::Set(at, byte) => bytes[at.index(length)] = *byte,
            Cut::End(at) => bytes.truncate(at.index(length)),
            Cut::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..length.min(at + usize::from(*count)));
            }
            Cut::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
            Cut::Copy(from, count, to) => {
                let from = from.index(length);
                let piece = bytes[from..length.min(from + usize::from(*count))].to_vec();
                let to = to.index(length);
                bytes.splice(to..to, piece);
            }
        }
    }
}
