use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, StatusCode, Uri};

#[cfg(feature = "anthropic-messages")]
use super::anthropic_messages::{self, AnthropicMessages};
use super::canonical::{Answer, Event, Request};
#[cfg(feature = "gemini")]
use super::gemini::{self, Gemini};
#[cfg(feature = "openai-chat")]
use super::openai_chat::{self, OpenAiChat};
#[cfg(feature = "openai-responses")]
use super::openai_responses::{self, OpenAiResponses};
use super::sse::Frame;
use super::{
    Choices, Decode, Dialect, Encode, Encoded, Invalid, Peek, Reply, Resumed, Signal, Target, Untold,
};
use crate::facts::{Call, Conversation, Losses};
use crate::failure::Failure;

/// A dialect chosen at run time, as by a configuration file.
///
/// ```
/// use tower_failover::dialect::{AnyDialect, Dialect};
///
/// let dialect: AnyDialect = "openai-chat".parse()?;
/// assert_eq!(dialect.name(), "openai-chat");
/// assert!("openai_chat".parse::<AnyDialect>().unwrap_err().to_string().contains("anthropic-messages"));
/// # Ok::<(), tower_failover::dialect::UnknownDialect>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnyDialect {
    /// OpenAI Chat Completions.
    #[cfg(feature = "openai-chat")]
    OpenAiChat(OpenAiChat),
    /// OpenAI Responses.
    #[cfg(feature = "openai-responses")]
    OpenAiResponses(OpenAiResponses),
    /// Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(AnthropicMessages),
    /// Gemini's `generateContent`.
    #[cfg(feature = "gemini")]
    Gemini(Gemini),
}

impl AnyDialect {
    /// All dialects that this build knows.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "openai-chat")]
        Self::OpenAiChat(OpenAiChat),
        #[cfg(feature = "openai-responses")]
        Self::OpenAiResponses(OpenAiResponses),
        #[cfg(feature = "anthropic-messages")]
        Self::AnthropicMessages(AnthropicMessages),
        #[cfg(feature = "gemini")]
        Self::Gemini(Gemini),
    ];

    /// The dialect of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|dialect| dialect.name() == name).copied()
    }
}

#[cfg(feature = "openai-chat")]
impl From<OpenAiChat> for AnyDialect {
    fn from(dialect: OpenAiChat) -> Self {
        Self::OpenAiChat(dialect)
    }
}

#[cfg(feature = "anthropic-messages")]
impl From<AnthropicMessages> for AnyDialect {
    fn from(dialect: AnthropicMessages) -> Self {
        Self::AnthropicMessages(dialect)
    }
}

#[cfg(feature = "openai-responses")]
impl From<OpenAiResponses> for AnyDialect {
    fn from(dialect: OpenAiResponses) -> Self {
        Self::OpenAiResponses(dialect)
    }
}

#[cfg(feature = "gemini")]
impl From<Gemini> for AnyDialect {
    fn from(dialect: Gemini) -> Self {
        Self::Gemini(dialect)
    }
}

impl FromStr for AnyDialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        Self::parse(name).ok_or_else(|| UnknownDialect(name.to_owned()))
    }
}

/// The name of the dialect.
impl fmt::Display for AnyDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no dialect of this build has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDialect(String);

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown dialect {:?}; known are", self.0)?;
        for (index, dialect) in AnyDialect::ALL.iter().enumerate() {
            write!(f, "{} {:?}", if index == 0 { "" } else { "," }, dialect.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownDialect {}

/// Calls the same on whatever is inside.
macro_rules! delegate {
    ($any:ident, $self:ident, $inner:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "openai-chat")]
            $any::OpenAiChat($inner) => $call,
            #[cfg(feature = "openai-responses")]
            $any::OpenAiResponses($inner) => $call,
            #[cfg(feature = "anthropic-messages")]
            $any::AnthropicMessages($inner) => $call,
            #[cfg(feature = "gemini")]
            $any::Gemini($inner) => $call,
        }
    };
}

impl Dialect for AnyDialect {
    type Decoder = AnyDecoder;
    type Encoder = AnyEncoder;

