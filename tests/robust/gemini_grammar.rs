//! The grammar of a stream of Gemini, as its SDKs read it.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde_json::Value;

/// Reads a stream, and says whether it has an end.
///
/// # Errors
/// At the first chunk that stands where it may not.
pub(crate) fn check(stream: &[u8]) -> Result<bool, String> {
    is(stream.is_empty() || stream.ends_with(b"\r\n\r\n"), "the last frame was cut")?;
    let (frames, _) = super::frames([Bytes::copy_from_slice(stream)]);
    let (mut begun, mut finished) = (BTreeSet::new(), BTreeSet::new());
    for frame in frames {
        let frame = frame.parse();
        is(frame.event.is_none(), "an event with a name")?;
        let data = frame.data.ok_or("a frame without data")?;
        is(!data.contains(&b'\n'), "more than a line")?;
        let chunk: Value = serde_json::from_slice(&data).map_err(|error| error.to_string())?;
        is(finished.is_empty(), "after the end")?;
        is(chunk["modelVersion"].is_string(), "no chunk")?;
        for candidate in chunk["candidates"].as_array().ok_or("no candidates")? {
            let index = candidate["index"].as_u64().ok_or("no index")?;
            begun.insert(index);
            self::candidate(candidate).map_err(|error| format!("{error} at {chunk}"))?;
            if candidate["finishReason"].is_string() {
                finished.insert(index);
            }
        }
    }
    is(finished.is_empty() || finished == begun, "an end of some")?;
    Ok(!finished.is_empty())
}

fn candidate(candidate: &Value) -> Result<(), String> {
    let content = &candidate["content"];
    is(content.is_null() || content["role"] == "model", "no model's")?;
    for part in content["parts"].as_array().into_iter().flatten() {
        let call = &part["functionCall"];
        is(part["text"].is_string() ^ call.is_object(), "no part")?;
        is(call.is_null() || (call["args"].is_object() && call["name"].is_string()), "no call")?;
    }
    Ok(())
}

fn is(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}
