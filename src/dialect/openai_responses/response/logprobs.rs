//! Token probabilities: a bare list here, the same list in an object in the words of the hub.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::canonical::Json;
use crate::dialect::openai::leaf::{self, Raw};

/// The elements of a list, without its brackets.
fn elements(list: &str) -> Option<&str> {
    let inner = list.strip_prefix('[')?.strip_suffix(']')?.trim();
    (!inner.is_empty()).then_some(inner)
}

/// The lists of several parts as one, in the hub's words. `None` where nothing is in them.
pub(crate) fn wrap<'a>(lists: impl IntoIterator<Item = &'a str>) -> Option<Json<'static>> {
    let all: Vec<&str> = lists.into_iter().filter_map(elements).collect();
    if all.is_empty() {
        return None;
    }
    RawValue::from_string(format!(r#"{{"content":[{}]}}"#, all.join(","))).ok().map(Cow::Owned)
}

/// The elements of the list in the hub's words.
pub(crate) fn inner(value: &RawValue) -> Option<&str> {
    #[derive(serde::Deserialize)]
    struct Logprobs<'a> {
        #[serde(borrow)]
        content: Raw<'a>,
    }
    let logprobs: Logprobs<'_> = leaf::read(Some(value))?;
    logprobs.content.and_then(|list| elements(list.get()))
}
