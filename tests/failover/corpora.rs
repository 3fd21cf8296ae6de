//! Real input: recorded provider answers, played as the member's response through the gateway.
//!
//! `CORPORA` names the folder (default `../shared/corpora`). Where it is absent the test says so and passes, unless
//! `CORPORA_REQUIRED` is set, as it is in CI. Nothing of the recordings is kept in this repository.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tower_failover::testing::{FakeProvider, RecordedReply};

use crate::support::{Api, Gateway, Reading};

/// One recorded exchange, as far as the answer goes.
struct Recording {
    name: String,
    is_stream: bool,
    body: String,
}

fn folder() -> Option<PathBuf> {
    let folder = std::env::var("CORPORA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora").to_owned());
    let folder = PathBuf::from(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CORPORA_REQUIRED").is_none(), "no recorded exchanges at {}", folder.display());
    println!("skipped: no recorded exchanges at {}; set CORPORA", folder.display());
    None
}

fn recordings(folder: &Path) -> Vec<Recording> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| recording(file)).collect()
}

/// Successful answers only; what errors become is tested with errors.
fn recording(file: &Path) -> Option<Recording> {
    let exchange: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let response = &exchange["response"];
    if response["status"] != 200 {
        return None;
    }
    let name = file.file_stem()?.to_string_lossy().into_owned();
    let stream = response["sse_text"].as_str();
    let is_stream = stream.is_some();
    let body = stream.map_or_else(|| response["body"].to_string(), str::to_owned);
    Some(Recording { name, is_stream, body })
}

impl Recording {
    fn reply(&self) -> RecordedReply {
        if self.is_stream {
            RecordedReply::sse(self.body.clone())
        } else {
            RecordedReply::json(200, self.body.clone())
        }
    }

    /// What the recording says, by a reader that is independent of the crate.
    fn reading(&self, api: Api) -> Reading {
        match (api, self.is_stream) {
            (Api::OpenAi, false) => Reading::of_chat(&serde_json::from_str(&self.body).expect("JSON")),
            (Api::Anthropic, false) => Reading::of_message(&serde_json::from_str(&self.body).expect("JSON")),
            (Api::OpenAi, true) => Reading::of_chat_stream(&self.body),
            (Api::Anthropic, true) => Reading::of_message_stream(&self.body),
            (Api::Responses, false) => Reading::of_response(&serde_json::from_str(&self.body).expect("JSON")),
            (Api::Responses, true) => Reading::of_response_stream(&self.body),
            (Api::Gemini, false) => Reading::of_gemini(&serde_json::from_str(&self.body).expect("JSON")),
            (Api::Gemini, true) => Reading::of_gemini_stream(&self.body),
        }
    }

    /// What is refused in it in words, where the dialect keeps that apart from text.
    fn refusal(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        if let Some(refusal) = body["choices"][0]["message"]["refusal"].as_str() {
            return refusal.to_owned();
        }
        let chunks = self
            .body
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
        chunks
            .filter_map(|chunk| Some(chunk["choices"][0]["delta"]["refusal"].as_str()?.to_owned()))
            .collect()
    }

    /// Why the answer may differ from the recording for callers of `front`, or may not come at all.
    fn exception(&self, api: Api, front: Api) -> Option<&'static str> {
        let has = |needle: &str| self.body.contains(needle);
        if self.is_stream && api == Api::OpenAi && !has("[DONE]") {
            return Some("the recording itself is cut off");
        }
        if self.is_stream && api == Api::Anthropic && !has("message_stop") {
            return Some("the recording itself is cut off, or an error");
        }
        if has("ResponsibleAIPolicyViolation") {
            return Some("an error in disguise: the caller gets the error");
        }
        if api == front {
            return None;
        }
        if has("\"function_call\":{") {
            return Some("the retired function_call, which has no id to answer to");
        }
        if has("\"audio\":{") {
            return Some("sound, for which the other dialect has no place");
        }
        None
    }
}

