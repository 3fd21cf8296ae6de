//! Reading a caller's JSON field by field, so that what is wrong can be named: `messages[3].content`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::leaf;
use crate::dialect::Invalid;
use crate::dialect::canonical::{Extra, Text};

/// Where a value stands; spelled out only when something is wrong.
#[derive(Clone, Copy)]
pub(in crate::dialect) enum Path<'p> {
    Root,
    Field(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    pub(in crate::dialect) const fn field(&'p self, name: &'p str) -> Self {
        Self::Field(self, name)
    }

    pub(in crate::dialect) const fn index(&'p self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// A value of the wrong type, in the vendor's words.
    pub(in crate::dialect) fn wrong(&self, expected: &str, value: &RawValue) -> Invalid {
        let got = kind(value);
        Invalid::new(format!("Invalid type for '{self}': expected {expected}, but got {got} instead."))
            .at(self.to_string())
    }

    /// A value of the right type that is not one of those allowed.
    pub(in crate::dialect) fn unknown(&self, value: &str) -> Invalid {
        Invalid::new(format!("Invalid value for '{self}': '{value}' is not supported.")).at(self.to_string())
    }

    /// A value that is not there.
    pub(in crate::dialect) fn missing(&self) -> Invalid {
        Invalid::new(format!("Missing required parameter: '{self}'.")).at(self.to_string())
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

fn kind(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ if value.get().contains(['.', 'e', 'E']) => "a decimal",
        _ => "an integer",
    }
}

/// The fields of an object, in order. A field that is `null` is one that is not there.
pub(in crate::dialect) struct Object<'a> {
    fields: Vec<(Text<'a>, &'a RawValue)>,
    #[cfg_attr(not(feature = "openai-responses"), allow(dead_code, reason = "for dialects that keep it"))]
    nulls: Vec<(Text<'a>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads an object; twice the same field is an error, since readers disagree on which one holds.
    pub(in crate::dialect) fn read(path: &Path<'_>, value: &'a RawValue) -> Result<Self, Invalid> {
        if !value.get().starts_with('{') {
            return Err(path.wrong("an object", value));
        }
        Self::of(path, Self::fields(value.get())?)
    }

    /// Reads a body, which must be an object.
    pub(in crate::dialect) fn whole(body: &'a [u8]) -> Result<Self, Invalid> {
        Self::of(&Path::Root, Self::all(body)?)
    }

    /// All fields of a body as they stand, `null` and doubles included.
    pub(in crate::dialect) fn all(body: &'a [u8]) -> Result<Vec<(Text<'a>, &'a RawValue)>, Invalid> {
        let text = std::str::from_utf8(body).map_err(|_| unreadable("it is not valid UTF-8"))?;
        Self::fields(text).map_err(|error| {
            let is_object = text.trim_ascii_start().starts_with('{');
            match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) if !is_object => unreadable("it is not a JSON object"),
                _ => unreadable(&error.to_string()),
            }
        })
    }

    /// Reads the items of a list.
    #[cfg(feature = "openai-chat")]
    pub(in crate::dialect) fn list(path: &Path<'_>, value: &'a RawValue) -> Result<Vec<Self>, Invalid> {
        // Where all are objects, as they should be, one pass will do.
        if let Ok(items) = serde_json::from_str::<Vec<Fields<'a>>>(value.get()) {
            let items = items.into_iter().enumerate();
            return items.map(|(index, item)| Self::of(&path.index(index), item.0)).collect();
        }
        let items = list(path, value)?.into_iter().enumerate();
        items.map(|(index, item)| Self::read(&path.index(index), item)).collect()
    }

    fn of(path: &Path<'_>, mut fields: Vec<(Text<'a>, &'a RawValue)>) -> Result<Self, Invalid> {
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let path = path.field(twice[0]);
            return Err(Invalid::new(format!("Duplicate parameter: '{path}'.")).at(path.to_string()));
        }
        let is_null = |(_, value): &(_, &RawValue)| value.get() == "null";
        let nulls = if fields.iter().any(is_null) {
            let (nulls, set) = fields.into_iter().partition(is_null);
            fields = set;
            nulls
        } else {
            Vec::new()
        };
        Ok(Self { fields, nulls })
    }

    /// All fields of an object as they stand, `null` and doubles included.
    pub(in crate::dialect) fn fields(
        json: &'a str,
    ) -> Result<Vec<(Text<'a>, &'a RawValue)>, serde_json::Error> {
        serde_json::from_str::<Fields<'a>>(json).map(|fields| fields.0)
    }

    /// Takes a field out.
    pub(in crate::dialect) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let index = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.remove(index).1)
    }

    /// Takes a string out.
    pub(in crate::dialect) fn text(
        &mut self,
        path: &Path<'_>,
        name: &str,
    ) -> Result<Option<Text<'a>>, Invalid> {
        self.take(name).map(|value| text(&path.field(name), value)).transpose()
    }

    /// Takes a string out that must be there.
    pub(in crate::dialect) fn required_text(
        &mut self,
        path: &Path<'_>,
        name: &str,
    ) -> Result<Text<'a>, Invalid> {
        self.text(path, name)?.ok_or_else(|| path.field(name).missing())
    }

    /// Takes a boolean out.
    pub(in crate::dialect) fn boolean(
        &mut self,
        path: &Path<'_>,
        name: &str,
    ) -> Result<Option<bool>, Invalid> {
        self.take(name).map(|value| boolean(&path.field(name), value)).transpose()
    }

    /// Takes an object out.
    pub(in crate::dialect) fn object(
        &mut self,
        path: &Path<'_>,
        name: &str,
    ) -> Result<Option<Self>, Invalid> {
        self.take(name).map(|value| Self::read(&path.field(name), value)).transpose()
    }

    /// Takes an object out that must be there.
    pub(in crate::dialect) fn required_object(
        &mut self,
        path: &Path<'_>,
        name: &str,
    ) -> Result<Self, Invalid> {
        self.object(path, name)?.ok_or_else(|| path.field(name).missing())
    }

    /// Notes what nobody has taken, unless it says nothing: what vanishes is to be named.
    pub(in crate::dialect) fn note_rest(self, path: &Path<'_>, extra: &mut Vec<Extra<'a>>) {
        for (name, value) in self.fields.into_iter().filter(|(_, value)| !says_nothing(value)) {
            extra.push(Extra::new(path.field(&name).to_string(), Cow::Borrowed(value)));
        }
    }

    /// What nobody has taken.
    pub(in crate::dialect) fn rest(self) -> impl Iterator<Item = (Text<'a>, &'a RawValue)> {
        self.fields.into_iter()
    }
}