    fn name(&self) -> &'static str {
        delegate!(Self, self, dialect => dialect.name())
    }

    fn path(&self, target: &Target<'_>, call: &Call) -> Option<Cow<'static, str>> {
        delegate!(Self, self, dialect => dialect.path(target, call))
    }

    fn request_headers(&self, caller: &HeaderMap, target: &Target<'_>, same_dialect: bool) -> HeaderMap {
        delegate!(Self, self, dialect => dialect.request_headers(caller, target, same_dialect))
    }

    fn peek<'a>(&self, uri: &Uri, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        delegate!(Self, self, dialect => dialect.peek(uri, body))
    }

    fn conversation(&self, body: &[u8]) -> Option<Conversation> {
        delegate!(Self, self, dialect => dialect.conversation(body))
    }

    fn goes_on_as(&self, answer: &[u8]) -> Option<Conversation> {
        delegate!(Self, self, dialect => dialect.goes_on_as(answer))
    }

    fn holds_foreign(&self, body: &[u8], target: &Target<'_>) -> bool {
        delegate!(Self, self, dialect => dialect.holds_foreign(body, target))
    }

    fn scrub(&self, body: &[u8], target: &Target<'_>, losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
        delegate!(Self, self, dialect => dialect.scrub(body, target, losses))
    }

    fn decode_request<'a>(&self, body: &'a [u8]) -> Result<Request<'a>, Invalid> {
        delegate!(Self, self, dialect => dialect.decode_request(body))
    }

    fn encode_request(
        &self,
        request: &Request<'_>,
        target: &Target<'_>,
        losses: &mut Losses,
    ) -> Result<Encoded, Failure> {
        delegate!(Self, self, dialect => dialect.encode_request(request, target, losses))
    }

    fn echo(&self, request: &[u8]) -> String {
        delegate!(Self, self, dialect => dialect.echo(request))
    }

    fn decode_answer<'a>(&self, body: &'a [u8]) -> Result<Answer<'a>, Invalid> {
        delegate!(Self, self, dialect => dialect.decode_answer(body))
    }

    fn encode_answer(&self, answer: &Answer<'_>, reply: &Reply) -> Vec<u8> {
        delegate!(Self, self, dialect => dialect.encode_answer(answer, reply))
    }

    fn decoder(&self) -> AnyDecoder {
        match self {
            #[cfg(feature = "openai-chat")]
            Self::OpenAiChat(dialect) => AnyDecoder::OpenAiChat(dialect.decoder()),
            #[cfg(feature = "openai-responses")]
            Self::OpenAiResponses(dialect) => AnyDecoder::OpenAiResponses(dialect.decoder()),
            #[cfg(feature = "anthropic-messages")]
            Self::AnthropicMessages(dialect) => AnyDecoder::AnthropicMessages(dialect.decoder()),
            #[cfg(feature = "gemini")]
            Self::Gemini(dialect) => AnyDecoder::Gemini(dialect.decoder()),
        }
    }

    fn encoder(&self, reply: Reply) -> AnyEncoder {
        match self {
            #[cfg(feature = "openai-chat")]
            Self::OpenAiChat(dialect) => AnyEncoder::OpenAiChat(dialect.encoder(reply)),
            #[cfg(feature = "openai-responses")]
            Self::OpenAiResponses(dialect) => AnyEncoder::OpenAiResponses(dialect.encoder(reply)),
            #[cfg(feature = "anthropic-messages")]
            Self::AnthropicMessages(dialect) => AnyEncoder::AnthropicMessages(dialect.encoder(reply)),
            #[cfg(feature = "gemini")]
            Self::Gemini(dialect) => AnyEncoder::Gemini(dialect.encoder(reply)),
        }
    }

    fn decode_error(&self, status: Option<StatusCode>, body: &[u8]) -> Failure {
        delegate!(Self, self, dialect => dialect.decode_error(status, body))
    }

    fn encode_error(
        &self,
        failure: &Failure,
        status: StatusCode,
        message: &str,
        detail: Option<&str>,
    ) -> Vec<u8> {
        delegate!(Self, self, dialect => dialect.encode_error(failure, status, message, detail))
    }

    fn encode_error_event(&self, failure: &Failure, message: &str) -> Vec<u8> {
        delegate!(Self, self, dialect => dialect.encode_error_event(failure, message))
    }

    fn numbers_events(&self) -> bool {
        delegate!(Self, self, dialect => dialect.numbers_events())
    }

    fn encode_error_event_after(&self, sent: &[u8], failure: &Failure, message: &str) -> Vec<u8> {
        delegate!(Self, self, dialect => dialect.encode_error_event_after(sent, failure, message))
    }

    fn signal(&self, frame: &Frame<'_>) -> Signal {
        delegate!(Self, self, dialect => dialect.signal(frame))
    }

    fn signal_among(&self, frame: &Frame<'_>, choices: &mut Choices) -> Signal {
        delegate!(Self, self, dialect => dialect.signal_among(frame, choices))
    }

    fn follow(&self, content: &Frame<'_>, untold: &mut Untold) {
        delegate!(Self, self, dialect => dialect.follow(content, untold));
    }

    fn follow_finish(&self, finish: &Frame<'_>, untold: &mut Untold) {
        delegate!(Self, self, dialect => dialect.follow_finish(finish, untold));
    }

    fn terminal_frame(&self) -> &'static [u8] {
        delegate!(Self, self, dialect => dialect.terminal_frame())
    }

    fn keepalive(&self) -> &'static [u8] {
        delegate!(Self, self, dialect => dialect.keepalive())
    }

    fn continues(&self, target: &Target<'_>) -> bool {
        delegate!(Self, self, dialect => dialect.continues(target))
    }

    fn resume(&self, request: &[u8], sent: &[u8]) -> Option<Resumed<AnyEncoder>> {
        Some(match self {
            #[cfg(feature = "openai-chat")]
            Self::OpenAiChat(dialect) => dialect.resume(request, sent)?.map(AnyEncoder::OpenAiChat),
            #[cfg(feature = "openai-responses")]
            Self::OpenAiResponses(dialect) => dialect.resume(request, sent)?.map(AnyEncoder::OpenAiResponses),
            #[cfg(feature = "anthropic-messages")]
            Self::AnthropicMessages(dialect) => {
                dialect.resume(request, sent)?.map(AnyEncoder::AnthropicMessages)
            }
            #[cfg(feature = "gemini")]
            Self::Gemini(dialect) => dialect.resume(request, sent)?.map(AnyEncoder::Gemini),
        })
    }

    fn continue_request(&self, request: &[u8], text: &str) -> Option<Vec<u8>> {
        delegate!(Self, self, dialect => dialect.continue_request(request, text))
    }

    fn check_answer(&self, body: &[u8]) -> Result<(), Failure> {
        delegate!(Self, self, dialect => dialect.check_answer(body))
    }
}

