//! JSON Schemas for targets that take a part of the language.
//!
//! Whoever enforces a schema while a model writes takes a subset of JSON Schema, each another one, and answers
//! 400 to the rest. So a schema is rewritten: into one that means the same where there is one, and otherwise
//! into one that is close, with what is not enforced any more in the description, where the model at least
//! reads it. The vendors' SDKs do the same. What was lost is said.
//!
//! Digits, the order of keys and unknown keywords stay. Work and size are bounded, whatever the schema is.

mod described;
mod entries;
mod flat;
mod nesting;
mod node;
mod object;
mod references;
mod subset;
mod write;

use serde_json::value::RawValue;

pub(crate) use self::described::described;
pub(crate) use self::nesting::Nesting;
pub(crate) use self::subset::Subset;

/// A schema rewritten.
#[derive(Debug)]
pub(crate) struct Reduced {
    /// The schema, as JSON.
    pub(crate) text: Vec<u8>,
    /// Answers are not held to all of it any more, or to another form of it.
    pub(crate) has_lost: bool,
    /// The subset cannot hold it: it recurs where that is not taken, or its root is of the wrong kind. The target
    /// would refuse `text`; better send the schema as it was, without asking for it to be enforced.
    pub(crate) is_refused: bool,
}

impl Reduced {
    /// The schema, unless the target would refuse it.
    #[cfg(any(feature = "openai-chat", feature = "openai-responses"))]
    pub(crate) fn into_json(self) -> Option<Box<RawValue>> {
        let text = String::from_utf8(self.text).ok().filter(|_| !self.is_refused)?;
        RawValue::from_string(text).ok()
    }
}

/// Rewrites a schema into a subset of the language. Never fails: what cannot be read is copied.
pub(crate) fn reduce(schema: &RawValue, subset: Subset) -> Reduced {
    write::reduce(schema, subset)
}

#[cfg(test)]
mod tests;
