//! Recorded traffic, which is not in this repository: `CORPORA` names the folder it is in.

use std::path::PathBuf;

use bytes::Bytes;
use serde_json::Value;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::{Answer, Event};
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{AnyDialect, Decode, Dialect, Encode, Reply, Signal};

use super::readers::{self, Said};

fn recordings() -> Vec<(String, Value)> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("CORPORA").map_or(default, PathBuf::from).join("gemini.generateContent");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no recordings in {}", folder.display());
        return Vec::new();
    };
    let mut recordings: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()).unwrap())
        })
        .filter(|(_, recording)| recording["response"]["status"] == 200)
        .collect();
    recordings.sort_by(|one, other| one.0.cmp(&other.0));
    recordings
}

/// A front, and how to read what it writes.
struct Front {
    dialect: AnyDialect,
    whole: fn(&Value) -> Said,
    stream: fn(&str) -> Said,
}

fn fronts() -> [Front; 4] {
    [
        Front {
            dialect: Gemini.into(),
            whole: |answer| readers::gemini(std::slice::from_ref(answer)),
            stream: readers::gemini_stream,
        },
        Front { dialect: OpenAiChat.into(), whole: readers::chat, stream: readers::chat_stream },
        Front {
            dialect: AnthropicMessages.into(),
            whole: readers::anthropic,
            stream: readers::anthropic_stream,
        },
        Front {
            dialect: OpenAiResponses.into(),
            whole: readers::responses,
            stream: readers::responses_stream,
        },
    ]
}

impl Front {
    fn name(&self) -> &'static str {
        self.dialect.name()
    }

    /// What this front can tell of it in a stream.
    fn streamed(&self, mut said: Said) -> Said {
        if self.name() == "openai-responses" && said.finish.as_deref() == Some("error") {
            // Nor has this one: such a stream is ended as a broken one.
            (said.finish, said.cost) = Default::default();
        }
        self.told(said)
    }

    /// What this front can tell of it.
    fn told(&self, mut said: Said) -> Said {
        let finish = said.finish.as_deref();
        said.finish = match (self.name(), finish) {
            // A model that garbled its call has not answered: the API has no word that is no success, and this
            // one no clean end.
            ("openai-chat", Some("error")) => Some("filter".to_owned()),
            ("anthropic-messages", Some("error")) => None,
            _ => said.finish,
        };
        if said.finish.is_none() && self.name() == "anthropic-messages" {
            // What it cost is told with the reason.
            said.cost = Default::default();
        }
        said
    }
}

fn reply() -> Reply {
    Reply::new("gemini-x", 7).with_usage(true).issued_by("gemini")
}

/// A whole answer as a front's stream, as the normalizer tells it where a stream was asked for.
fn present(answer: &Answer<'_>, front: &Front) -> String {
    let mut encoder = front.dialect.encoder(reply());
    let mut out = Vec::new();
    answer.events(&mut |event| {
        if !matches!(event, Event::End) {
            encoder.encode(&event, &mut out);
        }
    });
    encoder.finish(&mut out);
    String::from_utf8(out).unwrap()
}

fn transcode(stream: &str, front: &Front) -> Result<String, String> {
    let mut decoder = Gemini.decoder();
    let mut encoder = front.dialect.encoder(reply());
    let mut out = Vec::new();
    for frame in super::frames([Bytes::copy_from_slice(stream.as_bytes())]) {
        let mut failed = false;
        let result = decoder.decode(&frame.parse(), &mut |event| {
            failed |= matches!(event, Event::Error(_));
            encoder.encode(&event, &mut out);
        });
        result.map_err(|error| error.to_string())?;
        if failed {
            return Err("an error in a recorded 200".to_owned());
        }
    }
    encoder.finish(&mut out);
    Ok(String::from_utf8(out).unwrap())
}

fn equal(what: &str, wanted: &Said, found: &Said) -> Result<(), String> {
    if wanted == found { Ok(()) } else { Err(format!("{what}\n  wanted {wanted:?}\n  found  {found:?}")) }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failures: Vec<String>,
}

impl Tally {
    fn add(&mut self, name: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(why) => self.failures.push(format!("{name}: {why}")),
        }
    }

    fn report(self, what: &str) -> Vec<String> {
        println!("{what}: {} of {} pass", self.passed, self.passed + self.failures.len());
        self.failures
    }
}

