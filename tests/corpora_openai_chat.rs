//! Recorded exchanges with OpenAI and with servers that speak its dialect, read and written again.
//!
//! The recordings are not part of this repository. `CORPORA` names their folder (default: `../shared/corpora`);
//! without them the tests say so and pass.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Uri;
use serde_json::Value;
use tower_failover::dialect::canonical::{Content, Event, Finish, Tool, Usage};
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::sse::{Splitter, Tail};
use tower_failover::dialect::{Decode, Dialect, Encode, Reply, Signal, Target};
use tower_failover::facts::Losses;

const FOLDERS: [&str; 3] = ["openai.chat", "openai_compat.chat", "mistral.chat"];

struct Exchange {
    file: PathBuf,
    value: Value,
}

impl Exchange {
    fn status(&self) -> u64 {
        self.value["response"]["status"].as_u64().unwrap()
    }

    fn request(&self) -> Option<Vec<u8>> {
        let body = &self.value["request"]["body"];
        body.is_object().then(|| serde_json::to_vec(body).unwrap())
    }

    fn answer(&self) -> Option<&Value> {
        let body = &self.value["response"]["body"];
        body.is_object().then_some(body)
    }

    fn stream(&self) -> Option<&str> {
        self.value["response"]["sse_text"].as_str()
    }
}

fn exchanges() -> Vec<Exchange> {
    let root = std::env::var_os("CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    let mut exchanges = Vec::new();
    for folder in FOLDERS {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("no recordings in {}: nothing to test", root.join(folder).display());
            continue;
        };
        for file in files {
            let file = file.unwrap().path();
            let value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            exchanges.push(Exchange { file, value });
        }
    }
    exchanges
}

/// Runs `check` on every exchange it applies to; it returns `None` where it does not.
fn all(what: &str, check: impl Fn(&Exchange) -> Option<Result<(), String>>) {
    let exchanges = exchanges();
    let results: Vec<_> = exchanges.iter().filter_map(|each| Some((each, check(each)?))).collect();
    let failed: Vec<_> =
        results.iter().filter_map(|(each, result)| Some((each, result.as_ref().err()?))).collect();
    eprintln!("{what}: {} of {}", results.len() - failed.len(), results.len());
    for (each, why) in &failed {
        eprintln!("  {}: {why}", each.file.file_name().unwrap().to_string_lossy());
    }
    assert!(failed.is_empty(), "{what}: {} failed", failed.len());
    assert!(exchanges.is_empty() || !results.is_empty(), "{what}: nothing tested");
}

/// What a caller makes of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
struct Heard {
    text: String,
    reasoning: String,
    refusal: String,
    seals: Vec<String>,
    calls: Vec<(String, String, String)>,
    finish: Option<String>,
}

#[derive(Debug, Default, PartialEq)]
struct Whole {
    choices: BTreeMap<u32, Heard>,
    usage: Option<Usage>,
    errors: usize,
    ends: usize,
    malformed: usize,
}

fn word(finish: &Finish<'_>) -> String {
    format!("{finish:?}")
}

/// Arguments that say nothing are an empty object; some models say `null`.
fn arguments(json: &str) -> String {
    if matches!(json, "" | "null") { "{}".to_owned() } else { json.to_owned() }
}

fn heard(whole: &mut Whole, event: &Event<'_>) {
    match event {
        Event::Text { choice, text } => whole.choices.entry(*choice).or_default().text.push_str(text),
        Event::Reasoning { choice, text } => {
            whole.choices.entry(*choice).or_default().reasoning.push_str(text);
        }
        Event::Refusal { choice, text } => whole.choices.entry(*choice).or_default().refusal.push_str(text),
        Event::Signature { choice, signature: seal } | Event::Redacted { choice, data: seal } => {
            whole.choices.entry(*choice).or_default().seals.push(seal.to_string());
        }
        Event::ToolCall { choice, index, id, name } => {
            let calls = &mut whole.choices.entry(*choice).or_default().calls;
            assert_eq!(calls.len(), *index as usize, "calls are numbered from 0 without gaps");
            calls.push((id.to_string(), name.to_string(), String::new()));
        }
        Event::Arguments { choice, index, json } => {
            whole.choices.entry(*choice).or_default().calls[*index as usize].2.push_str(json);
        }
        Event::Finish { choice, reason } => {
            let finish = &mut whole.choices.entry(*choice).or_default().finish;
            assert!(finish.is_none(), "a choice finishes once");
            *finish = Some(word(reason));
        }
        Event::Usage(usage) => whole.usage = Some(whole.usage.unwrap_or_default().updated(*usage)),
        Event::Error(_) => whole.errors += 1,
        Event::End => whole.ends += 1,
        _ => {}
    }
}

