//! OpenAI Chat Completions, and the servers that call themselves compatible with it.
//!
//! Most providers speak some form of this dialect, and each form is a little different: DeepSeek thinks in
//! `reasoning_content`, Groq in `reasoning`, OpenRouter in `reasoning_details`; Azure's content filter sends a
//! choice without a message; Mistral's content is a list; some number every tool call 0. So it is read
//! liberally and written narrowly: what is read may have any of these shapes, what is written has the one of
//! the vendor's own reference, which all official SDKs take.
//!
//! What OpenAI's own reasoning models refuse (sampling, stop sequences, `max_tokens`) is a small table by
//! name of model; a model it does not know is taken for that of a compatible server, which gets the older
//! words all servers know.
//!
//! ```
//! use tower_failover::dialect::Dialect;
//! use tower_failover::dialect::openai_chat::OpenAiChat;
//!
//! let body = br#"{"model":"workhorse","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
//! let peek = OpenAiChat.peek(&"/".parse()?, body)?;
//! assert_eq!(peek.model, "workhorse");
//! assert!(peek.stream);
//!
//! let request = OpenAiChat.decode_request(body)?;
//! assert_eq!(request.turns.len(), 1);
//! # Ok::<(), tower_failover::failure::BoxError>(())
//! ```
//!
//! Source: the vendor's API reference, and the types of its official SDKs.

mod citation;
mod error;
mod habits;
mod json;
mod names;
mod reasoning;
mod request;
mod response;
mod resume;
mod stream;
mod wire;

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, Uri};

pub use self::stream::{Decoder, Encoder};
use super::canonical::{Answer, Request};
use super::check::check;
use super::conversation;
use super::openai::{headers, peek};
use super::sse::Frame;
use super::{Choices, Dialect, Encoded, Invalid, Peek, Reply, Resumed, Signal, Target, Untold};
use crate::facts::{Call, Conversation, Losses, Operation};
use crate::failure::Failure;

/// The name used in configuration.
const NAME: &str = "openai-chat";

/// Where requests have what tells conversations apart.
const FORM: conversation::Form = conversation::Form { goes_on: &[], system: &[], turns: "messages" };

/// The dialect `openai-chat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a value without parts, named like one")]
pub struct OpenAiChat;

impl Dialect for OpenAiChat {
    type Decoder = Decoder;
    type Encoder = Encoder;

    fn name(&self) -> &'static str {
        NAME
    }

    fn path(&self, _: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
        (call.operation == Operation::Generate).then_some(Cow::Borrowed("/chat/completions"))
    }

    fn request_headers(&self, caller: &HeaderMap, _: &Target<'_>, same_dialect: bool) -> HeaderMap {
        headers::request(caller, same_dialect)
    }

    fn peek<'a>(&self, _: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        peek::peek(body)
    }

    fn conversation(&self, body: &[u8]) -> Option<Conversation> {
        conversation::of(&FORM, body)
    }

    fn holds_foreign(&self, body: &[u8], target: &Target<'_>) -> bool {
        request::holds_foreign(body, target)
    }

    fn scrub(&self, body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
        request::scrub(body, target, losses)
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
        request::encode(request, target, losses)
    }

    fn decode_answer<'a>(&self, body: &'a [u8]) -> Result<Answer<'a>, Invalid> {
        response::decode(body)
    }

    fn encode_answer(&self, answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
        response::encode(answer, reply)
    }

    fn decoder(&self) -> Decoder {
        Decoder::default()
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
        stream::signal(frame, &mut Choices::default())
    }

    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        stream::signal(frame, choices)
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
        response::check(body)
    }
}
