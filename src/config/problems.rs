use std::cell::RefCell;

use super::error::{ConfigError, Problem};
use super::near::nearest;

/// A file with more problems than this is shown the first ones.
const SHOWN: usize = 20;
/// Longer lines are cut.
const WIDTH: usize = 100;
/// Keys whose values may be shown. The others may hold, or may have been meant to hold, a credential.
const HARMLESS: [&str; 48] = [
    "listen",
    "dialect",
    "deadline",
    "provider",
    "model",
    "degraded",
    "interchangeable",
    "when_all_down",
    "routes",
    "attempts",
    "window",
    "base",
    "cap",
    "ratio",
    "failures",
    "rate",
    "min_calls",
    "open",
    "first_token",
    "idle",
    "rescue",
    "connect",
    "attempt",
    "total",
    "request_body",
    "members",
    "classes",
    "essential",
    "flavour",
    "like",
    "context",
    "max_output",
    "sampling",
    "stop",
    "thinking",
    "disables_thinking",
    "efforts",
    "effort_with_tools",
    "least_budget",
    "most_budget",
    "forced_tool",
    "prefill",
    "structured",
    "developer",
    "images",
    "documents",
    "audio",
    "version",
];

/// Collects what is wrong with a text, so that a reader learns of all of it at once.
pub(super) struct Problems<'a> {
    text: &'a str,
    found: RefCell<Vec<Problem>>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, found: RefCell::default() }
    }

    /// Notes a problem on the line that holds byte `at`. Told twice, it is noted once: what a class overrides
    /// is read for each of its members.
    pub(super) fn add(&self, at: usize, message: impl Into<String>) {
        let line = self.line(at);
        let text = self.text.lines().nth(line - 1).and_then(shown);
        let problem = Problem::new(Some(line), message.into()).with_text(text);
        let mut found = self.found.borrow_mut();
        if !found.contains(&problem) {
            found.push(problem);
        }
    }

    /// The last byte of the text that says anything: where something is missing altogether.
    pub(super) fn end(&self) -> usize {
        self.text.trim_end().len().saturating_sub(1)
    }

    /// Fails with all that was noted, if anything was.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let mut problems = self.found.borrow().clone();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort_by_key(Problem::line);
        let omitted = problems.len().saturating_sub(SHOWN);
        problems.truncate(SHOWN);
        Err(ConfigError::new(problems, omitted))
    }

    fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        1 + memchr::memchr_iter(b'\n', before).count()
    }
}

/// The line, without what could be a credential: headers and harmless values whole, other values as `…`, and
/// nothing of a line that is neither, as it may be the middle of one.
fn shown(line: &str) -> Option<String> {
    let line = line.trim();
    // One that was never closed runs into what follows it.
    if line.starts_with('[') && !line.contains('=') {
        return Some(cut(line));
    }
    let (key, value) = line.split_once('=')?;
    // A slip in a harmless key is one of the mistakes best seen.
    let is_harmless = nearest(key.trim(), HARMLESS).is_some() && !value.contains('=');
    Some(cut(&if is_harmless { line.to_owned() } else { format!("{}= …", cut(key)) }))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_shown_without_what_may_be_a_credential() {
        for (line, expected) in [
            ("[providers.openai]  # ours", Some("[providers.openai]  # ours")),
            ("  provider = \"opnai\"", Some("provider = \"opnai\"")),
            ("api_key = \"sk-1\"", Some("api_key = …")),
            ("api_key_env = \"sk-1\"", Some("api_key_env = …")),
            ("base_url = \"https://u:sk-1@host\"", Some("base_url = …")),
            ("provder = \"openai\"", Some("provder = \"openai\"")),
            ("apikey=\"sk-1\"", Some("apikey= …")),
            ("openai = { api_key = \"sk-1\" }", Some("openai = …")),
            ("members = [{ api_key = \"sk-1\" }]", Some("members = …")),
            ("[api_key = \"sk-1\"", Some("[api_key = …")),
            ("sk-1\"\"\"", None),
        ] {
            assert_eq!(shown(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn what_is_noted_twice_is_reported_once_and_in_the_order_of_the_file() {
        let problems = Problems::new("a\nb\n");
        problems.add(2, "second");
        problems.add(0, "first");
        problems.add(2, "second");
        let error = problems.check().expect_err("two problems");
        let lines: Vec<_> = error.problems().iter().map(Problem::line).collect();
        assert_eq!(lines, [Some(1), Some(2)]);
    }

    #[test]
    fn a_flood_of_problems_is_bounded_and_counted() {
        let problems = Problems::new("x");
        for number in 0..SHOWN + 3 {
            problems.add(0, number.to_string());
        }
        let error = problems.check().expect_err("many problems");
        assert_eq!(error.problems().len(), SHOWN);
        assert!(error.to_string().ends_with("and 3 more"));
    }
}
