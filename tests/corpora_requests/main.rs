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
mod proofs;
mod recordings;
mod senses;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::{Value, json};
use tower_failover::dialect::{AnyDialect, Dialect, Flavour, Invalid, Target};
use tower_failover::facts::Losses;

use crate::audit::{Audit, Pair};
use crate::recordings::{Recorded, SOURCES, recordings};

/// A member.
#[derive(Clone, Copy)]
struct Seat {
    dialect: &'static str,
    model: &'static str,
    flavour: Flavour,
}

const fn seat(dialect: &'static str, model: &'static str) -> Seat {
    flavoured(dialect, model, Flavour::Standard)
}

const fn flavoured(dialect: &'static str, model: &'static str, flavour: Flavour) -> Seat {
    Seat { dialect, model, flavour }
}

/// Members of every dialect: an older model, which takes most, and one that refuses what its generation refuses.
/// And those who speak one of them in their own way.
const MEMBERS: [Seat; 14] = [
    seat("openai-chat", "gpt-4.1"),
    seat("openai-chat", "gpt-5-mini"),
    seat("openai-responses", "gpt-4.1"),
    seat("openai-responses", "gpt-5-mini"),
    seat("anthropic-messages", "claude-sonnet-4-5"),
    seat("anthropic-messages", "claude-opus-5-5"),
    seat("gemini", "gemini-2.5-flash"),
    seat("gemini", "gemini-3-pro-preview"),
    flavoured("openai-chat", "mistral-large-latest", Flavour::Mistral),
    flavoured("openai-chat", "qwen/qwen3-32b", Flavour::Groq),
    flavoured("openai-chat", "deepseek-chat", Flavour::DeepSeek),
    flavoured("openai-chat", "anthropic/claude-sonnet-4.5", Flavour::OpenRouter),
    flavoured("openai-chat", "llama-3.3-70b", Flavour::Together),
    flavoured("openai-chat", "qwen3", Flavour::Ollama),
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
        for seat in MEMBERS {
            // Between callers and members of one dialect bytes pass as they are, unless it is spoken otherwise.
            if front.name() == seat.dialect && seat.flavour == Flavour::Standard {
                continue;
            }
            let mut lines = Lines::open(source, seat);
            let tally = play(front, seat, &recordings[source], &mut lines);
            let title = format!("{source} to {} {}", seat.dialect, seat.model);
            print!("{}", tally.describe(&title));
            if tally.faults() > 0 {
                wrong.push(format!("{title}: {}", tally.faults()));
            }
        }
    }
    assert!(wrong.is_empty(), "lost in silence:\n{}", wrong.join("\n"));
}

fn play(front: AnyDialect, seat: Seat, recordings: &[Recorded], lines: &mut Lines) -> Tally {
    let mut tally = Tally::default();
    for recorded in recordings {
        let mut losses = Losses::new();
        match sent(front, seat, recorded, &mut losses) {
            Ok(sent) => {
                lines.write(recorded, &sent, &losses);
                let pair = Pair {
                    front: front.name(),
                    member: seat.dialect,
                    model: seat.model,
                    asked: &recorded.value,
                    sent: &sent,
                };
                tally.add(recorded, Audit::of(pair, &losses));
            }
            // What the vendor refused may be refused here.
            Err(Refusal::Unread(why)) if recorded.is_accepted => *tally.unread.entry(why).or_default() += 1,
            Err(Refusal::Unread(_)) => {}
            Err(Refusal::Unsent(why)) => *tally.refused.entry(why).or_default() += 1,
        }
    }
    tally
}

enum Refusal {
    Unread(String),
    Unsent(String),
}

/// What the member is sent.
fn sent(front: AnyDialect, seat: Seat, recorded: &Recorded, losses: &mut Losses) -> Result<Value, Refusal> {
    let member: AnyDialect = seat.dialect.parse().unwrap();
    let target = Target::new(seat.model).with_flavour(seat.flavour);
    let unread = |invalid: Invalid| Refusal::Unread(format!("{invalid}"));
    let mut request = front.decode_request(&recorded.body).map_err(unread)?;
    request.stream = recorded.is_stream;
    if front.name() == member.name() {
        let is_foreign = member.holds_foreign(&recorded.body, &target);
        let scrubbed = is_foreign.then(|| member.scrub(&recorded.body, &target, losses));
        let scrubbed = scrubbed.transpose().map_err(unread)?;
        return Ok(serde_json::from_slice(scrubbed.as_deref().unwrap_or(&recorded.body)).unwrap());
    }
    match member.encode_request(&request, &target, losses) {
        Ok(encoded) => Ok(serde_json::from_slice(&encoded.body).unwrap()),
        Err(failure) => {
            let report = failure.report();
            let field = report.and_then(|report| report.param.clone()).unwrap_or_else(|| "?".to_owned());
            let message = report.map_or_else(String::new, |report| report.message.clone());
            Err(Refusal::Unsent(format!("{}: {message}", leaves::pattern(&field))))
        }
    }
}

/// The bodies that were written, for readers that are not ours.
struct Lines(Option<std::fs::File>);

impl Lines {
    fn open(source: &str, seat: Seat) -> Self {
        let folder = std::env::var_os("ENCODED_REQUESTS").map(std::path::PathBuf::from);
        Self(folder.map(|folder| {
            std::fs::create_dir_all(&folder).unwrap();
            let name = format!("{source}@{}@{}.jsonl", seat.dialect, seat.model.replace('/', "-"));
            std::fs::File::create(folder.join(name)).unwrap()
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