fn listen(stream: &[u8], mut and: impl FnMut(&Event<'_>)) -> Whole {
    let mut whole = Whole::default();
    let mut decoder = OpenAiChat.decoder();
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    splitter.push(Bytes::copy_from_slice(stream));
    let mut frames = Vec::new();
    while let Some(frame) = splitter.next_frame() {
        frames.push(frame.unwrap());
    }
    if let Tail::Truncated(frame) = splitter.finish() {
        frames.push(frame);
    }
    for frame in frames {
        let frame = frame.parse();
        let mut content = false;
        let result = decoder.decode(&frame, &mut |event| {
            content |= event.is_content();
            heard(&mut whole, &event);
            and(&event);
        });
        whole.malformed += usize::from(result.is_err());
        let signal = OpenAiChat.signal(&frame);
        assert_eq!(matches!(signal, Signal::Malformed), result.is_err());
        if content {
            let is_content = matches!(signal, Signal::Content | Signal::Finish | Signal::Error(_));
            assert!(is_content, "a frame with content is taken for one: {signal:?}");
        }
    }
    for call in whole.choices.values_mut().flat_map(|choice| &mut choice.calls) {
        call.2 = arguments(&call.2);
    }
    whole
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}: {left:?} is not {right:?}")) }
}

#[test]
fn every_recorded_request_is_read() {
    all("requests read", |each| {
        let body = each.request()?;
        // What the provider refused may be refused here, too.
        if each.status() >= 400 {
            let _ = OpenAiChat.decode_request(&body);
            return None;
        }
        let uri = Uri::from_static("/");
        let peek = match OpenAiChat.peek(&uri, &body) {
            Ok(peek) => peek,
            // Azure's old paths name the model in the URL.
            Err(invalid) if each.value["request"]["body"]["model"].is_null() => {
                assert_eq!(invalid.param(), Some("model"));
                return None;
            }
            Err(invalid) => return Some(Err(invalid.to_string())),
        };
        let model = &each.value["request"]["body"]["model"];
        assert_eq!(&serde_json::from_slice::<Value>(&body[peek.model_span.unwrap()]).unwrap(), model);
        Some(OpenAiChat.decode_request(&body).map(drop).map_err(|invalid| invalid.to_string()))
    });
}

#[test]
fn every_recorded_request_is_written_and_reads_the_same_again() {
    all("requests written", |each| {
        let body = each.request().filter(|_| each.status() < 400)?;
        let request = OpenAiChat.decode_request(&body).ok()?;
        let model = request.model.clone().into_owned();
        let encoded = OpenAiChat.encode_request(&request, &Target::new(&model), &mut Losses::new());
        let encoded = match encoded {
            Ok(encoded) => encoded,
            // Sound of the model's own, files stored elsewhere, parts of other servers' making.
            Err(failure) => {
                let param = failure.report().and_then(|report| report.param.clone()).unwrap();
                let known = ["file", "audio", "video_url", "image"];
                let is_known = known.iter().any(|known| param.ends_with(known));
                return Some(if is_known { Ok(()) } else { Err(param) });
            }
        };
        let again = match OpenAiChat.decode_request(&encoded.body) {
            Ok(again) => again,
            Err(invalid) => return Some(Err(invalid.to_string())),
        };
        // Where there is no field for a form, an instruction says it.
        let said = |request: &tower_failover::dialect::canonical::Request<'_>| {
            let parts = request.turns.iter().flat_map(|turn| &turn.parts);
            let calls = parts.filter_map(|part| match &part.content {
                Content::Text(text) => Some(text.to_string()),
                Content::ToolCall(call) => Some(format!("{}{}", call.id, arguments(&call.arguments))),
                Content::ToolResult(result) => Some(format!("{}{}", result.id, result.parts.len())),
                _ => None,
            });
            let is_instruction = |said: &str| said.starts_with("Answer with a single JSON object");
            calls.filter(|said| !said.is_empty() && !is_instruction(said)).collect::<Vec<_>>()
        };
        Some(equal("said", &said(&request), &said(&again)).and_then(|()| {
            let is_function = |tool: &&Tool<'_>| matches!(tool, Tool::Function { .. });
            equal("tools", &request.tools.iter().filter(is_function).count(), &again.tools.len())
        }))
    });
}

#[test]
fn every_recorded_answer_is_read_and_written_with_nothing_changed() {
    all("answers", |each| {
        let body = each.answer().filter(|_| each.status() < 300)?;
        Some(check_answer(body))
    });
}

