use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};

use super::error::invalid_request;
use super::exchange::{Exchange, Usage};
use super::judge::{Told, judge};
use super::splice::{holds_string, splice};
use super::{LossPolicy, Verdict};
use crate::body::Buffered;
use crate::dialect::{Capabilities, Dialect, Flavour, Target, ToolNames, surrogates};
use crate::facts::{Call, Checked, Losses, Operation, Prefill};
use crate::failure::{Class, Failure, Report};

/// The caller's side, the member's side, and what is asked of whom.
#[derive(Clone, Debug)]
pub(super) struct Translator<F, M, P> {
    pub(super) front: F,
    pub(super) member: M,
    /// `None`: the caller's own word.
    pub(super) model: Option<Arc<str>>,
    pub(super) knowledge: Knowledge,
    pub(super) flavour: Flavour,
    pub(super) answer_limit: usize,
    pub(super) policy: P,
    pub(super) told: Told,
}

impl<F, M, P> Translator<F, M, P> {
    pub(super) fn with_policy<Q>(self, policy: Q) -> Translator<F, M, Q> {
        let Self { front, member, model, knowledge, flavour, answer_limit, policy: _, told } = self;
        Translator { front, member, model, knowledge, flavour, answer_limit, policy, told }
    }
}

/// What is known of the model.
#[derive(Clone, Debug)]
pub(super) enum Knowledge {
    /// What is built in about the name that the caller has for it.
    ByName,
    /// What is built in about the one model that is asked.
    BuiltIn(&'static Capabilities),
    /// What the layer's user knows better.
    Given(Arc<Capabilities>),
}

/// A body for the member, and what the answer will need.
struct Written {
    body: Bytes,
    usage: Usage,
    tool_names: ToolNames,
    losses: Losses,
    echo: String,
}

impl<F: Dialect, M: Dialect, P: LossPolicy> Translator<F, M, P> {
    /// Makes the member's request of the caller's.
    pub(super) fn translate(
        &self,
        request: Request<Buffered>,
    ) -> Result<(Request<Buffered>, Exchange<F, M>), Failure> {
        let (request, exchange) = self.write(request)?;
        self.account(&exchange.losses, &exchange.model)?;
        Ok((request, exchange))
    }

    /// Why there would be none, and nothing is said of it to anybody.
    pub(super) fn refusal(&self, request: Request<Buffered>) -> Option<Failure> {
        match self.write(request) {
            Ok((_, exchange)) => judge(&self.policy, &exchange.losses).err(),
            Err(failure) => Some(failure),
        }
    }

    fn write(&self, request: Request<Buffered>) -> Result<(Request<Buffered>, Exchange<F, M>), Failure> {
        let (parts, body) = request.into_parts();
        let body = body.into_bytes();
        let call = match parts.extensions.get::<Call>() {
            Some(call) if stands_in(call, &body) => call.clone(),
            _ => peek(&self.front, &parts.uri, &body)?,
        };
        let model = self.model.clone().unwrap_or_else(|| Arc::clone(&call.model));
        let target = self.target(&model);
        if parts.extensions.get::<Prefill>().is_some() && !self.member.continues(&target) {
            return Err(Failure::new(Class::Unsupported).with_report(Report::new(
                "No other model of this class goes on with an answer that was begun.",
            )));
        }
        let is_same = self.front.name() == self.member.name();
        let can_ask = is_same || call.operation == Operation::Generate;
        let path =
            self.member.path(&target, &call).filter(|_| can_ask).ok_or_else(|| unable(call.operation))?;
        let head = self.head(parts, path, &target)?;
        let written = if is_same {
            self.splice(&head.1, &call, body, &target)?
        } else {
            self.rewrite(&body, &call, &target)?
        };
        let exchange = Exchange {
            front: self.front.clone(),
            member: self.member.clone(),
            stream: call.stream,
            usage: written.usage,
            tool_names: written.tool_names,
            losses: written.losses,
            echo: written.echo,
            checked: Checked::default(),
            answer_limit: self.answer_limit,
            model,
        };
        Ok((Request::from_parts(head.0, Buffered::new(written.body)), exchange))
    }

    /// Accounts for what was lost: by the policy, and to whoever reads the log.
    fn account(&self, losses: &Losses, model: &str) -> Result<(), Failure> {
        if losses.is_empty() {
            return Ok(());
        }
        let verdict = judge(&self.policy, losses).inspect_err(|failure| {
            tracing::debug!(model, %losses, class = %failure.class(), "not translated: too much would be lost");
        })?;
        tracing::Span::current().record("failover.loss", tracing::field::display(losses));
        if verdict == Verdict::Warn {
            let (front, member) = (self.front.name(), self.member.name());
            if self.told.is_news(losses) {
                tracing::warn!(front, member, model, %losses, "translation loses what it did not before; further losses of these fields are logged for debugging only");
            } else {
                tracing::debug!(front, member, model, %losses, "translation lost something");
            }
        }
        Ok(())
    }

