//! What routing remembers, through the whole stack: conversations, tiers, limits, and that a member was down.

use std::time::Duration;

use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower_failover::circuit_breaker::CircuitState;
use tower_failover::config::Config;
use tower_failover::dialect::AnyDialect;
use tower_failover::testing::{FakeProvider, Fault, RecordedReply};

use crate::support::{APIS, Answer, Api, Gateway, join};

const PRIMARY: &str = "the primary's answer";
const FALLBACK: &str = "the fallback's answer";
/// One retry at once; for calls of which many come at the same time.
const PATIENT: &str = "[retry]\nattempts = 2\nbase = \"10ms\"\ncap = \"20ms\"\n";

/// The first turn of a conversation, or a later one of the same.
fn turn(front: Api, beginning: &str, is_later: bool, is_stream: bool) -> Value {
    let mut body = front.question(is_stream);
    let turns = |user: fn(&str) -> Value, model: Value| {
        let first = user(beginning);
        if is_later { json!([first, model, user("and then?")]) } else { json!([first]) }
    };
    let plain = |text: &str| json!({"role": "user", "content": text});
    match front {
        Api::Gemini => {
            let user = |text: &str| json!({"role": "user", "parts": [{"text": text}]});
            body["contents"] = turns(user, json!({"role": "model", "parts": [{"text": "well"}]}));
        }
        Api::Responses => {
            let model = json!({"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
                "content": [{"type": "output_text", "text": "well", "annotations": []}]});
            body["input"] = turns(plain, model);
        }
        Api::OpenAi | Api::Anthropic => {
            body["messages"] = turns(plain, json!({"role": "assistant", "content": "well"}));
        }
    }
    body
}

async fn ask(gateway: &Gateway, front: Api, body: Value, is_stream: bool) -> Answer {
    gateway.post(&front.path("workhorse", is_stream), body.to_string()).await
}

/// Who answered.
async fn served(gateway: &Gateway, front: Api, body: Value) -> String {
    let answer = ask(gateway, front, body, false).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("x-failover-provider").to_owned()
}

async fn pair(api: Api) -> (FakeProvider, FakeProvider, Gateway) {
    let (primary, fallback) = (api.provider(PRIMARY).await, api.other().provider(FALLBACK).await);
    let gateway = Gateway::between(api, &primary, &fallback).await;
    (primary, fallback, gateway)
}

#[tokio::test]
async fn a_conversation_stays_with_the_fallback_that_served_it_and_new_ones_go_back() {
    let cell = async |front: Api, is_stream: bool| {
        let (primary, _fallback, gateway) = pair(front.other()).await;
        primary.always(Fault::unavailable());
        let answer = ask(&gateway, front, turn(front, "hello", false, is_stream), is_stream).await;
        assert_eq!(answer.header("x-failover-provider"), "fallback", "{front:?}");
        primary.healthy();
        let asked = primary.count();
        let later = ask(&gateway, front, turn(front, "hello", true, is_stream), is_stream).await;
        assert_eq!(later.header("x-failover-provider"), "fallback", "{front:?}");
        assert_eq!(primary.count(), asked, "without asking the primary: {front:?}");
        assert_eq!(served(&gateway, front, turn(front, "hi", true, false)).await, "primary", "{front:?}");
        // One that begins in the same words is another one, as far as anybody knows.
        assert_eq!(served(&gateway, front, turn(front, "hello", false, false)).await, "primary", "{front:?}");
    };
    join(APIS.into_iter().flat_map(|front| [cell(front, false), cell(front, true)])).await;
}

#[tokio::test]
async fn a_conversation_is_the_same_by_its_name_on_every_front() {
    let (primary, _fallback, gateway) = pair(Api::OpenAi).await;
    let named = async |front: Api, name: &str| {
        let request = Request::post(format!("{}{}", gateway.url, front.path("workhorse", false)))
            .header("content-type", "application/json")
            .header("x-conversation-id", name)
            .body(Full::new(front.question(false).to_string().into()))
            .unwrap();
        gateway.send_request(request).await.header("x-failover-provider").to_owned()
    };
    primary.always(Fault::unavailable());
    assert_eq!(named(Api::OpenAi, "a").await, "fallback");
    primary.healthy();
    for front in APIS {
        assert_eq!(named(front, "a").await, "fallback", "{front:?}");
        assert_eq!(named(front, "b").await, "primary", "{front:?}");
    }
}

