//! One schema, keyword by keyword.

use serde_json::value::RawValue;

use super::entries::{Entries, Entry, list, text};
use super::flat::Flat;
use super::references::{Place, node};
use super::subset::{Act, Recursion, Subset, looks_around};
use super::write::{At, Writer};
use crate::dialect::quoted::quoted;

/// A longer value is not told in words.
const WORDS: usize = 512;

impl<'a> Writer<'a> {
    pub(super) fn node<'v>(&mut self, flat: &Flat<'v>, at: At)
    where
        'a: 'v,
    {
        let entries = &flat.entries;
        if at.depth == 0 && self.subset == Subset::OpenAiStrict {
            self.is_refused |= !entries.is_object() || entries.has("anyOf") || entries.has("oneOf");
        }
        if entries.0.is_empty() && flat.reference.is_none() && flat.clashes.is_empty() {
            return self.anything();
        }
        let acts: Vec<Act> = entries.0.iter().map(|entry| self.act(entry, entries)).collect();
        let (mut told, mut is_lost) = (Vec::new(), !flat.clashes.is_empty());
        for (entry, act) in entries.0.iter().zip(&acts) {
            if matches!(act, Act::Describe | Act::Tell) {
                told.push(entry);
                is_lost |= *act == Act::Describe || entry.value.get().len() > WORDS;
            }
        }
        let words = words(told.into_iter().chain(&flat.clashes));
        self.has_lost |= is_lost;
        self.out.push(b'{');
        for (entry, act) in entries.0.iter().zip(&acts) {
            match &*entry.key {
                "description" => self.description(Some(entry.value), &words),
                // Written with the `enum` that it is of.
                "type" if acts.contains(&Act::Texts) && holds_null(entries) => {}
                _ => self.keyword(entry, *act, entries, at),
            }
        }
        if !words.is_empty() && !entries.has("description") {
            self.description(None, &words);
        }
        if let Some(to) = &flat.reference {
            self.reference(to, entries, at);
        }
        self.completed(entries, flat.reference.is_some(), at);
        self.out.push(b'}');
    }

    /// What becomes of a keyword here.
    fn act(&self, entry: &Entry<'_>, entries: &Entries<'_>) -> Act {
        let value = entry.value;
        let keep_if = |is_kept: bool| if is_kept { Act::Keep } else { Act::Describe };
        match self.subset.act(&entry.key) {
            Act::Format => keep_if(text(value).is_none_or(|format| self.subset.knows_format(&format))),
            // Pydantic's way to say that a property need not be given; its type says that it may be `null`.
            Act::Tell if value.get() == "null" => Act::Drop,
            Act::Pattern => keep_if(!looks_around(value.get())),
            Act::Scalars => {
                let values = list(value).filter(|_| entry.key == "enum").unwrap_or_else(|| vec![value]);
                keep_if(values.iter().all(|value| !value.get().starts_with(['{', '['])))
            }
            Act::Texts => texts(entry, entries),
            Act::Integer if value.get() == "false" => Act::Drop,
            Act::Integer if next(entry, entries).is_none() => Act::Describe,
            Act::OneOf if entries.has("anyOf") => Act::Describe,
            Act::Keep if entry.key == "minItems" && self.subset == Subset::AnthropicStrict => {
                keep_if(matches!(value.get(), "0" | "1"))
            }
            // The older way to say `prefixItems`.
            Act::Schema if entry.key == "items" && list(value).is_some() => self.subset.act("prefixItems"),
            act => act,
        }
    }

    fn keyword<'v>(&mut self, entry: &Entry<'v>, act: Act, entries: &Entries<'v>, at: At)
    where
        'a: 'v,
    {
        let (key, value) = (&*entry.key, entry.value);
        match act {
            Act::Drop | Act::Describe | Act::Tell => {}
            Act::Named => self.named(entry, entries, at),
            Act::Every => self.every(entries),
            Act::Close if entries.is_object() => {
                self.has_lost |= value.get() != "false";
                self.key(key);
                self.text("false");
            }
            Act::Close => {}
            Act::Keep if key == "required" => self.required(entry, entries, at),
            Act::Texts => self.texts(entry, entries),
            Act::Integer => {
                let Some(next) = next(entry, entries) else { return };
                self.key(if key == "exclusiveMinimum" { "minimum" } else { "maximum" });
                self.text(&next.to_string());
            }
            Act::OneOf | Act::Schema => {
                let is_tuple = key == "items" && list(value).is_some();
                self.key(if act == Act::OneOf {
                    "anyOf"
                } else if is_tuple {
                    "prefixItems"
                } else {
                    key
                });
                // `additionalProperties: false` is no schema that nothing fits.
                let is_switch = key == "additionalProperties" && matches!(value.get(), "true" | "false");
                if is_switch { self.copy(value) } else { self.schemas(value, at.below()) }
            }
            Act::Keep | Act::Format | Act::Pattern | Act::Scalars => {
                self.key(key);
                self.copy(value);
            }
        }
    }

    /// An `enum` as strings and numbers, with a branch of its own for `null`.
    fn texts(&mut self, entry: &Entry<'_>, entries: &Entries<'_>) {
        let values = list(entry.value).filter(|_| entry.key == "enum").unwrap_or_else(|| vec![entry.value]);
        let has_null = holds_null(entries);
        if has_null {
            self.key("anyOf");
            self.text("[{");
            let types: Vec<_> = entries.types().into_iter().filter(|kind| kind != "null").collect();
            if let [kind] = &types[..] {
                self.key("type");
                quoted(&mut self.out, kind);
            }
        }
        self.key("enum");
        self.out.push(b'[');
        for value in values.into_iter().filter(|value| value.get() != "null") {
            self.comma(b'[');
            self.copy(value);
        }
        self.out.push(b']');
        if has_null {
            self.text(r#"},{"type":"null"}]"#);
        }
    }

    /// A reference alone, or as the only branch of `anyOf` where something stands beside it: both mean the same,
    /// and not every target takes the first.
    fn reference(&mut self, to: &str, entries: &Entries<'_>, at: At) {
        let place = self.references.place(to);
        let to = &*self.references.pointer(to).to_owned();
        if self.subset.recurs() == Recursion::Nowhere && self.references.leads_back(at.from, &place) {
            (self.has_lost, self.is_refused) = (true, true);
            return;
        }
        let is_alone = entries.0.iter().all(|entry| entry.key.starts_with('$'));
        if !is_alone {
            self.key("anyOf");
            self.text("[{");
        }
        self.key("$ref");
        let renamed = to.strip_prefix("#/definitions/").filter(|_| node(&place) != Some(0));
        match renamed {
            Some(name) => quoted(&mut self.out, &format!("#/$defs/{name}")),
            None => quoted(&mut self.out, to),
        }
        if !is_alone {
            self.text("}]");
        }
        debug_assert!(place != Place::Away, "only references that lead somewhere are kept");
    }

    fn description(&mut self, description: Option<&RawValue>, words: &str) {
        self.key("description");
        match description {
            Some(description) if words.is_empty() => self.copy(description),
            _ => {
                let before = description.and_then(text).filter(|text| !text.is_empty());
                let before = before.map_or_else(String::new, |text| format!("{text}\n\n"));
                quoted(&mut self.out, &(before + words));
            }
        }
    }
}

