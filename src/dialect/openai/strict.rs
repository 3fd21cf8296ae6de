//! Schemas that are to be enforced, for members of either dialect.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::dialect::canonical::Json;
use crate::dialect::json_schema::{self, Subset};

/// A schema, and what became of the wish to have it enforced.
pub(crate) struct Enforced<'a> {
    pub(crate) schema: Json<'a>,
    pub(crate) strict: Option<bool>,
    /// It is not enforced.
    pub(crate) is_lost: bool,
    /// What is enforced is close to it.
    pub(crate) has_changed: bool,
}

/// A schema, as the vendor enforces it where the caller wants that and wrote it for another vendor. One that was
/// written for this vendor is the caller's own business.
pub(crate) fn enforced<'a>(dialect: &str, schema: &'a RawValue, strict: Option<bool>) -> Enforced<'a> {
    let as_it_is = Enforced { schema: Cow::Borrowed(schema), strict, is_lost: false, has_changed: false };
    if strict != Some(true) || dialect.starts_with("openai") {
        return as_it_is;
    }
    let reduced = json_schema::reduce(schema, Subset::OpenAiStrict);
    let has_changed = reduced.has_lost;
    match reduced.into_json() {
        Some(reduced) => Enforced { schema: Cow::Owned(reduced), has_changed, ..as_it_is },
        None => Enforced { strict: None, is_lost: true, ..as_it_is },
    }
}
