//! Objects: their properties, which of them are required, and what a schema lacks to be complete.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::entries::{Entries, Entry, list, strings, text};
use super::references::{escaped, node};
use super::subset::{Act, Recursion};
use super::write::{At, Writer};
use crate::dialect::quoted::quoted;

/// The types of a value that is given.
fn kind_of(value: &RawValue) -> &'static str {
    match value.get().as_bytes().first() {
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        Some(b'[') => "array",
        Some(b'{') => "object",
        _ => "number",
    }
}

impl<'a> Writer<'a> {
    /// Schemas under names, whatever the names look like.
    pub(super) fn named<'v>(&mut self, entry: &Entry<'v>, entries: &Entries<'v>, at: At)
    where
        'a: 'v,
    {
        let is_of_root = at.depth == 0 && self.references.list() == Some(&*entry.key);
        self.key(if is_of_root { "$defs" } else { &entry.key });
        let every = entry.key == "properties" && self.subset.act("required") == Act::Every;
        let required = names(entries);
        let mut seen = HashSet::new();
        self.out.push(b'{');
        for named in entry.values().filter_map(Entries::of).flat_map(|named| named.0) {
            if !seen.insert(named.key.clone()) {
                self.has_lost = true;
                continue;
            }
            self.key(&named.key);
            let mut at = at.below();
            if is_of_root {
                let place = self.references.place(&format!("#/{}/{}", entry.key, escaped(&named.key)));
                at.from = node(&place).unwrap_or(at.from);
            }
            if every && !required.contains(&*named.key) {
                self.nullable(named.value, at);
            } else {
                self.schema(named.value, at);
            }
        }
        self.out.push(b'}');
    }

