//! What one member finds out about a key is known to all who use it.

use std::time::Duration;

use tower_failover::testing::{FakeProvider, Fault, RecordedReply};

use crate::support::{APIS, Answer, Api, Gateway, IMPATIENT, join};

const SHARED: &str = "an answer with the shared key";
const OTHER: &str = "an answer with another key";

/// Two models behind one key at one provider, and a third at another.
struct World {
    shared: FakeProvider,
    other: FakeProvider,
    gateway: Gateway,
}

impl World {
    async fn of(api: Api, fault: Fault) -> Self {
        let (shared, other) = (api.provider(SHARED).await, api.provider(OTHER).await);
        shared.always(fault);
        let members = [("shared", "large"), ("shared", "small"), ("other", "third")];
        let gateway = Gateway::configured(&file(api, &shared, &other, &members)).await;
        Self { shared, other, gateway }
    }

    async fn ask(&self, front: Api) -> Answer {
        self.gateway.ask(front, false).await
    }

    fn counts(&self) -> (u64, u64) {
        (self.shared.count(), self.other.count())
    }
}

fn file(api: Api, shared: &FakeProvider, other: &FakeProvider, members: &[(&str, &str)]) -> String {
    let mut text = IMPATIENT.to_owned();
    for (name, provider, key) in [("shared", shared, "sk-shared-secret"), ("other", other, "sk-other-secret")]
    {
        let (dialect, base_url) = (api.dialect(), provider.base_url());
        text.push_str(&format!(
            "\n[providers.{name}]\ndialect = {dialect:?}\nbase_url = {base_url:?}\napi_key = {key:?}\n"
        ));
    }
    for (provider, model) in members {
        text.push_str(&format!(
            "[[classes.workhorse.members]]\nprovider = {provider:?}\nmodel = {model:?}\n"
        ));
    }
    text
}

#[tokio::test]
async fn a_key_that_was_refused_is_not_tried_with_the_next_model() {
    let check = async |api: Api| {
        for fault in [Fault::unauthorized(), Fault::status(403), Fault::payment_required()] {
            let world = World::of(api, fault.clone()).await;
            let answer = world.ask(api.other()).await;
            assert_eq!(answer.read(api.other(), false).text, OTHER, "{fault:?} {api:?}");
            assert_eq!(world.counts(), (1, 1), "{fault:?} {api:?}");
            assert_eq!(answer.header("x-failover-attempts"), "2", "{fault:?} {api:?}");
            // Nor by the next call.
            assert_eq!(world.ask(api).await.read(api, false).text, OTHER);
            assert_eq!(world.counts(), (1, 2), "{fault:?} {api:?}");
        }
    };
    join(APIS.map(check)).await;
}

