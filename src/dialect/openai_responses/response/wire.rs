//! What answers look like, as far as anyone reads them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::canonical::Text;
use crate::dialect::openai::error;
use crate::dialect::openai::leaf::{self, Raw};
use crate::failure::Failure;

/// A response; of an event, whatever it tells of one.
#[derive(serde::Deserialize)]
pub(crate) struct Response<'a, O> {
    #[serde(borrow)]
    pub(crate) id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) created_at: Raw<'a>,
    #[serde(borrow)]
    pub(crate) model: Raw<'a>,
    #[serde(borrow)]
    pub(crate) status: Raw<'a>,
    #[serde(borrow)]
    pub(crate) error: Raw<'a>,
    #[serde(borrow)]
    pub(crate) incomplete_details: Raw<'a>,
    #[serde(borrow)]
    pub(crate) usage: Raw<'a>,
    pub(crate) output: Option<O>,
}

/// The failure of a response, by its error.
pub(crate) fn failure(error: Raw<'_>) -> Failure {
    let json = error.map_or(r#"{"message":"The response failed."}"#, RawValue::get);
    error::decode(None, json.as_bytes())
}

/// An item of the output.
#[derive(Default, serde::Deserialize)]
pub(crate) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow)]
    pub(crate) id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) call_id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) name: Raw<'a>,
    #[serde(borrow)]
    pub(crate) arguments: Raw<'a>,
    #[serde(borrow)]
    pub(crate) encrypted_content: Raw<'a>,
    #[serde(borrow, default)]
    pub(crate) content: Parts<'a>,
    #[serde(borrow, default)]
    pub(crate) summary: Parts<'a>,
}

/// A part of an item.
#[derive(Default, serde::Deserialize)]
pub(crate) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Raw<'a>,
    #[serde(borrow, default)]
    pub(crate) text: Leaf<'a>,
    #[serde(borrow, default)]
    pub(crate) refusal: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) annotations: Raw<'a>,
    #[serde(borrow)]
    pub(crate) logprobs: Raw<'a>,
}

/// The parts of an item. A plain string stands for one part; hosted tools use the field for other things.
#[derive(Default)]
pub(crate) enum Parts<'a> {
    #[default]
    None,
    Text(Text<'a>),
    List(Vec<Part<'a>>),
}

impl<'a> Parts<'a> {
    /// The parts that are a list.
    pub(crate) fn list(&self) -> &[Part<'a>] {
        match self {
            Self::List(parts) => parts,
            Self::None | Self::Text(_) => &[],
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of parts")
    }

    fn visit_seq<A>(self, mut list: A) -> Result<Self::Value, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let mut parts = Vec::new();
        while let Some(part) = list.next_element()? {
            parts.push(part);
        }
        Ok(Parts::List(parts))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Parts::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Parts::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Parts::None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Parts::None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Parts::None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Parts::None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Parts::None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Parts::None)
    }
}

/// A text, read at once: it is most of an answer, and reading it once more where it is wanted would be felt.
/// Anything but a string that says something is none.
#[derive(Default)]
pub(crate) struct Leaf<'a>(pub(crate) Option<Text<'a>>);

impl Leaf<'_> {
    pub(crate) fn said(&self) -> Option<Text<'_>> {
        self.0.as_deref().map(Cow::Borrowed)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Leaf<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        Ok(Self(match Parts::deserialize(deserializer)? {
            Parts::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }))
    }
}

/// The elements of a list; none where it is no list.
pub(crate) fn list(raw: Raw<'_>) -> Vec<&RawValue> {
    leaf::read(raw).unwrap_or_default()
}