/// The [`Decode`] of an [`AnyDialect`].
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyDecoder {
    /// Of OpenAI Chat Completions.
    #[cfg(feature = "openai-chat")]
    OpenAiChat(openai_chat::Decoder),
    /// Of OpenAI Responses.
    #[cfg(feature = "openai-responses")]
    OpenAiResponses(openai_responses::Decoder),
    /// Of Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(anthropic_messages::Decoder),
    /// Of Gemini's `generateContent`.
    #[cfg(feature = "gemini")]
    Gemini(gemini::Decoder),
}

impl Decode for AnyDecoder {
    fn decode(&mut self, frame: &Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        delegate!(Self, self, decoder => decoder.decode(frame, emit))
    }
}

/// The [`Encode`] of an [`AnyDialect`].
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyEncoder {
    /// Of OpenAI Chat Completions.
    #[cfg(feature = "openai-chat")]
    OpenAiChat(openai_chat::Encoder),
    /// Of OpenAI Responses.
    #[cfg(feature = "openai-responses")]
    OpenAiResponses(openai_responses::Encoder),
    /// Of Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(anthropic_messages::Encoder),
    /// Of Gemini's `generateContent`.
    #[cfg(feature = "gemini")]
    Gemini(gemini::Encoder),
}

impl Encode for AnyEncoder {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        delegate!(Self, self, encoder => encoder.encode(event, out));
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        delegate!(Self, self, encoder => encoder.finish(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_by_its_own_name_and_by_no_other() {
        for dialect in AnyDialect::ALL {
            assert_eq!(dialect.name().parse(), Ok(*dialect));
            assert_eq!(AnyDialect::parse(&dialect.name().to_uppercase()), None);
        }
    }
}
