//! What Gemini refuses in a request, as far as a translator is likely to get it wrong.

mod contents;
mod words;

use serde_json::Value;

use self::words::{field, invalid, known, snake};
use crate::testing::wire::gemini::generation;
use crate::testing::wire::{Ask, Asked, Complaint};

const REQUEST: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const GENERATION: &[&str] = &[
    "candidateCount",
    "enableAffectiveDialog",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseFormat",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
    "translationConfig",
];

const TOOL: &[&str] = &[
    "codeExecution",
    "computerUse",
    "fileSearch",
    "functionDeclarations",
    "googleMaps",
    "googleSearch",
    "googleSearchRetrieval",
    "mcpServers",
    "urlContext",
];

const SCHEMA: &[&str] = &[
    "anyOf",
    "default",
    "description",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "nullable",
    "pattern",
    "properties",
    "propertyOrdering",
    "required",
    "title",
    "type",
];

pub(crate) fn read(asked: Asked<'_>) -> Result<Ask, Complaint> {
    let body: Value = serde_json::from_slice(asked.body)
        .map_err(|_| Complaint::new("", "Invalid JSON payload received. Unexpected token."))?;
    let request = if asked.route.is_count { counted(&body)? } else { &body };
    known("", request, REQUEST)?;
    let contents = contents::read(request, generation(asked.route.model))?;
    let config = field(request, "generationConfig");
    if !config.is_null() {
        generation_config(config)?;
    }
    let names = tools(request)?;
    let calling = field(field(request, "toolConfig"), "functionCallingConfig");
    function_calling(calling, &names)?;
    let last = contents.last().unwrap_or(&Value::Null);
    let parts = || last["parts"].as_array().into_iter().flatten();
    let ends_with_result = parts().any(|part| !field(part, "functionResponse").is_null());
    let is_begun = last["role"] == "model";
    let prefill = parts().filter(|_| is_begun).filter_map(|part| part["text"].as_str()).collect();
    let thinking = field(config, "thinkingConfig");
    Ok(Ask {
        model: asked.route.model.to_owned(),
        stream: asked.route.stream,
        include_usage: true,
        may_call: !ends_with_result && !names.is_empty() && calling["mode"] != "NONE",
        prefill,
        shows_thoughts: *field(thinking, "includeThoughts") == true,
        echo: Value::Null,
    })
}

/// What of a request to count tokens is counted.
fn counted(body: &Value) -> Result<&Value, Complaint> {
    known("", body, &["contents", "generateContentRequest", "model"])?;
    let request = field(body, "generateContentRequest");
    if request.is_null() {
        return Ok(body);
    }
    if !request["model"].as_str().is_some_and(|model| model.starts_with("models/")) {
        return Err(Complaint::new("model", "unexpected model name format"));
    }
    Ok(request)
}

fn generation_config(config: &Value) -> Result<(), Complaint> {
    const AT: &str = "generationConfig";
    known(AT, config, GENERATION)?;
    let get = |name: &str| field(config, name);
    let within = |name: &str, range: std::ops::RangeInclusive<f64>| {
        let found = get(name);
        let is_within = found.as_f64().map_or(found.is_null(), |number| range.contains(&number));
        if is_within { Ok(()) } else { Err(invalid(&format!("{AT}.{name}"), "out of range")) }
    };
    within("temperature", 0.0..=2.0)?;
    within("topP", 0.0..=1.0)?;
    within("maxOutputTokens", 1.0..=f64::from(i32::MAX))?;
    within("candidateCount", 1.0..=8.0)?;
    within("presencePenalty", -2.0..=2.0)?;
    within("frequencyPenalty", -2.0..=2.0)?;
    if get("stopSequences").as_array().is_some_and(|words| words.len() > 5) {
        return Err(invalid("generationConfig.stopSequences", "at most 5 are supported"));
    }
    let (schema, json_schema) = (get("responseSchema"), get("responseJsonSchema"));
    let mime = get("responseMimeType").as_str().unwrap_or("text/plain");
    if !(schema.is_null() || json_schema.is_null()) {
        return Err(invalid(AT, "only one of response_schema and response_json_schema may be set"));
    }
    let has_schema = !schema.is_null() || !json_schema.is_null();
    if has_schema && !matches!(mime, "application/json" | "text/x.enum") {
        let message = format!("Function calling with a response mime type: '{mime}' is unsupported");
        return Err(Complaint::new("generation_config", message));
    }
    if !schema.is_null() {
        check_schema("generationConfig.responseSchema", schema)?;
    }
    thinking(get("thinkingConfig"))
}

fn thinking(config: &Value) -> Result<(), Complaint> {
    const AT: &str = "generationConfig.thinkingConfig";
    if config.is_null() {
        return Ok(());
    }
    known(AT, config, &["includeThoughts", "thinkingBudget", "thinkingLevel"])?;
    let (budget, level) = (field(config, "thinkingBudget"), field(config, "thinkingLevel"));
    if !budget.is_null() && !level.is_null() {
        return Err(invalid(AT, "You can only set only one of thinking budget and thinking level."));
    }
    if budget.as_i64().map_or(!budget.is_null(), |budget| budget < -1) {
        return Err(invalid(AT, "thinking_budget is out of range"));
    }
    let is_level = |level: &str| {
        ["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"].contains(&level.to_ascii_uppercase().as_str())
    };
    if level.as_str().map_or(level.is_null(), is_level) {
        return Ok(());
    }
    Err(invalid(AT, "unknown thinking_level"))
}

