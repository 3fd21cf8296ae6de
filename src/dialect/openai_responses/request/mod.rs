//! A request, read and written.

use std::borrow::Cow;

use http::Uri;

use crate::dialect::canonical::{Names, Request};
use crate::dialect::{Encoded, Invalid, Peek, Target};
use crate::facts::{Call, Losses};
use crate::failure::{Class, Failure};

static NAMES: Names = Names {
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
    user: "safety_identifier",
    choices: "n",
    logprobs: "top_logprobs",
    metadata: "metadata",
    service_tier: "service_tier",
};

/// The path below the base URL.
pub(super) fn path(_target: &Target<'_>, _call: &Call) -> Option<Cow<'static, str>> {
    None
}

/// Reads what routing needs.
pub(super) fn peek<'a>(_uri: &Uri, _body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
    Err(Invalid::new("not part of this build"))
}

/// Does the body hold what is bound to another issuer?
pub(super) fn holds_foreign(body: &[u8]) -> bool {
    crate::dialect::seal::is_in(body)
}

/// Takes that out.
pub(super) fn scrub(body: &[u8], _losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    Ok(body.to_vec())
}

/// Reads a caller's request.
pub(super) fn decode(_body: &[u8]) -> Result<Request<'_>, Invalid> {
    let _ = &NAMES;
    Err(Invalid::new("not part of this build"))
}

/// Writes a member's request.
pub(super) fn encode(
    _request: &Request<'_>,
    _target: &Target<'_>,
    _losses: &mut Losses,
) -> Result<Encoded, Failure> {
    Err(Failure::new(Class::Unsupported))
}

/// What of the request its answer repeats.
pub(super) fn echo(_request: &[u8]) -> String {
    String::new()
}