#[tokio::test]
async fn a_conversation_whose_fallback_fails_goes_on_at_the_primary() {
    let (primary, fallback, gateway) = pair(Api::OpenAi).await;
    let front = Api::OpenAi;
    primary.always(Fault::unavailable());
    served(&gateway, front, turn(front, "hello", false, false)).await;
    primary.healthy();
    fallback.always(Fault::server_error());
    assert_eq!(served(&gateway, front, turn(front, "hello", true, false)).await, "primary");
    fallback.healthy();
    assert_eq!(served(&gateway, front, turn(front, "hello", true, false)).await, "primary");
}

#[tokio::test]
async fn a_request_goes_on_from_a_stored_answer_where_that_is_stored() {
    for is_stream in [false, true] {
        let (primary, fallback) =
            (Api::Responses.provider(PRIMARY).await, Api::Responses.provider(FALLBACK).await);
        let members = [(Api::Responses, primary.base_url()), (Api::Responses, fallback.base_url())];
        let gateway = Gateway::start(&members).await;
        primary.always(Fault::unavailable());
        let first = ask(&gateway, Api::Responses, Api::Responses.question(is_stream), is_stream).await;
        assert_eq!(first.header("x-failover-provider"), "fallback");
        let at = first.raw().find("resp_").expect("an id");
        let id: String = first.raw()[at..].chars().take_while(|c| *c != '"').collect();
        primary.healthy();
        let goes_on = |id: &str| json!({"model": "workhorse", "input": "go on", "previous_response_id": id});
        assert_eq!(served(&gateway, Api::Responses, goes_on(&id)).await, "fallback");
        assert_eq!(served(&gateway, Api::Responses, goes_on("resp_unheard_of")).await, "primary");
    }
}

/// A stack of these members, each a table's lines.
async fn gateway(members: &[(Api, &FakeProvider, &str)], settings: &str) -> Gateway {
    let mut text = settings.to_owned();
    for (index, (api, provider, lines)) in members.iter().enumerate() {
        let (dialect, url) = (api.dialect(), provider.base_url());
        text.push_str(&format!(
            "\n[providers.p{index}]\ndialect = {dialect:?}\nbase_url = {url:?}\n\
             [[classes.workhorse.members]]\nprovider = \"p{index}\"\nmodel = \"m\"\n{lines}\n"
        ));
    }
    let config: Config = text.parse().expect("a right configuration");
    Gateway::serve(config.stack().expect("a stack")).await
}

#[tokio::test]
async fn members_that_are_interchangeable_share_the_load_and_keep_their_conversations() {
    let providers = [
        Api::OpenAi.provider("0").await,
        Api::Anthropic.provider("1").await,
        Api::OpenAi.provider("2").await,
    ];
    let tier = "interchangeable = true";
    let members = [(Api::OpenAi, &providers[0], tier), (Api::Anthropic, &providers[1], tier)];
    let members = [members[0], members[1], (Api::OpenAi, &providers[2], "")];
    let gateway = gateway(&members, PATIENT).await;
    providers.iter().for_each(|provider| provider.always(Fault::DelayHead(Duration::from_millis(100))));
    let front = Api::OpenAi;
    let ask_at_once = (0..20).map(async |n: usize| {
        let beginning = format!("question {n}");
        let first = served(&gateway, front, turn(front, &beginning, false, false)).await;
        let later = served(&gateway, front, turn(front, &beginning, true, false)).await;
        assert_eq!(first, later, "a cache is worth more than a place");
    });
    join(ask_at_once).await;
    let counts: Vec<u64> = providers.iter().map(FakeProvider::count).collect();
    assert!(counts[0] >= 10 && counts[1] >= 10 && counts[2] == 0, "{counts:?}");
}

#[tokio::test]
async fn a_member_whose_answers_are_none_is_passed_over_though_its_circuit_is_closed() {
    let (primary, _fallback, gateway) = pair(Api::OpenAi).await;
    primary.always(Fault::Empty);
    for _ in 0..5 {
        assert_eq!(served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await, "fallback");
    }
    assert_eq!(primary.count(), 10, "each of the five is tried twice");
    let class = gateway.stack.classes().next().unwrap();
    assert_eq!(class.circuits().next().unwrap().state(), CircuitState::Closed);
    assert_eq!(served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await, "fallback");
    assert_eq!(primary.count(), 10);
    let explanation = class.explain(Instant::now());
    assert_eq!((explanation.members[0].state, explanation.members[1].turn), ("unsteady", Some(1)));
}

