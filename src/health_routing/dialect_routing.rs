use std::sync::Arc;

use super::RoutingPolicy;
use super::policy;
use crate::body::Buffered;
use crate::dialect::Dialect;
use crate::facts::{Attempts, Call, Conversation, LastChance, Member, Operation, Served};
use crate::failure::{BoxError, Classify, Failure, Standard};

/// As [`HttpRouting`](super::HttpRouting), of requests in a dialect that are in memory whole: their conversation is also known by what
/// they go on from, or else by how they began.
#[derive(Clone, Copy, Debug)]
pub struct DialectRouting<D, C = Standard> {
    dialect: D,
    classify: C,
}

impl<D> DialectRouting<D> {
    /// Requests are in this dialect; responses are read by status and headers.
    pub const fn new(dialect: D) -> Self {
        Self { dialect, classify: Standard }
    }
}

impl<D, C, R> RoutingPolicy<http::Request<Buffered>, http::Response<R>> for DialectRouting<D, C>
where
    D: Dialect,
    C: Classify<http::Response<R>>,
{
    fn classify(&self, result: Result<&http::Response<R>, &BoxError>) -> Option<Failure> {
        self.classify.classify(result)
    }

    fn excludes(&self, request: &http::Request<Buffered>, member: &Member) -> bool {
        policy::excludes(request.extensions(), member)
    }

    fn attempts(&self, request: &http::Request<Buffered>) -> Option<Attempts> {
        policy::attempts(request.extensions())
    }

    fn class(&self, request: &http::Request<Buffered>) -> Option<Arc<str>> {
        policy::class(request.extensions())
    }

    fn last(&self, request: &mut http::Request<Buffered>) {
        LastChance::leave(request.extensions_mut());
    }

    fn conversation(&self, request: &http::Request<Buffered>) -> Option<Conversation> {
        // A count of tokens is no turn of it.
        let operation = request.extensions().get::<Call>().map(|call| call.operation);
        if operation.is_some_and(|operation| operation != Operation::Generate) {
            return None;
        }
        let told = Conversation::find(request.extensions(), request.headers());
        told.or_else(|| self.dialect.conversation(request.body().bytes()))
    }

    fn goes_on_as(&self, response: &http::Response<R>) -> Option<Conversation> {
        policy::goes_on_as(response.extensions())
    }

    fn served(&self, response: &mut http::Response<R>, served: Served) {
        response.extensions_mut().insert(served);
    }
}