/// What is not enforced any more, told to the model.
fn words<'e, 'v: 'e>(entries: impl Iterator<Item = &'e Entry<'v>>) -> String {
    let mut words = String::new();
    for entry in entries {
        let value = entry.value.get();
        words.push_str(if words.is_empty() { "" } else { ", " });
        words.push_str(&entry.key);
        if value.len() <= WORDS {
            words.push_str(": ");
            words.push_str(value);
        }
    }
    words
}

/// The bound that holds for integers where an exclusive one stands.
fn next(entry: &Entry<'_>, entries: &Entries<'_>) -> Option<i64> {
    let is_least = entry.key == "exclusiveMinimum";
    let is_alone = !entries.has(if is_least { "minimum" } else { "maximum" });
    let is_integer = matches!(&entries.types()[..], [kind] if kind == "integer");
    let bound = entry.value.get().parse::<i64>().ok().filter(|_| is_alone && is_integer)?;
    if is_least { bound.checked_add(1) } else { bound.checked_sub(1) }
}

/// What becomes of an `enum` or `const` where only strings and numbers are taken.
fn texts(entry: &Entry<'_>, entries: &Entries<'_>) -> Act {
    let values = list(entry.value).filter(|_| entry.key == "enum").unwrap_or_else(|| vec![entry.value]);
    let count = |begins: &[char]| values.iter().filter(|value| value.get().starts_with(begins)).count();
    let (nulls, booleans, others) = (count(&['n']), count(&['t', 'f']), count(&['{', '[']));
    let is_one = entry.key == "const" && entries.has("enum");
    let is_one_type = entries.types().iter().filter(|kind| *kind != "null").count() <= 1;
    let says = |value: &str| values.iter().any(|known| known.get() == value);
    if others + booleans == 0
        && !is_one
        && (nulls == 0 || (nulls < values.len() && splits(entries) && is_one_type))
    {
        return Act::Texts;
    }
    // Types say as much of these.
    let is_said = (booleans == values.len() && says("true") && says("false") && entries.is_of("boolean"))
        || (nulls == values.len() && entries.types() == ["null"]);
    if is_said { Act::Drop } else { Act::Describe }
}

fn splits(entries: &Entries<'_>) -> bool {
    !entries.has("anyOf") && !entries.has("oneOf")
}

/// Is `null` among the values?
fn holds_null(entries: &Entries<'_>) -> bool {
    let values = entries.get("enum").and_then(list).unwrap_or_default();
    values.iter().any(|value| value.get() == "null")
}
