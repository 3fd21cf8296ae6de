//! What answers and chunks look like, as far as anyone reads them: both have one shape.
//!
//! Names are in camel case, and read in snake case, too: servers that call themselves compatible write either.
//! One odd leaf must not cost the whole answer, so what is not of the type it should be is absent.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::Invalid;
use crate::dialect::canonical::Text;
use crate::dialect::mostly_one::mostly_one;
use crate::dialect::surrogates::mended;

/// A value that is read on demand: absent and `null` are the same.
pub(crate) type Raw<'a> = Option<&'a RawValue>;

/// A string or a flag. A string borrows where it has no escapes.
#[derive(Debug, Default)]
pub(crate) enum Leaf<'a> {
    #[default]
    Nothing,
    True,
    Text(Text<'a>),
}

impl<'a> Leaf<'a> {
    /// The string, also an empty one.
    pub(crate) fn string(self) -> Option<Text<'a>> {
        match self {
            Leaf::Text(text) => Some(text),
            Leaf::True | Leaf::Nothing => None,
        }
    }

    /// The string, if it says something.
    pub(crate) fn text(self) -> Option<Text<'a>> {
        self.string().filter(|text| !text.is_empty())
    }

    /// The same, without taking it.
    pub(crate) fn as_text(&self) -> Option<&Text<'a>> {
        match self {
            Leaf::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn is_true(&self) -> bool {
        matches!(self, Leaf::True)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Leaf<'a> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(LeafVisitor)
    }
}

struct LeafVisitor;

impl<'de> Visitor<'de> for LeafVisitor {
    type Value = Leaf<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a flag")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Leaf<'de>, E> {
        Ok(if is_true { Leaf::True } else { Leaf::Nothing })
    }

    fn visit_unit<E>(self) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Nothing)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Nothing)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Nothing)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Leaf<'de>, E> {
        Ok(Leaf::Nothing)
    }

    fn visit_seq<A>(self, mut list: A) -> Result<Leaf<'de>, A::Error>
    where
        A: SeqAccess<'de>,
    {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Leaf::Nothing)
    }

    fn visit_map<A>(self, mut map: A) -> Result<Leaf<'de>, A::Error>
    where
        A: MapAccess<'de>,
    {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Leaf::Nothing)
    }
}

/// The string, if it is one and says something.
pub(crate) fn text(raw: Raw<'_>) -> Option<Text<'_>> {
    let json = raw?.get();
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return (!inner.is_empty()).then_some(Cow::Borrowed(inner));
    }
    match serde_json::from_str::<Leaf<'_>>(json) {
        Ok(leaf) => leaf.text(),
        // Half of a character is no reason to lose the others.
        Err(_) => serde_json::from_slice(&mended(json.as_bytes())?).ok().map(Cow::Owned),
    }
}

/// The count. Negative ones are not known; 64 bits wide ones stand in quotes.
pub(crate) fn count(raw: Raw<'_>) -> Option<u64> {
    written_count(raw?.get())
}

/// The count that a piece of JSON is, if it is one.
pub(crate) fn written_count(json: &str) -> Option<u64> {
    let number = json.trim_matches('"');
    if let Ok(number) = number.parse() {
        return Some(number);
    }
    let number: f64 = number.parse().ok()?;
    // Casts of floats saturate; counts of tokens stay far below where they lose precision.
    (number.is_finite() && number >= 0.0).then_some(number as u64)
}

/// A value of this type, or nothing where it is of another.
pub(crate) fn read<'a, T>(raw: Raw<'a>) -> Option<T>
where
    T: serde::Deserialize<'a>,
{
    serde_json::from_str(raw?.get()).ok()
}

/// The chunks of a body: one for a whole answer, several for a stream that came as one JSON array.
pub(crate) fn chunks(body: &[u8]) -> Result<Vec<Response<'_>>, Invalid> {
    let json = std::str::from_utf8(body).map_err(|_| Invalid::new("The body is not valid UTF-8."))?;
    let chunks = match json.trim_ascii_start().as_bytes().first() {
        Some(b'{') => vec![serde_json::from_str(json)?],
        Some(b'[') => serde_json::from_str(json)?,
        _ => return Err(Invalid::new("The body is neither a JSON object nor a list of them.")),
    };
    Ok(chunks.into_iter().map(Response::unwrapped).collect())
}

