//! One recorded exchange, as far as the answer goes.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tower_failover::testing::RecordedReply;

use super::{events, tolerant};
use crate::support::{Api, Reading};

pub(super) struct Recording {
    pub(super) name: String,
    pub(super) is_stream: bool,
    pub(super) body: String,
    /// What it says, by a reader that is independent of the crate; `None` where it is no whole answer.
    pub(super) reading: Option<Reading>,
}

pub(super) fn folder() -> Option<PathBuf> {
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

pub(super) fn recordings(folder: &Path, api: Api) -> Vec<Recording> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| recording(file, api)).collect()
}

/// Successful answers only; what errors become is tested with errors.
fn recording(file: &Path, api: Api) -> Option<Recording> {
    let exchange: Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let response = &exchange["response"];
    if response["status"] != 200 {
        return None;
    }
    let name = file.file_stem()?.to_string_lossy().into_owned();
    let (is_stream, body) = match (&response["sse_text"], &response["body"]) {
        (Value::String(stream), _) => (true, stream.clone()),
        // Gemini's stream as it comes without `alt=sse`, which a member is never asked for.
        (_, Value::Array(chunks)) => {
            (true, chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect())
        }
        (_, body) => (false, body.to_string()),
    };
    let mut this = Recording { name, is_stream, body, reading: None };
    this.reading =
        std::panic::catch_unwind(|| tolerant::read(api, this.is_stream, &this.body)).ok().flatten();
    Some(this)
}

impl Recording {
    pub(super) fn reply(&self) -> RecordedReply {
        if self.is_stream {
            RecordedReply::sse(self.body.clone())
        } else {
            RecordedReply::json(200, self.body.clone())
        }
    }

    /// What a stream lacks though the model said why it stopped: the frame that ends one in this dialect, or the
    /// blank line behind its last.
    pub(super) fn missing_end(&self, api: Api) -> &'static str {
        let is_open = self.is_stream && !self.body.replace('\r', "").ends_with("\n\n");
        match api {
            _ if is_open => "\n\n",
            Api::OpenAi if self.is_stream && !self.body.trim_end().ends_with("[DONE]") => "data: [DONE]\n\n",
            _ => "",
        }
    }

    pub(super) fn has(&self, needle: &str) -> bool {
        self.body.contains(needle)
    }

    /// The events of a stream, or the only body.
    fn bodies(&self) -> Vec<Value> {
        if self.is_stream {
            return events(&self.body);
        }
        serde_json::from_str(&self.body).map_or_else(|_| Vec::new(), |body| vec![body])
    }

    /// Why it is no answer, though its status says so.
    pub(super) fn no_answer(&self) -> Option<&'static str> {
        let bodies = self.bodies();
        let is_error = |body: &Value| {
            body["error"].is_object()
                || body["error"].is_string()
                || body["type"] == "error"
                || body["type"] == "response.failed"
                || body["status"] == "failed"
        };
        if bodies.iter().any(is_error) || self.has("ResponsibleAIPolicyViolation") {
            return Some("the recording is an error in disguise");
        }
        let Some(reading) = &self.reading else {
            return Some("the recording breaks off, or ends without a reason");
        };
        if !self.says_nothing() || self.is_explained() || bodies.iter().any(holds_other_parts) {
            return None;
        }
        match reading.reasoning.is_empty() {
            true => Some("the recording says nothing"),
            // Of a stream the thoughts have been told before that is known.
            false => (!self.is_stream).then_some("the recording is nothing but a thought"),
        }
    }

    /// No text, no call, no refusal; of a stream, not even a thought.
    pub(super) fn says_nothing(&self) -> bool {
        self.reading.as_ref().is_none_or(|reading| {
            let is_silent = reading.text.is_empty() && reading.refusal.is_empty();
            let has_told = self.is_stream && !reading.reasoning.is_empty();
            is_silent && reading.tools.is_empty() && !has_told
        })
    }

    /// Its end says why there may be nothing in it.
    pub(super) fn is_explained(&self) -> bool {
        let finish = self.reading.as_ref().map_or("", |reading| &reading.finish);
        let is_told = |body: &Value| is_stop_sequence(body) || is_stop_sequence(&body["delta"]);
        !matches!(finish, "stop" | "tool_calls" | "") || self.bodies().iter().any(is_told)
    }

    /// Items that the model waits for the caller to answer, and that no other API has.
    pub(super) fn waits_for_its_own_caller(&self) -> bool {
        let waits = |item: &Value| {
            matches!(
                item["type"].as_str(),
                Some(
                    "custom_tool_call"
                        | "mcp_approval_request"
                        | "computer_call"
                        | "local_shell_call"
                        | "apply_patch_call"
                )
            )
        };
        self.bodies()
            .iter()
            .any(|body| waits(&body["item"]) || body["output"].as_array().into_iter().flatten().any(waits))
    }

    /// Several answers were asked for, and not all of them end.
    pub(super) fn has_unfinished_choice(&self) -> bool {
        let bodies = self.bodies();
        let choices = || bodies.iter().filter_map(|body| body["choices"].as_array()).flatten();
        let ends = |index: u64| {
            choices().any(|choice| choice["index"] == index && choice["finish_reason"].is_string())
        };
        choices().filter_map(|choice| choice["index"].as_u64()).any(|index| index > 0 && !ends(index))
    }
}

fn is_stop_sequence(message: &Value) -> bool {
    message["stop_reason"] == "stop_sequence"
}

/// Parts that no reader here counts: sound, pictures, what a provider's own tools did.
fn holds_other_parts(body: &Value) -> bool {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let is_kind =
        |item: &Value, plain: &[&str]| item["type"].as_str().is_some_and(|kind| !plain.contains(&kind));
    let is_item = |item: &Value| is_kind(item, &["message", "reasoning"]);
    let is_block = |block: &Value| is_kind(block, &["text", "thinking", "redacted_thinking"]);
    let is_media = |message: &Value| ["audio", "images"].iter().any(|name| message[name].is_object());
    let is_part = |part: &Value| {
        let plain = ["text", "thought", "thoughtSignature", "thought_signature"];
        part.as_object().into_iter().flatten().any(|(name, _)| !plain.contains(&&**name))
    };
    list(&body["output"]).iter().any(is_item)
        || is_item(&body["item"])
        || list(&body["content"]).iter().any(is_block)
        || is_block(&body["content_block"])
        || list(&body["choices"])
            .iter()
            .any(|choice| is_media(&choice["message"]) || is_media(&choice["delta"]))
        || list(&body["candidates"]).iter().any(|one| list(&one["content"]["parts"]).iter().any(is_part))
}
