//! OpenAI Responses.
//!
//! The vendor's newer API: a list of typed items in place of messages, thoughts and tools that the provider
//! runs among them, and streams that tell the life of every item and part under running numbers.
//!
//! It differs from the others in three ways that matter when a call moves to another member. The provider may
//! keep the conversation, so that a request holds no more than its last turn: such a request is bound to the
//! provider, and is refused elsewhere. Thoughts come back encrypted, and only their issuer takes them: for callers of
//! another dialect nothing is stored, and thoughts are asked for in that form, so that the conversation carries
//! all there is. And what a chat says in one message is several items here, which spell out ids, states and
//! defaults: those are kept for members of this dialect, and are no loss at others.
//!
//! ```
//! use tower_failover::dialect::canonical::{Content, Role};
//! use tower_failover::dialect::openai_responses::OpenAiResponses;
//! use tower_failover::dialect::{Dialect, Target};
//! use tower_failover::facts::Losses;
//!
//! let body = br#"{"model":"workhorse","input":[
//!     {"role":"user","content":"What is 2 + 2?"},
//!     {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAB"},
//!     {"type":"function_call","call_id":"call_1","name":"add","arguments":"{\"a\":2,\"b\":2}"},
//!     {"type":"function_call_output","call_id":"call_1","output":"4"}]}"#;
//! let request = OpenAiResponses.decode_request(body)?;
//!
//! // A thought and what it led to are one turn.
//! let roles: Vec<_> = request.turns.iter().map(|turn| turn.role).collect();
//! assert_eq!(roles, [Role::User, Role::Assistant, Role::User]);
//! assert!(matches!(request.turns[1].parts[0].content, Content::Reasoning(_)));
//!
//! let mut losses = Losses::new();
//! let encoded = OpenAiResponses.encode_request(&request, &Target::new("gpt-5-mini"), &mut losses)?;
//! assert!(losses.is_empty());
//! assert!(encoded.body.starts_with(br#"{"model":"gpt-5-mini","input":[{"role":"user""#));
//! # Ok::<(), tower_failover::failure::BoxError>(())
//! ```
//!
//! Source: the vendor's API reference, and the types of its official SDKs.

mod error;
mod request;
mod response;
mod resume;
mod sealed;
mod stream;

pub use self::stream::{Decoder, Encoder};

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, Uri};

use super::canonical::{Answer, Request};
use super::check::check;
use super::conversation;
use super::openai::headers;
use super::sse::Frame;
use super::{Dialect, Encoded, Invalid, Peek, Reply, Resumed, Signal, Target, Untold};
use crate::facts::{Call, Conversation, Losses};
use crate::failure::Failure;

/// The name used in configuration.
const NAME: &str = "openai-responses";

/// The dialect `openai-responses`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a value without parts, named like one")]
pub struct OpenAiResponses;

impl Dialect for OpenAiResponses {
    type Decoder = Decoder;
    type Encoder = Encoder;

    fn name(&self) -> &'static str {
        NAME
    }

    fn path(&self, _: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
        request::path(call)
    }

    fn request_headers(&self, caller: &HeaderMap, _: &Target<'_>, same_dialect: bool) -> HeaderMap {
        headers::request(caller, same_dialect)
    }

    fn peek<'a>(&self, uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        request::peek(uri, body)
    }

    fn conversation(&self, body: &[u8]) -> Option<Conversation> {
        conversation::of(&request::FORM, body)
    }

    fn goes_on_as(&self, answer: &[u8]) -> Option<Conversation> {
        request::goes_on_as(answer)
    }

    fn holds_foreign(&self, body: &[u8], _: &Target<'_>) -> bool {
        request::holds_foreign(body)
    }

    fn scrub(&self, body: &[u8], _: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
        request::scrub(body, losses)
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

    fn echo(&self, request: &[u8]) -> String {
        request::echo(request)
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
        error::encode_event(0, failure, message)
    }

    fn numbers_events(&self) -> bool {
        true
    }

    fn encode_error_event_after(&self, sent: &[u8], failure: &Failure, message: &str) -> Vec<u8> {
        error::encode_event(resume::next_number(sent), failure, message)
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
        b""
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
