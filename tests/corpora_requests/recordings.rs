//! The requests that were recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folders, and the dialect in which each is asked.
pub(crate) const SOURCES: [(&str, &str); 7] = [
    ("openai.chat", "openai-chat"),
    ("openai_compat.chat", "openai-chat"),
    ("mistral.chat", "openai-chat"),
    ("openai.responses", "openai-responses"),
    ("openai_compat.responses", "openai-responses"),
    ("anthropic.messages", "anthropic-messages"),
    ("gemini.generateContent", "gemini"),
];

/// One request.
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    pub(crate) value: Value,
    pub(crate) is_stream: bool,
    /// The vendor answered it.
    pub(crate) is_accepted: bool,
}

pub(crate) fn recordings() -> Option<BTreeMap<&'static str, Vec<Recorded>>> {
    let folder = std::env::var_os("CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    if !folder.is_dir() {
        assert!(std::env::var_os("CORPORA_REQUIRED").is_none(), "no recordings at {}", folder.display());
        println!("skipped: no recordings at {}; set CORPORA", folder.display());
        return None;
    }
    let read = |(source, _): (&'static str, _)| (source, read(&folder.join(source)));
    Some(SOURCES.into_iter().map(read).collect())
}

fn read(folder: &Path) -> Vec<Recorded> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().filter_map(|file| recorded(file)).collect()
}

fn recorded(file: &Path) -> Option<Recorded> {
    let exchange: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let request = &exchange["request"];
    let value = request["body"].clone();
    if !value.is_object() {
        return None;
    }
    let is_stream = value["stream"] == true
        || request["path"].as_str().is_some_and(|path| path.contains(":streamGenerateContent"));
    Some(Recorded {
        name: file.file_stem()?.to_string_lossy().into_owned(),
        body: serde_json::to_vec(&value).unwrap(),
        value,
        is_stream,
        is_accepted: exchange["response"]["status"] == 200,
    })
}