/// What a dialect needs that writes a request again as it was read.
#[cfg(feature = "openai-responses")]
impl<'a> Object<'a> {
    /// The value of a field.
    pub(in crate::dialect) fn peek(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| *value)
    }

    /// Is the field there?
    pub(in crate::dialect) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(field, _)| field == name)
    }

    /// Takes a field out that asks for nothing where its JSON is one of these, or whatever it is where there
    /// are none.
    pub(in crate::dialect) fn moot(
        &mut self,
        path: &Path<'_>,
        name: &str,
        values: &[&str],
        extra: &mut Vec<Extra<'a>>,
    ) {
        let is_moot = |value: &RawValue| values.is_empty() || values.contains(&value.get());
        let Some(index) = self.fields.iter().position(|(field, value)| field == name && is_moot(value))
        else {
            return;
        };
        let (_, value) = self.fields.remove(index);
        extra.push(Extra::moot(path.field(name).to_string(), Cow::Borrowed(value)));
    }

    /// Keeps what nobody has taken, and what is `null`, for members of the same dialect.
    pub(in crate::dialect) fn keep_rest(self, path: &Path<'_>, extra: &mut Vec<Extra<'a>>) {
        for (name, value) in self.fields.into_iter().chain(self.nulls) {
            let is_moot = says_nothing(value) || value.get() == "null";
            let field = Extra::new(path.field(&name).to_string(), Cow::Borrowed(value));
            extra.push(Extra { is_moot, ..field });
        }
    }
}

fn says_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "false" | "\"\"" | "[]" | "{}")
}

/// A string.
pub(in crate::dialect) fn text<'a>(path: &Path<'_>, value: &'a RawValue) -> Result<Text<'a>, Invalid> {
    leaf::string(value).ok_or_else(|| path.wrong("a string", value))
}

/// A boolean.
pub(in crate::dialect) fn boolean(path: &Path<'_>, value: &RawValue) -> Result<bool, Invalid> {
    match value.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(path.wrong("a boolean", value)),
    }
}

/// A count.
pub(in crate::dialect) fn count(path: &Path<'_>, value: &RawValue) -> Result<u64, Invalid> {
    value.get().parse().map_err(|_| path.wrong("a positive integer", value))
}

/// A number, whose digits are kept.
pub(in crate::dialect) fn number<'a>(path: &Path<'_>, value: &'a RawValue) -> Result<&'a RawValue, Invalid> {
    match value.get().as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Ok(value),
        _ => Err(path.wrong("a decimal", value)),
    }
}

/// The items of a list.
pub(in crate::dialect) fn list<'a>(
    path: &Path<'_>,
    value: &'a RawValue,
) -> Result<Vec<&'a RawValue>, Invalid> {
    if !value.get().starts_with('[') {
        return Err(path.wrong("an array", value));
    }
    Ok(serde_json::from_str(value.get())?)
}

struct Fields<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
            where
                A: MapAccess<'de>,
            {
                let mut fields = Vec::new();
                while let Some(leaf::Borrowed(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// A body that is no request, in the vendor's words.
pub(in crate::dialect) fn unreadable(why: &str) -> Invalid {
    Invalid::new(format!("We could not parse the JSON body of your request: {why}."))
}
