//! Recorded traffic, which is not in this repository: `CORPORA` names the folder it is in.

use std::path::PathBuf;

use serde_json::Value;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Reply};

use super::said::{self, Said, of_anthropic, of_chat, of_response};
use super::{grammar, own, recode, recode_from};

const OWN: [&str; 2] = ["openai.responses", "openai_compat.responses"];

fn recordings(apis: &[&str]) -> Vec<(String, Value)> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let corpora = std::env::var_os("CORPORA").map_or(default, PathBuf::from);
    let mut recordings = Vec::new();
    for api in apis {
        let Ok(files) = std::fs::read_dir(corpora.join(api)) else {
            eprintln!("skipped: no recordings of {api} in {}", corpora.display());
            continue;
        };
        let paths = files.map(|file| file.unwrap().path());
        for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            recordings.push((name, serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()));
        }
    }
    recordings.sort_by(|one: &(String, Value), other| one.0.cmp(&other.0));
    recordings
}

/// How a recording fared at each front.
#[derive(Default)]
struct Report {
    passed: [usize; 3],
    failures: Vec<String>,
}

const FRONTS: [&str; 3] = ["openai-responses", "openai-chat", "anthropic-messages"];

impl Report {
    fn note(&mut self, front: usize, name: &str, wanted: &Said, got: &Said) {
        if wanted == got {
            self.passed[front] += 1;
        } else {
            self.failures.push(format!("{name} to {}:\n wanted {wanted:?}\n got    {got:?}", FRONTS[front]));
        }
    }

    fn end(&self, what: &str, count: usize) {
        for (front, passed) in FRONTS.iter().zip(self.passed) {
            println!("{what} to {front}: {passed} of {count} pass");
        }
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
    }
}

/// What Chat can say of it: thoughts are one text.
fn for_chat(wanted: &Said) -> Said {
    let mut wanted = wanted.clone();
    let thoughts = wanted.thoughts.concat();
    wanted.thoughts = (!thoughts.is_empty()).then_some(thoughts).into_iter().collect();
    empty_arguments(&mut wanted);
    if wanted.finish == "incomplete" {
        wanted.finish = "stop".to_owned();
    }
    wanted
}

/// What Anthropic can say of it: a refusal is a text, arguments are an object, usage is always told.
fn for_anthropic(wanted: &Said, is_stream: bool) -> Said {
    let mut wanted = wanted.clone();
    wanted.text += &std::mem::take(&mut wanted.refusal);
    empty_arguments(&mut wanted);
    if !is_stream {
        for [_, _, arguments] in &mut wanted.calls {
            *arguments = match serde_json::from_str::<Value>(arguments) {
                Ok(value) => value.to_string(),
                Err(_) => serde_json::json!({"_raw": arguments}).to_string(),
            };
        }
    }
    wanted.usage.get_or_insert_default();
    wanted
}

fn empty_arguments(said: &mut Said) {
    for [_, _, arguments] in &mut said.calls {
        if arguments.is_empty() {
            *arguments = "{}".to_owned();
        }
    }
}

#[test]
fn every_recorded_answer_says_the_same_at_every_front() {
    let (mut report, mut count) = (Report::default(), 0);
    for (name, recording) in recordings(&OWN) {
        let (response, body) = (&recording["response"], &recording["response"]["body"]);
        if response["status"] != 200 || !body.is_object() {
            continue;
        }
        count += 1;
        let bytes = serde_json::to_vec(body).unwrap();
        let wanted = of_response(body);
        let answer = match OpenAiResponses.decode_answer(&bytes) {
            Ok(answer) => answer,
            Err(error) => {
                report.failures.push(format!("{name}: {error}"));
                continue;
            }
        };
        // Two of the answers say nothing and call that whole: no answer, to whoever asked.
        let is_answer = wanted.says_something() || !kept(body).is_empty();
        if OpenAiResponses.check_answer(&bytes).is_ok() != is_answer {
            report.failures.push(format!("{name} is an answer: {is_answer}"));
        }
        let written = super::json(&OpenAiResponses.encode_answer(&answer, &own()));
        if let Err(lacking) = grammar::required(&written) {
            report.failures.push(format!("{name}: {lacking} in {written}"));
        }
        report.note(0, &name, &wanted, &of_response(&written));
        // What only this dialect has stays, too: calls of hosted tools, annotations, seals.
        if let Some(odd) = kept(body).into_iter().zip(kept(&written)).find(|(one, other)| one != other) {
            report.failures.push(format!("{name}: {} became {}", odd.0, odd.1));
        }
        if said::waits(body) {
            continue;
        }
        let written = super::json(&OpenAiChat.encode_answer(&answer, &own()));
        report.note(1, &name, &for_chat(&wanted), &of_chat(&written));
        let written = super::json(&AnthropicMessages.encode_answer(&answer, &own()));
        report.note(2, &name, &for_anthropic(&wanted, false), &of_anthropic(&written));
    }
    report.end("answers", count);
}

