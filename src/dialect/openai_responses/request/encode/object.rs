use super::kept::Fields;
use crate::dialect::quoted::quoted;

/// Writes one JSON object. What was kept of the caller's goes before what was made of it, and no field is
/// written twice.
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    kept: Fields<'o>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, kept: Fields<'o>) -> Self {
        out.push(b'{');
        Self { out, kept, is_empty: true }
    }

    /// A field whose value is JSON already.
    pub(super) fn json(&mut self, name: &str, value: &[u8]) {
        self.field(name, |out| out.extend_from_slice(value));
    }

    /// A field with a string.
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.field(name, |out| quoted(out, value));
    }

    /// A field whose value is written by `value`.
    pub(super) fn field(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
        let kept = self.kept.iter().position(|(field, _)| *field == name);
        self.key(name);
        match kept {
            Some(index) => self.out.extend_from_slice(self.kept.remove(index).1.get().as_bytes()),
            None => value(self.out),
        }
    }

    /// Was this field kept?
    pub(super) fn has_kept(&self, name: &str) -> bool {
        self.kept.iter().any(|(field, _)| *field == name)
    }

    /// Is there nothing in it, nor to be put there?
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty && self.kept.is_empty()
    }

    pub(super) fn end(mut self) {
        for (name, value) in std::mem::take(&mut self.kept) {
            self.key(name);
            self.out.extend_from_slice(value.get().as_bytes());
        }
        self.out.push(b'}');
    }

    fn key(&mut self, name: &str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        quoted(self.out, name);
        self.out.push(b':');
    }
}

/// Appends a value to a list that is being written.
pub(super) fn separate(list: &mut Vec<u8>) {
    if !matches!(list.last(), None | Some(b'[')) {
        list.push(b',');
    }
}
