//! The shapes on the wire, as far as they have to be read. Everything borrows from the body.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::rest::{Rest, keeps_rest};
use crate::dialect::Invalid;
use crate::dialect::canonical::Usage;

/// A string. Serde lends a plain `Cow` only outside of an `Option`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Str<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// A JSON object. Serde's derived readers take an array of the fields as well, and no provider does.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

impl<'de, T> Deserialize<'de> for Object<T>
where
    T: Deserialize<'de>,
{
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T> Visitor<'de> for ObjectVisitor<T>
where
    T: Deserialize<'de>,
{
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a valid dictionary")
    }

    fn visit_map<A>(self, map: A) -> Result<Self::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// A content block of any kind that is understood.
#[derive(Debug, serde::Deserialize)]
#[serde(remote = "Block")]
pub(super) struct Block<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) text: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) source: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) title: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) citations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) id: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) name: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) tool_use_id: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) is_error: Option<bool>,
    #[serde(borrow, default)]
    pub(super) thinking: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) signature: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) data: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) cache_control: Option<&'a RawValue>,
    #[serde(skip)]
    pub(super) rest: Rest<'a>,
}
keeps_rest!(Block);

/// The kind of a block or tool, and no more of it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
}

/// Where media is.
#[derive(Debug, serde::Deserialize)]
#[serde(remote = "MediaSource")]
pub(super) struct MediaSource<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) media_type: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) data: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) url: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub(super) file_id: Option<Str<'a>>,
    #[serde(skip)]
    pub(super) rest: Rest<'a>,
}
keeps_rest!(MediaSource);

/// Counts of tokens.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputTokens>,
}

#[derive(Clone, Copy, Debug, Default, serde::Deserialize)]
#[serde(default)]
struct OutputTokens {
    thinking_tokens: Option<u64>,
}

impl Tokens {
    /// With every count that `later` knows set to its value: counts are cumulative.
    pub(super) fn updated(self, later: Self) -> Self {
        Self {
            input_tokens: later.input_tokens.or(self.input_tokens),
            cache_creation_input_tokens: later
                .cache_creation_input_tokens
                .or(self.cache_creation_input_tokens),
            cache_read_input_tokens: later.cache_read_input_tokens.or(self.cache_read_input_tokens),
            output_tokens: later.output_tokens.or(self.output_tokens),
            output_tokens_details: later.output_tokens_details.or(self.output_tokens_details),
        }
    }

    /// Read from an answer. A count that is none costs the counts and not the answer.
    pub(super) fn of(raw: Option<&RawValue>) -> Option<Self> {
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// The input alone.
    pub(super) fn without_output(self) -> Self {
        Self { output_tokens: None, ..self }
    }

    /// Anthropic counts what went through the cache apart from the rest of the input.
    pub(super) fn usage(self) -> Usage {
        let cached = [self.cache_creation_input_tokens, self.cache_read_input_tokens];
        let cached = cached.into_iter().flatten().fold(0, u64::saturating_add);
        Usage {
            input: self.input_tokens.map(|input| input.saturating_add(cached)),
            cache_read: self.cache_read_input_tokens,
            cache_write: self.cache_creation_input_tokens,
            output: self.output_tokens,
            reasoning: self.output_tokens_details.and_then(|details| details.thinking_tokens),
        }
    }
}

/// Reads a value at `path`, or says in Anthropic's words what is wrong with it.
pub(super) fn read<'a, T>(path: &str, raw: &'a RawValue) -> Result<T, Invalid>
where
    T: Deserialize<'a>,
{
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error))
}

/// An error of the reader, in Anthropic's words.
pub(super) fn invalid(path: &str, error: &serde_json::Error) -> Invalid {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(&*text, |(text, _)| text);
    if let Some(field) = text.strip_prefix("missing field `").and_then(|field| field.strip_suffix('`')) {
        return wrong(&join(path, field), "Field required");
    }
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => wrong(path, &format!("Input should be {}", valid(expected))),
        None => wrong(path, text),
    }
}

/// What is expected, as the vendor calls it.
fn valid(expected: &str) -> &str {
    match expected {
        "u64" => "a valid integer",
        "f64" => "a valid number",
        "a string" => "a valid string",
        "a boolean" => "a valid boolean",
        "a sequence" => "a valid list",
        other => other,
    }
}

/// Something is wrong at `path`.
pub(super) fn wrong(path: &str, what: &str) -> Invalid {
    if path.is_empty() { Invalid::new(what) } else { Invalid::new(format!("{path}: {what}")).at(path) }
}

/// `messages.0` and `content` are `messages.0.content`.
pub(super) fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}
