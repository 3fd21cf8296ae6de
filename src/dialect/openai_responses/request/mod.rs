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
use crate::dialect::{Invalid, Peek, openai};
use crate::facts::{Call, Operation};

/// The end of the path under which tokens are counted.
const INPUT_TOKENS: &str = "/input_tokens";

/// The dialect's words; the end user may be named in either of two fields.
const fn names(user: &'static str) -> Names {
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
        user,
        choices: "n",
        logprobs: "top_logprobs",
        metadata: "metadata",
        service_tier: "service_tier",
    }
}

static NAMES: Names = names("safety_identifier");
static NAMES_WITH_USER: Names = names("user");

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
