//! What a reader of known fields would read over.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::wire::Str;

/// Fields that nobody knows. Empty, and so free, in almost all objects.
pub(super) type Rest<'a> = Vec<(Cow<'a, str>, &'a RawValue)>;

/// Hands a struct the fields it asks for and keeps the others.
pub(super) struct Keeping<'r, 'de, D> {
    pub(super) inner: D,
    pub(super) rest: &'r mut Rest<'de>,
}

impl<'de, D> Deserializer<'de> for Keeping<'_, 'de, D>
where
    D: Deserializer<'de>,
{
    type Error = D::Error;

    fn deserialize_any<V>(self, visitor: V) -> Result<V::Value, D::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.deserialize_any(visitor)
    }

    fn deserialize_struct<V>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error>
    where
        V: Visitor<'de>,
    {
        self.inner.deserialize_struct(name, known, Sorting { inner: visitor, known, rest: self.rest })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The visitor of a struct, and then the fields it is shown.
struct Sorting<'r, 'de, T> {
    inner: T,
    known: &'static [&'static str],
    rest: &'r mut Rest<'de>,
}

impl<'de, V> Visitor<'de> for Sorting<'_, 'de, V>
where
    V: Visitor<'de>,
{
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A>(self, map: A) -> Result<V::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        self.inner.visit_map(Sorting { inner: map, known: self.known, rest: self.rest })
    }
}

impl<'de, A> MapAccess<'de> for Sorting<'_, 'de, A>
where
    A: MapAccess<'de>,
{
    type Error = A::Error;

    fn next_key_seed<K>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error>
    where
        K: DeserializeSeed<'de>,
    {
        while let Some(Str(key)) = self.inner.next_key()? {
            if !self.known.contains(&&*key) {
                self.rest.push((key, self.inner.next_value()?));
                continue;
            }
            return match key {
                Cow::Borrowed(key) => seed.deserialize(BorrowedStrDeserializer::new(key)),
                Cow::Owned(key) => seed.deserialize(key.into_deserializer()),
            }
            .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S>(&mut self, seed: S) -> Result<S::Value, A::Error>
    where
        S: DeserializeSeed<'de>,
    {
        self.inner.next_value_seed(seed)
    }
}

/// Derives of serde leave unknown fields out, or copy all: this reads them into the field `rest`. For a struct
/// that derives its reader with itself as `remote`, which leaves the trait to be implemented here.
macro_rules! keeps_rest {
    ($name:ident) => {
        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                let mut rest = crate::dialect::anthropic_messages::rest::Rest::new();
                let keeping = crate::dialect::anthropic_messages::rest::Keeping {
                    inner: deserializer,
                    rest: &mut rest,
                };
                let mut read = $name::deserialize(keeping)?;
                read.rest = rest;
                Ok(read)
            }
        }
    };
}
pub(super) use keeps_rest;
