//! What members are sent that no caller has said in so many words, each for a reason. The documentation of
//! `tower_failover::dialect` lists them.

use crate::audit::Pair;
use crate::leaves::{leaves, pattern};

/// What stands for the form of an answer where there is no field for it.
const JSON_ONLY: &str = "Answer with a single JSON object and nothing else";

/// Is it an addition that the documentation tells of?
pub(crate) fn is_known(pair: Pair<'_>, path: &str, value: &str) -> bool {
    let path = &*pattern(path);
    let is_mistral = pair.model.starts_with("mistral");
    is_form(path)
        || is_of_schema(pair, path, value)
        || is_of_all(pair, path, value)
        || (pair.front == "gemini" && is_for_gemini(pair, path, value))
        || (is_mistral && is_of_mistral(path, value))
        || match pair.member {
            "openai-chat" => is_of_chat(pair, path, value),
            "openai-responses" => is_of_responses(pair, path, value),
            "anthropic-messages" => is_of_anthropic(pair, path, value),
            _ => is_of_gemini(path, value),
        }
}

/// Who speaks and what kind of thing something is: only how the dialect is written.
fn is_form(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    let is_schema = path.contains("schema.") || path.contains("parameters.");
    matches!(last, "role" | "type") && !is_schema
}

/// What a vendor wants of every schema, and what had no place beside one.
fn is_of_schema(pair: Pair<'_>, path: &str, value: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    match last {
        "additionalProperties" => value == "false",
        "required" => value == "[]",
        // Of values that are given.
        "type" if pair.member.starts_with("openai") && path.contains(".properties.") => value == "string",
        "description" => {
            path.to_lowercase().ends_with("schema.description") || value.starts_with("default: ")
        }
        _ => false,
    }
}

fn is_of_all(pair: Pair<'_>, path: &str, value: &str) -> bool {
    match path {
        // The member's model, by his name for it.
        "model" => true,
        // What the answer costs is told to every caller who wants it.
        "stream_options.include_usage" => pair.sent["stream"] == true,
        "system[].text" | "systemInstruction.parts[].text" | "instructions" => value.starts_with(JSON_ONLY),
        // Token probabilities are asked for by a word of their own.
        "logprobs" | "generationConfig.responseLogprobs" => value == "true",
        "include[]" => value == "message.output_text.logprobs",
        // A call without arguments.
        path if [".arguments", ".input", ".args"].iter().any(|end| path.ends_with(end)) => value == "{}",
        _ => false,
    }
}

/// For Gemini's callers, who say some things elsewhere or not at all.
fn is_for_gemini(pair: Pair<'_>, path: &str, value: &str) -> bool {
    let is_id = [".id", ".tool_call_id", ".tool_use_id", ".call_id"].iter().any(|end| path.ends_with(end));
    match path {
        // In the path.
        "stream" => true,
        // Calls need no id there.
        _ if is_id => value.starts_with("call_") || value.len() == 9,
        // The only value of an object that a function answered is told as the text that it is.
        "messages[].content" | "messages[].content[].content[].text" | "input[].output"
            if is_answer(pair, value) =>
        {
            true
        }
        // Text that was sent as data.
        "messages[].content[].source.data" => true,
        // All tools at once are held to their schemas there.
        "tools[].function.strict" | "tools[].strict" => value == "true",
        _ => false,
    }
}

/// Is it the JSON of what a function answered?
fn is_answer(pair: Pair<'_>, value: &str) -> bool {
    leaves(pair.asked).into_iter().map(|leaf| leaf.value.to_string()).any(|json| json == value)
}

/// The order of turns that Mistral wants, and its mark of words that are to be continued.
fn is_of_mistral(path: &str, value: &str) -> bool {
    match path {
        "messages[].content" => value == "Understood.",
        "messages[].prefix" => value == "true",
        "messages[].content[].document_name" => true,
        _ => false,
    }
}

fn is_of_chat(pair: Pair<'_>, path: &str, value: &str) -> bool {
    match path {
        // A document has a name there, and nothing at all is said of a turn that is only calls.
        "messages[].content[].file.filename" => value == "document.pdf",
        "messages[].content" => {
            // Images do not fit into a result, and follow it.
            value == "null" || value.starts_with("(The result is attached") || value.starts_with(JSON_ONLY)
        }
        // The form of an answer has a name there, and is enforced only on demand: elsewhere always.
        "response_format.json_schema.name" => value == "response",
        "response_format.json_schema.strict" => value == "true" && is_enforced(pair),
        // OpenRouter's way to say whether a model should think.
        "reasoning.enabled" => true,
        _ => false,
    }
}

/// Is the form of an answer always enforced where the caller comes from?
fn is_enforced(pair: Pair<'_>) -> bool {
    matches!(pair.front, "anthropic-messages" | "gemini")
}

fn is_of_responses(pair: Pair<'_>, path: &str, value: &str) -> bool {
    match path {
        // Nothing is stored of callers who cannot continue it by its id; so thoughts come along, encrypted.
        "store" => value == "false",
        "include[]" => value == "reasoning.encrypted_content",
        // Left out, it would be taken for granted.
        "tools[].strict" => value == "false",
        // The vendor's types demand these.
        "input[].content[].detail" | "input[].output[].detail" => value == "auto",
        "input[].content[].annotations" | "input[].content[].logprobs" => value == "[]",
        "input[].id" | "input[].status" => true,
        "input[].content[].filename" | "input[].output[].filename" => value.starts_with("document"),
        "tools[].parameters.properties" => value == "{}",
        "tools[].parameters.type" => value == "object",
        "text.format.name" => value == "response",
        "text.format.strict" => value == "true" && is_enforced(pair),
        // No alternatives.
        "top_logprobs" => value == "0",
        // Thinking that is asked for in itself is to be seen.
        "reasoning.summary" => value == "auto" && pair.front != "openai-chat",
        _ => false,
    }
}

fn is_of_anthropic(pair: Pair<'_>, path: &str, value: &str) -> bool {
    match path {
        // The API has no default: the most that the model can say is it.
        "max_tokens" => value == "64000" || value == "128000",
        // A tool takes an object.
        "tools[].input_schema.type" => value == "object",
        "tools[].input_schema.properties" => value == "{}",
        // A conversation that has used tools defines them.
        "tools[].name" => pair.sent["tool_choice"]["type"] == "none",
        _ => false,
    }
}

fn is_of_gemini(path: &str, value: &str) -> bool {
    match path {
        // The API wants the name of what answers, others the id of the call.
        "contents[].parts[].functionResponse.name" => true,
        // What the vendor documents for calls that another model has made.
        "contents[].parts[].thoughtSignature" => value == "skip_thought_signature_validator",
        // An object is demanded, also of a function that has said nothing.
        "contents[].parts[].functionResponse.response.output" => value.is_empty(),
        // Whoever asks for thought sees it, as in all other dialects.
        "generationConfig.thinkingConfig.includeThoughts" => true,
        // A schema for the answer goes with its type.
        "generationConfig.responseMimeType" => value == "application/json",
        // Sound whose kind nobody has said is what its first bytes say.
        "contents[].parts[].inlineData.mimeType" => value.starts_with("audio/"),
        _ => false,
    }
}
