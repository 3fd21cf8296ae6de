//! The assembly: all layers, in the order in which a call meets them.
//!
//! This is the one module that knows every layer. It is here to be used, and to be read: a gateway author who
//! wants another order copies [`Stack::front`] and [`MemberStack::service`] and changes what he likes.
//!
//! ```text
//!   rescue              every error becomes one response in the caller's dialect
//!   degraded_marker     says who served, and whether that is a drop in quality
//!   deadline            one instant for the whole call
//!   buffer              the body once, bounded; what the call asks for, read once
//!   keepalive           signs of life while a stream is awaited; commits to nothing
//!   resume              completes an answer that breaks off, with another member
//!   health_routing      the members of the class, in order or by score; fails over
//!   ├─ member 1         retry_budget → cooldown → circuit_breaker → vitals → stream_guard → schema_normalizer → client
//!   ├─ member 2         the same, its own state
//!   └─ member n
//! ```
//!
//! A member's state is the member's, not the route's: a class reached through two fronts, or a member listed in
//! two classes, has one circuit and one budget.
//!
//! # Example
//!
//! ```no_run
//! # fn main() -> Result<(), tower_failover::failure::BoxError> {
//! use tower_failover::client::Endpoint;
//! use tower_failover::dialect::openai_chat::OpenAiChat;
//! use tower_failover::facts::Member;
//! use tower_failover::stack::{ClassStack, MemberStack, Stack};
//!
//! let member = |name: &'static str, url: &str| {
//!     let client = Endpoint::new(url, "key")?.into_service();
//!     let member = Member::new(name).with_model("llama-3.3-70b");
//!     Ok::<_, tower_failover::failure::BoxError>(MemberStack::new(member, OpenAiChat, client))
//! };
//! let class = ClassStack::new("workhorse", member("here", "http://10.0.0.7:8000/v1")?)
//!     .with_fallback(member("there", "http://10.0.0.8:8000/v1")?);
//! let stack = Stack::new([class]);
//!
//! // A tower service that an axum router, or hyper, can serve as it is.
//! let service = stack.front(OpenAiChat);
//! # let _ = axum::Router::<()>::new().route_service("/v1/chat/completions", service);
//! # Ok(())
//! # }
//! ```

mod class;
mod classes;
mod explain;
mod health;
mod member;
mod preview;
mod routing;

use std::sync::Arc;
use std::time::Duration;

use tower::ServiceBuilder;

pub use self::class::ClassStack;
pub use self::classes::{Classes, ResponseFuture};
pub use self::explain::{Explanation, Figures, MemberExplanation};
pub use self::member::{MemberService, MemberStack, MemberTimeouts};
pub use self::preview::Preview;
pub use self::routing::ClassRouting;
use crate::array_stream::{ArrayStream, ArrayStreamLayer};
use crate::buffer::{Buffer, BufferLayer, Peeking};
use crate::client::Client;
use crate::deadline::{Deadline, DeadlineLayer};
use crate::degraded_marker::{DegradedMarker, DegradedMarkerLayer};
use crate::dialect::AnyDialect;
use crate::health_routing::HealthRouting;
use crate::keepalive::{DialectKeepalive, Keepalive};
use crate::rescue::{DialectRescue, Rescue, RescueLayer};
use crate::resume::{DialectMend, Resume};

/// The members of a class, and how one is chosen.
pub type Routing<C = Client> = HealthRouting<MemberService<C>, MemberService<C>, ClassRouting>;

/// One class as a service: signs of life, its own deadline, then its members, and what completes their answers.
pub type ClassService<C = Client> =
    Keepalive<Deadline<Resume<Routing<C>, DialectMend<AnyDialect>>>, DialectKeepalive<AnyDialect>>;

/// The whole stack as a service, from the caller's request to the answer in his dialect.
pub type FrontService<C = Client> = ArrayStream<
    Rescue<
        DegradedMarker<Deadline<Buffer<Classes<ClassService<C>>, Peeking<AnyDialect>>>>,
        DialectRescue<AnyDialect>,
    >,
>;

/// Everything between a caller and the providers.
///
/// Cheap to clone; all clones, and all fronts made of them, share one state per member.
#[derive(Clone, Debug)]
pub struct Stack<C = Client> {
    classes: Arc<[ClassStack<C>]>,
    request_body_limit: usize,
}

impl<C> Stack<C> {
    /// A stack that serves these classes.
    #[must_use]
    pub fn new(classes: impl IntoIterator<Item = ClassStack<C>>) -> Self {
        Self { classes: classes.into_iter().collect(), request_body_limit: BufferLayer::DEFAULT_LIMIT }
    }

    /// The largest request body, in bytes. Default: 20 MiB.
    #[must_use]
    pub fn with_request_body_limit(mut self, bytes: usize) -> Self {
        self.request_body_limit = bytes;
        self
    }

    /// The classes, in the order given.
    pub fn classes(&self) -> impl Iterator<Item = &ClassStack<C>> {
        self.classes.iter()
    }

    /// The longest that any class may take: what bounds a call before its class is known.
    fn total(&self) -> Duration {
        self.classes.iter().map(ClassStack::deadline).max().unwrap_or(ClassStack::<C>::DEFAULT_DEADLINE)
    }
}

impl<C: Clone> Stack<C> {
    /// The stack for callers who speak `dialect`.
    pub fn front(&self, dialect: impl Into<AnyDialect>) -> FrontService<C> {
        let dialect = dialect.into();
        let classes = self.classes.iter().map(|class| (class.shared_name(), class.service(dialect)));
        ServiceBuilder::new()
            // Outermost: below it there is one form of stream. It knows by the path who wants the other.
            .layer(ArrayStreamLayer::for_gemini())
            // From here on up there are only responses.
            .layer(RescueLayer::new(dialect))
            // Inside rescue, since an error has nobody who served it.
            .layer(DegradedMarkerLayer::new())
            // Before the body is read, so that a slow upload spends the caller's own time.
            .layer(DeadlineLayer::new(self.total()))
            // Below this a request can be repeated, and has a `Call` that says what it asks for.
            .layer(BufferLayer::for_dialect(dialect).limit(self.request_body_limit))
            // Each class orders its members, and fails over.
            .service(Classes::new(classes))
    }
}