/// The names of the functions declared, all in one entry.
fn tools(request: &Value) -> Result<Vec<String>, Complaint> {
    let mut names: Vec<String> = Vec::new();
    let mut entries = 0;
    for (index, tool) in field(request, "tools").as_array().into_iter().flatten().enumerate() {
        known(&format!("tools[{index}]"), tool, TOOL)?;
        let Some(declared) = field(tool, "functionDeclarations").as_array() else { continue };
        entries += 1;
        if entries > 1 {
            let message = "Multiple tools are supported only when they are all search tools.";
            return Err(Complaint::new("tools", message));
        }
        for (nth, function) in declared.iter().enumerate() {
            let at = format!("tools[{index}].functionDeclarations[{nth}]");
            let name = declaration(&at, function)?;
            if names.contains(&name) {
                let message = format!("Duplicate function declaration found: {name}");
                return Err(Complaint::new("", message));
            }
            names.push(name);
        }
    }
    Ok(names)
}

fn declaration(at: &str, function: &Value) -> Result<String, Complaint> {
    const FIELDS: &[&str] = &[
        "behavior",
        "description",
        "name",
        "parameters",
        "parametersJsonSchema",
        "response",
        "responseJsonSchema",
    ];
    known(at, function, FIELDS)?;
    let name = function["name"].as_str().unwrap_or_default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-');
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || name.len() > 128 || !name.chars().all(is_part) {
        let message = "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric \
                       (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum \
                       length of 128.";
        return Err(Complaint::new(&snake(&format!("{at}.name")), message));
    }
    let parameters = &function["parameters"];
    if !parameters.is_null() && !field(function, "parametersJsonSchema").is_null() {
        return Err(invalid(at, "parameters and parameters_json_schema are mutually exclusive"));
    }
    if !parameters.is_null() {
        check_schema(&format!("{at}.parameters"), parameters)?;
    }
    Ok(name.to_owned())
}

/// The vendor's own subset of schemas.
fn check_schema(at: &str, schema: &Value) -> Result<(), Complaint> {
    const TYPES: &[&str] = &["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];
    known(at, schema, SCHEMA)?;
    let kind = &schema["type"];
    if kind.is_array() {
        return Err(invalid(&format!("{at}.type"), "Proto field is not repeating, cannot start list."));
    }
    let kind = kind.as_str().unwrap_or_default().to_ascii_uppercase();
    if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
        return Err(invalid(&format!("{at}.type"), "not one of the known types"));
    }
    let format = schema["format"].as_str();
    if kind == "STRING" && format.is_some_and(|format| !["enum", "date-time"].contains(&format)) {
        let message = "only 'enum' and 'date-time' are supported for STRING type";
        return Err(Complaint::new(&snake(&format!("{at}.format")), message));
    }
    if schema["enum"].as_array().is_some_and(|words| words.iter().any(|word| !word.is_string())) {
        return Err(invalid(&format!("{at}.enum"), "expected strings"));
    }
    let properties = schema["properties"].as_object();
    for name in schema["required"].as_array().into_iter().flatten() {
        let is_there = name.as_str().is_some_and(|name| properties.is_some_and(|all| all.contains_key(name)));
        if !is_there {
            return Err(Complaint::new(&snake(&format!("{at}.required[0]")), "property is not defined"));
        }
    }
    if kind == "ARRAY" && !schema["items"].is_object() {
        return Err(Complaint::new(&snake(&format!("{at}.items")), "missing field."));
    }
    for (name, property) in properties.into_iter().flatten() {
        check_schema(&format!("{at}.properties[{name}]"), property)?;
    }
    for (index, option) in field(schema, "anyOf").as_array().into_iter().flatten().enumerate() {
        check_schema(&format!("{at}.anyOf[{index}]"), option)?;
    }
    if schema["items"].is_null() { Ok(()) } else { check_schema(&format!("{at}.items"), &schema["items"]) }
}

fn function_calling(config: &Value, declared: &[String]) -> Result<(), Complaint> {
    const AT: &str = "toolConfig.functionCallingConfig";
    if config.is_null() {
        return Ok(());
    }
    known(AT, config, &["allowedFunctionNames", "mode"])?;
    let mode = config["mode"].as_str().unwrap_or("AUTO").to_ascii_uppercase();
    if !["AUTO", "ANY", "NONE", "VALIDATED"].contains(&mode.as_str()) {
        return Err(invalid(&format!("{AT}.mode"), "unknown mode"));
    }
    let allowed = field(config, "allowedFunctionNames").as_array().map_or(&[][..], Vec::as_slice);
    if !allowed.is_empty() && !matches!(mode.as_str(), "ANY" | "VALIDATED") {
        let message =
            "allowed_function_names should only be set when function calling mode is ANY or VALIDATED";
        return Err(Complaint::new("", message));
    }
    if allowed
        .iter()
        .any(|name| !name.as_str().is_some_and(|name| declared.iter().any(|other| other == name)))
    {
        return Err(Complaint::new("", "allowed_function_names has a name that is not declared"));
    }
    Ok(())
}
