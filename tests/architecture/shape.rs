//! How long and how wide things are.

use super::source::{Source, arguments, closing, words};
use super::{Breach, said};

const LINES_OF_A_FILE: usize = 400;
const LINES_OF_A_FUNCTION: usize = 100;
const PARAMETERS: usize = 5;
const TYPE_PARAMETERS: usize = 4;

/// A function, from its name to the end of its body.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) at: usize,
    parameters: Vec<&'a str>,
    /// Empty for one that is only declared.
    pub(crate) body: &'a str,
}

pub(crate) fn long_files(sources: &[Source]) -> Vec<Breach> {
    let long = sources.iter().filter(|source| source.net_lines() > LINES_OF_A_FILE);
    let breach = |source: &Source| Breach {
        place: source.path.clone(),
        what: format!("{} lines without tests, of at most {LINES_OF_A_FILE}", source.net_lines()),
        mend: "split it by what its parts are about; about 140 lines is the habit",
    };
    long.map(breach).collect()
}

pub(crate) fn long_functions(sources: &[Source]) -> Vec<Breach> {
    each_function(sources, |function| {
        let lines = function.body.lines().count();
        (lines > LINES_OF_A_FUNCTION).then(|| {
            let what = format!("`{}` has {lines} lines, of at most {LINES_OF_A_FUNCTION}", function.name);
            (what, "name its steps and let each be a function; about 25 lines is the habit")
        })
    })
}

pub(crate) fn many_parameters(sources: &[Source]) -> Vec<Breach> {
    each_function(sources, |function| {
        let is_self = |parameter: &str| words(parameter, "self").next().is_some();
        let count = function.parameters.iter().filter(|parameter| !is_self(parameter)).count();
        (count > PARAMETERS).then(|| {
            let what = format!("`{}` takes {count} parameters, of at most {PARAMETERS}", function.name);
            (what, "put those that belong together into a struct")
        })
    })
}

pub(crate) fn many_type_parameters(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        for keyword in ["struct", "enum", "union", "trait", "type"] {
            for at in words(&source.code, keyword) {
                let Some((name, generics, _)) = head(&source.code, at + keyword.len()) else { continue };
                let is_type = |part: &&&str| !part.starts_with('\'') && !part.starts_with("const ");
                let count = generics.iter().filter(is_type).count();
                if count > TYPE_PARAMETERS {
                    breaches.push(Breach {
                        place: source.place(at),
                        what: format!("`{name}` has {count} type parameters, of at most {TYPE_PARAMETERS}"),
                        mend: "bundle policies into one type parameter, or move a part into a type of its own",
                    });
                }
            }
        }
    }
    breaches
}

/// The functions of a text without comments and literals.
pub(crate) fn functions(code: &str) -> impl Iterator<Item = Function<'_>> {
    words(code, "fn").filter_map(move |at| {
        let (name, _, after) = head(code, at + "fn".len())?;
        let open = after + code[after..].find('(')?;
        let close = closing(code, open);
        let end = close + code[close..].find(['{', ';'])?;
        let is_declared = code.as_bytes()[end] == b';';
        let body = if is_declared { "" } else { &code[end..=closing(code, end)] };
        Some(Function { name, at, parameters: arguments(&code[open + 1..close]), body })
    })
}

/// The name after a keyword, its generics, and where they end. No name: a keyword of another use, as in `fn(u8)`.
fn head(code: &str, from: usize) -> Option<(&str, Vec<&str>, usize)> {
    let start = from + (code[from..].len() - code[from..].trim_start().len());
    let length = code[start..].find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let end = start + length;
    if length == 0 {
        return None;
    }
    let name = &code[start..end];
    if !code[end..].starts_with('<') {
        return Some((name, Vec::new(), end));
    }
    let close = closing(code, end);
    Some((name, arguments(&code[end + 1..close]), close + 1))
}

fn each_function(
    sources: &[Source],
    rule: impl Fn(&Function<'_>) -> Option<(String, &'static str)>,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        for function in functions(&source.code) {
            if let Some((what, mend)) = rule(&function) {
                breaches.push(Breach { place: source.place(function.at), what, mend });
            }
        }
    }
    breaches
}

#[test]
fn a_file_over_the_size_is_found_and_its_tests_do_not_count() {
    let tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(LINES_OF_A_FILE));
    assert!(long_files(&[Source::new("src/x.rs", &tests)]).is_empty());
    let long = [Source::new("src/x.rs", &"\n".repeat(LINES_OF_A_FILE + 1))];
    assert_eq!(said(&long_files(&long)), ["401 lines without tests, of at most 400"]);
}

#[test]
fn a_long_function_is_found() {
    let body = |lines: usize| format!("fn long() -> u8 {{{}}}\nfn short() {{}}", "\n".repeat(lines - 1));
    assert!(long_functions(&[Source::new("src/x.rs", &body(100))]).is_empty());
    let found = said(&long_functions(&[Source::new("src/x.rs", &body(101))])).join("");
    assert_eq!(found, "`long` has 101 lines, of at most 100");
}

#[test]
fn too_many_parameters_are_found_and_self_does_not_count() {
    let code = "
        fn good<F: Fn(A, B) -> C>(&mut self, a: A, b: (B, B), c: [C; 2], d: Map<D, D>, e: fn(u8, u8)) {}
        fn bad(self: Pin<&mut Self>, a: A, b: B, c: C, d: D, e: E, f: F);";
    let sources = [Source::new("src/x.rs", code)];
    assert_eq!(said(&many_parameters(&sources)), ["`bad` takes 6 parameters, of at most 5"]);
    assert_eq!(many_parameters(&sources)[0].place, "src/x.rs:3");
}

#[test]
fn too_many_type_parameters_are_found_and_lifetimes_do_not_count() {
    let code = "struct Good<'a, A, B, C, D: Fn(A) -> B, const N: usize>(A); enum Bad<A, B, C, D, E> {}";
    let found = many_type_parameters(&[Source::new("src/x.rs", code)]);
    assert_eq!(said(&found), ["`Bad` has 5 type parameters, of at most 4"]);
}
