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

    pub(super) fn has(&self, needle: &str) -> bool {
        self.body.contains(needle)
    }

    /// Why it is no answer, though its status says so.
    pub(super) fn no_answer(&self) -> Option<&'static str> {
        let bodies = if self.is_stream {
            events(&self.body)
        } else {
            serde_json::from_str(&self.body).map_or_else(|_| Vec::new(), |body| vec![body])
        };
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
        let Some(reading) = &self.reading else { return Some("the recording is cut off") };
        let is_empty = reading.text.is_empty()
            && reading.tools.is_empty()
            && reading.refusal.is_empty()
            && reading.reasoning.is_empty();
        if is_empty && matches!(&*reading.finish, "stop" | "tool_calls" | "") && !self.holds_other_parts() {
            return Some("the recording says nothing");
        }
        None
    }

    /// Parts that no reader here counts: sound, images, what a provider's own tools did.
    fn holds_other_parts(&self) -> bool {
        let kinds = [
            "inlineData",
            "inline_data",
            "executableCode",
            "server_tool_use",
            "_call\"",
            "\"audio\"",
            "function_call",
            "images",
            "signature",
            "encrypted_content",
            "mcp_",
            "compaction",
            "thoughtSignature",
            "redacted_thinking",
            "toolCall",
            "groundingMetadata",
            "reasoning",
        ];
        kinds.iter().any(|kind| self.has(kind))
    }
}
