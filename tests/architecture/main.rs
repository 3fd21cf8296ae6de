//! The rules of the crate's form, as far as a test can hold them. Each says what is wrong and how to mend it.
//!
//! The sources are read as text, without comments, strings and unit tests: enough for paths, names and braces.
#![allow(missing_docs)]

mod habits;
mod imports;
mod shape;
mod source;

use std::fmt;

use source::Source;

/// A rule that was broken.
#[derive(Debug)]
struct Breach {
    place: String,
    what: String,
    mend: &'static str,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.place, self.what, self.mend)
    }
}

fn assert_none(breaches: &[Breach]) {
    let shown: Vec<_> = breaches.iter().map(ToString::to_string).collect();
    assert!(breaches.is_empty(), "{} to mend:\n{}\n", shown.len(), shown.join("\n"));
}

/// What a rule says of a made-up source, as the texts of its breaches.
fn said(breaches: &[Breach]) -> Vec<&str> {
    breaches.iter().map(|breach| breach.what.as_str()).collect()
}

#[test]
fn modules_do_not_import_each_other_in_a_circle() {
    assert_none(&imports::cycles(&Source::all()));
}

#[test]
fn no_layer_imports_another_layer() {
    assert_none(&imports::layers(&Source::all()));
}

#[test]
fn a_dialect_does_no_io_awaits_nothing_and_reads_no_clock() {
    assert_none(&imports::impure_dialects(&Source::all()));
}

#[test]
fn files_and_functions_can_be_read_at_a_glance() {
    let sources = Source::all();
    let lines: usize = sources.iter().map(Source::net_lines).sum();
    println!("{} files, {} lines on average", sources.len(), lines / sources.len());
    let rules =
        [shape::long_files, shape::long_functions, shape::many_parameters, shape::many_type_parameters];
    assert_none(&rules.iter().flat_map(|rule| rule(&sources)).collect::<Vec<_>>());
}

#[test]
fn a_service_calls_the_instance_that_was_ready() {
    assert_none(&habits::clones_in_call(&Source::all()));
}

#[test]
fn nothing_panics_prints_or_reads_a_clock_that_tests_cannot_drive() {
    assert_none(&habits::forbidden_words(&Source::all()));
}

#[test]
fn the_sources_are_found() {
    let sources = Source::all();
    assert!(sources.len() > 30, "only {} files were read: the rules would hold of nothing", sources.len());
    assert!(sources.iter().any(|source| source.module == ["dialect", "sse", "splitter"]));
}