/// An answer that says that it was the last for half a minute.
fn used_up() -> RecordedReply {
    let body = json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
    RecordedReply::json(200, body.to_string())
        .header("x-ratelimit-remaining-requests", "0")
        .header("x-ratelimit-reset-requests", "30s")
}

#[tokio::test]
async fn a_limit_that_an_answer_says_is_used_up_is_heeded_also_where_the_caller_cannot_see_it() {
    for front in APIS {
        let (primary, _fallback, gateway) = pair(Api::OpenAi).await;
        primary.reply(used_up());
        assert_eq!(served(&gateway, front, front.question(false)).await, "primary");
        assert_eq!(served(&gateway, front, front.question(false)).await, "fallback", "{front:?}");
        assert_eq!(primary.count(), 1);
        let explanation = gateway.stack.classes().next().unwrap().explain(Instant::now());
        let why = explanation.members[0].why.as_deref().unwrap();
        assert!(why.starts_with("its rate limit is used up for another "), "{why}");
    }
}

#[tokio::test]
async fn a_used_up_limit_refuses_nobody_where_there_is_no_other() {
    let only = Api::OpenAi.provider(PRIMARY).await;
    let gateway = Gateway::start(&[(Api::OpenAi, only.base_url())]).await;
    only.reply(used_up());
    for _ in 0..2 {
        assert_eq!(served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await, "primary");
    }
    assert_eq!(only.count(), 2);
}

/// Breaks the primary until its circuit has opened.
async fn trip(gateway: &Gateway, primary: &FakeProvider) {
    primary.always(Fault::unavailable());
    let circuit = gateway.stack.classes().next().unwrap().circuits().next().unwrap();
    while circuit.state() == CircuitState::Closed {
        gateway.ask(Api::OpenAi, false).await;
    }
}

#[tokio::test]
async fn nobody_falls_upon_a_primary_that_is_back() {
    let (primary, fallback) = (Api::OpenAi.provider(PRIMARY).await, Api::OpenAi.provider(FALLBACK).await);
    let settings = format!("{PATIENT}[circuit_breaker]\nopen = \"100ms\"\ncap = \"100ms\"\n");
    let gateway = gateway(&[(Api::OpenAi, &primary, ""), (Api::OpenAi, &fallback, "")], &settings).await;
    trip(&gateway, &primary).await;
    primary.healthy();
    sleep(Duration::from_millis(120)).await;
    let probed = primary.count();
    for _ in 0..2 {
        assert_eq!(served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await, "p0");
    }
    assert_eq!(primary.count(), probed + 2, "its probes");
    let begun = Instant::now();
    join((0..200).map(async |_: usize| {
        served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await;
    }))
    .await;
    // A tenth, and what the share has grown by meanwhile.
    let share = 0.1 + 0.09 * begun.elapsed().as_secs_f64();
    let admitted = primary.count() - probed - 2;
    assert!((18..=(share.min(1.0) * 200.0) as u64 + 5).contains(&admitted), "{admitted} of 200, {share}");
}

#[tokio::test]
async fn while_all_are_down_hardly_a_call_reaches_a_provider() {
    let (primary, fallback, gateway) = pair(Api::OpenAi).await;
    trip(&gateway, &primary).await;
    fallback.always(Fault::unavailable());
    for _ in 0..5 {
        gateway.ask(Api::OpenAi, false).await;
    }
    let before = primary.count() + fallback.count();
    join((0..100).map(async |_: usize| {
        let answer = gateway.ask(Api::OpenAi, false).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }))
    .await;
    let attempts = primary.count() + fallback.count() - before;
    assert!(attempts <= 6, "{attempts} attempts for 100 requests");
}

