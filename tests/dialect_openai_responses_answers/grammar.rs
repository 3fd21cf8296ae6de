//! The grammar of a stream, as strict as the official SDKs read it, and what a stream adds up to.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

/// What a stream adds up to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// The answer in the last event; `null` where there was none.
    pub(crate) response: Value,
    /// The kinds of the events, in order.
    pub(crate) kinds: Vec<String>,
}

#[derive(Default)]
struct Checker {
    id: Value,
    items: BTreeMap<u64, Item>,
    told: Told,
}

/// An item as its events add it up.
struct Item {
    value: Value,
    /// The part that is open: its list, and whether its text is complete.
    part: Option<(&'static str, bool)>,
    are_arguments_done: bool,
    is_done: bool,
}

type Outcome<T = ()> = Result<T, String>;

/// Adds a stream up.
///
/// # Errors
/// At the first event that stands where none of its kind may stand.
pub(crate) fn check(stream: &[u8]) -> Outcome<Told> {
    let (frames, is_whole) = super::frames([Bytes::copy_from_slice(stream)]);
    if !is_whole {
        return Err("the last frame was cut".to_owned());
    }
    let mut checker = Checker::default();
    for (number, frame) in frames.iter().enumerate() {
        let frame = frame.parse();
        let kind = frame.event.ok_or("a frame without an event")?;
        let kind = std::str::from_utf8(kind).map_err(|error| error.to_string())?;
        let data = frame.data.ok_or("a frame without data")?;
        let data: Value = serde_json::from_slice(&data).map_err(|error| error.to_string())?;
        if data["type"] != kind {
            return Err(format!("{kind} and {} are two kinds", data["type"]));
        }
        if data["sequence_number"] != number {
            return Err(format!("{} is not number {number}", data["sequence_number"]));
        }
        checker.event(kind, &data).map_err(|error| format!("{error} at {data}"))?;
        checker.told.kinds.push(kind.to_owned());
    }
    Ok(checker.told)
}

fn demand(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn append(text: &mut Value, delta: &Value) -> Outcome {
    let delta = delta.as_str().ok_or("a delta that is no text")?;
    let whole = text.as_str().ok_or("nothing to add a delta to")?.to_owned() + delta;
    *text = whole.into();
    Ok(())
}

impl Checker {
    fn event(&mut self, kind: &str, data: &Value) -> Outcome {
        demand(self.told.response.is_null(), "after the end")?;
        let order = ["response.created", "response.in_progress"];
        if let Some(wanted) = order.get(self.told.kinds.len()) {
            demand(kind == *wanted, "out of order")?;
            return self.begin(&data["response"]);
        }
        match kind {
            "response.output_item.added" => self.added(data),
            "response.completed" | "response.incomplete" => self.end(kind, &data["response"]),
            _ => {
                let index = data["output_index"].as_u64().ok_or("no output_index")?;
                let item = self.items.get_mut(&index).ok_or("no such item")?;
                demand(!item.is_done, "the item is done")?;
                if kind == "response.output_item.done" {
                    return item.done(&data["item"]);
                }
                demand(data["item_id"] == item.value["id"], "another item_id")?;
                item.event(kind, data)
            }
        }
    }

    fn begin(&mut self, response: &Value) -> Outcome {
        required(response)?;
        demand(response["status"] == "in_progress", "not in progress")?;
        demand(response["output"] == json!([]), "output at the beginning")?;
        demand(self.id.is_null() || self.id == response["id"], "the id changed")?;
        self.id = response["id"].clone();
        Ok(())
    }

    fn added(&mut self, data: &Value) -> Outcome {
        let index = data["output_index"].as_u64().ok_or("no output_index")?;
        demand(index == self.items.len() as u64, "a gap in output_index")?;
        let value = data["item"].clone();
        let is_empty = match value["type"].as_str() {
            Some("message") => value["content"] == json!([]) && value["status"] == "in_progress",
            Some("reasoning") => value["summary"] == json!([]),
            Some("function_call") => value["arguments"] == "" && value["call_id"].is_string(),
            _ => false,
        };
        demand(is_empty, "an item that has begun before its beginning")?;
        let ids: Vec<&Value> = self.items.values().map(|item| &item.value["id"]).collect();
        demand(value["id"].is_string() && !ids.contains(&&value["id"]), "an id twice")?;
        // Only calls may be open beside others.
        let is_call = value["type"] == "function_call";
        let mut open = self.items.values().filter(|item| !item.is_done);
        demand(open.all(|item| is_call || item.value["type"] == "function_call"), "another item is open")?;
        self.items.insert(index, Item { value, part: None, are_arguments_done: false, is_done: false });
        Ok(())
    }

    fn end(&mut self, kind: &str, response: &Value) -> Outcome {
        required(response)?;
        demand(self.id == response["id"], "the id changed")?;
        demand(kind == format!("response.{}", response["status"].as_str().unwrap_or("")), "another status")?;
        demand(self.items.values().all(|item| item.is_done), "an item is open")?;
        let items: Vec<&Value> = self.items.values().map(|item| &item.value).collect();
        let output: Vec<&Value> = response["output"].as_array().ok_or("no output")?.iter().collect();
        demand(items == output, "the output is not what was told")?;
        self.told.response = response.clone();
        Ok(())
    }
}

/// What the vendor's API description calls required.
pub(crate) fn required(response: &Value) -> Outcome {
    for name in [
        "id",
        "object",
        "created_at",
        "error",
        "incomplete_details",
        "instructions",
        "model",
        "tools",
        "output",
        "parallel_tool_calls",
        "metadata",
        "tool_choice",
        "temperature",
        "top_p",
        "status",
        "usage",
    ] {
        demand(response.get(name).is_some(), name)?;
    }
    demand(response["object"] == "response", "object")?;
    demand(response["id"].as_str().is_some_and(|id| id.starts_with("resp_")), "id")?;
    demand(response["created_at"].is_u64() && response["model"].is_string(), "created_at, model")?;
    demand(response["tools"].is_array() && response["parallel_tool_calls"].is_boolean(), "tools")?;
    let usage = &response["usage"];
    let counts = ["input_tokens", "output_tokens", "total_tokens"].map(|name| usage[name].is_u64());
    let details = usage["input_tokens_details"]["cached_tokens"].is_u64()
        && usage["input_tokens_details"]["cache_write_tokens"].is_u64()
        && usage["output_tokens_details"]["reasoning_tokens"].is_u64();
    demand(usage.is_null() || (counts == [true; 3] && details), "usage")
}

impl Item {
    fn event(&mut self, kind: &str, data: &Value) -> Outcome {
        let list = if self.value["type"] == "reasoning" { "summary" } else { "content" };
        let name = if list == "summary" { "summary_index" } else { "content_index" };
        if kind.starts_with("response.function_call_arguments.") {
            return self.arguments(kind, data);
        }
        let index = data[name].as_u64().and_then(|index| usize::try_from(index).ok()).ok_or("no part")?;
        let count = self.value[list].as_array().ok_or("no parts")?.len();
        if matches!(kind, "response.content_part.added" | "response.reasoning_summary_part.added") {
            demand(self.part.is_none() && index == count, "a part out of order")?;
            let said = data["part"]["text"].as_str().or(data["part"]["refusal"].as_str());
            demand(said == Some(""), "a part that has begun before its beginning")?;
            self.value[list].as_array_mut().unwrap().push(data["part"].clone());
            self.part = Some((list, false));
            return Ok(());
        }
        demand(index + 1 == count, "not the open part")?;
        let (_, is_complete) = self.part.ok_or("no part is open")?;
        self.part_event(kind, data, is_complete, list)
    }

    fn part_event(&mut self, kind: &str, data: &Value, is_complete: bool, list: &'static str) -> Outcome {
        let part = self.value[list].as_array_mut().and_then(|parts| parts.last_mut()).ok_or("no part")?;
        let field = if part["type"] == "refusal" { "refusal" } else { "text" };
        let wanted = match part["type"].as_str() {
            Some("output_text") => "response.output_text",
            Some("refusal") => "response.refusal",
            Some("summary_text") => "response.reasoning_summary_text",
            _ => return Err("a part of no known kind".to_owned()),
        };
        match kind.strip_prefix(wanted) {
            Some(".delta") => {
                demand(!is_complete, "after the text")?;
                if wanted == "response.output_text" {
                    let tokens = data["logprobs"].as_array().ok_or("no logprobs")?;
                    part["logprobs"].as_array_mut().unwrap().extend(tokens.iter().cloned());
                }
                append(&mut part[field], &data["delta"])
            }
            Some(".done") => {
                demand(!is_complete && data[field] == part[field], "not the text that was told")?;
                demand(
                    field == "refusal" || list == "summary" || data["logprobs"] == part["logprobs"],
                    "logprobs",
                )?;
                self.part = Some((list, true));
                Ok(())
            }
            Some(".annotation.added") => {
                let annotations = part["annotations"].as_array_mut().unwrap();
                demand(data["annotation_index"] == annotations.len(), "a gap in annotation_index")?;
                annotations.push(data["annotation"].clone());
                Ok(())
            }
            _ => {
                let ends =
                    matches!(kind, "response.content_part.done" | "response.reasoning_summary_part.done");
                demand(ends && is_complete, "no such event here")?;
                demand(data["part"] == *part, "not the part that was told")?;
                self.part = None;
                Ok(())
            }
        }
    }

    fn arguments(&mut self, kind: &str, data: &Value) -> Outcome {
        demand(self.value["type"] == "function_call" && !self.are_arguments_done, "no arguments here")?;
        if kind.ends_with(".delta") {
            return append(&mut self.value["arguments"], &data["delta"]);
        }
        demand(data["arguments"] == self.value["arguments"], "not the arguments that were told")?;
        self.are_arguments_done = true;
        Ok(())
    }

    fn done(&mut self, item: &Value) -> Outcome {
        demand(self.part.is_none(), "a part is open")?;
        let is_call = self.value["type"] == "function_call";
        demand(!is_call || self.are_arguments_done, "arguments are open")?;
        if let Some(status) = item.get("status") {
            demand(status == "completed" || status == "incomplete", "a status of no end")?;
            self.value["status"] = status.clone();
        }
        if let Some(encrypted) = item.get("encrypted_content") {
            self.value["encrypted_content"] = encrypted.clone();
        }
        demand(self.value == *item, "not the item that was told")?;
        self.is_done = true;
        Ok(())
    }
}
