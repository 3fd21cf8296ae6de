//! Bytes and characters: the API counts the one where callers of others count the other.

use std::cell::Cell;
use std::ops::Range;

/// The most that is read of the texts to find places in them, in bytes, all places together. What is found later has
/// none.
pub(super) const MOST_READ: usize = 64 * 1024 * 1024;

/// The texts of an answer, in order: its parts, which sources refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts<'t> {
    list: Vec<&'t str>,
    read: Cell<usize>,
}

/// Characters of one of the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) text: usize,
    pub(crate) characters: Range<u64>,
}

impl<'t> Texts<'t> {
    pub(crate) fn new(list: impl Iterator<Item = &'t str>) -> Self {
        Self { list: list.collect(), read: Cell::new(0) }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// May so much more be read?
    fn may_read(&self, bytes: usize) -> bool {
        self.read.set(self.read.get().saturating_add(bytes));
        self.read.get() <= MOST_READ
    }

    /// Finds the bytes `span`, which are `words` where the API quotes them.
    ///
    /// It says that it counts from the beginning of a part, and says which; but not of a stream, whose parts are
    /// pieces, nor reliably where other parts stand before the text. So the words decide where there are any.
    pub(crate) fn find(&self, span: &Range<usize>, words: Option<&str>) -> Option<Place> {
        if !self.may_read(2 * self.list.len() + words.map_or(0, str::len)) {
            return None;
        }
        let is_meant = |found: &str| words.is_none_or(|words| words == found);
        let in_part = || self.list.iter().position(|text| text.get(span.clone()).is_some_and(is_meant));
        if let Some(text) = in_part() {
            return self.place(text, span);
        }
        self.in_all(span, words).or_else(|| {
            let words = words.filter(|words| !words.is_empty())?;
            let all = self.list.iter().map(|text| text.len()).sum();
            if !self.may_read(all) {
                return None;
            }
            let found = |(text, whole): (usize, &&str)| Some((text, whole.find(words)?));
            let (text, start) = self.list.iter().enumerate().find_map(found)?;
            self.place(text, &(start..start + words.len()))
        })
    }

    /// Counted from the beginning of the first text: as far as the text in which it begins.
    fn in_all(&self, span: &Range<usize>, words: Option<&str>) -> Option<Place> {
        let mut before = 0;
        for (at, text) in self.list.iter().enumerate() {
            if span.start < before + text.len() {
                let inside = span.start.checked_sub(before)?..(span.end.checked_sub(before)?).min(text.len());
                let found = text.get(inside.clone())?;
                let is_meant = words.is_none_or(|words| !found.is_empty() && words.starts_with(found));
                return if is_meant { self.place(at, &inside) } else { None };
            }
            before += text.len();
        }
        None
    }

    fn place(&self, text: usize, span: &Range<usize>) -> Option<Place> {
        let whole = self.list.get(text)?;
        if !self.may_read(span.end) {
            return None;
        }
        let count = |end| Some(whole.get(..end)?.chars().count() as u64);
        Some(Place { text, characters: count(span.start)?..count(span.end)? })
    }
}

/// Where these characters stand, in bytes; `None` where the text has no such.
pub(crate) fn bytes(text: &str, characters: &Range<u64>) -> Option<Range<usize>> {
    let byte = |character: u64| {
        let character = usize::try_from(character).ok()?;
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        ends.into_iter().nth(character)
    };
    let span = byte(characters.start)?..byte(characters.end)?;
    (span.start <= span.end).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_characters_and_back() {
        let texts = Texts::new(["Zürich ist schön."].into_iter());
        let place = texts.find(&(8..19), Some("ist schön.")).unwrap();
        assert_eq!(place, Place { text: 0, characters: 7..17 });
        assert_eq!(bytes(texts.list[0], &place.characters), Some(8..19));
        assert_eq!(bytes("ä", &(0..2)), None);
        assert_eq!(bytes("äb", &Range { start: 2, end: 1 }), None);
        // Half a character is no place.
        assert_eq!(texts.find(&(2..19), None), None);
    }

    #[test]
    fn the_words_decide_where_offsets_mislead() {
        let texts = Texts::new(["Let me see.", "It is Paris."].into_iter());
        let at = |span, words| texts.find(&span, words).map(|place| (place.text, place.characters));
        assert_eq!(at(0..5, Some("It is")), Some((1, 0..5)));
        assert_eq!(at(11..16, Some("It is")), Some((1, 0..5)), "counted from the first text");
        assert_eq!(at(40..45, Some("Paris")), Some((1, 6..11)), "counted from elsewhere");
        assert_eq!(at(0..5, None), Some((0, 0..5)));
        assert_eq!(at(0..5, Some("Rome!")), None);
        assert_eq!(at(17..22, None), Some((1, 6..11)));
        assert_eq!(at(7..19, Some("see.It is Pa")), Some((0, 7..11)), "as far as its part");
    }
}
