//! What no line may do.

use super::shape::functions;
use super::source::{Source, words};
use super::{Breach, said};

/// The word, and what to do instead.
const FORBIDDEN: [(&str, &str); 9] = [
    ("unwrap()", "return the error, or restructure so that there is none to unwrap"),
    ("std::time::Instant", CLOCK),
    ("println!", OUTPUT),
    ("eprintln!", OUTPUT),
    ("print!", OUTPUT),
    ("eprint!", OUTPUT),
    ("dbg!", OUTPUT),
    ("todo!", "write it, or leave it out"),
    ("unimplemented!", "write it, or leave it out"),
];
const CLOCK: &str = "take `tokio::time::Instant`, which a paused test can drive";
const OUTPUT: &str = "a library is silent: emit a `tracing` event, or return it";

/// Clones of the inner service which `call` uses in place of the instance that was ready.
///
/// A service whose `poll_ready` asks nobody may hand a clone to its future, which asks it then.
pub(crate) fn clones_in_call(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let polls: String = functions(&source.code)
            .filter(|function| function.name == "poll_ready")
            .flat_map(|function| function.body.split_whitespace())
            .collect();
        for call in functions(&source.code).filter(|function| function.name == "call") {
            breaches.extend(unready_clones(call.body, &polls).into_iter().map(|field| Breach {
                place: source.place(call.at),
                what: format!("`call` clones `self.{field}` and uses the clone, which was never ready"),
                mend: "swap it: `let clone = self.inner.clone(); let ready = mem::replace(&mut self.inner, clone);`",
            }));
        }
    }
    breaches
}

fn unready_clones(body: &str, polls: &str) -> Vec<String> {
    let body: String = body.split_whitespace().collect();
    let fields = body.match_indices("self.").filter_map(|(at, found)| {
        let rest = &body[at + found.len()..];
        let field = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        let is_cloned = rest[field.len()..].starts_with(".clone()");
        let was_polled = polls.contains(&format!("self.{field}.poll_ready("));
        // Without blanks, `let mut x = self.inner.clone()` reads `letmutx=self.inner.clone()`.
        let statement = body[..at].rsplit([';', '{', '}']).next()?;
        let is_called = statement.starts_with("letmut");
        let is_swapped = ["replace", "swap"].iter().any(|f| body.contains(&format!("{f}(&mutself.{field},")));
        (is_cloned && (was_polled || is_called) && !is_swapped).then(|| field.to_owned())
    });
    fields.collect()
}

/// Words that stand nowhere but in tests and in the kit for them.
pub(crate) fn forbidden_words(sources: &[Source]) -> Vec<Breach> {
    let is_kit = |source: &&Source| source.module.first().is_some_and(|top| top == "testing");
    let mut breaches = Vec::new();
    for source in sources.iter().filter(|source| !is_kit(source)) {
        for (word, mend) in FORBIDDEN {
            breaches.extend(words(&source.code, word).map(|at| Breach {
                place: source.place(at),
                what: format!("`{word}`"),
                mend,
            }));
        }
        breaches.extend(grouped_instants(source));
    }
    breaches
}

/// `use std::time::{Duration, Instant}`.
fn grouped_instants(source: &Source) -> impl Iterator<Item = Breach> {
    const GROUP: &str = "std::time::{";
    words(&source.code, GROUP.trim_end_matches('{')).filter_map(|at| {
        let group = source.code[at..].strip_prefix(GROUP)?.split('}').next()?;
        words(group, "Instant").next()?;
        let what = "`std::time::Instant`".to_owned();
        Some(Breach { place: source.place(at), what, mend: CLOCK })
    })
}

#[test]
fn a_clone_that_was_never_ready_is_found() {
    let found = |poll: &str, call: &str| {
        let code = format!("fn poll_ready(&mut self) {{ {poll} }} fn call(&mut self, r: R) {{ {call} }}");
        clones_in_call(&[Source::new("src/x.rs", &code)]).len()
    };
    let polled = "self.inner.poll_ready(cx)";
    for bad in [
        "let mut inner = self.inner.clone(); inner.call(r)",
        "let inner = self.inner\n.clone(); F::new(inner, r)",
        "F { inner: self.inner.clone(), r }",
    ] {
        assert_eq!(found(polled, bad), 1, "{bad}");
    }
    assert_eq!(found("Poll::Ready(Ok(()))", "let mut inner = self.inner.clone(); inner.call(r)"), 1);
    for good in [
        "let clone = self.inner.clone(); let ready = mem::replace(&mut self.inner, clone); ready.call(r)",
        "let mut ready = self.inner.clone(); std::mem::swap(&mut self.inner, &mut ready); ready.call(r)",
        "let policy = self.policy.clone(); F::new(self.inner.call(r), policy)",
    ] {
        assert_eq!(found(polled, good), 0, "{good}");
    }
    assert_eq!(found("Poll::Ready(Ok(()))", "F::new(self.inner.clone(), r)"), 0, "the future asks it");
}

#[test]
fn forbidden_words_are_found_but_not_in_tests_and_comments() {
    let bad = "
        use std::time::{Duration, Instant};
        fn f() { x.unwrap(); println!(); }";
    let good = "
        //! x.unwrap()
        use std::time::Duration;
        use tokio::time::Instant;
        fn f() { x.unwrap_or_default(); write!(f, \"println!\") }
        #[cfg(test)]
        mod tests { fn f() { x.unwrap(); } }";
    let sources =
        [Source::new("src/x.rs", bad), Source::new("src/y.rs", good), Source::new("src/testing/mod.rs", bad)];
    let found = forbidden_words(&sources);
    assert_eq!(said(&found), ["`unwrap()`", "`println!`", "`std::time::Instant`"]);
    assert_eq!(found[2].place, "src/x.rs:2");
}
