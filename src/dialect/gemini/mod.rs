//! Gemini's `generateContent` and `streamGenerateContent`.
//!
//! The model and the wish for a stream stand in the path of the request and not in its body; calls of tools
//! have no ids and are paired with their results by name and order; a stream has no end marker, and every
//! piece of it has the shape of a whole answer. So ids are made up from where a call stands, the same in every
//! later turn of the conversation, and a caller who has none is never shown them.
//!
//! Field names may be written in camelCase or snake_case, and enums in either case; what is written here has
//! the form of the reference. Schemas are read in the API's own notation and as JSON Schema, and are written
//! as the latter.
//!
//! Models of the third generation refuse a call in the current turn that does not show the seal under which it
//! was made (`thoughtSignature`). Seals go back to where they were; a call that another provider's model has
//! made shows the value that the vendor documents for it.
//!
//! ```
//! use tower_failover::dialect::Dialect;
//! use tower_failover::dialect::gemini::Gemini;
//!
//! let body = br#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}"#;
//! let uri = "/v1beta/models/workhorse:streamGenerateContent?alt=sse".parse()?;
//! let peek = Gemini.peek(&uri, body)?;
//! assert_eq!(peek.model, "workhorse");
//! assert!(peek.stream && peek.model_span.is_none());
//!
//! let request = Gemini.decode_request(body)?;
//! assert_eq!(request.turns.len(), 1);
//! # Ok::<(), tower_failover::failure::BoxError>(())
//! ```
//!
//! Source: the vendor's API description and reference, and the types of its official SDKs.

mod error;
mod headers;
mod request;
mod response;
mod resume;
mod stream;

pub use self::stream::{Decoder, Encoder};

use std::borrow::Cow;

use http::{HeaderMap, StatusCode, Uri};

use super::canonical::{Answer, Request};
use super::check::check;
use super::conversation;
use super::sse::Frame;
use super::{Choices, Dialect, Encoded, Invalid, Peek, Reply, Resumed, Signal, Target};
use crate::facts::{Call, Conversation, Losses};
use crate::failure::Failure;

/// The name used in configuration.
const NAME: &str = "gemini";

/// Where requests have what tells conversations apart.
const FORM: conversation::Form = conversation::Form {
    goes_on: &[],
    system: &["systemInstruction", "system_instruction"],
    turns: "contents",
};

/// The dialect `gemini`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a value without parts, named like one")]
pub struct Gemini;

impl Dialect for Gemini {
    type Decoder = Decoder;
    type Encoder = Encoder;

    fn name(&self) -> &'static str {
        NAME
    }

    fn path(&self, target: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
        request::path(target, call)
    }

    fn request_headers(&self, caller: &HeaderMap, target: &Target<'_>, same_dialect: bool) -> HeaderMap {
        headers::request(caller, target, same_dialect)
    }

    fn peek<'a>(&self, uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        request::peek(uri, body)
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
        error::encode_event(failure, message)
    }

    fn signal(&self, frame: &Frame<'_>) -> Signal {
        stream::signal(frame, &mut Choices::default())
    }

    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        stream::signal(frame, choices)
    }

    fn terminal_frame(&self) -> &'static [u8] {
        b""
    }

    /// An empty line: google-genai takes a comment for a piece of an error.
    fn keepalive(&self) -> &'static [u8] {
        b"\r\n"
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
