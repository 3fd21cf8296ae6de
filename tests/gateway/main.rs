//! What can be relied on of the running gateway: its process, its port, its file and its signals.
//!
//! What it answers to whom is tested without a process in `tests/failover`.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod process;
#[path = "../failover/reading.rs"]
#[allow(dead_code, reason = "of those who read more")]
mod reading;
#[path = "../failover/support.rs"]
#[allow(dead_code, reason = "of those who need no process")]
mod support;

use std::time::Duration;

use http::{Method, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower_failover::testing::{FakeProvider, Fault};

use process::{File, Gateway, check, wait_for};
use support::{APIS, Answer, Api};

const HELLO: &str = "the primary says hello";
const FALLBACK: &str = "the fallback says hello";

/// A file with an OpenAI before an Anthropic of these addresses.
fn config(primary: &str, fallback: &str, more: &str) -> String {
    format!(
        r#"
        {more}
        [limits]
        request_body = "64KiB"
        [retry]
        attempts = 1
        [providers.primary]
        dialect = "openai-chat"
        base_url = "{primary}"
        api_key = "k"
        [providers.fallback]
        dialect = "anthropic-messages"
        base_url = "{fallback}"
        api_key = "k"
        [[classes.workhorse.members]]
        provider = "primary"
        model = "gpt-test"
        [[classes.workhorse.members]]
        provider = "fallback"
        model = "claude-test"
        degraded = true
        "#
    )
}

/// A gateway, and who is behind it.
struct World {
    gateway: Gateway,
    primary: FakeProvider,
    fallback: FakeProvider,
    file: File,
}

impl World {
    async fn start() -> Self {
        Self::with_primary(FakeProvider::openai().answer(HELLO).start().await.unwrap()).await
    }

    async fn with_primary(primary: FakeProvider) -> Self {
        let fallback = FakeProvider::anthropic().answer(FALLBACK).start().await.unwrap();
        let file = File::new(&config(&primary.base_url(), &fallback.base_url(), ""));
        let gateway = Gateway::start(&file).await;
        Self { gateway, primary, fallback, file }
    }

    /// The file, with this before all else.
    fn rewrite(&self, more: &str) {
        self.file.write(&config(&self.primary.base_url(), &self.fallback.base_url(), more));
    }

    async fn ask(&self, front: Api, class: &str, is_stream: bool) -> Answer {
        let mut question = front.question(is_stream);
        if front != Api::Gemini {
            question["model"] = class.into();
        }
        self.post(&front.path(class, is_stream), &[], question.to_string()).await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: impl Into<bytes::Bytes>) -> Answer {
        whole(self.gateway.request(Method::POST, path, headers, body).await).await
    }

    async fn get(&self, path: &str) -> Answer {
        whole(self.gateway.request(Method::GET, path, &[], "").await).await
    }
}

async fn whole(response: http::Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).map_err(|error| error.to_string());
    Answer { status: head.status, headers: head.headers, body }
}

#[track_caller]
fn assert_refused(front: Api, answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{front:?}: {answer:?}");
    assert_eq!(answer.header("content-type"), "application/json", "{front:?}");
    front.error_message(&answer.json())
}

