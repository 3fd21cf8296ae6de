//! A request, read and written.

mod content;
mod decode;
mod encode;
mod family;
mod ids;
mod json;
mod part;
mod read;
mod route;
mod schema;
mod scrub;
mod seal;
mod settings;
mod tools;

pub(super) use self::decode::decode;
pub(super) use self::encode::encode;
pub(super) use self::route::{path, peek};
pub(super) use self::scrub::{holds_foreign, scrub};

use super::NAME;
use crate::dialect::Invalid;
use crate::dialect::canonical::Names;

/// The dialect's words, by how the caller asks for the form of the answer.
static NAMES: [Names; 4] = [
    names("generationConfig.responseMimeType"),
    names("generationConfig.responseSchema"),
    names("generationConfig.responseJsonSchema"),
    names("generationConfig.responseFormat"),
];

const fn names(output: &'static str) -> Names {
    Names {
        dialect: NAME,
        turns: "contents",
        max_tokens: "generationConfig.maxOutputTokens",
        stop: "generationConfig.stopSequences",
        temperature: "generationConfig.temperature",
        top_p: "generationConfig.topP",
        top_k: "generationConfig.topK",
        frequency_penalty: "generationConfig.frequencyPenalty",
        presence_penalty: "generationConfig.presencePenalty",
        seed: "generationConfig.seed",
        tools: "tools",
        tool_choice: "toolConfig.functionCallingConfig",
        parallel_tool_calls: "toolConfig",
        output,
        reasoning: "generationConfig.thinkingConfig",
        effort: "generationConfig.thinkingConfig",
        thoughts: "generationConfig.thinkingConfig.includeThoughts",
        shows_thoughts: false,
        user: "labels",
        choices: "generationConfig.candidateCount",
        logprobs: "generationConfig.responseLogprobs",
        metadata: "labels",
        service_tier: "serviceTier",
        function: "",
        parameters: "parametersJsonSchema",
        strict: Some("toolConfig.functionCallingConfig.mode"),
        call_id: "functionCall.id",
        call_name: "functionCall.name",
        result_id: "functionResponse.id",
        detail: "mediaResolution",
        file_name: ["inlineData.displayName", "fileData.displayName"],
        seal: "thoughtSignature",
    }
}

/// The body as text.
fn text(body: &[u8]) -> Result<&str, Invalid> {
    std::str::from_utf8(body).map_err(|_| unreadable("it is not valid UTF-8"))
}

/// A body that is no request, in the vendor's words.
fn unreadable(why: &str) -> Invalid {
    Invalid::new(format!("Invalid JSON payload received: {why}"))
}

/// What of the request its answer repeats.
pub(super) const fn echo(_request: &[u8]) -> String {
    String::new()
}
