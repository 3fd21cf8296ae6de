use std::fmt;

use http::StatusCode;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::finish::{self, Held};
use super::wire;
use crate::dialect::canonical::Text;
use crate::dialect::openai::error;
use crate::dialect::openai::leaf::{self, Borrowed, Raw};
use crate::dialect::surrogates::leniently;
use crate::failure::{Class, Failure, Report};

#[derive(serde::Deserialize)]
struct Checked<'a> {
    #[serde(borrow)]
    status: Raw<'a>,
    #[serde(borrow)]
    error: Raw<'a>,
    #[serde(borrow)]
    incomplete_details: Raw<'a>,
    output: Option<Output>,
}

/// Is a 200 with this body an answer?
pub(crate) fn check(body: &[u8]) -> Result<(), Failure> {
    leniently(body, check_strictly)
}

fn check_strictly(body: &[u8]) -> Result<(), Failure> {
    let checked: Checked<'_> = match leaf::object(body) {
        Ok(checked) => checked,
        // Not an answer, but perhaps an error in one of its many shapes.
        Err(_) if error::is_error(body) => return Err(error::decode(None, body)),
        Err(invalid) => return Err(no_answer(error::describe(body).unwrap_or(invalid.message()))),
    };
    let status = leaf::text(checked.status);
    if checked.error.is_some() || status.as_deref() == Some("failed") {
        return Err(wire::failure(checked.error));
    }
    match checked.output {
        None if error::is_error(body) => Err(error::decode(None, body)),
        None => Err(no_answer("The answer has no output.")),
        Some(Output { says_something: true, is_garbled: false }) => Ok(()),
        Some(_) if is_explained(status, checked.incomplete_details) => Ok(()),
        Some(Output { is_garbled: true, .. }) => {
            Err(no_answer("The answer calls a tool with arguments that are not JSON."))
        }
        Some(_) => Err(no_answer("The answer is empty.")),
    }
}

/// Does it say why there is no more of it: the limit, a filter, or that the work goes on in the background?
fn is_explained<'a>(status: Option<Text<'a>>, details: Raw<'a>) -> bool {
    finish::read(status, details, Held::default()).is_none_or(|finish| finish.explains_nothing_said())
}

fn no_answer(why: &str) -> Failure {
    Failure::new(Class::InvalidOutput).with_status(StatusCode::OK).with_report(Report::new(why))
}

/// A list of items.
#[derive(Default)]
struct Output {
    /// Any of them.
    says_something: bool,
    /// One of them is a call with arguments that are not JSON.
    is_garbled: bool,
}

/// A value: is there any text in it?
#[derive(Default)]
struct Voice(bool);

#[derive(serde::Deserialize)]
struct Item<'a> {
    #[serde(borrow, rename = "type", default)]
    kind: Option<Borrowed<'a>>,
    #[serde(default)]
    content: Voice,
    #[serde(default)]
    result: Voice,
    #[serde(borrow, default)]
    arguments: Raw<'a>,
}

impl Item<'_> {
    fn is_garbled(&self) -> bool {
        let is_call = self.kind.as_ref().is_some_and(|Borrowed(kind)| kind == "function_call");
        let arguments = self.arguments.filter(|_| is_call).map(leaf::json_text).unwrap_or_default();
        !arguments.trim_ascii().is_empty() && serde_json::from_str::<IgnoredAny>(&arguments).is_err()
    }

    /// A thought is nothing said, nor is a look at something that no words came of.
    fn says_something(&self) -> bool {
        match self.kind.as_ref().map(|Borrowed(kind)| &**kind) {
            Some("message") => self.content.0,
            Some("image_generation_call") => self.result.0,
            Some(
                "reasoning" | "web_search_call" | "file_search_call" | "mcp_list_tools" | "additional_tools",
            )
            | None => false,
            Some(_) => true,
        }
    }
}

impl<'de> Deserialize<'de> for Output {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Output;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of items")
            }

            fn visit_seq<A>(self, mut list: A) -> Result<Output, A::Error>
            where
                A: SeqAccess<'de>,
            {
                let mut output = Output::default();
                while let Some(item) = list.next_element::<Item<'_>>()? {
                    output.says_something |= item.says_something();
                    output.is_garbled |= item.is_garbled();
                }
                Ok(output)
            }
        }
        deserializer.deserialize_seq(Read)
    }
}

impl<'de> Deserialize<'de> for Voice {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_any(VoiceVisitor)
    }
}

struct VoiceVisitor;

impl<'de> Visitor<'de> for VoiceVisitor {
    type Value = Voice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Voice, E> {
        Ok(Voice(!text.is_empty()))
    }

    fn visit_unit<E>(self) -> Result<Voice, E> {
        Ok(Voice(false))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Voice, E> {
        Ok(Voice(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Voice, E> {
        Ok(Voice(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Voice, E> {
        Ok(Voice(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Voice, E> {
        Ok(Voice(false))
    }

    fn visit_seq<A>(self, mut list: A) -> Result<Voice, A::Error>
    where
        A: SeqAccess<'de>,
    {
        let mut said = false;
        while let Some(Voice(one)) = list.next_element()? {
            said |= one;
        }
        Ok(Voice(said))
    }

    fn visit_map<A>(self, mut map: A) -> Result<Voice, A::Error>
    where
        A: MapAccess<'de>,
    {
        let mut said = false;
        while let Some(Borrowed(name)) = map.next_key()? {
            if matches!(&*name, "text" | "refusal") {
                said |= map.next_value::<Voice>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Voice(said))
    }
}
