//! The ledger of losses, as a caller reads it.

use serde_json::Value;
use tower_failover::facts::Losses;

use crate::leaves::is_within;
use crate::senses::at;

pub(crate) struct Ledger {
    /// As they are, and in one spelling.
    fields: Vec<(String, String)>,
    /// Others are counted only.
    pub(crate) is_full: bool,
}

impl Ledger {
    pub(crate) fn of(losses: &Losses, asked: &Value) -> Self {
        let fields = losses.iter().map(|loss| whole(&loss.field, asked).to_owned());
        let fields: Vec<_> =
            fields.map(|field| (snake(&field), field)).map(|(plain, field)| (field, plain)).collect();
        let is_full = fields.len() >= Losses::KEPT;
        Self { fields, is_full }
    }

    /// Does it name the field, what it is in, or what it is a detail of?
    pub(crate) fn names(&self, path: &str) -> bool {
        let path = snake(path);
        self.fields.iter().any(|(_, loss)| is_within(&path, loss) || is_detail(&path, loss))
    }

    /// What it names that the caller has not written.
    pub(crate) fn misnamed(&self, asked: &Value) -> impl Iterator<Item = (String, String)> {
        let missing = self.fields.iter().filter(|(field, _)| walk(asked, field).is_none());
        missing.map(|(field, _)| (field.clone(), field.clone())).collect::<Vec<_>>().into_iter()
    }
}

/// How many alternatives to each token says nothing where no probabilities are told.
fn is_detail(path: &str, loss: &str) -> bool {
    matches!(
        (path, loss),
        ("top_logprobs", "logprobs") | ("generation_config.logprobs", "generation_config.response_logprobs")
    ) || (path.starts_with("include[") && loss == "top_logprobs")
        || (path == "top_logprobs" && loss == "include")
}

/// Hosted tools, and parts of a kind that only one dialect knows, are named by their kind: `tools[0].web_search`
/// is the whole of `tools[0]`.
fn whole<'l>(loss: &'l str, asked: &Value) -> &'l str {
    if walk(asked, loss).is_some() {
        return loss;
    }
    let Some((above, kind)) = loss.rsplit_once('.') else { return loss };
    if walk(asked, above).is_some_and(|value| value["type"] == kind) { above } else { loss }
}

fn walk<'v>(root: &'v Value, path: &str) -> Option<&'v Value> {
    if let Some(found) = at(root, path) {
        return Some(found);
    }
    let mut value = root;
    for step in path.split(['.', '[']) {
        let step = step.trim_end_matches(']');
        value = match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            Value::Object(fields) => {
                fields.iter().find(|(name, _)| snake(name) == snake(step)).map(|(_, value)| value)?
            }
            _ => return None,
        };
    }
    Some(value)
}

/// `maxOutputTokens` as `max_output_tokens`.
pub(crate) fn snake(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