/// A whole answer, or a chunk of one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Response<'a> {
    #[serde(borrow, deserialize_with = "mostly_one")]
    pub(crate) candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, alias = "prompt_feedback")]
    pub(crate) prompt_feedback: Raw<'a>,
    #[serde(borrow, alias = "usage_metadata")]
    pub(crate) usage_metadata: Raw<'a>,
    #[serde(borrow, alias = "model_version")]
    pub(crate) model_version: Leaf<'a>,
    #[serde(borrow, alias = "response_id")]
    pub(crate) response_id: Leaf<'a>,
    #[serde(borrow, alias = "create_time")]
    pub(crate) create_time: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) error: Raw<'a>,
    /// Code Assist wraps each answer in another object.
    #[serde(borrow)]
    response: Option<Box<Response<'a>>>,
}

impl Response<'_> {
    fn unwrapped(self) -> Self {
        match self.response {
            Some(inner) => inner.unwrapped(),
            None => self,
        }
    }

    /// The provider refused to read the prompt.
    pub(crate) fn is_blocked(&self) -> bool {
        #[derive(Default, serde::Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Feedback<'a> {
            #[serde(borrow, alias = "block_reason")]
            block_reason: Raw<'a>,
        }
        read::<Feedback<'_>>(self.prompt_feedback).is_some_and(|feedback| feedback.block_reason.is_some())
    }
}

/// One answer of possibly several.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Candidate<'a> {
    #[serde(borrow)]
    pub(crate) index: Raw<'a>,
    #[serde(borrow)]
    pub(crate) content: Option<Content<'a>>,
    #[serde(borrow, alias = "finish_reason")]
    pub(crate) finish_reason: Raw<'a>,
    #[serde(borrow, alias = "logprobs_result")]
    pub(crate) logprobs_result: Raw<'a>,
    #[serde(borrow, alias = "grounding_metadata")]
    pub(crate) grounding_metadata: Raw<'a>,
    #[serde(borrow, alias = "citation_metadata")]
    pub(crate) citation_metadata: Raw<'a>,
    #[serde(borrow, alias = "url_context_metadata")]
    pub(crate) url_context_metadata: Raw<'a>,
}

/// What the model said, or what of it is new.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Content<'a> {
    #[serde(borrow, deserialize_with = "mostly_one")]
    pub(crate) parts: Option<Vec<Part<'a>>>,
}

/// One part: one of its fields says what it is, the others more about it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Part<'a> {
    #[serde(borrow)]
    pub(crate) text: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) thought: Leaf<'a>,
    #[serde(borrow, alias = "thought_signature")]
    pub(crate) thought_signature: Leaf<'a>,
    #[serde(borrow, alias = "function_call")]
    pub(crate) function_call: Option<FunctionCall<'a>>,
    #[serde(borrow, alias = "inline_data")]
    pub(crate) inline_data: Raw<'a>,
    #[serde(borrow, alias = "file_data")]
    pub(crate) file_data: Raw<'a>,
    #[serde(borrow, alias = "executable_code")]
    pub(crate) executable_code: Raw<'a>,
    #[serde(borrow, alias = "code_execution_result")]
    pub(crate) code_execution_result: Raw<'a>,
    #[serde(borrow, alias = "tool_call")]
    pub(crate) tool_call: Raw<'a>,
    #[serde(borrow, alias = "tool_response")]
    pub(crate) tool_response: Raw<'a>,
}

impl Part<'_> {
    /// Something that the provider runs itself, and then goes on.
    pub(crate) const fn is_hosted_call(&self) -> bool {
        self.executable_code.is_some() || self.tool_call.is_some()
    }
}

/// A call of one of the caller's functions.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FunctionCall<'a> {
    #[serde(borrow)]
    pub(crate) id: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) name: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) args: Raw<'a>,
    /// Arguments in pieces (see `pieces`).
    #[serde(borrow, alias = "partial_args")]
    pub(crate) partial_args: Raw<'a>,
    /// More of this call is to come.
    #[serde(borrow, alias = "will_continue")]
    pub(crate) will_continue: Leaf<'a>,
}

/// Media in the answer itself.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Blob<'a> {
    #[serde(borrow, alias = "mime_type")]
    pub(crate) mime_type: Leaf<'a>,
    #[serde(borrow)]
    pub(crate) data: Leaf<'a>,
}