/// Who was tried, and how it ended, as the error lists it.
fn attempts(answer: &Answer) -> Vec<(String, String)> {
    // A list in the text of a field.
    let list = answer.raw().replace('\\', "");
    let word = |text: &str| text.split('"').next().unwrap().to_owned();
    let entry = |entry: &str| (word(entry), entry.split(r#""class":""#).nth(1).map(word).unwrap_or_default());
    list.split(r#""member":""#).skip(1).map(entry).collect()
}

#[tokio::test]
async fn who_is_passed_over_for_his_key_is_listed_as_cooling_down_and_not_as_an_open_circuit() {
    let cooling = |model: &str| (format!("shared/{model}"), "cooling_down".to_owned());
    let world = World::of(Api::OpenAi, Fault::unauthorized()).await;
    world.other.always(Fault::status(503));
    let first = attempts(&world.ask(Api::OpenAi).await);
    assert_eq!(first[0], ("shared/large".to_owned(), "auth".to_owned()));
    assert_eq!(first[1], cooling("small"), "{first:?}");
    // Asked last, and refused by what keeps the key.
    let second = attempts(&world.ask(Api::OpenAi).await);
    assert_eq!(second[second.len() - 2..], [cooling("large"), cooling("small")], "{second:?}");
    // When nobody is left, the router refuses.
    for _ in 0..3 {
        world.ask(Api::OpenAi).await;
    }
    let last = attempts(&world.ask(Api::OpenAi).await);
    let other = ("other/third".to_owned(), "circuit_open".to_owned());
    assert_eq!(last, [cooling("large"), cooling("small"), other]);
}

#[tokio::test]
async fn an_empty_balance_is_not_tried_with_the_next_model() {
    for api in [Api::OpenAi, Api::Responses, Api::Anthropic] {
        let world = World::of(api, Fault::insufficient_quota()).await;
        assert_eq!(world.ask(api).await.read(api, false).text, OTHER, "{api:?}");
        assert_eq!(world.counts(), (1, 1), "{api:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_closes_only_the_member_that_has_hit_it() {
    let check = async |api: Api| {
        let world = World::of(api, Fault::None).await;
        world.shared.script([Fault::rate_limited(Duration::from_secs(30))]);
        let answer = world.ask(api).await;
        assert_eq!(answer.read(api, false).text, SHARED, "{api:?}");
        assert_eq!((answer.header("x-failover-model"), world.counts()), ("small", (2, 0)), "{api:?}");
        let answer = world.ask(api).await;
        assert_eq!((answer.header("x-failover-model"), world.counts()), ("small", (3, 0)), "{api:?}");
    };
    join(APIS.map(check)).await;
}

#[tokio::test]
async fn a_caller_reads_nothing_of_keys_or_money_when_there_is_nobody_else() {
    for api in APIS {
        for fault in [Fault::unauthorized(), Fault::status(403), Fault::payment_required()] {
            let shared = api.provider(SHARED).await;
            shared.always(fault.clone());
            let members = [("shared", "large"), ("shared", "small")];
            let gateway = Gateway::configured(&file(api, &shared, &shared, &members)).await;
            // The first finds out, the second is refused at once.
            for front in [api, api.other()] {
                let answer = gateway.ask(front, false).await;
                let cell = format!("{fault:?} {api:?} {front:?}: {}", answer.raw());
                assert_eq!(answer.status, 503, "{cell}");
                assert_eq!(answer.header("x-should-retry"), "false", "{cell}");
                let after: u64 = answer.header("retry-after").parse().expect("seconds");
                assert!((290..=300).contains(&after), "{cell}");
                let message = front.error_message(&answer.json()).to_lowercase();
                for word in ["key", "auth", "credential", "permission", "billing", "balance", "quota"] {
                    assert!(!message.contains(word), "{cell}");
                }
                assert!(!answer.raw().contains("secret"), "{cell}");
            }
            assert_eq!(shared.count(), 1, "{fault:?} {api:?}");
        }
    }
}

#[tokio::test]
async fn two_dialects_of_one_host_and_key_share_what_is_found_out() {
    let shared = Api::OpenAi.provider(SHARED).await;
    shared.always(Fault::unauthorized());
    let base_url = shared.base_url();
    let mut text = IMPATIENT.to_owned();
    for (name, dialect) in [("chat", "openai-chat"), ("responses", "openai-responses")] {
        text.push_str(&format!(
            "\n[providers.{name}]\ndialect = {dialect:?}\nbase_url = {base_url:?}\napi_key = \"sk-shared-secret\"\n\
             [[classes.workhorse.members]]\nprovider = {name:?}\nmodel = \"m\"\n"
        ));
    }
    let gateway = Gateway::configured(&text).await;
    assert_eq!(gateway.ask(Api::OpenAi, false).await.status, 503);
    assert_eq!(shared.count(), 1);
}

#[tokio::test]
async fn connections_that_do_not_last_leave_the_other_models_of_a_host_alone() {
    let shared = Api::OpenAi.provider(SHARED).await;
    // Three models, two attempts each: accepted, and closed.
    shared.script(vec![Fault::Refuse; 6]);
    let members = ["a", "b", "c", "d"].map(|model| ("shared", model));
    let gateway = Gateway::configured(&file(Api::OpenAi, &shared, &shared, &members)).await;
    let answer = gateway.ask(Api::OpenAi, false).await;
    assert_eq!(answer.status, 200, "{}", answer.raw());
    assert_eq!(answer.header("x-failover-model"), "d");
}

/// The key as a provider may quote it: plainly, and with escapes that a reader of JSON takes away.
const QUOTED: [&str; 3] = ["sk-shared-secret", r"\u0073k-shared\u002dsecret", r"sk-shared-\u0073ecret"];

/// What each API says of a bad request.
fn refusal(api: Api, key: &str) -> String {
    let message = format!("bad header Authorization: Bearer {key} x");
    match api {
        Api::Anthropic => {
            format!(r#"{{"type":"error","error":{{"type":"invalid_request_error","message":"{message}"}}}}"#)
        }
        Api::Gemini => {
            format!(r#"{{"error":{{"code":400,"message":"{message}","status":"INVALID_ARGUMENT"}}}}"#)
        }
        Api::OpenAi | Api::Responses => {
            format!(r#"{{"error":{{"message":"{message}","type":"invalid_request_error","code":400}}}}"#)
        }
    }
}

#[tokio::test]
async fn our_key_never_reaches_a_caller_wherever_and_however_a_provider_quotes_it() {
    let check = async |api: Api| {
        let shared = api.provider(SHARED).await;
        let gateway = Gateway::configured(&file(api, &shared, &shared, &[("shared", "large")])).await;
        for key in QUOTED {
            let body = refusal(api, key);
            for front in APIS {
                for reply in [
                    RecordedReply::json(400, body.clone()),
                    RecordedReply::json(200, body.clone()),
                    RecordedReply::sse(format!("event: error\ndata: {body}\n\n")),
                ] {
                    for is_stream in [false, true] {
                        shared.reply(reply.clone());
                        let answer = gateway.ask(front, is_stream).await;
                        let cell = format!("{key} {api:?} {front:?} {is_stream}: {}", answer.raw());
                        assert!(!answer.raw().contains("secret"), "{cell}");
                        assert!(!answer.raw().contains("ecret"), "{cell}");
                        if answer.status == 400 {
                            assert!(answer.raw().contains("bad header"), "the rest is told: {cell}");
                        }
                    }
                }
            }
        }
    };
    join(APIS.map(check)).await;
}

/// Nobody tells a model the key, and what it says is not ours to change.
#[tokio::test]
async fn an_answer_is_passed_as_it_is_whatever_words_are_in_it() {
    let said = "the word sk-shared-secret";
    for api in APIS {
        let shared = api.provider(said).await;
        let gateway = Gateway::configured(&file(api, &shared, &shared, &[("shared", "large")])).await;
        for (front, is_stream) in [(api, false), (api, true), (api.other(), false), (api.other(), true)] {
            assert_eq!(gateway.ask(front, is_stream).await.read(front, is_stream).text, said, "{front:?}");
        }
    }
}
