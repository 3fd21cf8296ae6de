use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

use super::error::invalid_request;
use super::exchange::{Exchange, Usage};
use super::splice::{holds_string, splice};
use crate::body::Buffered;
use crate::dialect::{Dialect, ToolNames};
use crate::facts::{Call, Checked, Losses};
use crate::failure::{Class, Failure};

/// The caller's side, the member's side, and what is asked of whom.
#[derive(Clone, Debug)]
pub(super) struct Translator<F, M> {
    pub(super) front: F,
    pub(super) member: M,
    /// `None`: the caller's own word.
    pub(super) model: Option<Arc<str>>,
    pub(super) answer_limit: usize,
}

/// A body for the member, and what the answer will need.
struct Written {
    body: Bytes,
    usage: Usage,
    tool_names: ToolNames,
    losses: Losses,
}

impl<F: Dialect, M: Dialect> Translator<F, M> {
    /// Makes the member's request of the caller's.
    pub(super) fn translate(
        &self,
        request: Request<Buffered>,
    ) -> Result<(Request<Buffered>, Exchange<F, M>), Failure> {
        let (parts, body) = request.into_parts();
        let body = body.into_bytes();
        let call = match parts.extensions.get::<Call>() {
            Some(call) if stands_in(call, &body) => call.clone(),
            _ => peek(&self.front, &body)?,
        };
        let model = self.model.clone().unwrap_or_else(|| Arc::clone(&call.model));
        let is_same = self.front.name() == self.member.name();
        let written = if is_same { self.splice(&call, body, &model)? } else { self.rewrite(&body, &model)? };
        let exchange = Exchange {
            front: self.front.clone(),
            member: self.member.clone(),
            stream: call.stream,
            usage: written.usage,
            tool_names: written.tool_names,
            losses: written.losses,
            checked: Checked::default(),
            answer_limit: self.answer_limit,
            model,
        };
        let head = self.head(parts, &exchange)?;
        Ok((Request::from_parts(head, Buffered::new(written.body)), exchange))
    }

    /// Same dialect: nothing is parsed or written anew but the name of the model.
    fn splice(&self, call: &Call, body: Bytes, model: &str) -> Result<Written, Failure> {
        let mut losses = Losses::new();
        let usage = if call.stream { Usage::In(body.clone()) } else { Usage::Known(false) };
        let body = if self.front.holds_foreign(&body) {
            let scrubbed: Bytes = self.front.scrub(&body, &mut losses).map_err(invalid_request)?.into();
            let call = peek(&self.front, &scrubbed)?;
            splice(scrubbed, &call, model)
        } else {
            splice(body, call, model)
        };
        Ok(Written { body, usage, tool_names: ToolNames::default(), losses })
    }

    fn rewrite(&self, body: &[u8], model: &str) -> Result<Written, Failure> {
        let mut losses = Losses::new();
        let request = self.front.decode_request(body).map_err(invalid_request)?;
        let encoded = self.member.encode_request(&request, model, &mut losses)?;
        Ok(Written {
            body: encoded.body.into(),
            usage: Usage::Known(request.wants_usage),
            tool_names: encoded.tool_names,
            losses,
        })
    }

    fn head(&self, mut parts: Parts, exchange: &Exchange<F, M>) -> Result<Parts, Failure> {
        let path = self.member.path(&exchange.model, exchange.stream);
        parts.method = Method::POST;
        // Only a model name that is no part of a URL can fail here.
        parts.uri = Uri::try_from(path.as_ref())
            .map_err(|error| Failure::new(Class::Unsupported).with_source(error))?;
        parts.version = http::Version::default();
        parts.headers = self.headers(&parts.headers, exchange.is_same());
        Ok(parts)
    }

    /// The member's own headers and the caller's that belong to its dialect. Never the caller's credentials.
    fn headers(&self, caller: &HeaderMap, is_same: bool) -> HeaderMap {
        let mut headers = self.member.request_headers(caller, is_same);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        headers
    }
}

fn peek<F: Dialect>(front: &F, body: &[u8]) -> Result<Call, Failure> {
    let peek = front.peek(body).map_err(invalid_request)?;
    let call = Call::new(&*peek.model).with_stream(peek.stream);
    Ok(match peek.model_span {
        Some(span) => call.with_model_span(span),
        None => call,
    })
}

/// Was the fact read from this very body? A layer in between may have changed it.
fn stands_in(call: &Call, body: &[u8]) -> bool {
    call.model_span.as_ref().is_none_or(|span| holds_string(body, span))
}
