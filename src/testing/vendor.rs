//! Which wire a provider speaks.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::wire::{Ask, Asked, Complaint, Framing, Route, Say, WireError, WireFrame};
use super::wire::{anthropic, gemini, openai, responses};
use super::{Refusal, strict};

/// Whose API a fake provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Vendor {
    /// OpenAI Chat Completions: `POST …/chat/completions`.
    OpenAi,
    /// Anthropic Messages: `POST …/messages`, `POST …/messages/count_tokens`.
    Anthropic,
    /// OpenAI Responses: `POST …/responses`, `POST …/responses/input_tokens`.
    OpenAiResponses,
    /// Gemini: `POST …/models/MODEL:generateContent`, `:streamGenerateContent`, `:countTokens`.
    Gemini,
}

impl Vendor {
    /// What the base URL has after the authority, as the vendor's official SDK takes it.
    pub(super) const fn base_path(self) -> &'static str {
        match self {
            Self::OpenAi | Self::OpenAiResponses => "/v1",
            Self::Anthropic | Self::Gemini => "",
        }
    }

    /// What the path asks for; `None` for one that this API does not have.
    pub(super) fn route(self, path_and_query: &str) -> Option<Route<'_>> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let plain = |answer: &str, count: &str| {
            let is_count = path.ends_with(count);
            (is_count || path.ends_with(answer)).then_some(Route { is_count, ..Route::default() })
        };
        match self {
            Self::OpenAi => path.ends_with("/chat/completions").then(Route::default),
            Self::Anthropic => plain("/messages", "/messages/count_tokens"),
            Self::OpenAiResponses => plain("/responses", "/responses/input_tokens"),
            Self::Gemini => gemini_route(path, query),
        }
    }

    pub(super) fn read(self, asked: Asked<'_>) -> Result<Ask, Complaint> {
        match self {
            Self::OpenAi => strict::openai::read(asked.body),
            Self::Anthropic => strict::anthropic::read(asked),
            Self::OpenAiResponses => strict::responses::read(asked),
            Self::Gemini => strict::gemini::read(asked),
        }
    }

    pub(super) fn answer(self, say: &Say) -> Value {
        match self {
            Self::OpenAi => openai::answer(say),
            Self::Anthropic => anthropic::answer(say),
            Self::OpenAiResponses => responses::answer(say),
            Self::Gemini => gemini::answer(say),
        }
    }

    pub(super) fn frames(self, say: &Say) -> Vec<WireFrame> {
        match self {
            Self::OpenAi => openai::frames(say),
            Self::Anthropic => anthropic::frames(say),
            Self::OpenAiResponses => responses::frames(say),
            Self::Gemini => gemini::frames(say),
        }
    }

    /// The body of a 200 that is an error.
    pub(super) fn failed_answer(self, say: &Say) -> Value {
        match self {
            Self::OpenAiResponses => responses::failed_answer(say),
            other => other.error(StatusCode::SERVICE_UNAVAILABLE, None),
        }
    }

    /// The error that ends a stream after so many frames.
    pub(super) fn error_frame(self, say: &Say, after: usize) -> Bytes {
        match self {
            Self::OpenAi => openai::error_frame(),
            Self::Anthropic => anthropic::error_frame(),
            Self::OpenAiResponses => responses::error_frame(say, after),
            Self::Gemini => gemini::error_frame(),
        }
    }

    pub(super) fn malformed_frame(self) -> Bytes {
        match self {
            Self::OpenAi => openai::malformed_frame(),
            Self::Anthropic => anthropic::malformed_frame(),
            Self::OpenAiResponses => responses::malformed_frame(),
            Self::Gemini => gemini::malformed_frame(),
        }
    }

    /// The body of an error status. Only some APIs say in it when to come back.
    pub(super) fn error(self, status: StatusCode, retry_after: Option<Duration>) -> Value {
        match self {
            Self::OpenAi | Self::OpenAiResponses => openai::error(status),
            Self::Anthropic => anthropic::error(status),
            Self::Gemini => gemini::error(status, retry_after),
        }
    }

    /// Does it say in a header when to come back?
    pub(super) const fn has_retry_after(self) -> bool {
        !matches!(self, Self::Gemini)
    }

    /// The answer to a request with a wrong key.
    pub(super) fn wrong_key(self) -> WireError {
        let status = StatusCode::UNAUTHORIZED;
        match self {
            Self::Gemini => gemini::wrong_key(),
            other => WireError { status, body: other.error(status, None) },
        }
    }

    pub(super) fn refusal(self, refusal: Refusal) -> WireError {
        match self {
            Self::OpenAi => openai::refusal(refusal),
            Self::Anthropic => anthropic::refusal(refusal),
            Self::OpenAiResponses => responses::refusal(refusal),
            Self::Gemini => gemini::refusal(refusal),
        }
    }

    /// Is this refused with a 200, in the place of an answer?
    pub(super) fn blocks(self, refusal: Refusal) -> bool {
        self == Self::Gemini && refusal == Refusal::ContentPolicy
    }

    pub(super) fn complaint(self, complaint: &Complaint) -> Value {
        match self {
            Self::OpenAi | Self::OpenAiResponses => openai::complaint(complaint),
            Self::Anthropic => anthropic::complaint(complaint),
            Self::Gemini => gemini::complaint(complaint),
        }
    }

    pub(super) fn headers(self, serial: u64, status: StatusCode) -> HeaderMap {
        match self {
            Self::OpenAi | Self::OpenAiResponses => openai::headers(serial),
            Self::Anthropic => anthropic::headers(serial, status),
            Self::Gemini => gemini::headers(),
        }
    }

    pub(super) const fn stream_type(self, framing: Framing) -> &'static str {
        match (self, framing) {
            (_, Framing::Array) => "application/json; charset=UTF-8",
            (Self::Gemini, Framing::Events) => "text/event-stream",
            _ => "text/event-stream; charset=utf-8",
        }
    }

    /// Does a request bring this key, as this vendor's SDK does?
    pub(super) fn brings(self, path_and_query: &str, headers: &HeaderMap, key: &str) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let own = match self {
            Self::OpenAi | Self::OpenAiResponses => None,
            Self::Anthropic => text("x-api-key"),
            Self::Gemini => text("x-goog-api-key").or_else(|| parameter(path_and_query, "key")),
        };
        own.or(bearer) == Some(key)
    }
}