    fn target<'a>(&'a self, model: &'a str) -> Target<'a> {
        let target = match &self.knowledge {
            Knowledge::ByName => Target::new(model),
            Knowledge::BuiltIn(capabilities) => Target::known(model, capabilities),
            Knowledge::Given(capabilities) => Target::known(model, capabilities),
        };
        target.with_flavour(self.flavour)
    }

    /// Same dialect: nothing is parsed or written anew but the name of the model.
    fn splice(&self, uri: &Uri, call: &Call, body: Bytes, target: &Target<'_>) -> Result<Written, Failure> {
        let mut losses = Losses::new();
        let usage = if call.stream { Usage::In(body.clone()) } else { Usage::Known(false) };
        let body = if self.front.holds_foreign(&body, target) {
            let scrubbed = self.front.scrub(&body, target, &mut losses).map_err(invalid_request)?;
            let scrubbed = Bytes::from(scrubbed);
            let call = peek(&self.front, uri, &scrubbed)?;
            splice(scrubbed, &call, target.model)
        } else {
            splice(body, call, target.model)
        };
        Ok(Written { body, usage, tool_names: ToolNames::default(), losses, echo: String::new() })
    }

    fn rewrite(&self, body: &[u8], call: &Call, target: &Target<'_>) -> Result<Written, Failure> {
        // Half of a character is no reason to refuse the others, and no member takes it for one. It may also stand in the
        // arguments of a call, which are a text here and JSON there.
        let may_have_halves = surrogates::may_have_halves(body);
        let whole = may_have_halves.then(|| surrogates::mended(body)).flatten();
        let body = whole.as_deref().unwrap_or(body);
        let mut losses = Losses::new();
        let mut request = self.front.decode_request(body).map_err(invalid_request)?;
        // Where the API says it in the path, the body does not know it.
        request.stream = call.stream;
        let mut encoded = self.member.encode_request(&request, target, &mut losses)?;
        if let Some(mended) = may_have_halves.then(|| surrogates::mended(&encoded.body)).flatten() {
            encoded.body = mended;
        }
        Ok(Written {
            body: encoded.body.into(),
            usage: Usage::Known(request.wants_usage),
            tool_names: encoded.tool_names,
            losses,
            echo: self.front.echo(body),
        })
    }

    /// The member's head, and the caller's URI.
    fn head(
        &self,
        mut parts: Parts,
        path: Cow<'static, str>,
        target: &Target<'_>,
    ) -> Result<(Parts, Uri), Failure> {
        parts.method = Method::POST;
        // Only a model name that is no part of a URL can fail here.
        let path = PathAndQuery::from_maybe_shared(bytes_of(path));
        let uri = path.map_err(|error| Failure::new(Class::Unsupported).with_source(error))?.into();
        let asked = std::mem::replace(&mut parts.uri, uri);
        parts.version = http::Version::default();
        parts.headers = self.headers(&parts.headers, target);
        Ok((parts, asked))
    }

    /// The member's own headers and the caller's that belong to its dialect. Never the caller's credentials.
    fn headers(&self, caller: &HeaderMap, target: &Target<'_>) -> HeaderMap {
        let is_same = self.front.name() == self.member.name();
        let mut headers = self.member.request_headers(caller, target, is_same);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        headers
    }
}

fn bytes_of(text: Cow<'static, str>) -> Bytes {
    match text {
        Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
        Cow::Owned(text) => text.into(),
    }
}

fn peek<F: Dialect>(front: &F, uri: &Uri, body: &[u8]) -> Result<Call, Failure> {
    Ok(front.peek(uri, body).map_err(invalid_request)?.into_call())
}

/// The member cannot do what is asked for. Another one may.
fn unable(operation: Operation) -> Failure {
    let what = match operation {
        Operation::CountTokens => "No model of this class can count tokens for this API.",
        _ => "No model of this class can do what is asked for.",
    };
    Failure::new(Class::Unsupported).with_report(Report::new(what))
}

/// Was the fact read from this very body? A layer in between may have changed it.
fn stands_in(call: &Call, body: &[u8]) -> bool {
    call.model_span.as_ref().is_none_or(|span| holds_string(body, span))
}
