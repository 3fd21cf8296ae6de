//! Requests: peeked at, scrubbed, read and written.

mod decode;
mod echo;
mod encode;
mod items;
mod parts;
mod scrub;
mod settings;
mod tools;

pub(super) use self::decode::decode;
pub(super) use self::echo::echo;
pub(super) use self::encode::encode;
pub(super) use self::scrub::{holds_foreign, scrub};

use std::borrow::Cow;

use http::Uri;

use crate::dialect::canonical::Names;
use crate::dialect::{Invalid, Peek, conversation, openai};
use crate::facts::{Call, Conversation, Operation};

/// The end of the path under which tokens are counted.
const INPUT_TOKENS: &str = "/input_tokens";

/// The dialect's words, by which of two fields names the end user, and which asks for token probabilities.
static NAMES: [[Names; 2]; 2] = [by_logprobs("safety_identifier"), by_logprobs("user")];

const fn by_logprobs(user: &'static str) -> [Names; 2] {
    [names(user, "include"), names(user, "top_logprobs")]
}

const fn names(user: &'static str, logprobs: &'static str) -> Names {
    Names {
        dialect: super::NAME,
        turns: "input",
        max_tokens: "max_output_tokens",
        stop: "stop",
        temperature: "temperature",
        top_p: "top_p",
        top_k: "top_k",
        frequency_penalty: "frequency_penalty",
        presence_penalty: "presence_penalty",
        seed: "seed",
        tools: "tools",
        tool_choice: "tool_choice",
        parallel_tool_calls: "parallel_tool_calls",
        output: "text.format",
        reasoning: "reasoning.effort",
        effort: "reasoning.effort",
        thoughts: "reasoning.summary",
        shows_thoughts: false,
        user,
        choices: "n",
        logprobs,
        metadata: "metadata",
        service_tier: "service_tier",
        function: "",
        parameters: "parameters",
        strict: None,
        call_id: "call_id",
        call_name: "name",
        result_id: "call_id",
        detail: "detail",
        file_name: ["filename", "filename"],
        seal: "",
    }
}

const CONVERSATION: &str = "conversation";
const PREVIOUS: &str = "previous_response_id";

/// Where requests have what tells conversations apart.
pub(super) const FORM: conversation::Form =
    conversation::Form { goes_on: &[CONVERSATION, PREVIOUS], system: &["instructions"], turns: "input" };

/// What a request that goes on from this answer by its id belongs to. The id is one of the first fields of the
/// first event of a stream, and of an answer.
pub(super) fn goes_on_as(answer: &[u8]) -> Option<Conversation> {
    const MARK: &[u8] = b"\"resp_";
    const WITHIN: usize = 1024;
    let start = &answer[..answer.len().min(WITHIN)];
    let at = memchr::memmem::find(start, MARK)?;
    let end = at + 1 + memchr::memchr(b'"', &start[at + 1..])?;
    conversation::named(PREVIOUS, std::str::from_utf8(&start[at..=end]).ok()?)
}

/// The path below the base URL.
pub(super) fn path(call: &Call) -> Option<Cow<'static, str>> {
    match call.operation {
        Operation::Generate => Some(Cow::Borrowed("/responses")),
        Operation::CountTokens => Some(Cow::Borrowed("/responses/input_tokens")),
    }
}

/// Reads what routing needs.
pub(super) fn peek<'a>(uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
    let peek = openai::peek::peek(body)?;
    let counts = uri.path().trim_end_matches('/').ends_with(INPUT_TOKENS);
    Ok(if counts { peek.with_operation(Operation::CountTokens) } else { peek })
}
