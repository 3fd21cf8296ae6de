//! The grammar of a stream of OpenAI Chat, as its SDKs read it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

#[derive(Default)]
struct Choice {
    calls: u64,
    has_finish: bool,
}

/// Reads a stream, and says whether it has an end.
///
/// # Errors
/// At the first chunk that stands where it may not.
pub(crate) fn check(stream: &[u8]) -> Result<bool, String> {
    let (frames, is_whole) = super::frames([Bytes::copy_from_slice(stream)]);
    is(is_whole, "the last frame was cut")?;
    let (mut choices, mut head, mut is_over) = (BTreeMap::new(), None, false);
    for frame in frames {
        let frame = frame.parse();
        is(!is_over, "after the end")?;
        is(frame.event.is_none(), "an event with a name")?;
        let data = frame.data.ok_or("a frame without data")?;
        if &*data == b"[DONE]" {
            is_over = true;
            continue;
        }
        let chunk: Value = serde_json::from_slice(&data).map_err(|error| error.to_string())?;
        self::chunk(&chunk, &mut choices).map_err(|error| format!("{error} at {chunk}"))?;
        let own = ["id", "object", "created", "model"].map(|name| chunk[name].clone());
        is(*head.get_or_insert_with(|| own.clone()) == own, "another id or model")?;
    }
    let has_finish = choices.values().filter(|choice: &&Choice| choice.has_finish).count();
    is(!is_over || (has_finish == choices.len() && has_finish > 0), "an end without a reason")?;
    is(is_over || has_finish == 0, "a reason without an end")?;
    Ok(is_over)
}

fn chunk(chunk: &Value, choices: &mut BTreeMap<u64, Choice>) -> Result<(), String> {
    is(chunk["object"] == "chat.completion.chunk" && chunk["id"].is_string(), "no chunk")?;
    is(chunk["created"].is_u64() && chunk["model"].is_string(), "no chunk")?;
    let list = chunk["choices"].as_array().ok_or("no choices")?;
    let usage = &chunk["usage"];
    is(usage.is_null() || (list.is_empty() && usage["total_tokens"].is_u64()), "usage")?;
    for choice in list {
        let index = choice["index"].as_u64().ok_or("no index")?;
        let is_new = !choices.contains_key(&index);
        let state = choices.entry(index).or_default();
        is(!state.has_finish, "after its reason")?;
        let delta = choice["delta"].as_object().ok_or("no delta")?;
        is(is_new == delta.contains_key("role"), "a role elsewhere than at the beginning")?;
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self::call(call, state)?;
        }
        let finish = &choice["finish_reason"];
        is(finish.is_null() || finish.is_string(), "a reason")?;
        state.has_finish = finish.is_string();
    }
    Ok(())
}

fn call(call: &Value, state: &mut Choice) -> Result<(), String> {
    let index = call["index"].as_u64().ok_or("a call without number")?;
    is(index <= state.calls, "a gap between calls")?;
    let function = &call["function"];
    is(function["arguments"].is_string(), "no arguments")?;
    if index == state.calls {
        state.calls += 1;
        let is_named = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        return is(is_named(&call["id"]) && function["name"].is_string(), "a call that does not begin");
    }
    is(call.get("id").is_none() && function.get("name").is_none(), "a call that begins twice")
}

fn is(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.to_owned()) }
}