/// What callers of the other dialect must read. Where a vendor's reason lies, or is missing before `[DONE]`, it is
/// derived from what was said: calls of tools are `tool_calls`, and a refusal in words is one.
fn expected(mut reading: Reading, refusal: &str, is_stream: bool) -> Reading {
    let is_plain = matches!(&*reading.finish, "stop" | "");
    if is_plain {
        reading.finish = if reading.tools.is_empty() { "stop" } else { "tool_calls" }.to_owned();
    }
    if !refusal.is_empty() {
        reading.text.push_str(refusal);
        "content_filter".clone_into(&mut reading.finish);
    }
    if reading.finish == "pause_turn" {
        // The other dialect has no word for a turn that waits to be continued.
        "stop".clone_into(&mut reading.finish);
    }
    // Arguments that were cut off are no object, which is all that a whole message can carry: they stand in one.
    for (_, arguments) in &mut reading.tools {
        if let (Value::String(cut), false) = (&arguments, is_stream) {
            *arguments = serde_json::json!({"_raw": cut});
        }
    }
    reading
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_answers_reach_callers_of_both_dialects_whole() {
    let Some(folder) = folder() else { return };
    let mut failures = Vec::new();
    for (api, name) in [(Api::OpenAi, "openai.chat"), (Api::Anthropic, "anthropic.messages")] {
        let recordings = recordings(&folder.join(name));
        assert!(recordings.len() > 100, "{name} holds only {} answers", recordings.len());
        let provider = api.provider("unused").await;
        let gateway = Gateway::with_settings(&[(api, provider.base_url())], "").await;
        for front in [Api::OpenAi, Api::Anthropic] {
            let found = play(&gateway, &provider, api, front, &recordings).await;
            failures.extend(found);
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

async fn play(
    gateway: &Gateway,
    provider: &FakeProvider,
    api: Api,
    front: Api,
    recordings: &[Recording],
) -> Vec<String> {
    let (mut failures, mut exceptions, mut same) = (Vec::new(), 0, 0);
    for recording in recordings {
        if let Some(reason) = recording.exception(api, front) {
            println!("{}: {reason}", recording.name);
            exceptions += 1;
            continue;
        }
        match check(gateway, provider, api, front, recording).await {
            Ok(()) => same += 1,
            Err(difference) => failures.push(format!("{} for {front:?}: {difference}", recording.name)),
        }
    }
    println!(
        "{api:?} for callers of {front:?}: {same} of {} agree, {exceptions} exceptions",
        recordings.len()
    );
    failures
}

async fn check(
    gateway: &Gateway,
    provider: &FakeProvider,
    api: Api,
    front: Api,
    recording: &Recording,
) -> Result<(), String> {
    provider.reply(recording.reply());
    let answer = gateway.ask(front, recording.is_stream).await;
    if answer.status != 200 {
        return Err(format!("status {}: {:?}", answer.status, answer.body));
    }
    if api == front {
        // Same dialect: nothing added, nothing removed.
        return if answer.raw() == recording.body { Ok(()) } else { Err("the bytes differ".to_owned()) };
    }
    // The readers insist on proper streams, and panic on others.
    let read = std::panic::AssertUnwindSafe(|| answer.read(front, recording.is_stream));
    let got = std::panic::catch_unwind(read).map_err(|_| "not a proper answer, see above".to_owned())?;
    let wanted = expected(recording.reading(api), &recording.refusal(), recording.is_stream);
    // Of thoughts and caches more can be said; what was said, called and counted must agree.
    let (got, wanted) = (got.without_thoughts(), wanted.without_thoughts());
    if got == wanted { Ok(()) } else { Err(format!("\n  got    {got:?}\n  wanted {wanted:?}")) }
}

/// What the readers make of all that was recorded: they are the measure of everything else here.
#[test]
fn the_readers_understand_every_recording() {
    let Some(folder) = folder() else { return };
    type Read = (fn(&Value) -> Reading, fn(&str) -> Reading);
    let readers: [(&str, Read); 4] = [
        ("openai.chat", (Reading::of_chat, Reading::of_chat_stream)),
        ("anthropic.messages", (Reading::of_message, Reading::of_message_stream)),
        ("openai.responses", (Reading::of_response, Reading::of_response_stream)),
        ("gemini.generateContent", (Reading::of_gemini, Reading::of_gemini_stream)),
    ];
    for (name, (whole, stream)) in readers {
        let recordings = recordings(&folder.join(name));
        for recording in &recordings {
            let read = || {
                if recording.is_stream {
                    stream(&recording.body)
                } else {
                    whole(&serde_json::from_str(&recording.body).expect("JSON"))
                }
            };
            let is_error = std::panic::catch_unwind(read).is_err();
            assert!(!is_error || recording.body.contains("\"type\":\"error\""), "{}", recording.name);
        }
        println!("{name}: {} answers are understood", recordings.len());
    }
}