fn check_answer(body: &Value) -> Result<(), String> {
    let bytes = serde_json::to_vec(body).unwrap();
    // Read as often as what it is compared with: this reader of floats rounds each time.
    let body: &Value = &serde_json::from_slice(&bytes).unwrap();
    let message = &body["choices"][0]["message"];
    // A thought is nothing said.
    let is_silent = |name: &str| message[name].is_null() || message[name] == "";
    let is_empty = body["choices"][0]["finish_reason"] == "stop"
        && ["content", "refusal", "tool_calls", "function_call", "audio"].into_iter().all(is_silent);
    if body["error"].is_object() || is_empty {
        return equal("accepted", &false, &OpenAiChat.check_answer(&bytes).is_ok());
    }
    OpenAiChat
        .check_answer(&bytes)
        .map_err(|failure| format!("{failure}: {:?}", failure.report().map(|r| &r.message)))?;
    let answer = OpenAiChat.decode_answer(&bytes).map_err(|invalid| invalid.to_string())?;
    let reply = Reply::new("m", 7);
    let written = OpenAiChat.encode_answer(&answer, &reply);
    let written: Value = serde_json::from_slice(&written).map_err(|error| error.to_string())?;
    for (old, new) in body["choices"].as_array().unwrap().iter().zip(written["choices"].as_array().unwrap()) {
        let (old_message, new_message) = (&old["message"], &new["message"]);
        // Some servers parse what they were to produce as JSON.
        if !old_message["content"].is_object() {
            let mut said = pieces(&old_message["content"], "text");
            if said.is_empty() {
                // Sound has its words beside it.
                old_message["audio"]["transcript"].as_str().unwrap_or_default().clone_into(&mut said);
            }
            equal("content", &&*said, &new_message["content"].as_str().unwrap_or_default())?;
        }
        let thought = pieces(&old_message["content"], "thinking");
        if !thought.is_empty() {
            equal("thought", &Some(&*thought), &new_message["reasoning_content"].as_str())?;
        }
        if let Some(refusal) = old_message["refusal"].as_str().filter(|refusal| !refusal.is_empty()) {
            equal("refusal", &Some(refusal), &new_message["refusal"].as_str())?;
        }
        let calls = |message: &Value| -> Vec<Value> {
            message["tool_calls"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|call| {
                    let arguments = arguments(call["function"]["arguments"].as_str().unwrap_or_default());
                    serde_json::json!([call["id"], call["function"]["name"], arguments])
                })
                .collect()
        };
        if old_message["function_call"]["name"].as_str().is_none_or(str::is_empty) {
            equal("calls", &calls(old_message), &calls(new_message))?;
        }
        let has_calls = !calls(new_message).is_empty();
        let finish = match old["finish_reason"].as_str() {
            None | Some("") => has_calls.then_some("tool_calls"),
            Some("stop" | "function_call") if has_calls => Some("tool_calls"),
            Some("eos") => Some("stop"),
            other => other,
        };
        equal("finish", &finish, &new["finish_reason"].as_str())?;
        equal("logprobs", &old["logprobs"], &new["logprobs"])?;
    }
    equal(
        "choices",
        &body["choices"].as_array().unwrap().len(),
        &written["choices"].as_array().unwrap().len(),
    )?;
    if body["usage"]["prompt_tokens"].is_u64() {
        equal("prompt_tokens", &body["usage"]["prompt_tokens"], &written["usage"]["prompt_tokens"])?;
        let (old, new) = (&body["usage"]["completion_tokens"], &written["usage"]["completion_tokens"]);
        let thought = body["usage"]["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap_or(0);
        if *old != *new && Some(old.as_u64().unwrap() + thought) != new.as_u64() {
            return Err(format!("completion_tokens: {old} is not {new}"));
        }
    }
    let bytes = serde_json::to_vec(&written).unwrap();
    let again = OpenAiChat.encode_answer(&OpenAiChat.decode_answer(&bytes).unwrap(), &reply);
    equal("twice", &written, &serde_json::from_slice(&again).unwrap())
}

#[test]
fn every_recorded_stream_is_what_its_increments_say() {
    all("streams read", |each| {
        let stream = each.stream().filter(|_| each.status() < 300)?;
        let whole = listen(stream.as_bytes(), |_| {});
        Some(compare(stream, &whole))
    });
}

/// What is said, or thought, in content that is a string or a list of pieces.
fn pieces(content: &Value, kind: &str) -> String {
    let Some(pieces) = content.as_array() else {
        return if kind == "text" { content.as_str().unwrap_or_default().to_owned() } else { String::new() };
    };
    let of_kind = pieces.iter().filter(|piece| piece["type"] == kind);
    of_kind.map(|piece| piece[kind].as_str().map_or_else(|| pieces_of(&piece[kind]), str::to_owned)).collect()
}

fn pieces_of(thought: &Value) -> String {
    pieces(thought, "text")
}

/// Puts the stream together by hand, as a naive caller would.
fn compare(stream: &str, whole: &Whole) -> Result<(), String> {
    let mut naive: BTreeMap<u64, (String, String, Option<String>)> = BTreeMap::new();
    let mut usage = Value::Null;
    for line in stream.lines() {
        let Some(chunk) =
            line.strip_prefix("data:").and_then(|data| serde_json::from_str::<Value>(data).ok())
        else {
            continue;
        };
        let places = [&chunk["usage"], &chunk["x_groq"]["usage"], &chunk["choices"][0]["usage"]];
        if let Some(told) = places.into_iter().find(|told| told.is_object()) {
            usage = told.clone();
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let entry = naive.entry(choice["index"].as_u64().unwrap_or(0)).or_default();
            entry.0.push_str(&pieces(&choice["delta"]["content"], "text"));
            entry.0.push_str(choice["delta"]["audio"]["transcript"].as_str().unwrap_or_default());
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                entry.1.push_str(&arguments(call["function"]["arguments"].as_str().unwrap_or_default()));
            }
            if let Some(finish) = choice["finish_reason"].as_str().filter(|finish| !finish.is_empty()) {
                entry.2.get_or_insert(finish.to_owned());
            }
        }
    }
    if let Some(input) = usage["prompt_tokens"].as_u64().filter(|_| whole.errors == 0) {
        let heard = whole.usage.unwrap_or_default();
        equal("input", &Some(input), &heard.input)?;
        let (said, thought) = (&usage["completion_tokens"], &usage["completion_tokens_details"]);
        let thought = thought["reasoning_tokens"].as_u64().unwrap_or(0);
        let sums = [said.as_u64(), said.as_u64().map(|said| said + thought)];
        equal("output", &true, &sums.contains(&heard.output))?;
    }
    for (index, (text, calls, finish)) in naive {
        let empty = Heard::default();
        let heard = whole.choices.get(&(index as u32)).unwrap_or(&empty);
        equal("text", &text, &heard.text)?;
        let told: String = heard.calls.iter().map(|call| &*call.2).filter(|json| *json != "{}").collect();
        equal("calls", &calls.replace("{}", ""), &told.replace("{}", ""))?;
        // A call before `[DONE]` is a reason by itself, and so is sound; of text nobody knows whether it is whole.
        let is_done = stream.contains("[DONE]");
        let is_called = is_done && !heard.calls.is_empty();
        let is_spoken = is_done && stream.contains("\"audio\":{");
        let finish = finish.or(is_called.then(|| "tool_calls".to_owned()));
        let finish = finish.or(is_spoken.then(|| "stop".to_owned()));
        let expected = finish.as_deref().map(|finish| match finish {
            "stop" | "tool_calls" | "function_call" if !heard.calls.is_empty() => "ToolCalls",
            "stop" | "eos" => "Stop",
            "length" => "Length",
            "tool_calls" => "ToolCalls",
            "error" => "Error",
            other => panic!("{other}"),
        });
        if whole.errors == 0 {
            equal("finish", &expected, &heard.finish.as_deref())?;
        }
    }
    Ok(())
}