/// `…/VERSION/models/MODEL:METHOD`.
fn gemini_route<'a>(path: &'a str, query: &str) -> Option<Route<'a>> {
    let (before, rest) = path.split_once("/models/")?;
    let is_version = ["/v1beta", "/v1", "/v1alpha"].iter().any(|version| before.ends_with(version));
    let (model, method) = rest.rsplit_once(':')?;
    if !is_version || model.is_empty() {
        return None;
    }
    let is_array = !query.split('&').any(|pair| pair == "alt=sse");
    let framing = if is_array { Framing::Array } else { Framing::Events };
    let route = Route { model, ..Route::default() };
    match method {
        "generateContent" => Some(route),
        "streamGenerateContent" => Some(Route { stream: true, framing, ..route }),
        "countTokens" => Some(Route { is_count: true, ..route }),
        _ => None,
    }
}

fn parameter<'a>(path_and_query: &'a str, name: &str) -> Option<&'a str> {
    let query = path_and_query.split_once('?')?.1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_is_asked_where_the_api_puts_it_there() {
        let gemini = |path| Vendor::Gemini.route(path);
        let model = "a/b";
        let base = Route { model, ..Route::default() };
        assert_eq!(gemini("/v1beta/models/a/b:generateContent"), Some(base));
        let stream = Route { stream: true, ..base };
        assert_eq!(gemini("/v1/models/a/b:streamGenerateContent?key=k&alt=sse"), Some(stream));
        let array = Route { framing: Framing::Array, ..stream };
        assert_eq!(gemini("/v1alpha/models/a/b:streamGenerateContent"), Some(array));
        assert_eq!(gemini("/v2/models/a/b:generateContent"), None);
        assert_eq!(gemini("/v1beta/models/a/b:embedContent"), None);
        assert!(Vendor::OpenAiResponses.route("/v1/responses/input_tokens").is_some_and(|r| r.is_count));
        assert_eq!(Vendor::OpenAiResponses.route("/v1/responses/resp_1"), None);
    }
}
