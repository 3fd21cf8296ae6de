use serde_json::value::RawValue;

use crate::dialect::canonical::{Extra, Position};

/// What a request of this dialect holds that the hub has no place for, by where it stood.
#[derive(Default)]
pub(super) struct Kept<'a> {
    /// Sorted by path, so that what belongs together stands together.
    fields: Vec<(&'a str, &'a RawValue)>,
}

/// The fields of one object, by name.
pub(super) type Fields<'a> = Vec<(&'a str, &'a RawValue)>;

/// Where what belongs to objects inside the request stands.
const INNER: [&str; 7] =
    ["input[", "tools[", "tool_choice.", "text.", "reasoning.", "include[", "stream_options."];

impl<'a> Kept<'a> {
    pub(super) fn of(extra: &'a [Extra<'a>]) -> Self {
        let mut fields: Fields<'a> = extra.iter().map(|extra| (&*extra.path, &*extra.value)).collect();
        fields.sort_by_key(|(path, _)| *path);
        Self { fields }
    }

    /// Fields of the request itself.
    pub(super) fn top(&self) -> Fields<'a> {
        let is_inner = |path: &str| INNER.iter().any(|inner| path.starts_with(inner));
        self.fields.iter().copied().filter(|(path, _)| !is_inner(path)).collect()
    }

    /// Fields of the object at this path; what belongs to objects inside it is left to them.
    pub(super) fn at(&self, path: &str, inner: &[&str]) -> Fields<'a> {
        let prefix = format!("{path}.");
        let start = self.fields.partition_point(|(path, _)| *path < &*prefix);
        let fields = self.fields[start..]
            .iter()
            .map_while(|(path, value)| path.strip_prefix(&*prefix).map(|name| (name, *value)));
        fields.filter(|(name, _)| !inner.iter().any(|inner| name.starts_with(inner))).collect()
    }

    /// Fields of an item.
    pub(super) fn item(&self, index: Option<u32>) -> Fields<'a> {
        match index {
            Some(index) if !self.fields.is_empty() => {
                self.at(&format!("input[{index}]"), &["content[", "output["])
            }
            _ => Vec::new(),
        }
    }

    /// Fields of a part of an item.
    pub(super) fn part(&self, position: Position) -> Fields<'a> {
        match position {
            Position { turn: Some(turn), field, index: Some(index) } if !self.fields.is_empty() => {
                self.at(&format!("input[{turn}].{field}[{index}]"), &["input_audio."])
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn every_field_belongs_to_the_innermost_object_it_stood_in() {
        let one: &RawValue = serde_json::from_str("1").unwrap();
        let paths = [
            "z",
            "input[1].id",
            "input[10].id",
            "input[1].content[0].x",
            "text.y",
            "odd.name",
            "input[1].a.b",
        ];
        let extra: Vec<_> = paths.iter().map(|path| Extra::moot(*path, Cow::Borrowed(one))).collect();
        let kept = Kept::of(&extra);
        let names =
            |fields: Fields<'_>| fields.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(names(kept.top()), ["odd.name", "z"]);
        assert_eq!(names(kept.item(Some(1))), ["a.b", "id"]);
        assert_eq!(names(kept.item(Some(10))), ["id"]);
        assert_eq!(names(kept.part(Position { turn: Some(1), field: "content", index: Some(0) })), ["x"]);
        assert_eq!(names(kept.at("text", &[])), ["y"]);
        assert!(kept.item(None).is_empty());
    }
}