#[tokio::test]
async fn a_route_or_a_method_that_is_not_there_is_refused_in_the_callers_dialect() {
    let world = World::start().await;
    let nowhere = ["/v1/chat/nothing", "/v1/messages/nothing", "/v1/responses/nothing", "/v1beta/nothing"];
    for (front, nowhere) in
        [Api::OpenAi, Api::Anthropic, Api::Responses, Api::Gemini].into_iter().zip(nowhere)
    {
        let answer = world.post(nowhere, &[], "{}").await;
        assert!(assert_refused(front, &answer, 404).contains(nowhere), "{answer:?}");
        let path = front.path("workhorse", false);
        let answer = whole(world.gateway.request(Method::PUT, &path, &[], "{}").await).await;
        assert!(assert_refused(front, &answer, 405).contains("PUT"), "{answer:?}");
        assert!(answer.header("allow").contains("POST"), "RFC 9110, 15.5.6: {front:?} {answer:?}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_the_callers_to_mend_and_asks_nobody() {
    let world = World::start().await;
    for front in APIS {
        let path = front.path("workhorse", false);
        let message = assert_refused(front, &world.ask(front, "nobody", false).await, 404);
        assert!(message.contains("nobody") && message.contains("workhorse"), "{message}");
        assert_refused(front, &world.post(&path, &[], "{\"model\"").await, 400);
        assert_refused(front, &world.post(&path, &[], vec![b' '; 65 * 1024]).await, 413);
        let question = front.question(false).to_string();
        for rubbish in ["soon", "0", "-5", "1.5"] {
            let headers = [("x-failover-deadline-ms", rubbish)];
            let message = assert_refused(front, &world.post(&path, &headers, question.clone()).await, 400);
            assert!(message.contains("x-failover-deadline-ms"), "{message}");
        }
    }
    assert_eq!((world.primary.count(), world.fallback.count()), (0, 0));
}

#[tokio::test]
async fn an_answer_says_who_gave_it() {
    let world = World::start().await;
    for (front, is_stream) in APIS.into_iter().flat_map(|front| [(front, false), (front, true)]) {
        let answer = world.ask(front, "workhorse", is_stream).await;
        assert_eq!(answer.read(front, is_stream).text, HELLO, "{front:?}");
        let told = ["class", "provider", "model", "attempts", "degraded"]
            .map(|name| answer.header(&format!("x-failover-{name}")).to_owned());
        assert_eq!(told, ["workhorse", "primary", "gpt-test", "1", ""], "{front:?} {is_stream}");
        assert!(answer.raw().contains("gpt-test"), "{answer:?}");
    }
    world.primary.always(Fault::unavailable());
    let question =
        r#"{"model":"workhorse","messages":[{"role":"user","content":"Hi"}],"logit_bias":{"1":2}}"#;
    let answer = world.post("/v1/chat/completions", &[], question).await;
    assert_eq!(answer.read(Api::OpenAi, false).text, FALLBACK);
    let told =
        ["provider", "model", "attempts"].map(|name| answer.header(&format!("x-failover-{name}")).to_owned());
    assert_eq!(told, ["fallback", "claude-test", "2"]);
    assert!(!answer.header("x-failover-degraded").is_empty(), "{answer:?}");
    assert!(answer.header("x-failover-loss").contains("dropped=logit_bias"), "{answer:?}");
}

#[tokio::test]
async fn a_stream_under_way_is_finished_after_sigterm_and_all_went_well() {
    // It outlives the time in which new connections are still taken.
    let words = ["word"; 40].join(" ");
    let slow = FakeProvider::openai().answer(&*words).pace(Duration::from_millis(120));
    let world = World::with_primary(slow.start().await.unwrap()).await;
    assert_eq!(
        (world.get("/healthz").await.status, world.get("/readyz").await.status),
        (StatusCode::OK, StatusCode::OK)
    );

    let question = Api::OpenAi.question(true).to_string();
    let response = world.gateway.request(Method::POST, "/v1/chat/completions", &[], question).await;
    let (head, mut body) = response.into_parts();
    let mut stream = body.frame().await.unwrap().unwrap().into_data().unwrap().to_vec();

    world.gateway.signal("TERM").await;
    let ready =
        || async { (world.get("/readyz").await.status == StatusCode::SERVICE_UNAVAILABLE).then_some(()) };
    wait_for("a /readyz that says no", ready).await;
    assert_eq!(world.get("/healthz").await.status, StatusCode::OK, "it lives until it is dead");
    wait_for("a closed port", || async { (!world.gateway.accepts().await).then_some(()) }).await;
    world.gateway.prints("stopping: letting").await;

    stream.extend_from_slice(&body.collect().await.expect("the rest of the stream").to_bytes());
    let answer = Answer { status: head.status, headers: head.headers, body: Ok(stream.into()) };
    assert_eq!(answer.read(Api::OpenAi, true).text, words);
    assert_eq!(world.gateway.ended().await.code(), Some(0));
}

#[tokio::test]
async fn a_signal_may_come_as_soon_as_the_address_is_told() {
    let world = World::start().await;
    world.gateway.signal("HUP").await;
    world.gateway.signal("TERM").await;
    world.gateway.prints("took over").await;
    assert_eq!(world.gateway.ended().await.code(), Some(0));
}

const CODER: &str = "[[classes.coder.members]]\nprovider = \"primary\"\nmodel = \"coder-test\"\n";

#[tokio::test]
async fn a_file_is_taken_over_if_it_is_right_and_else_left_aside() {
    let world = World::start().await;
    assert_eq!(world.ask(Api::OpenAi, "coder", false).await.status, 404);
    // Without a change only the signal can be why.
    world.gateway.signal("HUP").await;
    world.gateway.prints("took over").await;

    world.rewrite("[streem]\nidle = \"5s\"\n");
    world.gateway.signal("HUP").await;
    let said = world.gateway.complains("left aside").await;
    let said = if said.contains("streem") { said } else { world.gateway.complains("streem").await };
    assert!(said.contains("toml:2:"), "{said}");
    assert_eq!(world.ask(Api::OpenAi, "workhorse", false).await.read(Api::OpenAi, false).text, HELLO);

    world.rewrite(CODER);
    world.gateway.signal("HUP").await;
    let served = || async {
        let answer = world.ask(Api::OpenAi, "coder", false).await;
        (answer.status == StatusCode::OK).then_some(answer)
    };
    assert_eq!(wait_for("the class that is new", served).await.header("x-failover-model"), "coder-test");
    assert_eq!(world.ask(Api::OpenAi, "workhorse", false).await.status, 200);
}

#[tokio::test]
async fn whoever_listens_may_go_and_nothing_is_cut() {
    let words = ["word"; 40].join(" ");
    let slow = FakeProvider::openai().answer(&*words).pace(Duration::from_millis(120));
    let mut world = World::with_primary(slow.start().await.unwrap()).await;
    world.gateway.is_heard_no_more().await;

    // Complaints, and what it says of a file that is right: after both of them files are still taken over.
    world.rewrite("[streem]\n");
    world.gateway.signal("HUP").await;
    for class in ["first", "second"] {
        world.rewrite(&CODER.replace("coder", class));
        world.gateway.signal("HUP").await;
        let question = Api::OpenAi.question(true).to_string().replace("workhorse", class);
        let served = || async {
            let path = "/v1/chat/completions";
            let response = world.gateway.request(Method::POST, path, &[], question.clone()).await;
            (response.status() == StatusCode::OK).then_some(())
        };
        wait_for("the class that is new", served).await;
    }

    let question = Api::OpenAi.question(true).to_string();
    let response = world.gateway.request(Method::POST, "/v1/chat/completions", &[], question).await;
    world.gateway.signal("TERM").await;
    assert_eq!(whole(response).await.read(Api::OpenAi, true).text, words);
    assert_eq!(world.gateway.ended().await.code(), Some(0));
}

/// As a link that is turned to another file of a store, or what `cp -p` and `rsync -t` leave.
#[tokio::test]
async fn a_file_is_taken_over_that_differs_in_nothing_but_what_it_says() {
    let world = World::start().await;
    let was = std::fs::metadata(&world.file.0).unwrap();
    let other = std::fs::read_to_string(&world.file.0).unwrap().replace("gpt-test", "gpt-best");
    let other = File::new(&other);
    let handle = std::fs::File::options().write(true).open(&other.0).unwrap();
    handle.set_modified(was.modified().unwrap()).unwrap();
    std::fs::rename(&other.0, &world.file.0).unwrap();
    let is = std::fs::metadata(&world.file.0).unwrap();
    assert_eq!((is.len(), is.modified().unwrap()), (was.len(), was.modified().unwrap()));
    let served = || async {
        let answer = world.ask(Api::OpenAi, "workhorse", false).await;
        (answer.header("x-failover-model") == "gpt-best").then_some(())
    };
    wait_for("the other model", served).await;
}

#[tokio::test]
async fn a_check_ends_with_what_is_wrong() {
    let good = config("http://127.0.0.1:9/v1", "http://127.0.0.1:9", CODER);
    let checked = check(&File::new(&good)).await;
    let plan = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{plan}");
    for said in ["valid", "class workhorse", "class coder", "serves first", "primary", "claude-test"] {
        assert!(plan.contains(said), "{said}: {plan}");
    }

    let checked = check(&File::new(&good.replace("base_url", "bse_url"))).await;
    let said = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1), "{said}");
    assert!(
        said.contains("`bse_url`") && said.contains("did you mean `base_url`") && said.contains("toml:12:"),
        "{said}"
    );
    assert!(checked.stdout.is_empty(), "nothing is planned");
}
