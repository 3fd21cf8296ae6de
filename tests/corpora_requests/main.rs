//! Recorded requests of every dialect, written for the members of every dialect: nothing of the caller's may get
//! lost in silence, and what arrives must be a request in the vendor's own eyes.
//!
//! `CORPORA` names the folder of recordings (default `../shared/corpora`). Where it is absent the tests say so and
//! pass, unless `CORPORA_REQUIRED` is set. With `ENCODED_REQUESTS` naming a folder, every body that was written is
//! kept there, one JSON line each, for `tests/clients/validate.py`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod leaves;
mod neutral;
mod recordings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Value, json};
use tower_failover::dialect::{AnyDialect, Dialect, Target};
use tower_failover::facts::Losses;

use crate::audit::{Audit, Pair, Verdict};
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
    /// By path with the indexes left out: how often, and one example.
    silent: BTreeMap<String, (usize, String)>,
    silent_requests: usize,
}

impl Tally {
    fn add(&mut self, recorded: &Recorded, audit: Audit) {
        self.written += 1;
        let mut is_silent = false;
        for (path, verdict) in audit.verdicts {
            *self.leaves.entry(verdict.as_str()).or_default() += 1;
            if let Verdict::Silent(value) = verdict {
                is_silent = true;
                let example = format!("{}: {path} = {value}", recorded.name);
                self.silent.entry(leaves::pattern(&path)).or_insert((0, example)).0 += 1;
            }
        }
        self.silent_requests += usize::from(is_silent);
    }

    fn silent_leaves(&self) -> usize {
        self.silent.values().map(|(count, _)| count).sum()
    }

    fn describe(&self, title: &str) -> String {
        let mut text = format!(
            "{title}: {} written, {} refused, {} unread; of {} fields {} silent in {} requests {:?}\n",
            self.written,
            self.refused.values().sum::<usize>(),
            self.unread.values().sum::<usize>(),
            self.leaves.values().sum::<usize>(),
            self.silent_leaves(),
            self.silent_requests,
            self.leaves,
        );
        for (why, count) in &self.unread {
            let _ = writeln!(text, "    unread  {count:4} {why}");
        }
        for (why, count) in &self.refused {
            let _ = writeln!(text, "    refused {count:4} {why}");
        }
        for (path, (count, example)) in &self.silent {
            let _ = writeln!(text, "    SILENT  {count:4} {path}    ({example})");
        }
        text
    }
}

#[test]
fn no_field_of_a_recorded_request_is_lost_in_silence() {
    let Some(recordings) = recordings() else { return };
    let mut silent = Vec::new();
    for (source, front) in SOURCES {
        let front: AnyDialect = front.parse().unwrap();
        for (member, model) in MEMBERS {
            let member: AnyDialect = member.parse().unwrap();
            let mut lines = Lines::open(source, member.name(), model);
            let tally = play(front, member, model, &recordings[source], &mut lines);
            let title = format!("{source} to {} {model}", member.name());
            print!("{}", tally.describe(&title));
            if front.name() != member.name() && tally.silent_leaves() > 0 {
                silent.push(format!("{title}: {}", tally.silent_leaves()));
            }
        }
    }
    assert!(silent.is_empty(), "lost in silence:\n{}", silent.join("\n"));
}

fn play(
    front: AnyDialect,
    member: AnyDialect,
    model: &str,
    recordings: &[Recorded],
    lines: &mut Lines,
) -> Tally {
    let mut tally = Tally::default();
    let (target, pair) = (Target::new(model), Pair { front: front.name(), member: member.name(), model });
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
                if recorded.is_accepted {
                    tally.add(recorded, Audit::of(pair, &recorded.value, &encoded, &losses));
                }
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