#[test]
fn every_recorded_stream_is_written_and_reads_the_same_again() {
    all("streams written", |each| {
        let stream = each.stream().filter(|_| each.status() < 300)?;
        let mut encoder = OpenAiChat.encoder(Reply::new("m", 7).with_usage(true));
        let mut out = Vec::new();
        let whole = listen(stream.as_bytes(), |event| encoder.encode(event, &mut out));
        let is_whole = encoder.finish(&mut out);
        let again = listen(&out, |_| {});
        let has_finish =
            !whole.choices.is_empty() && whole.choices.values().all(|heard| heard.finish.is_some());
        let check = || {
            equal("whole", &has_finish, &is_whole)?;
            equal("ends", &usize::from(is_whole), &again.ends)?;
            equal("malformed", &0, &again.malformed)?;
            // What nobody finished is not written as finished.
            let unfinished = |choices: &BTreeMap<u32, Heard>| -> Vec<Heard> {
                choices.values().map(|heard| Heard { finish: None, ..heard.clone() }).collect()
            };
            equal("said", &unfinished(&whole.choices), &unfinished(&again.choices))?;
            if is_whole {
                equal("choices", &whole.choices, &again.choices)?;
                equal("usage", &whole.usage, &again.usage)
            } else {
                Ok(())
            }
        };
        Some(check())
    });
}

#[test]
fn every_recorded_error_has_a_class_and_its_words() {
    all("errors", |each| {
        let status = http::StatusCode::from_u16(each.status() as u16).unwrap();
        let body = each.answer().filter(|_| status.as_u16() >= 400)?;
        let failure = OpenAiChat.decode_error(Some(status), &serde_json::to_vec(body).unwrap());
        let words = [&body["error"]["message"], &body["message"], &body["detail"]];
        let message = words.into_iter().find_map(Value::as_str);
        eprintln!("  {} {:?}", failure, message.map(|message| message.chars().take(60).collect::<String>()));
        Some(equal("message", &message, &failure.report().map(|report| &*report.message)))
    });
}
