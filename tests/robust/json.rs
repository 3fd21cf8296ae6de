//! JSON that can be wrong: with fields twice, and values that are none.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use tower_failover::dialect::AnyDialect;

use crate::seeds::{Words, words};

#[derive(Clone, Debug)]
pub(crate) enum Json {
    /// Anything else, as it is written.
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self::of)
    }

    pub(crate) fn of(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect()),
            Value::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, Self::of(value))).collect())
            }
            other => Self::Text(other.to_string()),
        }
    }

    /// How many values there are in it, itself included.
    pub(crate) fn count(&self) -> usize {
        1 + match self {
            Self::Text(_) => 0,
            Self::List(items) => items.iter().map(Self::count).sum(),
            Self::Object(fields) => fields.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// The value at this place, counted as they are written.
    pub(crate) fn at(&mut self, place: usize) -> &mut Self {
        let mut place = place % self.count();
        let mut value = self;
        while let Some(rest) = place.checked_sub(1) {
            place = rest;
            let inner: Vec<&mut Self> = match value {
                Self::Text(_) => unreachable!("it has no more"),
                Self::List(items) => items.iter_mut().collect(),
                Self::Object(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
            };
            let mut found = None;
            for inner in inner {
                let count = inner.count();
                if place < count {
                    found = Some(inner);
                    break;
                }
                place -= count;
            }
            value = found.unwrap();
        }
        value
    }

    pub(crate) fn words(&self, words: &mut Words) {
        match self {
            Self::Text(text) => words.texts.push(text.clone()),
            Self::List(items) => items.iter().for_each(|item| item.words(words)),
            Self::Object(members) => {
                for (name, value) in members {
                    words.fields.push(name.clone());
                    if matches!(value, Self::List(_)) {
                        words.lists.push(name.clone());
                    }
                    value.words(words);
                }
            }
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => {
                f.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{value}", Value::from(&**name))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// JSON on which readers may disagree: a field twice, and which of the two holds; a list where the dialect has an
/// object, which serde takes for the object's fields in order.
pub(crate) fn is_odd(dialect: AnyDialect, json: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(json) else { return false };
    serde_json::from_slice::<Once>(json).is_err() || has_odd_list(dialect, &value)
}

fn has_odd_list(dialect: AnyDialect, value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| item.is_array() || has_odd_list(dialect, item)),
        Value::Object(fields) => fields.iter().any(|(name, value)| {
            (value.is_array() && !words(dialect).lists.contains(name)) || has_odd_list(dialect, value)
        }),
        _ => false,
    }
}

struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no field twice")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut known = HashSet::new();
        while let Some((name, _)) = map.next_entry::<String, Self>()? {
            if !known.insert(name) {
                return Err(serde::de::Error::custom("a field twice"));
            }
        }
        Ok(self)
    }
}