#[test]
fn every_recorded_answer_keeps_what_it_says_at_every_front() {
    let mut failures = Vec::new();
    for front in fronts() {
        let (mut whole, mut streamed) = (Tally::default(), Tally::default());
        for (name, recording) in recordings() {
            let body = &recording["response"]["body"];
            if body.is_null() {
                continue;
            }
            // As the vendor lays it out.
            let bytes = serde_json::to_vec_pretty(body).unwrap();
            let chunks = body.as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
            let Ok(answer) = Gemini.decode_answer(&bytes) else {
                whole.add(&name, Err("not read".to_owned()));
                continue;
            };
            let written = super::json(&front.dialect.encode_answer(&answer, &reply()));
            let mut found = (front.whole)(&written);
            let mut wanted = front.told(readers::gemini(&chunks));
            if wanted.finish.is_none() {
                (wanted.cost, found.cost) = Default::default();
            }
            whole.add(&name, equal("whole", &wanted, &found));
            let wanted = front.streamed(readers::gemini(&chunks));
            if wanted.finish.is_some() {
                let stream = present(&answer, &front);
                streamed.add(&name, equal("streamed", &wanted, &(front.stream)(&stream)));
            }
        }
        failures.extend(whole.report(&format!("whole answers to {}", front.name())));
        failures.extend(streamed.report(&format!("whole answers as streams to {}", front.name())));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_stream_keeps_what_it_says_at_every_front() {
    let mut failures = Vec::new();
    for front in fronts() {
        let mut tally = Tally::default();
        let mut cut = 0;
        for (name, recording) in recordings() {
            let Some(stream) = recording["response"]["sse_text"].as_str().filter(|text| !text.is_empty())
            else {
                continue;
            };
            let mut wanted = front.streamed(readers::gemini_stream(stream));
            let result = transcode(stream, &front).and_then(|written| {
                let mut found = (front.stream)(&written);
                if wanted.finish.is_none() {
                    // Cut off: what it cost is told at the end.
                    cut += 1;
                    (wanted.cost, found.cost) = Default::default();
                }
                equal("stream", &wanted, &found)
            });
            tally.add(&name, result);
        }
        println!("{} have no clean end", cut);
        failures.extend(tally.report(&format!("streams to {}", front.name())));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_answer_passes_the_check_unless_it_is_none() {
    let mut tally = Tally::default();
    for (name, recording) in recordings() {
        let body = &recording["response"]["body"];
        if body.is_null() {
            continue;
        }
        let said = readers::gemini(body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice));
        let checked = Gemini.check_answer(&serde_json::to_vec(body).unwrap());
        let has_hosted =
            body.to_string().contains("\"inlineData\"") || body.to_string().contains("executableCode");
        let is_answer = !said.text.is_empty()
            || !said.calls.is_empty()
            || has_hosted
            || matches!(said.finish.as_deref(), Some("length" | "filter" | "other"));
        tally.add(
            &name,
            if checked.is_ok() == is_answer { Ok(()) } else { Err(format!("{checked:?} {body}")) },
        );
    }
    let failures = tally.report("checks");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_frame_is_known_to_the_guard() {
    let mut tally = Tally::default();
    for (name, recording) in recordings() {
        let Some(stream) = recording["response"]["sse_text"].as_str().filter(|text| !text.is_empty()) else {
            continue;
        };
        let (mut has_content, mut has_finish, mut odd) = (false, false, Vec::new());
        for frame in super::frames([Bytes::copy_from_slice(stream.as_bytes())]) {
            match Gemini.signal(&frame.parse()) {
                Signal::Content => has_content = true,
                Signal::Finish => has_finish = true,
                Signal::Lifecycle | Signal::Alive => {}
                other => odd.push(format!("{other:?}")),
            }
        }
        let said = readers::gemini_stream(stream);
        let is_right = odd.is_empty() && has_finish == said.finish.is_some() && (has_content || has_finish);
        tally.add(&name, if is_right { Ok(()) } else { Err(format!("{has_content} {has_finish} {odd:?}")) });
    }
    let failures = tally.report("signals");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
