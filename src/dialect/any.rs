use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use http::{HeaderMap, StatusCode};

#[cfg(feature = "anthropic-messages")]
use super::anthropic_messages::{self, AnthropicMessages};
use super::canonical::{Answer, Event, Request};
#[cfg(feature = "openai-chat")]
use super::openai_chat::{self, OpenAiChat};
use super::sse::Frame;
use super::{Decode, Dialect, Encode, Encoded, Invalid, Peek, Reply, Signal};
use crate::facts::Losses;
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
    /// Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(AnthropicMessages),
}

impl AnyDialect {
    /// All dialects that this build knows.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "openai-chat")]
        Self::OpenAiChat(OpenAiChat),
        #[cfg(feature = "anthropic-messages")]
        Self::AnthropicMessages(AnthropicMessages),
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
            #[cfg(feature = "anthropic-messages")]
            $any::AnthropicMessages($inner) => $call,
        }
    };
}

impl Dialect for AnyDialect {
    type Decoder = AnyDecoder;
    type Encoder = AnyEncoder;

    fn name(&self) -> &'static str {
        delegate!(Self, self, dialect => dialect.name())
    }

    fn path(&self, model: &str, stream: bool) -> Cow<'static, str> {
        delegate!(Self, self, dialect => dialect.path(model, stream))
    }

    fn request_headers(&self, caller: &HeaderMap, same_dialect: bool) -> HeaderMap {
        delegate!(Self, self, dialect => dialect.request_headers(caller, same_dialect))
    }

    fn peek<'a>(&self, body: &'a [u8]) -> Result<Peek<'a>, Invalid> {
        delegate!(Self, self, dialect => dialect.peek(body))
    }

    fn holds_foreign(&self, body: &[u8]) -> bool {
        delegate!(Self, self, dialect => dialect.holds_foreign(body))
    }

    fn scrub(&self, body: &[u8], losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
        delegate!(Self, self, dialect => dialect.scrub(body, losses))
    }

    fn decode_request<'a>(&self, body: &'a [u8]) -> Result<Request<'a>, Invalid> {
        delegate!(Self, self, dialect => dialect.decode_request(body))
    }

    fn encode_request(
        &self,
        request: &Request<'_>,
        model: &str,
        losses: &mut Losses,
    ) -> Result<Encoded, Failure> {
        delegate!(Self, self, dialect => dialect.encode_request(request, model, losses))
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
            #[cfg(feature = "anthropic-messages")]
            Self::AnthropicMessages(dialect) => AnyDecoder::AnthropicMessages(dialect.decoder()),
        }
    }

    fn encoder(&self, reply: Reply) -> AnyEncoder {
        match self {
            #[cfg(feature = "openai-chat")]
            Self::OpenAiChat(dialect) => AnyEncoder::OpenAiChat(dialect.encoder(reply)),
            #[cfg(feature = "anthropic-messages")]
            Self::AnthropicMessages(dialect) => AnyEncoder::AnthropicMessages(dialect.encoder(reply)),
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

    fn signal(&self, frame: &Frame<'_>) -> Signal {
        delegate!(Self, self, dialect => dialect.signal(frame))
    }

    fn terminal_frame(&self) -> &'static [u8] {
        delegate!(Self, self, dialect => dialect.terminal_frame())
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
    /// Of Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(anthropic_messages::Decoder),
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
    /// Of Anthropic's Messages API.
    #[cfg(feature = "anthropic-messages")]
    AnthropicMessages(anthropic_messages::Encoder),
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
