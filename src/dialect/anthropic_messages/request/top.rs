use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::rest::{Rest, keeps_rest};
use super::super::wire::{Object, Str};

/// What a request may hold at its top. Of fields that are read later, or by nobody here, the text is kept.
#[derive(Debug, Default)]
pub(super) struct Top<'a> {
    pub(super) messages: Option<Vec<Object<Message<'a>>>>,
    pub(super) tools: Option<Vec<&'a RawValue>>,
    pub(super) model: Option<&'a RawValue>,
    pub(super) max_tokens: Option<&'a RawValue>,
    pub(super) system: Option<&'a RawValue>,
    pub(super) stream: Option<&'a RawValue>,
    pub(super) tool_choice: Option<&'a RawValue>,
    pub(super) stop_sequences: Option<&'a RawValue>,
    pub(super) temperature: Option<&'a RawValue>,
    pub(super) top_p: Option<&'a RawValue>,
    pub(super) top_k: Option<&'a RawValue>,
    pub(super) metadata: Option<&'a RawValue>,
    pub(super) thinking: Option<&'a RawValue>,
    pub(super) output_config: Option<&'a RawValue>,
    pub(super) output_format: Option<&'a RawValue>,
    pub(super) thread: Option<&'a RawValue>,
    pub(super) rest: Rest<'a>,
}

/// One message of a request.
#[derive(Debug, serde::Deserialize)]
#[serde(remote = "Message")]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) role: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) content: &'a RawValue,
    #[serde(skip)]
    pub(super) rest: Rest<'a>,
}
keeps_rest!(Message);

impl<'a> Top<'a> {
    fn field(&mut self, name: &str) -> Option<&mut Option<&'a RawValue>> {
        Some(match name {
            "model" => &mut self.model,
            "max_tokens" => &mut self.max_tokens,
            "system" => &mut self.system,
            "stream" => &mut self.stream,
            "tool_choice" => &mut self.tool_choice,
            "stop_sequences" => &mut self.stop_sequences,
            "temperature" => &mut self.temperature,
            "top_p" => &mut self.top_p,
            "top_k" => &mut self.top_k,
            "metadata" => &mut self.metadata,
            "thinking" => &mut self.thinking,
            "output_config" => &mut self.output_config,
            "output_format" => &mut self.output_format,
            "thread" => &mut self.thread,
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Top<'de> {
    fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_map(TopVisitor)
    }
}

struct TopVisitor;

impl<'de> Visitor<'de> for TopVisitor {
    type Value = Top<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a valid dictionary")
    }

    fn visit_map<A>(self, mut map: A) -> Result<Self::Value, A::Error>
    where
        A: MapAccess<'de>,
    {
        let mut top = Top::default();
        while let Some(Str(key)) = map.next_key()? {
            // `null` is as good as absent, the first time and the second.
            let is_twice = match &*key {
                "messages" => std::mem::replace(&mut top.messages, map.next_value()?).is_some(),
                "tools" => std::mem::replace(&mut top.tools, map.next_value()?).is_some(),
                name => match top.field(name) {
                    Some(field) => std::mem::replace(field, map.next_value()?).is_some(),
                    None => {
                        top.rest.push((key, map.next_value()?));
                        continue;
                    }
                },
            };
            if is_twice {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(top)
    }
}