/// Items and parts as far as they hold something no hub could make up.
fn kept(response: &Value) -> Vec<Value> {
    let mut kept = Vec::new();
    for item in response["output"].as_array().unwrap() {
        match item["type"].as_str() {
            Some("message") => {
                for part in item["content"].as_array().unwrap() {
                    for name in ["annotations", "logprobs"] {
                        kept.extend(part[name].as_array().cloned());
                    }
                }
            }
            Some("reasoning") if item["encrypted_content"].is_string() => {
                kept.push(vec![item["id"].clone(), item["encrypted_content"].clone()]);
            }
            Some("function_call" | "reasoning") => {}
            _ => kept.push(vec![item.clone()]),
        }
    }
    kept.into_iter().filter(|list| !list.is_empty()).map(Value::Array).collect()
}

#[test]
fn every_recorded_stream_says_the_same_at_every_front() {
    let (mut report, mut count, mut failed) = (Report::default(), 0, 0);
    for (name, recording) in recordings(&OWN) {
        let Some(stream) = recording["response"]["sse_text"].as_str().filter(|text| !text.is_empty()) else {
            continue;
        };
        let Some(response) = said::recorded_stream(stream) else {
            // The vendor gave up, and said so.
            let (_, is_complete) = recode(&OpenAiResponses, stream, own());
            assert!(!is_complete && stream.contains("response.failed"), "{name}");
            failed += 1;
            continue;
        };
        if said::waits(&response) {
            let (_, is_complete) = recode(&AnthropicMessages, stream, own());
            assert!(!is_complete, "{name}");
            continue;
        }
        count += 1;
        let wanted = of_response(&response);
        let (out, is_complete) = recode(&OpenAiResponses, stream, own());
        match grammar::check(&out) {
            Ok(told) if is_complete => {
                report.note(0, &name, &own_words(&wanted), &of_response(&told.response));
            }
            other => report.failures.push(format!("{name}: complete {is_complete}, {other:?}")),
        }
        let (out, _) = recode(&OpenAiChat, stream, own().with_usage(true));
        report.note(1, &name, &for_chat(&wanted), &of_chat(&said::chat_stream(&out)));
        let (out, _) = recode(&AnthropicMessages, stream, own());
        report.note(2, &name, &for_anthropic(&wanted, true), &of_anthropic(&said::anthropic_stream(&out)));
    }
    println!("streams in which the vendor gave up: {failed}");
    report.end("streams", count);
}

fn own_words(wanted: &Said) -> Said {
    let mut wanted = wanted.clone();
    if wanted.finish != "length" {
        empty_arguments(&mut wanted);
    }
    wanted
}

/// The exchanges of another dialect, as a caller of this one gets them.
fn foreign_exchanges<M: Dialect>(
    apis: &[&str],
    member: &M,
    read: fn(&Value) -> Said,
    add_up: fn(&[u8]) -> Value,
) {
    let reply = || Reply::new("model", 7).issued_by(member.name());
    let (mut passed, mut failures) = (0, Vec::new());
    for (name, recording) in recordings(apis) {
        let response = &recording["response"];
        let (wanted, written) =
            if let Some(stream) = response["sse_text"].as_str().filter(|text| !text.is_empty()) {
                let (out, is_complete) = recode_from(member, &OpenAiResponses, stream, reply());
                match (grammar::check(&out), is_complete) {
                    (Ok(told), true) => (read(&add_up(stream.as_bytes())), told.response),
                    // The member broke off.
                    (Ok(told), false) if told.response.is_null() => continue,
                    (other, _) => {
                        failures.push(format!("{name}: complete {is_complete}, {other:?}"));
                        continue;
                    }
                }
            } else if response["status"] == 200 && response["body"].is_object() {
                let bytes = serde_json::to_vec(&response["body"]).unwrap();
                let Ok(answer) = member.decode_answer(&bytes) else { continue };
                let written = super::json(&OpenAiResponses.encode_answer(&answer, &reply()));
                if let Err(lacking) = grammar::required(&written) {
                    failures.push(format!("{name}: {lacking} in {written}"));
                }
                (read(&response["body"]), written)
            } else {
                continue;
            };
        let (wanted, mut got) = (comparable(&wanted), comparable(&of_response(&written)));
        for (wanted, got) in wanted.calls.iter().zip(&mut got.calls) {
            // The legacy form of calls has no ids.
            if wanted[0].is_empty() {
                got[0].clear();
            }
        }
        if wanted == got {
            passed += 1;
        } else {
            failures.push(format!("{name}:\n wanted {wanted:?}\n got    {got:?}"));
        }
    }
    println!("{} to openai-responses: {passed} of {} pass", member.name(), passed + failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Without what the readers of other dialects here do not know as well as the crate does: the many fields for
/// thoughts, and ends that lie about calls.
fn comparable(said: &Said) -> Said {
    let mut said = said.clone();
    said.thoughts.clear();
    said.usage = None;
    said.finish.clear();
    empty_arguments(&mut said);
    for [_, _, arguments] in &mut said.calls {
        if let Ok(value) = serde_json::from_str::<Value>(arguments) {
            *arguments = value.to_string();
        }
    }
    said
}

#[test]
fn recorded_exchanges_of_openai_chat_say_the_same_here() {
    foreign_exchanges(&["openai.chat", "openai_compat.chat"], &OpenAiChat, of_chat, said::chat_stream);
}

#[test]
fn recorded_exchanges_of_anthropic_say_the_same_here() {
    foreign_exchanges(&["anthropic.messages"], &AnthropicMessages, of_anthropic, said::anthropic_stream);
}
