use std::sync::Arc;

use super::MemberStack;
use crate::body::Buffered;
use crate::dialect::AnyDialect;
use crate::facts::{Attempts, Conversation, Member, Prefill, Served};
use crate::failure::{BoxError, Class, Failure};
use crate::health_routing::{DialectRouting, RoutingPolicy};
use crate::schema_normalizer::SchemaNormalizerLayer;

/// As [`DialectRouting`], and members that are down can say what they could not take if they were up: so nobody is told
/// to come back for what nobody will do.
#[derive(Clone, Debug)]
pub struct ClassRouting {
    routing: DialectRouting<AnyDialect>,
    members: Arc<[(Member, SchemaNormalizerLayer<AnyDialect, AnyDialect>)]>,
}

impl ClassRouting {
    /// Of these members, for callers who speak `front`.
    pub(super) fn new<'a, C: 'a>(
        front: AnyDialect,
        members: impl Iterator<Item = &'a MemberStack<C>>,
    ) -> Self {
        let members = members.map(|member| (member.member().clone(), member.normalizer(front)));
        Self { routing: DialectRouting::new(front), members: members.collect() }
    }
}

type Req = http::Request<Buffered>;
type Res<R> = http::Response<R>;

/// `DialectRouting` does it. It does it for responses of any body, so the body has to be named.
const fn of<R>(routing: &DialectRouting<AnyDialect>) -> &impl RoutingPolicy<Req, Res<R>> {
    routing
}

impl<R> RoutingPolicy<Req, Res<R>> for ClassRouting {
    fn classify(&self, result: Result<&Res<R>, &BoxError>) -> Option<Failure> {
        of::<R>(&self.routing).classify(result)
    }

    fn excludes(&self, request: &Req, member: &Member) -> bool {
        of::<R>(&self.routing).excludes(request, member)
    }

    /// Its request is written, and not sent. How long a conversation may be is another matter: who is down may have
    /// room for it, or not, and the next may have more.
    fn unable(&self, request: &Req, member: &Member) -> Option<Failure> {
        // What completes an answer is asked for by ourselves.
        if request.extensions().get::<Prefill>().is_some() {
            return None;
        }
        let (_, normalizer) = self.members.iter().find(|(known, _)| known == member)?;
        let failure = normalizer.refusal(request.clone())?;
        matches!(failure.class(), Class::Unsupported | Class::InvalidRequest).then_some(failure)
    }

    fn attempts(&self, request: &Req) -> Option<Attempts> {
        of::<R>(&self.routing).attempts(request)
    }

    fn class(&self, request: &Req) -> Option<Arc<str>> {
        of::<R>(&self.routing).class(request)
    }

    fn last(&self, request: &mut Req) {
        of::<R>(&self.routing).last(request);
    }

    fn conversation(&self, request: &Req) -> Option<Conversation> {
        of::<R>(&self.routing).conversation(request)
    }

    fn goes_on_as(&self, response: &Res<R>) -> Option<Conversation> {
        of::<R>(&self.routing).goes_on_as(response)
    }

    fn served(&self, response: &mut Res<R>, served: Served) {
        of::<R>(&self.routing).served(response, served);
    }
}
