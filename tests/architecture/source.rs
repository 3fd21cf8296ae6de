//! Source files without what a rule is not about.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src`. Comments, literals and unit tests are blank in `code`, its lines are where they were.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    /// Where its items are: `["dialect", "sse"]` for `src/dialect/sse/mod.rs`.
    pub(crate) module: Vec<String>,
    pub(crate) code: String,
    net_lines: usize,
}

impl Source {
    /// All files of the crate but those of unit tests.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        collect(&root.join("src"), &mut files);
        files.sort();
        files.iter().filter_map(|file| Self::read(root, file)).collect()
    }

    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut code = without_literals(text);
        let test_lines = blank_tests(&mut code);
        let net_lines = text.lines().count() - test_lines;
        Self { path: path.to_owned(), module: module(path), code, net_lines }
    }

    /// Lines, without those of unit tests.
    pub(crate) const fn net_lines(&self) -> usize {
        self.net_lines
    }

    /// `src/dialect/api.rs:12`, for byte `at` of the code.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, 1 + self.code[..at].matches('\n').count())
    }

    fn read(root: &Path, file: &Path) -> Option<Self> {
        let path = file.strip_prefix(root).expect("a file below the root").to_str().expect("a UTF-8 path");
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let text = fs::read_to_string(file).expect("a readable file");
        (!is_test).then(|| Self::new(path, &text))
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).map(ToOwned::to_owned).collect()
}

/// Puts blanks for comments and for the contents of literals; line ends stay.
fn without_literals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before_is_word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let length = skipped(rest, before_is_word);
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(rest[..length].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// How many bytes of a comment or literal `rest` begins with.
fn skipped(rest: &str, before_is_word: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest);
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if !before_is_word && rest.starts_with(['r', 'b']) {
        return raw(rest);
    }
    0
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest.as_bytes().get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character, and not a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let from = at + escaped.len_utf8();
            rest[from..].find('\'').map_or(0, |end| from + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// A raw string, with or without hashes.
fn raw(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')) else { return 0 };
    let hashes = after.len() - after.trim_start_matches('#').len();
    let open = rest.len() - after.len() + hashes;
    if !rest[open..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    rest[open + 1..].find(&close).map_or(rest.len(), |end| open + 1 + end + close.len())
}

/// Blanks every item under `#[cfg(test)]` and says how many lines that were.
fn blank_tests(code: &mut String) -> usize {
    const MARK: &str = "#[cfg(test)]";
    let mut lines = 0;
    while let Some(start) = code.find(MARK) {
        let end = item_end(code, start + MARK.len());
        let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        lines += blank.matches('\n').count() + 1;
        code.replace_range(start..end, &blank);
    }
    lines
}

/// The end of the item that begins at `from`: its semicolon, or the brace that closes it.
fn item_end(code: &str, from: usize) -> usize {
    match code[from..].find([';', '{']).map(|at| from + at) {
        Some(at) if code.as_bytes()[at] == b'{' => closing(code, at) + 1,
        Some(at) => at + 1,
        None => code.len(),
    }
}

/// Where the bracket that opens at `open` is closed. An arrow is no bracket.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let bytes = code.as_bytes();
    let (opens, closes) = match bytes[open] {
        b'{' => (b'{', b'}'),
        b'(' => (b'(', b')'),
        b'<' => (b'<', b'>'),
        other => panic!("{} opens nothing", char::from(other)),
    };
    let mut depth = 0;
    for at in open..bytes.len() {
        let is_arrow = bytes[at] == b'>' && matches!(bytes[at - 1], b'-' | b'=');
        if bytes[at] == opens {
            depth += 1;
        } else if bytes[at] == closes && !is_arrow {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    bytes.len() - 1
}

/// Splits at commas that stand in no bracket.
pub(crate) fn arguments(list: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_i32, 0, Vec::new());
    for (at, byte) in list.bytes().enumerate() {
        let is_arrow = byte == b'>' && at > 0 && matches!(list.as_bytes()[at - 1], b'-' | b'=');
        match byte {
            b'(' | b'[' | b'{' | b'<' => depth += 1,
            b'>' if is_arrow => {}
            b')' | b']' | b'}' | b'>' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(list[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Where `word` stands as a word of its own.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word))
}

#[test]
fn comments_literals_and_tests_are_blank_and_lines_stay() {
    let text = r####"a // tokio
b /* tokio /* tokio */ tokio */ c "tokio \" tokio" d r#"tokio " tokio"# e br"tokio" '"' '\'' 'tokio
#[cfg(test)]
mod tests {
    fn tokio() { "}" }
}
f
"####;
    let source = Source::new("src/x/mod.rs", text);
    assert_eq!(words(&source.code, "tokio").count(), 1, "the lifetime: {}", source.code);
    assert_eq!(source.code.lines().count(), text.lines().count());
    assert_eq!(source.net_lines(), 3);
    assert_eq!(source.place(source.code.find('f').expect("f")), "src/x/mod.rs:7");
    assert_eq!(source.code.split_whitespace().collect::<String>(), "abcde'tokiof");
}

#[test]
fn arrows_are_no_brackets() {
    let list = "F: Fn(A, B) -> C, G: Into<Vec<D>>";
    assert_eq!(arguments(list), ["F: Fn(A, B) -> C", "G: Into<Vec<D>>"]);
    let code = "<F: Fn() -> A, B> rest";
    assert_eq!(&code[closing(code, 0)..], "> rest");
}
