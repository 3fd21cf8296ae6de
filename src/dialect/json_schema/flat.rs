//! Schemas that hold together, made one.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::entries::{Entries, Entry, list, text};
use super::references::Place;
use super::subset::{Recursion, is_annotation};
use super::write::{At, DEEPEST, Writer};
use crate::dialect::slots::Slots;

/// A schema without `allOf`, and with a reference only where nothing stands beside it.
#[derive(Debug)]
pub(super) struct Flat<'v> {
    pub(super) entries: Entries<'v>,
    /// A reference that holds as well.
    pub(super) reference: Option<Cow<'v, str>>,
    /// What could not be joined with what was there.
    pub(super) clashes: Vec<Entry<'v>>,
    /// The entries by their keys, once there is something to join with them.
    slots: Option<Slots<Cow<'v, str>>>,
}

impl<'a> Writer<'a> {
    /// Joins `allOf`, and references that others stand beside, with the rest. The definitions that are opened
    /// for it stay on `self.open`.
    pub(super) fn flat<'v>(&mut self, mut entries: Entries<'v>, at: At) -> Flat<'v>
    where
        'a: 'v,
    {
        let mut members = Vec::new();
        entries.0.retain(|entry| match &*entry.key {
            "allOf" => {
                list(entry.value).map(|list| members.extend(list.into_iter().map(Member::of))).is_none()
            }
            "$ref" => text(entry.value).map(|to| members.push(Member::Reference(to))).is_none(),
            _ => true,
        });
        let mut flat = Flat { entries, reference: None, clashes: Vec::new(), slots: None };
        if let [Member::Reference(to)] = &members[..] {
            let is_kept = matches!(self.references.place(to), Place::Root | Place::Definition(_));
            let is_free = |entry: &Entry<'_>| is_annotation(&entry.key) || entry.key.starts_with('$');
            if is_kept && at.depth > 0 && flat.entries.0.iter().all(is_free) {
                flat.reference = Some(to.clone());
                return flat;
            }
        }
        for member in members {
            self.join(&mut flat, member, at);
        }
        flat
    }

    fn join<'v>(&mut self, flat: &mut Flat<'v>, member: Member<'v>, at: At)
    where
        'a: 'v,
    {
        let schema = match member {
            Member::Schema(schema) => Some(schema),
            Member::Reference(to) => self.open(&to),
        };
        let Some(schema) = schema.filter(|_| at.depth < DEEPEST) else {
            self.has_lost = true;
            return;
        };
        // `true` adds nothing; what is no schema at all neither.
        let Some(entries) = Entries::of(schema) else { return };
        let inner = self.flat(entries, At { depth: at.depth.max(1) + 1, ..at });
        flat.clashes.extend(inner.clashes);
        if let Some(to) = inner.reference {
            self.join(flat, Member::Reference(to), at.below());
        }
        for entry in inner.entries.0 {
            self.add(flat, entry);
        }
    }

    /// What a reference leads to, if it may stand here in its place.
    fn open(&mut self, to: &str) -> Option<&'a RawValue> {
        let place = self.references.place(to);
        if matches!(place, Place::Inside) {
            // The way there is read from the top.
            self.walked = self.walked.checked_sub(self.references.len())?;
        }
        let schema = self.references.at(&place, to)?;
        if self.open.contains(schema) || self.inlined < schema.get().len() {
            self.is_refused |= self.subset.recurs() == Recursion::Nowhere;
            return None;
        }
        self.inlined -= schema.get().len();
        self.open.push(schema);
        Some(schema)
    }

    fn add<'v>(&mut self, flat: &mut Flat<'v>, entry: Entry<'v>) {
        let slots = flat.slots.get_or_insert_with(|| {
            let mut slots = Slots::default();
            // Of a keyword that stands there twice the first holds.
            for (slot, known) in flat.entries.0.iter().enumerate() {
                if slots.get(&known.key).is_none() {
                    slots.insert(known.key.clone(), slot);
                }
            }
            slots
        });
        let Some(known) = slots.get(&entry.key).and_then(|slot| flat.entries.0.get_mut(slot)) else {
            slots.insert(entry.key.clone(), flat.entries.0.len());
            return flat.entries.0.push(entry);
        };
        match &*entry.key {
            "properties" | "required" => known.more.extend(entry.values()),
            // All are closed anyway.
            "additionalProperties" if self.subset.closes() => {}
            key if is_annotation(key) || known.value.get() == entry.value.get() => {}
            _ => flat.clashes.push(entry),
        }
    }
}

/// One of the schemas that hold together.
enum Member<'v> {
    Schema(&'v RawValue),
    Reference(Cow<'v, str>),
}

impl<'v> Member<'v> {
    fn of(schema: &'v RawValue) -> Self {
        match Entries::of(schema).as_ref().map(|entries| &entries.0[..]) {
            Some([only]) if only.key == "$ref" => {
                text(only.value).map_or(Self::Schema(schema), Self::Reference)
            }
            _ => Self::Schema(schema),
        }
    }
}
