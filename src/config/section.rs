use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::problems::Problems;
use super::value::{self, Value};

/// A table of the file while it is read.
///
/// The keys asked for are the keys known: [`Section::close`] reports the others. A value that cannot be read is
/// reported and passed for absent, so that reading goes on; what was read is thrown away in the end.
pub(super) struct Section<'a> {
    path: Vec<String>,
    is_element: bool,
    at: usize,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    missing: Vec<(&'static str, String)>,
    problems: &'a Problems<'a>,
}

impl<'a> Section<'a> {
    /// The file as a whole. What is missing in it is reported at its end, where it can be added.
    pub(super) fn root(table: &'a DeTable<'a>, problems: &'a Problems<'a>) -> Self {
        Self {
            path: vec![],
            is_element: false,
            at: problems.end(),
            table,
            asked: vec![],
            missing: vec![],
            problems,
        }
    }

    /// Where it begins.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// As it stands in the file: `[retry]`, `[[classes.workhorse.members]]`.
    pub(super) fn label(&self) -> String {
        let path = self.path.join(".");
        match (path.as_str(), self.is_element) {
            ("", _) => "the top level".to_owned(),
            (path, false) => format!("[{path}]"),
            (path, true) => format!("[[{path}]]"),
        }
    }

    /// As [`Section::label`], for a table within it.
    pub(super) fn label_of(&self, key: &str) -> String {
        format!("[{}]", self.path_of(key).join("."))
    }

    /// Notes a problem of this table.
    pub(super) fn complain(&self, at: usize, message: impl Into<String>) {
        self.problems.add(at, message);
    }

    /// The value of `key`, read.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        reader: impl FnOnce(&'a Value<'a>) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.get(key)?;
        match reader(value.get_ref()) {
            Ok(read) => Some(read),
            Err(why) => {
                self.complain(value.span().start, format!("`{key}` in {} {why}", self.label()));
                None
            }
        }
    }

    /// As [`Section::read`], for a key that must be there; `remedy` says what to write.
    pub(super) fn require<T>(
        &mut self,
        key: &'static str,
        remedy: impl Into<String>,
        reader: impl FnOnce(&'a Value<'a>) -> Result<T, String>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.missing.push((key, remedy.into()));
        }
        self.read(key, reader)
    }

    /// Overwrites `slot` if `key` is there, and says whether it was.
    pub(super) fn set<T>(
        &mut self,
        key: &'static str,
        slot: &mut T,
        reader: impl FnOnce(&'a Value<'a>) -> Result<T, String>,
    ) -> bool {
        self.read(key, reader).map(|value| *slot = value).is_some()
    }

    /// Where the value of `key` stands.
    pub(super) fn place(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    /// The table under a known key.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.get(key)?;
        self.enter(key, value.span().start, value)
    }

    /// The tables under keys of the user's choosing, in the order of the file.
    pub(super) fn tables(self) -> Vec<(&'a str, Self)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        entries
            .into_iter()
            .filter_map(|(key, value)| {
                let name: &'a str = key.get_ref();
                if name.trim().is_empty() || name.chars().any(char::is_control) {
                    let message = format!("a name in {} is blank or has control characters", self.label());
                    self.complain(key.span().start, message);
                }
                Some((name, self.enter(name, key.span().start, value)?))
            })
            .collect()
    }

    /// The values under keys of the user's choosing, those in tables within it under dotted ones, in the order of
    /// the file; and where they stand.
    pub(super) fn leaves(&self) -> Vec<(String, usize, &'a Value<'a>)> {
        let mut leaves = Vec::new();
        let mut open = vec![(String::new(), self.table)];
        while let Some((path, table)) = open.pop() {
            for (key, value) in table {
                let key: &str = key.get_ref();
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                match value.get_ref().as_table() {
                    Some(table) => open.push((path, table)),
                    None => leaves.push((path, value.span().start, value.get_ref())),
                }
            }
        }
        leaves.sort_by_key(|(_, at, _)| *at);
        leaves
    }

    /// The elements of an array of tables; `None` if it is anything else, or empty.
    pub(super) fn elements(&mut self, key: &'static str) -> Option<Vec<Self>> {
        let value = self.get(key)?;
        match self.try_elements(key, value.get_ref()) {
            Ok(elements) => Some(elements),
            Err(why) => {
                let remedy = format!("write [{}], in double brackets, for each", self.label_of(key));
                self.complain(value.span().start, format!("`{key}` in {} {why}; {remedy}", self.label()));
                None
            }
        }
    }

    fn try_elements(&self, key: &str, value: &'a Value<'a>) -> Result<Vec<Self>, String> {
        let not_a_list = || format!("must be a list of tables, not {}", value::kind(value));
        let array = value.as_array().ok_or_else(not_a_list)?;
        if array.is_empty() {
            return Err("is empty".to_owned());
        }
        let elements = array.iter().map(|element| match element.get_ref().as_table() {
            Some(table) => {
                let path = self.path_of(key);
                let at = element.span().start;
                Ok(Self { path, is_element: true, at, ..Self::root(table, self.problems) })
            }
            None => Err(format!("must hold tables, not {}", value::kind(element.get_ref()))),
        });
        elements.collect()
    }

    /// Reports what is missing and what nobody asked for.
    pub(super) fn close(mut self) {
        let missing = std::mem::take(&mut self.missing);
        let mut meant = Vec::new();
        for (key, _) in self.table.iter().filter(|(key, _)| !self.asked.contains(&key.get_ref().as_ref())) {
            let name: &str = key.get_ref();
            let absent = self.asked.iter().copied().filter(|asked| !self.table.contains_key(*asked));
            let suggestion = nearest(name, absent);
            meant.extend(suggestion);
            let advice = match suggestion {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the keys here are {}", value::listed(self.asked.iter().copied())),
            };
            self.complain(key.span().start, format!("unknown key `{name}` in {}; {advice}", self.label()));
        }
        // A key that was mistyped is not missing, too.
        for (key, remedy) in missing.iter().filter(|(key, _)| !meant.contains(key)) {
            self.complain(self.at, format!("{} has no `{key}`; {remedy}", self.label()));
        }
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    fn enter(&self, key: &str, at: usize, value: &'a Spanned<DeValue<'a>>) -> Option<Self> {
        let path = self.path_of(key);
        let Some(table) = value.get_ref().as_table() else {
            let kind = value::kind(value.get_ref());
            let message =
                format!("`{key}` in {} must be a table, as [{}], not {kind}", self.label(), path.join("."));
            self.complain(at, message);
            return None;
        };
        Some(Self { path, at, table, ..Self::root(table, self.problems) })
    }

    fn path_of(&self, key: &str) -> Vec<String> {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let key =
            if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { format!("{key:?}") };
        self.path.iter().cloned().chain([key]).collect()
    }
}
