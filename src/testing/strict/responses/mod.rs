//! What OpenAI refuses in a request for a response, as far as a translator is likely to get it wrong.

mod items;
mod schema;
mod words;

use serde_json::Value;

use self::words::{choice, invalid_type, invalid_value, is_name, known, missing};
use crate::testing::wire::{Ask, Asked, Complaint};

const KNOWN: &[&str] = &[
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// What a request to count tokens may have.
const COUNTED: &[&str] = &[
    "conversation",
    "input",
    "instructions",
    "model",
    "parallel_tool_calls",
    "personality",
    "previous_response_id",
    "reasoning",
    "text",
    "tool_choice",
    "tools",
    "truncation",
];

/// What an answer repeats of its request.
const ECHOED: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "store",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
];

pub(crate) fn read(asked: Asked<'_>) -> Result<Ask, Complaint> {
    let request: Value = serde_json::from_slice(asked.body)
        .map_err(|_| Complaint::new("", "We could not parse the JSON body of your request."))?;
    known("", &request, if asked.route.is_count { COUNTED } else { KNOWN })?;
    if request["model"].as_str().is_none_or(str::is_empty) && request["prompt"].is_null() {
        return Err(missing("model"));
    }
    limits(&request)?;
    settings(&request)?;
    let items = items::read(&request)?;
    tools(&request)?;
    let echo = ECHOED.iter().filter(|name| !request[**name].is_null());
    let echo: serde_json::Map<_, _> = echo.map(|name| ((*name).to_owned(), request[*name].clone())).collect();
    let ends_with_result = items.last().is_some_and(|last| last["type"] == "function_call_output");
    let has_tools = request["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    Ok(Ask {
        model: request["model"].as_str().unwrap_or_default().to_owned(),
        stream: request["stream"] == true,
        include_usage: true,
        may_call: !ends_with_result && has_tools && request["tool_choice"] != "none",
        prefill: String::new(),
        shows_thoughts: request["reasoning"]["summary"].is_string(),
        echo: echo.into(),
    })
}

fn limits(request: &Value) -> Result<(), Complaint> {
    for (param, least, most) in [("temperature", 0.0, 2.0), ("top_p", 0.0, 1.0), ("top_logprobs", 0.0, 20.0)]
    {
        let found = &request[param];
        let is_within = found.as_f64().map_or(found.is_null(), |number| (least..=most).contains(&number));
        if !is_within {
            let message =
                format!("Invalid '{param}': expected a number between {least} and {most}, but got {found}.");
            return Err(Complaint::new(param, message).with_code("decimal_out_of_range"));
        }
    }
    let most = &request["max_output_tokens"];
    if !most.is_null() && most.as_u64().is_none_or(|most| most < 16) {
        let message = format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {most} instead."
        );
        return Err(Complaint::new("max_output_tokens", message).with_code("integer_below_min_value"));
    }
    let metadata = request["metadata"].as_object();
    if metadata.is_some_and(|pairs| pairs.len() > 16 || pairs.values().any(|value| !value.is_string())) {
        return Err(invalid_type("metadata", "at most 16 strings"));
    }
    Ok(())
}

fn settings(request: &Value) -> Result<(), Complaint> {
    const INCLUDE: &[&str] = &[
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "message.input_image.image_url",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs",
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    ];
    const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    for (index, word) in request["include"].as_array().into_iter().flatten().enumerate() {
        choice(&format!("include[{index}]"), word, INCLUDE)?;
    }
    let options = &request["stream_options"];
    if !options.is_null() {
        known("stream_options", options, &["include_obfuscation"])?;
        if request["stream"] != true {
            let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
            return Err(Complaint::new("stream_options", message));
        }
    }
    let reasoning = &request["reasoning"];
    if !reasoning.is_null() {
        known("reasoning", reasoning, &["context", "effort", "generate_summary", "mode", "summary"])?;
        choice("reasoning.effort", &reasoning["effort"], EFFORTS)?;
        choice("reasoning.summary", &reasoning["summary"], &["auto", "concise", "detailed"])?;
    }
    choice("truncation", &request["truncation"], &["auto", "disabled"])?;
    text(&request["text"])
}

/// How the text of the answer is to look.
fn text(text: &Value) -> Result<(), Complaint> {
    if text.is_null() {
        return Ok(());
    }
    known("text", text, &["format", "verbosity"])?;
    choice("text.verbosity", &text["verbosity"], &["low", "medium", "high"])?;
    let format = &text["format"];
    match format["type"].as_str() {
        None if format.is_null() => Ok(()),
        Some("text" | "json_object") => known("text.format", format, &["type"]),
        Some("json_schema") => {
            known("text.format", format, &["type", "name", "description", "schema", "strict"])?;
            is_name("text.format.name", &format["name"])?;
            if !format["schema"].is_object() {
                return Err(missing("text.format.schema"));
            }
            schema::check("text.format.schema", &format["schema"], &format["strict"])
        }
        _ => Err(invalid_value("text.format.type", &format["type"], &["text", "json_object", "json_schema"])),
    }
}

fn tools(request: &Value) -> Result<(), Complaint> {
    const FUNCTION: &[&str] = &[
        "type",
        "name",
        "description",
        "parameters",
        "strict",
        "allowed_callers",
        "defer_loading",
        "output_schema",
    ];
    let tools = request["tools"].as_array().map_or(&[][..], Vec::as_slice);
    for (index, tool) in tools.iter().enumerate() {
        let at = format!("tools[{index}]");
        match tool["type"].as_str() {
            None => return Err(missing(&format!("{at}.type"))),
            Some("function") => {
                is_name(&format!("{at}.name"), &tool["name"])?;
                known(&at, tool, FUNCTION)?;
                if !tool["parameters"].is_object() && !tool["parameters"].is_null() {
                    return Err(invalid_type(&format!("{at}.parameters"), "an object"));
                }
                schema::check(&format!("{at}.parameters"), &tool["parameters"], &tool["strict"])?;
            }
            Some("custom") => is_name(&format!("{at}.name"), &tool["name"])?,
            Some(_) => {}
        }
    }
    tool_choice(&request["tool_choice"], tools)
}

fn tool_choice(choice: &Value, tools: &[Value]) -> Result<(), Complaint> {
    let is_served = match choice {
        Value::Null => true,
        Value::String(word) => match word.as_str() {
            "none" | "auto" => true,
            "required" => !tools.is_empty(),
            _ => return Err(invalid_value("tool_choice", choice, &["none", "auto", "required"])),
        },
        Value::Object(_) if choice["type"] == "function" => {
            known("tool_choice", choice, &["type", "name"])?;
            is_name("tool_choice.name", &choice["name"])?;
            tools.iter().any(|tool| tool["name"] == choice["name"])
        }
        Value::Object(_) if choice["type"].is_string() => true,
        _ => return Err(invalid_type("tool_choice", "a string or an object")),
    };
    if is_served {
        return Ok(());
    }
    let message = format!("Tool choice {choice} not found in 'tools' parameter.");
    Err(Complaint::new("tool_choice", message))
}
