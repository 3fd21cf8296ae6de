//! Reading a caller's JSON field by field, in either spelling: `systemInstruction` and `system_instruction`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json;
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Text};

/// Where a value stands; spelled out only when something is wrong, or lost.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    pub(super) const fn field(&'p self, name: &'p str) -> Self {
        Self::Field(self, name)
    }

    pub(super) const fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// A value of the wrong type, in the vendor's words.
    pub(super) fn wrong(&self, expected: &str) -> Invalid {
        Invalid::new(format!("Invalid value at '{self}': expected {expected}.")).at(self.to_string())
    }

    /// A value of the right type that is not one of those allowed.
    pub(super) fn unknown(&self, value: &str) -> Invalid {
        Invalid::new(format!("Invalid value at '{self}': \"{value}\" is not known.")).at(self.to_string())
    }

    /// A value that is not there.
    pub(super) fn missing(&self) -> Invalid {
        Invalid::new(format!("'{self}' is not specified.")).at(self.to_string())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Path::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The fields of an object, in order and in camelCase. A field that is `null` is one that is not there.
pub(super) struct Object<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; twice the same field, in whichever spelling, is an error.
    pub(super) fn read(path: &Path<'_>, value: &'a RawValue) -> Result<Self, Invalid> {
        if !value.get().starts_with('{') {
            return Err(path.wrong("an object"));
        }
        let mut fields = entries(value.get())?;
        for (name, _) in &mut fields {
            if let Some(camel) = camel(name) {
                *name = Cow::Owned(camel);
            }
        }
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let path = path.field(twice[0]);
            return Err(Invalid::new(format!("'{path}' is specified twice.")).at(path.to_string()));
        }
        fields.retain(|(_, value)| value.get() != "null");
        Ok(Self(fields))
    }

    /// Takes a field out, by its name in camelCase.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let index = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.remove(index).1)
    }

    /// Takes a string out.
    pub(super) fn text(&mut self, path: &Path<'_>, name: &str) -> Result<Option<Text<'a>>, Invalid> {
        self.take(name).map(|value| text(&path.field(name), value)).transpose()
    }

    /// Takes a string out that must be there and say something.
    pub(super) fn required_text(&mut self, path: &Path<'_>, name: &str) -> Result<Text<'a>, Invalid> {
        let text = self.text(path, name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| path.field(name).missing())
    }

    /// Takes a count out.
    pub(super) fn count(&mut self, path: &Path<'_>, name: &str) -> Result<Option<u64>, Invalid> {
        let read = |value| count(value).ok_or_else(|| path.field(name).wrong("a positive integer"));
        self.take(name).map(read).transpose()
    }

    /// Takes an object out.
    pub(super) fn object(&mut self, path: &Path<'_>, name: &str) -> Result<Option<Self>, Invalid> {
        self.take(name).map(|value| Self::read(&path.field(name), value)).transpose()
    }

    /// Takes the first of these fields out that is there.
    pub(super) fn first(&mut self, names: &[&str]) -> Option<(Text<'a>, &'a RawValue)> {
        let index = self.0.iter().position(|(field, _)| names.contains(&&**field))?;
        Some(self.0.remove(index))
    }

    /// Takes the first field out that is none of `known`.
    pub(super) fn other(&mut self, known: &[&str]) -> Option<(Text<'a>, &'a RawValue)> {
        let index = self.0.iter().position(|(field, _)| !known.contains(&&**field))?;
        Some(self.0.remove(index))
    }

    /// Notes what nobody has taken. What says nothing is no loss.
    pub(super) fn note_rest(self, path: &Path<'_>, extra: &mut Vec<Extra<'a>>) {
        for (name, value) in self.0 {
            let path = path.field(&name).to_string();
            let value_says_nothing = json::says_nothing(value);
            extra.push(Extra { is_moot: value_says_nothing, ..Extra::new(path, Cow::Borrowed(value)) });
        }
    }

    /// Is nothing left in it?
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What nobody has taken.
    pub(super) fn rest(self) -> impl Iterator<Item = (Text<'a>, &'a RawValue)> {
        self.0.into_iter()
    }
}

/// A name in camelCase, if it is not so already.
pub(super) fn camel(name: &str) -> Option<String> {
    if name.starts_with('_') || !name.contains('_') {
        return None;
    }
    let mut camel = String::with_capacity(name.len());
    let mut is_next = false;
    for c in name.chars() {
        match c {
            '_' => is_next = true,
            c => camel.push(if std::mem::take(&mut is_next) { c.to_ascii_uppercase() } else { c }),
        }
    }
    Some(camel)
}

/// A string.
pub(super) fn text<'a>(path: &Path<'_>, value: &'a RawValue) -> Result<Text<'a>, Invalid> {
    string(value).ok_or_else(|| path.wrong("a string"))
}

/// The string, if it is one. Serde lends a plain `Cow` only outside of an `Option`.
pub(super) fn string(value: &RawValue) -> Option<Text<'_>> {
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(value.get()).ok().map(Cow::Owned)
}

/// The count. Integers may also be written as strings, and as `5.0`.
pub(super) fn count(value: &RawValue) -> Option<u64> {
    let digits = string(value).unwrap_or(Cow::Borrowed(value.get()));
    if let Ok(count) = digits.parse() {
        return Some(count);
    }
    let number: f64 = digits.parse().ok()?;
    // Counts stay far below where an `f64` loses precision.
    ((0.0..9e15).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

/// The items of a list. An object alone is a list of one, as the official SDKs take it.
pub(super) fn list<'a>(path: &Path<'_>, value: &'a RawValue) -> Result<Vec<&'a RawValue>, Invalid> {
    match value.get().as_bytes().first() {
        Some(b'[') => {
            let mut items: Vec<&RawValue> = serde_json::from_str(value.get())?;
            items.retain(|item| item.get() != "null");
            Ok(items)
        }
        Some(b'{' | b'"') => Ok(vec![value]),
        _ => Err(path.wrong("a list")),
    }
}

/// All fields of an object as they stand.
pub(super) fn entries(json: &str) -> Result<Vec<(Text<'_>, &RawValue)>, serde_json::Error> {
    serde_json::from_str::<Entries<'_>>(json).map(|entries| entries.0)
}

struct Entries<'a>(Vec<(Text<'a>, &'a RawValue)>);

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Text<'a>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        let mut entries = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            entries.push((name, map.next_value()?));
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_field() {
        let raw: &RawValue = serde_json::from_str(r#"{"max_output_tokens":"64","_own":1,"topP":1}"#).unwrap();
        let mut object = Object::read(&Path::Root, raw).unwrap();
        assert_eq!(object.count(&Path::Root, "maxOutputTokens").unwrap(), Some(64));
        assert_eq!(object.rest().map(|(name, _)| name).collect::<Vec<_>>(), ["_own", "topP"]);
        let twice = serde_json::from_str(r#"{"top_p":1,"topP":1}"#).unwrap();
        assert_eq!(Object::read(&Path::Root, twice).err().unwrap().param(), Some("topP"));
    }

    #[test]
    fn a_count_may_be_a_string_or_a_float_without_a_fraction() {
        for (text, wanted) in
            [("7", Some(7)), ("\"7\"", Some(7)), ("7.0", Some(7)), ("7.5", None), ("-1", None)]
        {
            assert_eq!(count(serde_json::from_str(text).unwrap()), wanted, "{text}");
        }
    }
}
