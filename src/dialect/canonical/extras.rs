//! What a request holds beside what all dialects know, looked up by where it stood.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

use super::{Extra, Request};
use crate::facts::Losses;

/// So many are looked through one by one.
const FEW: usize = 16;

/// The extras of a request, for a writer that asks for each of its parts. A caller may have written as many unknown
/// fields as parts.
#[derive(Debug)]
pub(crate) struct Extras<'r, 'a> {
    request: &'r Request<'a>,
    index: OnceCell<Index<'r>>,
}

#[derive(Debug, Default)]
struct Index<'r> {
    by_path: HashMap<&'r str, usize>,
    #[cfg(feature = "gemini")]
    by_object: HashMap<&'r str, Vec<usize>>,
}

impl<'r, 'a> Extras<'r, 'a> {
    pub(crate) const fn of(request: &'r Request<'a>) -> Self {
        Self { request, index: OnceCell::new() }
    }

    /// What stood at this path; of several the first.
    pub(crate) fn at(&self, path: &str) -> Option<&'r Extra<'a>> {
        let all = &self.request.extra;
        if all.len() <= FEW {
            return all.iter().find(|extra| extra.path == path);
        }
        self.index().by_path.get(path).and_then(|at| all.get(*at))
    }

    /// The fields of the object at this path, by name and in their order. `""` is the request.
    #[cfg(feature = "gemini")]
    pub(crate) fn below(&self, path: &str) -> impl Iterator<Item = (&'r str, &'r Extra<'a>)> {
        let all = &self.request.extra;
        let listed: Option<&[usize]> =
            (all.len() > FEW).then(|| self.index().by_object.get(path).map_or(&[][..], |listed| listed));
        let count = listed.map_or(all.len(), <[usize]>::len);
        (0..count).filter_map(move |at| {
            let extra = all.get(listed.map_or(at, |listed| listed[at]))?;
            let (object, name) = split(&extra.path)?;
            (object == path).then_some((name, extra))
        })
    }

    fn index(&self) -> &Index<'r> {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (at, extra) in self.request.extra.iter().enumerate() {
                index.by_path.entry(&*extra.path).or_insert(at);
                #[cfg(feature = "gemini")]
                if let Some((object, _)) = split(&extra.path) {
                    index.by_object.entry(object).or_default().push(at);
                }
            }
            index
        })
    }

    /// The path of the schema of a tool.
    pub(crate) fn parameters(&self, tool: usize) -> Cow<'static, str> {
        // Where there are two words for it, the one in the vendor's own notation is kept as it is written.
        let other = self.request.tool(tool, "parameters");
        if self.at(&other).is_some() { other } else { self.request.tool(tool, self.request.names.parameters) }
    }

    /// Notes that what stands at this path is named otherwise. An id that the caller did not write, but that was made
    /// up because others need one, is not his to lose.
    pub(crate) fn note_renamed(&self, path: Cow<'static, str>, losses: &mut Losses) {
        if self.at(&path).is_none_or(|extra| extra.value.get() != "null") {
            losses.renamed(path);
        }
    }
}

/// The path of an object, and the name of a field in it. None of a field in a list.
#[cfg(feature = "gemini")]
fn split(path: &str) -> Option<(&str, &str)> {
    let (object, name) = match path.rsplit_once('.') {
        // A name of the caller's own with a dot in it.
        Some(("", _)) => return None,
        Some(split) => split,
        None => ("", path),
    };
    (!name.contains('[')).then_some((object, name))
}

#[cfg(test)]
#[cfg(feature = "gemini")]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::dialect::{AnyDialect, Dialect};

    #[test]
    fn few_and_many_are_found_alike() {
        let gemini: AnyDialect = "gemini".parse().unwrap();
        let paths = ["a", ".b", "x[0].a", "x[0].b[0]", "x[0].c.d", "a", "x[0].e"];
        for more in [0, 100] {
            let mut request = gemini.decode_request(br#"{"contents":[{"parts":[{"text":"a"}]}]}"#).unwrap();
            let others = (0..more).map(|index| format!("y[{index}].z"));
            for path in paths.into_iter().map(str::to_owned).chain(others) {
                request.extra.push(Extra::new(path, Cow::Borrowed(RawValue::NULL)));
            }
            let extras = Extras::of(&request);
            assert!(extras.at("a").is_some_and(|found| std::ptr::eq(found, &request.extra[0])), "{more}");
            assert_eq!((extras.at(".b").is_some(), extras.at("b").is_some()), (true, false), "{more}");
            let below = |path| extras.below(path).map(|(name, _)| name).collect::<Vec<_>>();
            assert_eq!((below(""), below("x[0]")), (vec!["a", "a"], vec!["a", "e"]), "{more}");
            assert_eq!((below("x[0].c"), below("x")), (vec!["d"], vec![]), "{more}");
        }
    }
}