    /// A property that might be left out, as one that might be `null`. That is what comes back, so it is a loss
    /// unless `null` was allowed before.
    fn nullable<'v>(&mut self, value: &'v RawValue, at: At)
    where
        'a: 'v,
    {
        let entries = Entries::of(value);
        if entries.as_ref().is_some_and(takes_null) {
            return self.schema(value, at);
        }
        self.has_lost = true;
        let kind = entries.as_ref().and_then(|entries| entries.get("type")).and_then(text);
        let fixed = ["enum", "const", "$ref", "allOf", "anyOf", "oneOf"];
        match (&entries, kind) {
            (Some(entries), Some(kind)) if !fixed.iter().any(|key| entries.has(key)) => {
                let start = self.out.len();
                self.schema(value, at);
                self.widen(start, &kind);
            }
            _ => {
                self.text(r#"{"anyOf":["#);
                self.schema(value, at.below());
                self.text(r#",{"type":"null"}]}"#);
            }
        }
    }

    /// Adds `null` to the type of the schema written since `start`.
    fn widen(&mut self, start: usize, kind: &str) {
        let written = self.out.split_off(start);
        let entries = serde_json::from_slice::<&RawValue>(&written).ok().and_then(Entries::of);
        let Some(entries) = entries else { return self.out.extend_from_slice(&written) };
        self.out.push(b'{');
        for entry in &entries.0 {
            self.key(&entry.key);
            if entry.key == "type" {
                self.out.push(b'[');
                quoted(&mut self.out, kind);
                self.text(r#","null"]"#);
            } else {
                self.copy(entry.value);
            }
        }
        self.out.push(b'}');
    }

    /// `required` with every property in it.
    pub(super) fn every(&mut self, entries: &Entries<'_>) {
        let properties = properties(entries);
        let keys: Vec<_> = properties.iter().map(|entry| &*entry.key).collect();
        let asked = names(entries);
        let known: HashSet<&str> = keys.iter().copied().collect();
        self.has_lost |= asked.iter().any(|name| !known.contains(&**name));
        self.key("required");
        let as_it_was = entries.0.iter().find(|entry| entry.key == "required" && entry.more.is_empty());
        match as_it_was {
            Some(entry) if asked.len() == known.len() && asked.iter().all(|name| known.contains(&**name)) => {
                self.copy(entry.value);
            }
            _ => {
                let mut seen = HashSet::new();
                self.names(keys.into_iter().filter(|key| seen.insert(*key)));
            }
        }
    }

    /// `required`, without what may not be: a property by which a definition needs itself.
    pub(super) fn required(&mut self, entry: &Entry<'_>, entries: &Entries<'_>, at: At) {
        self.key("required");
        let circular: HashSet<_> = match self.subset.recurs() {
            Recursion::InOptional => {
                let properties = properties(entries).into_iter();
                let circular = properties.filter(|entry| self.references.is_in_cycle(at.from, entry.value));
                circular.map(|entry| entry.key).collect()
            }
            _ => HashSet::new(),
        };
        let names: Vec<_> = entry.values().flat_map(strings).collect();
        let is_legal = !names.iter().any(|name| circular.contains(name));
        if is_legal && entry.more.is_empty() {
            return self.copy(entry.value);
        }
        self.has_lost |= !is_legal;
        let mut seen = HashSet::new();
        let names = names.iter().filter(|name| !circular.contains(*name) && seen.insert(&***name));
        self.names(names.map(|name| &**name));
    }

    fn names<'n>(&mut self, names: impl Iterator<Item = &'n str>) {
        self.out.push(b'[');
        for name in names {
            self.comma(b'[');
            quoted(&mut self.out, name);
        }
        self.out.push(b']');
    }

    /// Writes what the target wants and the schema does not say.
    pub(super) fn completed(&mut self, entries: &Entries<'_>, is_reference: bool, at: At) {
        let is_object = entries.is_object();
        if self.subset.wants_types() && !is_reference {
            self.kind(entries);
        }
        if !is_object {
            return;
        }
        if self.subset.act("required") == Act::Every && !entries.has("required") {
            self.every(entries);
        }
        if self.subset.closes() {
            // The root of a tool without arguments says no more than that.
            self.has_lost |=
                at.depth > 0 && !entries.has("properties") && !entries.has("additionalProperties");
            if !entries.has("additionalProperties") {
                self.key("additionalProperties");
                self.text("false");
            }
        }
    }

    fn kind(&mut self, entries: &Entries<'_>) {
        if ["type", "anyOf", "oneOf"].iter().any(|key| entries.has(key)) {
            return;
        }
        let given =
            entries.get("enum").and_then(list).or_else(|| entries.get("const").map(|value| vec![value]));
        let mut kinds: Vec<&str> = match given {
            _ if entries.is_object() => vec!["object"],
            _ if entries.has("items") => vec!["array"],
            Some(values) => values.into_iter().map(kind_of).collect(),
            None => {
                self.has_lost = true;
                vec!["string", "number", "boolean", "null"]
            }
        };
        let mut seen = HashSet::new();
        kinds.retain(|kind| seen.insert(*kind));
        self.key("type");
        match &kinds[..] {
            [kind] => quoted(&mut self.out, kind),
            _ => self.names(kinds.into_iter()),
        }
    }
}

fn properties<'v>(entries: &Entries<'v>) -> Vec<Entry<'v>> {
    let all = entries.0.iter().filter(|entry| entry.key == "properties");
    all.flat_map(Entry::values).filter_map(Entries::of).flat_map(|named| named.0).collect()
}

/// The names of the properties that are required.
fn names<'v>(entries: &Entries<'v>) -> HashSet<std::borrow::Cow<'v, str>> {
    let all = entries.0.iter().filter(|entry| entry.key == "required");
    all.flat_map(Entry::values).flat_map(strings).collect()
}

fn takes_null(entries: &Entries<'_>) -> bool {
    let is_null = |schema: &&RawValue| Entries::of(schema).is_some_and(|entries| entries.is_of("null"));
    let branches = entries.get("anyOf").or_else(|| entries.get("oneOf")).and_then(list);
    let in_branch = branches.is_some_and(|branches| branches.iter().any(is_null));
    let values = entries.get("enum").and_then(list);
    let in_values = values.is_none_or(|values| values.iter().any(|value| value.get() == "null"));
    in_values && (in_branch || entries.is_of("null"))
}