#[tokio::test]
async fn while_the_primary_is_down_hardly_a_call_reaches_it_and_all_are_answered() {
    let (primary, fallback) = (Api::OpenAi.provider(PRIMARY).await, Api::Anthropic.provider(FALLBACK).await);
    let gateway = gateway(&[(Api::OpenAi, &primary, ""), (Api::Anthropic, &fallback, "")], PATIENT).await;
    trip(&gateway, &primary).await;
    let (before, answered) = (primary.count(), fallback.count());
    join((0..100).map(async |_: usize| {
        assert_eq!(served(&gateway, Api::OpenAi, Api::OpenAi.question(false)).await, "p1");
    }))
    .await;
    assert!(primary.count() - before <= 3, "{} attempts", primary.count() - before);
    assert_eq!(fallback.count() - answered, 100);
}

#[tokio::test]
async fn the_stack_explains_who_would_serve_and_why_not_the_others() {
    let (primary, _fallback, gateway) = pair(Api::OpenAi).await;
    let class = gateway.stack.classes().next().unwrap();
    let explain = || class.explain(Instant::now());
    let healthy = explain();
    assert_eq!(healthy.serves.as_deref(), Some("primary/primary-model"));
    assert_eq!(healthy.members[0].why, None);
    assert_eq!(healthy.members[1].why.as_deref(), Some("behind primary/primary-model"));

    trip(&gateway, &primary).await;
    let down = explain();
    assert_eq!(down.serves.as_deref(), Some("fallback/fallback-model"));
    let [first, second] = [&down.members[0], &down.members[1]];
    assert_eq!((first.state, first.circuit, first.turn), ("down", "open", Some(2)));
    assert!(first.why.as_ref().unwrap().starts_with("its circuit is open for another "), "{first:?}");
    assert!(first.retry_after_ms.is_some_and(|rest| rest <= 6000), "{first:?}");
    assert_eq!((second.state, second.turn, second.why.as_deref()), ("up", Some(1), None));
    assert!(first.vitals.calls >= 5 && second.vitals.first_token_ms.is_some(), "{down:?}");
    let json = serde_json::to_value(&down).unwrap();
    assert_eq!(json["members"][0]["state"], "down");
}

#[tokio::test]
async fn the_stack_explains_which_members_a_request_excludes() {
    let (chat, responses) = (Api::OpenAi.provider(PRIMARY).await, Api::Responses.provider(FALLBACK).await);
    let members = [(Api::OpenAi, chat.base_url()), (Api::Responses, responses.base_url())];
    let gateway = Gateway::start(&members).await;
    let class = gateway.stack.classes().next().unwrap();
    let body = json!({"model": "workhorse", "input": "go on", "previous_response_id": "resp_1"}).to_string();
    let front = AnyDialect::parse("openai-responses").unwrap();
    let explanation = class.explain_request(front, body.as_bytes(), Instant::now()).unwrap();
    assert_eq!(explanation.serves.as_deref(), Some("fallback/fallback-model"));
    let first = &explanation.members[0];
    assert_eq!((first.state, first.turn), ("excluded", None));
    assert!(first.why.as_ref().unwrap().contains("stored at another provider"), "{first:?}");
    assert_eq!((explanation.members[1].turn, explanation.members[1].why.as_deref()), (Some(1), None));
    assert!(class.explain_request(front, b"[]", Instant::now()).is_err());
}

#[tokio::test]
async fn nobody_is_told_to_come_back_for_what_a_member_would_not_do_if_it_were_up() {
    let sound = json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}});
    let body = json!({"model": "workhorse", "messages": [{"role": "user", "content": [sound]}]});
    let (claude, chat) = (Api::Anthropic.provider(PRIMARY).await, Api::OpenAi.provider(FALLBACK).await);
    let alone = [(Api::Anthropic, claude.base_url())];
    let both = [(Api::Anthropic, claude.base_url()), (Api::OpenAi, chat.base_url())];
    for (members, status) in [(&alone[..], 400), (&both[..], 503)] {
        let gateway = Gateway::start(members).await;
        let class = gateway.stack.classes().next().unwrap();
        if status == 400 {
            let answer = ask(&gateway, Api::OpenAi, body.clone(), false).await;
            assert_eq!(answer.status, 400, "its circuit is closed: {answer:?}");
        }
        class.circuits().for_each(|circuit| circuit.force_open(Duration::from_secs(60)));
        let answer = ask(&gateway, Api::OpenAi, body.clone(), false).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503, "{answer:?}");
        let plain = ask(&gateway, Api::OpenAi, Api::OpenAi.question(false), false).await;
        assert_eq!(plain.status, 503, "{plain:?}");
    }
}
