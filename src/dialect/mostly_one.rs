use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

/// Reads a list that has one item as a rule, or nothing where there is `null`.
///
/// Room is made for that one. A `Vec` makes room for four when the first comes, which for choices is more memory than
/// all the rest of an answer takes.
pub(in crate::dialect) fn mostly_one<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let list = Option::<List<T>>::deserialize(deserializer)?;
    Ok(list.map(|List(items)| items))
}

struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_seq(Read(PhantomData))
    }
}

struct Read<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A>(self, mut items: A) -> Result<Self::Value, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let Some(first) = items.next_element()? else { return Ok(List(Vec::new())) };
        let mut list = vec![first];
        while let Some(next) = items.next_element()? {
            list.push(next);
        }
        Ok(List(list))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Answer {
        #[serde(default, deserialize_with = "mostly_one")]
        choices: Option<Vec<u8>>,
    }

    fn choices(json: &str) -> Option<Vec<u8>> {
        serde_json::from_str::<Answer>(json).unwrap().choices
    }

    #[test]
    fn one_several_none_and_nothing_at_all_are_read() {
        assert_eq!(choices(r#"{"choices":[1]}"#), Some(vec![1]));
        assert_eq!(choices(r#"{"choices":[1,2,3]}"#), Some(vec![1, 2, 3]));
        assert_eq!(choices(r#"{"choices":[]}"#), Some(vec![]));
        assert_eq!((choices(r#"{"choices":null}"#), choices("{}")), (None, None));
    }

    #[test]
    fn one_item_takes_the_room_of_one() {
        assert_eq!(choices(r#"{"choices":[1]}"#).unwrap().capacity(), 1);
    }
}
