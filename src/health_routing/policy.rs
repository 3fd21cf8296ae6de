use std::sync::Arc;

use http::Extensions;

use crate::facts::{Attempts, Call, Conversation, Exclusions, GoesOnAs, LastChance, Member, Served};
use crate::failure::{BoxError, Classify, Failure, Standard};

/// How routing reads a call.
///
/// One method is required, and whatever implements [`Classify`] has it: closures,
/// [`OnError`](crate::failure::OnError) for services that are not HTTP. The others are neutral unless
/// overridden: nobody is excluded, nothing is logged, nothing is marked.
pub trait RoutingPolicy<Req, Res> {
    /// Reads the result of one member: a failure, or `None` for an answer.
    ///
    /// A failure whose class [fails over](crate::failure::Class::fails_over) leads to the next member; any
    /// other ends the call, and its result is returned as it is.
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure>;

    /// Must this call not be sent to `member`?
    fn excludes(&self, request: &Req, member: &Member) -> bool {
        let _ = (request, member);
        false
    }

    /// Why `member` could not serve this call if it were up, where it could not: then there is no use in coming back
    /// when it is. Asked of members that are down, and only where all are.
    fn unable(&self, request: &Req, member: &Member) -> Option<Failure> {
        let _ = (request, member);
        None
    }

    /// Where to record the attempts.
    fn attempts(&self, request: &Req) -> Option<Attempts> {
        let _ = request;
        None
    }

    /// The class of models the call asks for.
    fn class(&self, request: &Req) -> Option<Arc<str>> {
        let _ = request;
        None
    }

    /// Says on the request that nobody else can be asked.
    fn last(&self, request: &mut Req) {
        let _ = request;
    }

    /// The conversation the call belongs to. Asked only where something hangs on it.
    fn conversation(&self, request: &Req) -> Option<Conversation> {
        let _ = request;
        None
    }

    /// The conversation by which a later request will mean this answer, where such requests name what they go on
    /// from.
    fn goes_on_as(&self, response: &Res) -> Option<Conversation> {
        let _ = response;
        None
    }

    /// Says on the response who answered.
    fn served(&self, response: &mut Res, served: Served) {
        let _ = (response, served);
    }
}

impl<C, Req, Res> RoutingPolicy<Req, Res> for C
where
    C: Classify<Res>,
{
    fn classify(&self, result: Result<&Res, &BoxError>) -> Option<Failure> {
        Classify::classify(self, result)
    }
}

/// Routing of HTTP calls, by facts: [`Exclusions`], [`Attempts`], [`Call`] and [`Conversation`] are read from the
/// request's extensions, [`LastChance`] is left there for the last member, and [`Served`] in those of the response. A
/// request without the fact belongs to the conversation that its header
/// [`x-conversation-id`](Conversation::HEADER) names.
///
/// Responses are read by `C`.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpRouting<C = Standard> {
    classify: C,
}

impl<C> HttpRouting<C> {
    /// Reads responses by `classify`.
    pub const fn new(classify: C) -> Self {
        Self { classify }
    }
}

impl<C, B, R> RoutingPolicy<http::Request<B>, http::Response<R>> for HttpRouting<C>
where
    C: Classify<http::Response<R>>,
{
    fn classify(&self, result: Result<&http::Response<R>, &BoxError>) -> Option<Failure> {
        self.classify.classify(result)
    }

    fn excludes(&self, request: &http::Request<B>, member: &Member) -> bool {
        excludes(request.extensions(), member)
    }

    fn attempts(&self, request: &http::Request<B>) -> Option<Attempts> {
        attempts(request.extensions())
    }

    fn class(&self, request: &http::Request<B>) -> Option<Arc<str>> {
        class(request.extensions())
    }

    fn last(&self, request: &mut http::Request<B>) {
        LastChance::leave(request.extensions_mut());
    }

    fn conversation(&self, request: &http::Request<B>) -> Option<Conversation> {
        Conversation::find(request.extensions(), request.headers())
    }

    fn goes_on_as(&self, response: &http::Response<R>) -> Option<Conversation> {
        goes_on_as(response.extensions())
    }

    fn served(&self, response: &mut http::Response<R>, served: Served) {
        response.extensions_mut().insert(served);
    }
}

pub(super) fn excludes(request: &Extensions, member: &Member) -> bool {
    Exclusions::find(request).is_some_and(|exclusions| exclusions.contains(member))
}

pub(super) fn attempts(request: &Extensions) -> Option<Attempts> {
    Attempts::find(request).cloned()
}

pub(super) fn class(request: &Extensions) -> Option<Arc<str>> {
    request.get::<Call>().map(|call| Arc::clone(&call.model))
}

pub(super) fn goes_on_as(response: &Extensions) -> Option<Conversation> {
    response.get().map(|GoesOnAs(conversation)| *conversation)
}
