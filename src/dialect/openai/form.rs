//! The form that answers and arguments must have.

use serde_json::value::RawValue;

use crate::dialect::canonical::{Content, Request};
use crate::dialect::{Capabilities, Vendor, json_schema};

/// What stands for a form that the API or the model has no field for. It must be called by its name.
pub(in crate::dialect) const JSON_ONLY: &str =
    "Answer with a single JSON object and nothing else: no prose around it, no code fence.";

/// What stands for a schema that cannot be enforced.
pub(in crate::dialect) fn in_words(schema: &RawValue, description: Option<&str>) -> String {
    let described = description.and_then(|text| json_schema::described(schema, text));
    let schema = described.as_deref().unwrap_or(schema);
    format!("{JSON_ONLY} It must be valid against this JSON Schema:\n{schema}")
}

/// Is a schema for the answer taken? For another vendor's model, whoever serves it in this dialect has an answer
/// of his own.
pub(in crate::dialect) const fn is_taken(known: &Capabilities) -> bool {
    known.structured || matches!(known.vendor, Some(Vendor::Anthropic | Vendor::Google))
}

/// The API refuses to answer in JSON where nobody has spoken of it. Callers of its dialects know that.
pub(in crate::dialect) fn mentions_json(request: &Request<'_>) -> bool {
    let mentions = |text: &str| text.as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"json"));
    is_vendors(request)
        || request.turns.iter().flat_map(|turn| &turn.parts).any(|part| match &part.content {
            Content::Text(text) => mentions(text),
            _ => false,
        })
}

/// Does the caller speak one of the vendor's dialects?
fn is_vendors(request: &Request<'_>) -> bool {
    request.names.dialect.starts_with("openai-")
}
