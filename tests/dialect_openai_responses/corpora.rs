//! Recorded traffic, which is not in this repository: `CORPORA` names the folder it is in.
//! With `CORPORA_REQUIRED` set, it is an error that there is none.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use tower_failover::dialect::Dialect;
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;

use super::{again, encoded, grammar};

/// Recorded requests of one API, and how they were answered.
fn requests(api: &str) -> Vec<(String, Value, u64)> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let folder = std::env::var_os("CORPORA").map_or(default, PathBuf::from).join(api);
    let Ok(files) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("CORPORA_REQUIRED").is_none(), "no recordings in {}", folder.display());
        eprintln!("skipped: no recordings in {}", folder.display());
        return Vec::new();
    };
    let mut requests: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter_map(|path| {
            let mut recording: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let body = recording["request"]["body"].take();
            let status = recording["response"]["status"].as_u64().unwrap_or_default();
            body.is_object().then(|| (path.file_stem().unwrap().to_string_lossy().into_owned(), body, status))
        })
        .collect();
    requests.sort_by(|one, other| one.0.cmp(&other.0));
    requests
}

fn report(what: &str, passed: usize, failures: &[String]) {
    println!("{what}: {passed} of {} pass", passed + failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_recorded_request_is_written_as_it_was_read() {
    for api in ["openai.responses", "openai_compat.responses"] {
        let (mut passed, mut failures) = (0, Vec::new());
        let mut refused = BTreeMap::<String, usize>::new();
        for (name, body, status) in requests(api) {
            match again(&body) {
                Ok(again) if again == body => passed += 1,
                Ok(again) => failures.push(format!("{name}:\n  {body}\n  {again}")),
                // What its provider refused, or took its model from what it had stored, may be refused here.
                Err(why) if status >= 400 || body["model"].is_null() => *refused.entry(why).or_default() += 1,
                Err(why) => failures.push(format!("{name} ({status}): {why}")),
            }
        }
        for (why, count) in refused {
            println!("  refused as by its provider, {count}: {why}");
        }
        report(api, passed, &failures);
    }
}

fn all_fit<D>(api: &str, dialect: &D)
where
    D: Dialect,
{
    for model in ["gpt-5-mini", "gpt-4o", "unheard-of"] {
        fit_for(api, dialect, model);
    }
}

fn fit_for<D>(api: &str, dialect: &D, model: &str)
where
    D: Dialect,
{
    let (mut passed, mut failures) = (0, Vec::new());
    let mut refused = BTreeMap::<String, usize>::new();
    for (name, body, status) in requests(api) {
        let bytes = serde_json::to_vec(&body).unwrap();
        let request = match dialect.decode_request(&bytes) {
            Ok(request) => request,
            // Azure takes the model from the path.
            Err(_) if status >= 400 || body["model"].is_null() => continue,
            Err(why) => {
                failures.push(format!("{name}: {why}"));
                continue;
            }
        };
        match encoded(&request, model) {
            Ok((written, _)) => match grammar::check(&written) {
                Ok(()) => passed += 1,
                Err(why) => failures.push(format!("{name}: {why}\n  {written}")),
            },
            Err(failure) => {
                let field = failure.report().unwrap().param.clone().unwrap();
                let field = field.rsplit('.').next().unwrap().to_owned();
                *refused.entry(field).or_default() += 1;
            }
        }
    }
    for (field, count) in refused {
        println!("  not sent, {count}: {field}");
    }
    report(&format!("{api} to openai.responses, {model}"), passed, &failures);
}

#[test]
fn every_recorded_request_of_another_dialect_is_written_as_the_api_takes_it_or_refused() {
    all_fit("openai.chat", &OpenAiChat);
    all_fit("openai_compat.chat", &OpenAiChat);
    all_fit("anthropic.messages", &AnthropicMessages);
    all_fit("gemini.generateContent", &Gemini);
}

#[test]
fn what_every_answer_repeats_is_an_object() {
    for (name, body, _) in requests("openai.responses") {
        let echo = OpenAiResponses.echo(&serde_json::to_vec(&body).unwrap());
        let echo: Value = serde_json::from_str(&format!("{{{echo}}}")).unwrap();
        assert!(echo["tools"].is_array() && echo["parallel_tool_calls"].is_boolean(), "{name}");
    }
}
