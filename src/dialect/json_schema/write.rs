//! The walk over a schema.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::Reduced;
use super::entries::{Entries, list};
use super::references::References;
use super::subset::Subset;
use crate::dialect::quoted::quoted;

/// Deeper schemas are copied as they are: no provider compiles them.
pub(super) const DEEPEST: usize = 48;
/// The most bytes that references may add where they are replaced by what they lead to: some, and so often what the
/// schema has; but no more than a limit.
const INLINED: [usize; 3] = [4 * 1024, 16, 256 * 1024];
/// The most bytes that are read to get to places that are no definitions, likewise.
const WALKED: [usize; 2] = [4 * 1024 * 1024, 16];

/// Where the walk is.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) depth: usize,
    /// The definition that is walked, by its number in the graph.
    pub(super) from: usize,
}

impl At {
    pub(super) const fn below(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

/// A schema as it is written.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    pub(super) subset: Subset,
    pub(super) references: References<'a>,
    pub(super) out: Vec<u8>,
    pub(super) has_lost: bool,
    pub(super) is_refused: bool,
    /// The bytes that references may still add.
    pub(super) inlined: usize,
    /// The bytes that may still be read on the way to places.
    pub(super) walked: usize,
    /// What references were replaced by, around the place where the walk is.
    pub(super) open: Open<'a>,
}

pub(super) fn reduce(schema: &RawValue, subset: Subset) -> Reduced {
    let mut writer = Writer {
        subset,
        references: References::of(schema),
        out: Vec::with_capacity(schema.get().len() + 64),
        has_lost: false,
        is_refused: false,
        inlined: schema.get().len().saturating_mul(INLINED[1]).saturating_add(INLINED[0]).min(INLINED[2]),
        walked: schema.get().len().saturating_mul(WALKED[1]).saturating_add(WALKED[0]),
        open: Open::default(),
    };
    writer.schema(schema, At { depth: 0, from: 0 });
    Reduced { text: writer.out, has_lost: writer.has_lost, is_refused: writer.is_refused }
}

/// Schemas, each once, by where they stand.
#[derive(Debug, Default)]
pub(super) struct Open<'a> {
    list: Vec<&'a RawValue>,
    known: HashSet<*const RawValue>,
}

impl<'a> Open<'a> {
    pub(super) fn contains(&self, schema: &RawValue) -> bool {
        self.known.contains(&std::ptr::from_ref(schema))
    }

    pub(super) fn push(&mut self, schema: &'a RawValue) {
        self.known.insert(schema);
        self.list.push(schema);
    }

    fn truncate(&mut self, length: usize) {
        for schema in self.list.drain(length..) {
            self.known.remove(&std::ptr::from_ref(schema));
        }
    }
}

impl<'a> Writer<'a> {
    pub(super) fn copy(&mut self, value: &RawValue) {
        self.text(value.get());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Begins a member of an object.
    pub(super) fn key(&mut self, key: &str) {
        self.comma(b'{');
        quoted(&mut self.out, key);
        self.out.push(b':');
    }

    /// Separates what follows from what stands before it.
    pub(super) fn comma(&mut self, opening: u8) {
        if self.out.last() != Some(&opening) {
            self.out.push(b',');
        }
    }

    pub(super) fn schema<'v>(&mut self, value: &'v RawValue, at: At)
    where
        'a: 'v,
    {
        if at.depth >= DEEPEST {
            self.is_refused = true;
            return self.copy(value);
        }
        if let Some(entries) = Entries::of(value) {
            let around = self.open.list.len();
            let flat = self.flat(entries, at);
            self.node(&flat, at);
            return self.open.truncate(around);
        }
        match value.get() {
            "true" => self.anything(),
            "false" => {
                self.has_lost = true;
                self.anything();
            }
            _ => self.copy(value),
        }
    }

    /// A schema or a list of them.
    pub(super) fn schemas<'v>(&mut self, value: &'v RawValue, at: At)
    where
        'a: 'v,
    {
        let Some(list) = list(value) else { return self.schema(value, at) };
        self.out.push(b'[');
        for value in list {
            self.comma(b'[');
            self.schema(value, at);
        }
        self.out.push(b']');
    }

    /// The schema of any value.
    pub(super) fn anything(&mut self) {
        if self.subset.wants_types() {
            self.has_lost = true;
            self.text(r#"{"type":["string","number","boolean","null"]}"#);
        } else {
            self.text("{}");
        }
    }
}
