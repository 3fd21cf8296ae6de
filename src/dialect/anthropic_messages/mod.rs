//! Anthropic's Messages API.
//!
//! Of the dialects this one is the strictest about form: turns alternate, results of tools stand first in the
//! very next turn, a thought carries its issuer's seal, an argument is an object and never a string, and
//! which parameters are taken depends on the family of the model. So most of what is here is the care that a
//! request written elsewhere becomes one that is not refused, and that a caller's SDK gets a stream in
//! exactly the order it insists on.
//!
//! ```
//! use tower_failover::dialect::Dialect;
//! use tower_failover::dialect::anthropic_messages::AnthropicMessages;
//!
//! let body = br#"{"model":"workhorse","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}"#;
//! let peek = AnthropicMessages.peek(&"/".parse()?, body)?;
//! assert_eq!(peek.model, "workhorse");
//! assert_eq!(&body[peek.model_span.unwrap()], br#""workhorse""#);
//! # Ok::<(), tower_failover::failure::BoxError>(())
//! ```
//!
//! Sources: the vendor's API description and reference, and the types of its official SDKs.

mod answer;
mod citation;
mod encode;
mod error;
mod finish;
mod glance;
mod json;
mod peek;
mod provenance;
mod request;
mod rest;
mod resume;
mod stream;
mod wire;

pub use self::stream::{Decoder, Encoder};

use std::borrow::Cow;

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, StatusCode, Uri};

use super::canonical::{Answer, Names, Request};
use super::check::check;
use super::conversation;
use super::sse::Frame;
use super::{Dialect, Encoded, Invalid, Peek, Reply, Resumed, Signal, Target, Untold};
use crate::facts::{Call, Conversation, Losses, Operation};
use crate::failure::Failure;

const NAME: &str = "anthropic-messages";

/// The version that is asked for unless the caller, or what is known of the model, says otherwise.
///
/// All models take it. The newer one removes what a translated request might hold (sampling parameters, documents
/// in the assistant's turns, cited text in the user's) and adds nothing to it, so it is never the safer choice.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");

/// The words of a caller who asks for the form of the answer as the API has it now.
static NAMES: Names = names("output_config.format");
/// The words of one who does as the API had it first.
static OLDER_NAMES: Names = names("output_format");

const fn names(output: &'static str) -> Names {
    Names {
        dialect: NAME,
        turns: "messages",
        max_tokens: "max_tokens",
        stop: "stop_sequences",
        temperature: "temperature",
        top_p: "top_p",
        top_k: "top_k",
        frequency_penalty: "frequency_penalty",
        presence_penalty: "presence_penalty",
        seed: "seed",
        tools: "tools",
        tool_choice: "tool_choice",
        parallel_tool_calls: "tool_choice.disable_parallel_tool_use",
        output,
        reasoning: "thinking",
        effort: "output_config.effort",
        thoughts: "thinking.display",
        shows_thoughts: true,
        user: "metadata.user_id",
        choices: "n",
        logprobs: "logprobs",
        metadata: "metadata",
        service_tier: "service_tier",
        function: "",
        parameters: "input_schema",
        strict: None,
        call_id: "id",
        call_name: "name",
        result_id: "tool_use_id",
        detail: "detail",
        file_name: ["title", "title"],
        seal: "",
    }
}

/// Where requests have what tells conversations apart.
const FORM: conversation::Form = conversation::Form { goes_on: &[], system: &["system"], turns: "messages" };

/// The dialect `anthropic-messages`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a value without fields, named like the dialect")]
pub struct AnthropicMessages;

impl Dialect for AnthropicMessages {
    type Decoder = Decoder;
    type Encoder = Encoder;

