//! What becomes of every field of a caller's request.
//!
//! A field is *carried* if its value stands in the member's request, under its own name or one that means the
//! same; *named* if the ledger of losses names it, or what it is in; *neutral* if it says what holds without it,
//! too. Anything else got lost in silence. Written from the vendors' references; shares nothing with the crate.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use tower_failover::facts::Losses;

use crate::leaves::{Leaf, is_within, leaves};
use crate::neutral;

/// What became of one field.
#[derive(Debug)]
pub(crate) enum Verdict {
    Carried,
    Named,
    Neutral,
    /// The ledger is full: it keeps so many losses by name, and counts the rest.
    Beyond,
    Silent(String),
}

impl Verdict {
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Named => "named",
            Self::Neutral => "neutral",
            Self::Beyond => "beyond",
            Self::Silent(_) => "silent",
        }
    }
}

/// The dialects of the caller and of the member.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) front: &'a str,
    pub(crate) member: &'a str,
    /// The member's model.
    pub(crate) model: &'a str,
}

pub(crate) struct Audit {
    pub(crate) verdicts: Vec<(String, Verdict)>,
}

impl Audit {
    pub(crate) fn of(pair: Pair<'_>, caller: &Value, member: &Value, losses: &Losses) -> Self {
        let named: Vec<String> = losses.iter().map(|loss| plain(&loss.field, caller)).collect();
        let is_full = losses.iter().count() >= Losses::KEPT;
        let mut member = Member::new(member);
        let verdicts = leaves(caller).into_iter().map(|leaf| {
            let verdict = if is_named(&leaf.path, &named) {
                Verdict::Named
            } else if neutral::is_neutral(pair, &leaf, caller) {
                Verdict::Neutral
            } else if member.carries(&leaf) {
                Verdict::Carried
            } else if is_full {
                Verdict::Beyond
            } else {
                Verdict::Silent(short(leaf.value))
            };
            (leaf.path, verdict)
        });
        let verdicts = verdicts.collect();
        Self { verdicts }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut end = text.len().min(80);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// Does the ledger name the field, what it is in, or something in it?
fn is_named(path: &str, named: &[String]) -> bool {
    let path = &*snake(path).replace("top_logprobs", "logprobs");
    // The ledger may leave out levels that only say what kind of thing a thing is: `tools[0].strict`.
    let is_loose = |loss: &str| {
        loss.rsplit_once('.').is_some_and(|(above, field)| {
            let last = path.rsplit('.').next().unwrap_or_default();
            is_within(path, above)
                && last.trim_end_matches(|c: char| c == ']' || c == '[' || c.is_ascii_digit()) == field
        })
    };
    named.iter().any(|loss| is_within(path, loss) || is_within(loss, path) || is_loose(loss))
}

/// A path of the ledger, spelled as paths are here. Hosted tools and unknown parts it names by their kind, as
/// `tools[0].web_search`, which is the whole of them.
fn plain(loss: &str, caller: &Value) -> String {
    if loss.starts_with("output_config.format") && !caller["output_format"].is_null() {
        return loss.replace("output_config.format", "output_format");
    }
    if let Some((above, kind)) = loss.rsplit_once('.') {
        let pointer = format!("/{}/type", above.replace('[', "/").replace(']', "").replace('.', "/"));
        if caller.pointer(&pointer).is_some_and(|word| word == kind) {
            return snake(above);
        }
    }
    snake(loss)
}

/// `maxOutputTokens` as `max_output_tokens`.
fn snake(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// All that a member's request says.
struct Member {
    /// Scalars that are no strings, by name and value: how many are left.
    scalars: HashMap<(String, String), usize>,
    /// Strings that stand alone, in lower case: how many are left.
    strings: HashMap<String, usize>,
    /// Strings that may hold others.
    texts: Vec<String>,
    /// Names of fields, in one spelling.
    keys: HashSet<String>,
}

impl Member {
    fn new(body: &Value) -> Self {
        let mut this = Self {
            scalars: HashMap::new(),
            strings: HashMap::new(),
            texts: Vec::new(),
            keys: HashSet::new(),
        };
        this.take_in(body);
        this
    }

    fn take_in(&mut self, value: &Value) {
        for leaf in leaves(value) {
            self.keys
                .extend(leaf.path.split('.').map(|name| alias(name.split('[').next().unwrap_or_default())));
            match leaf.value {
                Value::String(text) => {
                    *self.strings.entry(text.to_lowercase()).or_default() += 1;
                    self.texts.push(text.clone());
                    // Arguments and results of tools are JSON in a string in some dialects.
                    if let Some(inner) = inner_json(text) {
                        self.take_in(&inner);
                    }
                }
                other => {
                    let entry = neutral::inverted(alias(leaf.key), scalar(other));
                    *self.scalars.entry(entry).or_default() += 1;
                }
            }
        }
    }

    fn carries(&mut self, leaf: &Leaf<'_>) -> bool {
        self.carries_value(leaf) || self.means(leaf)
    }

    /// Does it say the same in words of its own?
    fn means(&self, leaf: &Leaf<'_>) -> bool {
        let says = |word: &str| self.texts.iter().any(|text| text == word);
        let has = |names: &[&str]| names.iter().any(|name| self.keys.contains(*name));
        match (leaf.key, leaf.value) {
            ("logprobs" | "responseLogprobs", Value::Bool(true)) => says("message.output_text.logprobs"),
            ("includeThoughts" | "include_thoughts", Value::Bool(true)) => has(&["summary", "thinking"]),
            ("display", Value::String(word)) if word == "summarized" => has(&["summary", "includethoughts"]),
            ("is_error", Value::Bool(true)) => has(&["error"]),
            ("mode", Value::String(word)) if word == "ANY" => has(&["toolchoice"]),
            ("mode", Value::String(word)) if word == "VALIDATED" => has(&["strict"]),
            ("type", Value::String(word)) if word == "disabled" => {
                says("none") || self.scalars.contains_key(&("budget".to_owned(), "0".to_owned()))
            }
            ("thinkingBudget" | "thinking_budget", Value::Number(none)) if none.as_i64() == Some(0) => {
                says("none") || says("disabled")
            }
            ("thinkingBudget" | "thinking_budget", Value::Number(own)) if own.as_i64() == Some(-1) => {
                has(&["thinking", "reasoning", "reasoningeffort"])
            }
            ("strict", Value::Bool(true)) => says("VALIDATED") || says("ANY"),
            // Enums by their number.
            ("type", Value::Number(number)) => {
                let words = ["", "string", "number", "integer", "boolean", "array", "object"];
                number.as_u64().and_then(|at| words.get(at as usize)).is_some_and(|word| says(word))
            }
            // The only value of an object is told alone.
            (_, Value::Number(number)) => says(&number.to_string()),
            (_, Value::Bool(value)) => says(&value.to_string()),
            (_, Value::String(data)) => base64(data).is_some_and(|text| says(&text)),
            _ => false,
        }
    }

    fn carries_value(&mut self, leaf: &Leaf<'_>) -> bool {
        match leaf.value {
            Value::String(text) => self.carries_text(leaf.key, text),
            other => {
                let (key, value) = neutral::inverted(alias(leaf.key), scalar(other));
                self.take(key, value)
            }
        }
    }

    fn carries_text(&mut self, key: &str, text: &str) -> bool {
        // The ends of texts are trimmed where the member refuses white space there.
        let candidates = [text, text.trim_end(), neutral::translated(key, text)];
        if candidates.iter().any(|word| take_one(&mut self.strings, &word.to_lowercase())) {
            return true;
        }
        // One text may hold several that were apart.
        if self.texts.iter().any(|held| candidates.iter().any(|word| held.contains(word))) {
            return true;
        }
        // What is a string here may be JSON there.
        if let Some(inner) = inner_json(text) {
            return leaves(&inner).iter().all(|leaf| self.carries(leaf) || is_empty(leaf.value));
        }
        // Data and its type stand in one URL here, and apart there.
        let Some((media, data)) = text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
        else {
            return false;
        };
        self.texts.iter().any(|held| held.contains(media)) && self.texts.iter().any(|held| held == data)
    }

    fn take(&mut self, key: String, value: String) -> bool {
        let in_words = self.texts.iter().any(|text| text.contains(&value)) && value.len() > 5;
        take_one(&mut self.scalars, &(key, value)) || in_words
    }
}

fn take_one<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) -> bool {
    match counts.get_mut(key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn inner_json(text: &str) -> Option<Value> {
    let looks = text.trim_start().starts_with(['{', '[']);
    looks.then(|| serde_json::from_str(text).ok()).flatten()
}

/// Numbers by their value: `1`, `1.0` and `1e0` are the same.
fn scalar(value: &Value) -> String {
    value.as_f64().map_or_else(|| value.to_string(), |number| number.to_string())
}

/// One name for all that mean the same.
fn alias(key: &str) -> String {
    let plain: String = key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    match &*plain {
        "maxtokens" | "maxcompletiontokens" | "maxoutputtokens" => "maxtokens".to_owned(),
        "budgettokens" | "thinkingbudget" => "budget".to_owned(),
        "n" | "candidatecount" => "n".to_owned(),
        "logprobs" | "toplogprobs" | "responselogprobs" => "logprobs".to_owned(),
        "stop" | "stopsequences" => "stop".to_owned(),
        "exclusiveminimum" | "minimum" => "minimum".to_owned(),
        "exclusivemaximum" | "maximum" => "maximum".to_owned(),
        _ => plain,
    }
}

/// Text that was sent as data, which other dialects send as text.
fn base64(data: &str) -> Option<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in data.trim_end_matches('=').bytes() {
        bits = bits << 6 | u32::try_from(DIGITS.iter().position(|known| *known == digit)?).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}
