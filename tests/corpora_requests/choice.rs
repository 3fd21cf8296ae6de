//! Whether and which tool must be called, in the words of any dialect.

use serde_json::Value;

use crate::audit::Pair;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The model decides.
    Free,
    None,
    /// One of these, or of all where there are none; whether one must be.
    Some(Vec<String>, bool),
}

/// Is the member told what the caller has chosen? Where there is no word for "one of these", the others are not
/// shown.
pub(crate) fn is_met(pair: Pair<'_>) -> bool {
    let (asked, sent) = (Choice::of(pair.front, pair.asked), Choice::of(pair.member, pair.sent));
    let shown = pair.sent["tools"].as_array().into_iter().flatten();
    let shown: Vec<&str> = shown.filter_map(|tool| tool["function"]["name"].as_str()).collect();
    match &asked {
        Choice::Some(names, must) if !names.is_empty() && *names == shown => {
            let rest = if *must { Choice::Some(Vec::new(), true) } else { Choice::Free };
            sent == asked || sent == rest
        }
        _ => sent == asked,
    }
}

/// Does the field belong to the choice? Whether several may be called at once does not.
pub(crate) fn is_of_choice(path: &str) -> bool {
    let config = ["toolConfig.functionCallingConfig", "tool_config.function_calling_config"];
    (path.starts_with("tool_choice") && !path.ends_with("disable_parallel_tool_use"))
        || config.iter().any(|config| path.starts_with(config))
}

impl Choice {
    pub(crate) fn of(dialect: &str, body: &Value) -> Self {
        let has_functions = |key: &str| body[key].as_array().is_some_and(|tools| !tools.is_empty());
        // Without tools there is nothing to choose from.
        if !has_functions("tools") && !has_functions("functions") {
            return Self::Free;
        }
        if dialect == "gemini" { gemini(body) } else { Self::read(&body["tool_choice"]) }
    }

    fn read(choice: &Value) -> Self {
        // Some callers leave the type out: then it is a function.
        let or = if choice.is_object() { "function" } else { "auto" };
        let kind = choice.as_str().or_else(|| choice["type"].as_str()).unwrap_or(or);
        let name = |value: &Value| {
            [&value["name"], &value["function"]["name"], &value["custom"]["name"]]
                .into_iter()
                .find_map(|name| name.as_str().map(str::to_owned))
        };
        match kind {
            "auto" => Self::Free,
            "none" => Self::None,
            "required" | "any" => Self::Some(Vec::new(), true),
            "allowed_tools" => {
                let allowed = if choice["tools"].is_null() { &choice["allowed_tools"] } else { choice };
                let names = allowed["tools"].as_array().into_iter().flatten().filter_map(name);
                Self::Some(names.collect(), allowed["mode"] == "required")
            }
            _ => Self::Some(name(choice).into_iter().collect(), true),
        }
    }
}

fn gemini(body: &Value) -> Choice {
    let get = |value: &Value, names: [&str; 2]| {
        names.into_iter().find_map(|name| value.get(name).cloned()).unwrap_or_default()
    };
    let config = get(body, ["toolConfig", "tool_config"]);
    let config = get(&config, ["functionCallingConfig", "function_calling_config"]);
    let names = get(&config, ["allowedFunctionNames", "allowed_function_names"]);
    let names = names.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
    let names: Vec<String> = names.collect();
    match config["mode"].as_str().unwrap_or_default().to_ascii_uppercase().as_str() {
        "NONE" => Choice::None,
        "ANY" => Choice::Some(names, true),
        // That arguments are held to their schemas is another matter: see there.
        _ if names.is_empty() => Choice::Free,
        _ => Choice::Some(names, false),
    }
}
