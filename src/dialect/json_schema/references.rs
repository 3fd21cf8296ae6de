//! What a schema's references lead to, and which lead back.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::memmem;
use serde_json::value::RawValue;

use super::entries::{Entries, text};

/// The most definitions among which cycles are looked for.
const MOST: usize = 256;
/// The most steps of a pointer.
const STEPS: usize = 32;

type Set = [u128; MOST / 128];

/// The definitions of a schema, and who needs whom.
#[derive(Debug)]
pub(super) struct References<'a> {
    root: &'a RawValue,
    /// `$defs`, or `definitions` where these have none beside them.
    list: Option<&'static str>,
    definitions: Vec<&'a RawValue>,
    names: HashMap<Cow<'a, str>, usize>,
    /// Names that schemas give themselves, and the pointers that lead to them.
    anchors: HashMap<Cow<'a, str>, String>,
    /// Who is reached from the root, and from each definition.
    reached: Vec<Set>,
}

/// Where a reference leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// To the schema itself.
    Root,
    /// To the definition at this index.
    Definition(usize),
    /// Into the schema, where the target does not follow it.
    Inside,
    /// To another document, or nowhere.
    Away,
}

impl<'a> References<'a> {
    pub(super) fn of(root: &'a RawValue) -> Self {
        let mut found = Self {
            root,
            list: None,
            definitions: Vec::new(),
            names: HashMap::new(),
            anchors: HashMap::new(),
            reached: Vec::new(),
        };
        let Some(entries) = Entries::of(root) else { return found };
        found.list = ["$defs", "definitions"].into_iter().find(|list| entries.has(list));
        let definitions = found.list.and_then(|list| entries.get(list)).and_then(Entries::of);
        let has_anchors = memmem::find(root.get().as_bytes(), b"\"$anchor\"").is_some();
        if has_anchors {
            found.anchor(&entries, String::from("#"));
        }
        for (index, entry) in definitions.into_iter().flat_map(|definitions| definitions.0).enumerate() {
            if let (true, Some(list), Some(entries)) = (has_anchors, found.list, Entries::of(entry.value)) {
                found.anchor(&entries, format!("#/{list}/{}", escaped(&entry.key)));
            }
            found.definitions.push(entry.value);
            found.names.entry(entry.key).or_insert(index);
        }
        if found.definitions.len() < MOST && memmem::find(root.get().as_bytes(), b"\"$ref\"").is_some() {
            found.reach(&entries);
        }
        found
    }

    fn anchor(&mut self, schema: &Entries<'a>, pointer: String) {
        if let Some(name) = schema.get("$anchor").and_then(text) {
            self.anchors.entry(name).or_insert(pointer);
        }
    }

    /// The pointer for a reference by the name that a schema gives itself; any other reference as it is.
    pub(super) fn pointer<'r>(&'r self, to: &'r str) -> &'r str {
        let anchor = to.strip_prefix('#').filter(|name| !name.is_empty() && !name.starts_with('/'));
        anchor.and_then(|name| self.anchors.get(name)).map_or(to, String::as_str)
    }

    fn reach(&mut self, root: &Entries<'a>) {
        let own = root.0.iter().filter(|entry| Some(&*entry.key) != self.list).map(|entry| entry.value.get());
        let own = own.fold(Set::default(), |set, text| join(set, self.needs(text)));
        // A reference of the root itself is no text of any of its values.
        let direct = root.get("$ref").and_then(text).map_or(Set::default(), |to| self.set(&to));
        let mut reached = vec![join(own, direct)];
        reached.extend(self.definitions.iter().map(|schema| self.needs(schema.get())));
        for middle in 0..reached.len() {
            let beyond = reached[middle];
            for from in &mut reached {
                if has(from, middle) {
                    *from = join(*from, beyond);
                }
            }
        }
        self.reached = reached;
    }

    /// Which definitions a text refers to.
    fn needs(&self, text: &str) -> Set {
        references(text).fold(Set::default(), |set, to| join(set, self.set(&to)))
    }

    fn set(&self, to: &str) -> Set {
        let mut set = Set::default();
        if let Some(node) = node(&self.place(to)) {
            set[node / 128] |= 1 << (node % 128);
        }
        set
    }

    /// The keyword the definitions stand under.
    pub(super) const fn list(&self) -> Option<&'static str> {
        self.list
    }

    pub(super) fn place(&self, pointer: &str) -> Place {
        let Some(path) = self.pointer(pointer).strip_prefix('#') else { return Place::Away };
        if path.is_empty() {
            return Place::Root;
        }
        let Some(path) = path.strip_prefix('/') else { return Place::Away };
        if let Some((list, name)) = path.split_once('/') {
            if Some(list) == self.list && !name.contains('/') {
                let index = self.names.get(&*unescaped(name));
                return index.map_or(Place::Away, |index| Place::Definition(*index));
            }
        }
        Place::Inside
    }

    /// How long the whole schema is, in bytes.
    pub(super) fn len(&self) -> usize {
        self.root.get().len()
    }

    /// What stands at a place.
    pub(super) fn at(&self, place: &Place, pointer: &str) -> Option<&'a RawValue> {
        match place {
            Place::Root => Some(self.root),
            Place::Definition(index) => self.definitions.get(*index).copied(),
            Place::Inside => {
                let mut value = self.root;
                for step in pointer.strip_prefix("#/")?.split('/').take(STEPS) {
                    let step = unescaped(step);
                    value = match super::entries::list(value) {
                        Some(list) => list.get(step.parse::<usize>().ok()?)?,
                        None => Entries::of(value)?.get(&step)?,
                    };
                }
                Some(value)
            }
            Place::Away => None,
        }
    }

    /// Does what stands there need the schema at `from` again, which needs it?
    pub(super) fn leads_back(&self, from: usize, place: &Place) -> bool {
        node(place).is_some_and(|to| self.reached.get(to).is_some_and(|set| has(set, from)))
    }

    /// Does a schema inside of `from` refer to one that needs `from` again?
    pub(super) fn is_in_cycle(&self, from: usize, schema: &RawValue) -> bool {
        !self.reached.is_empty() && references(schema.get()).any(|to| self.leads_back(from, &self.place(&to)))
    }
}

/// The number of a place in the graph.
pub(super) const fn node(place: &Place) -> Option<usize> {
    match place {
        Place::Root => Some(0),
        Place::Definition(index) => Some(*index + 1),
        Place::Inside | Place::Away => None,
    }
}

fn join(one: Set, other: Set) -> Set {
    std::array::from_fn(|word| one[word] | other[word])
}

fn has(set: &Set, node: usize) -> bool {
    set[node / 128] & 1 << (node % 128) != 0
}

/// The pointers in a text. One that is only data in it, in an example, costs nothing worse than a rewriting.
fn references(schema: &str) -> impl Iterator<Item = Cow<'_, str>> {
    const KEY: &[u8] = b"\"$ref\"";
    memmem::find_iter(schema.as_bytes(), KEY).filter_map(|at| {
        let value = schema[at + KEY.len()..].trim_start().strip_prefix(':')?.trim_start();
        let mut words = serde_json::Deserializer::from_str(value).into_iter::<&RawValue>();
        text(words.next()?.ok()?)
    })
}

/// A name as a step of a JSON pointer in a URL fragment (RFC 6901).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1").replace('%', "%25")
}

/// The name that such a step stands for.
fn unescaped(step: &str) -> Cow<'_, str> {
    if !step.contains(['~', '%']) {
        return Cow::Borrowed(step);
    }
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let (byte, after) = match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (byte, &after[2..]),
            None => (byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~"))
}
