//! Recorded requests of every dialect, written for the members of every dialect: nothing of the caller's may get
//! lost in silence, and what arrives must be a request in the vendor's own eyes.
//!
//! `CORPORA` names the folder of recordings (default `../shared/corpora`). Where it is absent the tests say so and
//! pass, unless `CORPORA_REQUIRED` is set. With `ENCODED_REQUESTS` naming a folder, every body that was written is
//! kept there, one JSON line each, for `tests/clients/validate.py`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod additions;
mod audit;
mod choice;
mod leaves;
mod ledger;
mod meaning;
mod member;
mod neutral;
mod recordings;
mod senses;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Value, json};
use tower_failover::dialect::{AnyDialect, Dialect, Target};
use tower_failover::facts::Losses;

use crate::audit::{Audit, Pair};
use crate::recordings::{Recorded, SOURCES, recordings};

/// Members of every dialect: an older model, which takes most, and one that refuses what its generation refuses.
const MEMBERS: [(&str, &str); 8] = [
    ("openai-chat", "gpt-4.1"),
    ("openai-chat", "gpt-5-mini"),
    ("openai-responses", "gpt-4.1"),
    ("openai-responses", "gpt-5-mini"),
    ("anthropic-messages", "claude-sonnet-4-5"),
    ("anthropic-messages", "claude-opus-5-5"),
    ("gemini", "gemini-2.5-flash"),
    ("gemini", "gemini-3-pro-preview"),
];

/// What became of all requests of one source at one member.
#[derive(Default)]
struct Tally {
    written: usize,
    unread: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    leaves: BTreeMap<&'static str, usize>,
    /// By what is wrong, and the path with the indexes left out: how often, and one example.
    faults: BTreeMap<(&'static str, String), (usize, String)>,
    faulty_requests: usize,
}

impl Tally {
    fn add(&mut self, recorded: &Recorded, audit: Audit) {
        self.written += 1;
        let mut is_faulty = false;
        for (path, verdict) in audit.verdicts {
            *self.leaves.entry(verdict.as_str()).or_default() += 1;
            if let Some(value) = verdict.fault() {
                is_faulty = true;
                let example = format!("{}: {path} = {value}", recorded.name);
                let fault = (verdict.as_str(), leaves::pattern(&path));
                self.faults.entry(fault).or_insert((0, example)).0 += 1;
            }
        }
        self.faulty_requests += usize::from(is_faulty);
    }

    fn faults(&self) -> usize {
        self.faults.values().map(|(count, _)| count).sum()
    }

    fn describe(&self, title: &str) -> String {
        let mut text = format!(
            "{title}: {} written, {} refused, {} unread; of {} fields {} wrong in {} requests {:?}\n",
            self.written,
            self.refused.values().sum::<usize>(),
            self.unread.values().sum::<usize>(),
            self.leaves.values().sum::<usize>(),
            self.faults(),
            self.faulty_requests,
            self.leaves,
        );
        for (why, count) in &self.unread {
            let _ = writeln!(text, "    unread  {count:4} {why}");
        }
        for (why, count) in &self.refused {
            let _ = writeln!(text, "    refused {count:4} {why}");
        }
        for ((fault, path), (count, example)) in &self.faults {
            let _ = writeln!(text, "    {fault:8} {count:4} {path}    ({example})");
        }
        text
    }
}

#[test]
fn no_field_of_a_recorded_request_is_lost_in_silence() {
    let Some(recordings) = recordings() else { return };
    let mut wrong = Vec::new();
    for (source, front) in SOURCES {
        let front: AnyDialect = front.parse().unwrap();
        for (member, model) in MEMBERS {
            let member: AnyDialect = member.parse().unwrap();
            // Between callers and members of one dialect bytes pass as they are.
            if front.name() == member.name() {
                continue;
            }
            let mut lines = Lines::open(source, member.name(), model);
            let tally = play(front, member, model, &recordings[source], &mut lines);
            let title = format!("{source} to {} {model}", member.name());
            print!("{}", tally.describe(&title));
            if tally.faults() > 0 {
                wrong.push(format!("{title}: {}", tally.faults()));
            }
        }
    }
    assert!(wrong.is_empty(), "lost in silence:\n{}", wrong.join("\n"));
}

fn play(
    front: AnyDialect,
    member: AnyDialect,
    model: &str,
    recordings: &[Recorded],
    lines: &mut Lines,
) -> Tally {
    let mut tally = Tally::default();
    let target = Target::new(model);
    for recorded in recordings {
        let mut request = match front.decode_request(&recorded.body) {
            Ok(request) => request,
            Err(invalid) => {
                // What the vendor refused may be refused here.
                if recorded.is_accepted {
                    *tally.unread.entry(format!("{invalid}")).or_default() += 1;
                }
                continue;
            }
        };
        request.stream = recorded.is_stream;
        let mut losses = Losses::new();
        match member.encode_request(&request, &target, &mut losses) {
            Ok(encoded) => {
                let encoded: Value = serde_json::from_slice(&encoded.body).unwrap();
                lines.write(recorded, &encoded, &losses);
                if std::env::var("SHOW").is_ok_and(|name| recorded.name.contains(&name)) {
                    println!("{}\n{encoded}\n{losses}", recorded.value);
                }
                let (asked, sent) = (&recorded.value, &encoded);
                let pair = Pair { front: front.name(), member: member.name(), model, asked, sent };
                tally.add(recorded, Audit::of(pair, &losses));
            }
            Err(failure) => {
                let report = failure.report();
                let field = report.and_then(|report| report.param.clone()).unwrap_or_else(|| "?".to_owned());
                let message = report.map_or_else(String::new, |report| report.message.clone());
                let why = format!("{}: {message}", leaves::pattern(&field));
                *tally.refused.entry(why).or_default() += 1;
            }
        }
    }
    tally
}

/// The bodies that were written, for readers that are not ours.
struct Lines(Option<std::fs::File>);

impl Lines {
    fn open(source: &str, dialect: &str, model: &str) -> Self {
        let folder = std::env::var_os("ENCODED_REQUESTS").map(std::path::PathBuf::from);
        Self(folder.map(|folder| {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::File::create(folder.join(format!("{source}@{dialect}@{model}.jsonl"))).unwrap()
        }))
    }

    fn write(&mut self, recorded: &Recorded, body: &Value, losses: &Losses) {
        let Some(file) = &mut self.0 else { return };
        let line = json!({
            "name": recorded.name, "accepted": recorded.is_accepted, "losses": losses.to_string(), "body": body,
        });
        writeln!(file, "{line}").unwrap();
    }
}
