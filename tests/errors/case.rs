//! One answer of a provider, and what it has to be read as.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{ServiceExt, service_fn};
use tower_failover::body::Buffered;
use tower_failover::dialect::AnyDialect;
use tower_failover::facts::Member;
use tower_failover::failure::{BoxError, Class, Failure, Scope};
use tower_failover::retry_budget::RetryBudgetLayer;
use tower_failover::stack::MemberStack;

/// The dialect of the member.
pub(crate) const CHAT: &str = "openai-chat";
pub(crate) const RESPONSES: &str = "openai-responses";
pub(crate) const ANTHROPIC: &str = "anthropic-messages";
pub(crate) const GEMINI: &str = "gemini";

const FRONTS: [(&str, &str, &str); 4] = [
    (CHAT, "/v1/chat/completions", r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#),
    (RESPONSES, "/v1/responses", r#"{"model":"m","input":"hi"}"#),
    (
        ANTHROPIC,
        "/v1/messages",
        r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
    ),
    (GEMINI, "/v1beta/models/m:generateContent", r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#),
];

/// An answer, as the member of this dialect gives it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    dialect: &'static str,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

pub(crate) fn says(dialect: &'static str, status: u16, body: impl Into<String>) -> Case {
    Case { dialect, status, headers: Vec::new(), body: body.into() }
}

impl Case {
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// It concerns what its class usually does, and names no moment.
    #[track_caller]
    pub(crate) fn is(&self, class: Class) {
        self.is_in(class, class.scope(), None);
    }

    #[track_caller]
    pub(crate) fn is_until(&self, class: Class, millis: u64) {
        self.is_in(class, class.scope(), Some(millis));
    }

    #[track_caller]
    pub(crate) fn is_of(&self, class: Class, scope: Scope) {
        self.is_in(class, scope, None);
    }

    #[track_caller]
    fn is_in(&self, class: Class, scope: Scope, millis: Option<u64>) {
        let expected = (class, scope, millis.map(Duration::from_millis));
        for front in FRONTS {
            let error = self.ask(front).expect_err("no answer");
            let failure = Failure::of(&error);
            let read = (failure.class(), failure.scope(), failure.retry_after());
            assert_eq!(read, expected, "to callers of {}: {self:?}", front.0);
            if self.status != 200 {
                assert_eq!(failure.status().map(|status| status.as_u16()), Some(self.status), "{self:?}");
            }
        }
    }

    /// It is no failure: the caller gets it, in his dialect.
    #[track_caller]
    pub(crate) fn is_an_answer(&self) {
        for front in FRONTS {
            if let Err(error) = self.ask(front) {
                panic!("to callers of {}: {error}: {self:?}", front.0);
            }
        }
    }

    fn ask(&self, (front, path, body): (&str, &str, &str)) -> Result<(), BoxError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let case = self.clone();
        let provider = service_fn(move |_: Request<Buffered>| {
            let mut response =
                Response::builder().status(case.status).header("content-type", "application/json");
            for (name, value) in &case.headers {
                response = response.header(*name, value);
            }
            let response = response.body(Full::new(Bytes::from(case.body.clone()))).unwrap();
            async move { Ok::<_, Infallible>(response) }
        });
        let dialect = |name: &str| AnyDialect::parse(name).unwrap();
        let member =
            MemberStack::new(Member::new("provider").with_model("m"), dialect(self.dialect), provider)
                .with_retry(RetryBudgetLayer::default().attempts(1));
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.body(Buffered::from(body.to_owned())).unwrap();
        runtime.block_on(member.service(dialect(front)).oneshot(request)).map(drop)
    }
}