    fn name(&self) -> &'static str {
        NAME
    }

    fn path(&self, _: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
        Some(Cow::Borrowed(match call.operation {
            Operation::CountTokens => "/v1/messages/count_tokens",
            _ => "/v1/messages",
        }))
    }

    fn request_headers(&self, caller: &HeaderMap, target: &Target<'_>, same_dialect: bool) -> HeaderMap {
        const VERSION_NAME: HeaderName = HeaderName::from_static("anthropic-version");
        const BETA: HeaderName = HeaderName::from_static("anthropic-beta");
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let own = if same_dialect { &[VERSION_NAME, BETA][..] } else { &[] };
        for name in own.iter().chain(&[
            USER_AGENT,
            HeaderName::from_static("traceparent"),
            HeaderName::from_static("idempotency-key"),
        ]) {
            for value in caller.get_all(name) {
                headers.append(name, value.clone());
            }
        }
        let wanted = target.capabilities.version.filter(|_| !same_dialect);
        let wanted = wanted.and_then(|version| HeaderValue::from_str(version).ok()).unwrap_or(VERSION);
        headers.entry(VERSION_NAME).or_insert(wanted);
        headers
    }

    fn peek<'a>(&self, uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        let counts = uri.path().ends_with("/count_tokens");
        let operation = if counts { Operation::CountTokens } else { Operation::Generate };
        peek::peek(body).map(|peek| peek.with_operation(operation))
    }

    fn conversation(&self, body: &[u8]) -> Option<Conversation> {
        conversation::of(&FORM, body)
    }

    fn holds_foreign(&self, body: &[u8], _: &Target<'_>) -> bool {
        provenance::holds_foreign(body)
    }

    fn scrub(&self, body: &[u8], _: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
        provenance::scrub(body, losses)
    }

    fn decode_request<'a>(&self, body: &'a [u8]) -> Result<Request<'a>, Invalid> {
        request::decode(body)
    }

    fn encode_request(
        &self,
        request: &Request<'_>,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Encoded, Failure> {
        check(request, target, NAME)?;
        encode::encode(request, target, losses)
    }

    fn decode_answer<'a>(&self, body: &'a [u8]) -> Result<Answer<'a>, Invalid> {
        answer::decode(body)
    }

    fn encode_answer(&self, answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
        answer::encode(answer, reply)
    }

    fn decoder(&self) -> Decoder {
        Decoder::new()
    }

    fn encoder(&self, reply: Reply) -> Encoder {
        Encoder::new(reply)
    }

    fn decode_error(&self, status: Option<StatusCode>, body: &[u8]) -> Failure {
        error::decode(status, body)
    }

    fn encode_error(
        &self,
        failure: &Failure,
        status: StatusCode,
        message: &str,
        detail: Option<&str>,
    ) -> Vec<u8> {
        error::encode(failure, status, message, detail)
    }

    fn encode_error_event(&self, failure: &Failure, message: &str) -> Vec<u8> {
        error::encode_event(failure, message)
    }

    fn signal(&self, frame: &Frame<'_>) -> Signal {
        stream::signal(frame)
    }

    fn follow(&self, content: &Frame<'_>, untold: &mut Untold) {
        stream::follow(content, untold);
    }

    fn follow_finish(&self, finish: &Frame<'_>, untold: &mut Untold) {
        stream::follow_finish(finish, untold);
    }

    fn terminal_frame(&self) -> &'static [u8] {
        stream::TERMINAL
    }

    fn continues(&self, target: &Target<'_>) -> bool {
        resume::continues(target)
    }

    fn resume(&self, request: &[u8], sent: &[u8]) -> Option<Resumed<Encoder>> {
        resume::resume(request, sent)
    }

    fn continue_request(&self, request: &[u8], text: &str) -> Option<Vec<u8>> {
        resume::continue_request(request, text)
    }

    fn check_answer(&self, body: &[u8]) -> Result<(), Failure> {
        answer::check(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Capabilities;

    #[test]
    fn credentials_stay_behind_and_betas_go_only_to_the_same_dialect() {
        let caller = [
            ("x-api-key", "secret"),
            ("authorization", "Bearer secret"),
            ("anthropic-version", "2026-10-21"),
            ("anthropic-beta", "a"),
            ("traceparent", "00-1"),
            ("user-agent", "sdk"),
            ("cookie", "c"),
        ];
        let caller: HeaderMap = caller
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let same = AnthropicMessages.request_headers(&caller, &Target::new("m"), true);
        assert_eq!(same["anthropic-version"], "2026-10-21");
        assert_eq!(same["anthropic-beta"], "a");
        let other = AnthropicMessages.request_headers(&caller, &Target::new("m"), false);
        assert_eq!(other["anthropic-version"], "2023-06-01");
        assert!(!other.contains_key("anthropic-beta"));
        let capabilities = Capabilities { version: Some("2026-10-21"), ..Capabilities::default() };
        let newer = Target::known("m", &capabilities);
        assert_eq!(
            AnthropicMessages.request_headers(&caller, &newer, false)["anthropic-version"],
            "2026-10-21"
        );
        let none = HeaderMap::new();
        assert_eq!(AnthropicMessages.request_headers(&none, &newer, true)["anthropic-version"], "2023-06-01");
        for headers in [same, other] {
            assert_eq!(headers["traceparent"], "00-1");
            assert_eq!(headers["user-agent"], "sdk");
            for secret in ["x-api-key", "authorization", "cookie"] {
                assert!(!headers.contains_key(secret));
            }
        }
    }
}
