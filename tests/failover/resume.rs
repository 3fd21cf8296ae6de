//! Answers that break off after their first word, and who completes them.

use std::time::Duration;

use serde_json::{Value, json};
use tower_failover::testing::{FakeProvider, Fault, Refusal};

use crate::faults::assert_torn;
use crate::support::{APIS, Answer, Api, Gateway, join};

const ANSWER: &str = "An answer of some words, which all of them would give in the same way.";
const SAID: &str = "An answer of";
/// Whatever is silent on a busy machine, it is not taken for a stall.
const SETTINGS: &str = r#"
    [retry]
    attempts = 2
    base = "10ms"
    [stream]
    first_token = "60s"
    idle = "60s"
    [timeouts]
    attempt = "60s"
    total = "120s"
    [models."*-model"]
    prefill = true
"#;
/// Nothing but what is known of the models.
const KNOWN: &str = "[models.\"*-model\"]\nprefill = true\n";
const CUT: Fault = Fault::CutAfter(3);

/// Does a model of which it was said go on with what it is given, behind this API?
const fn continues(api: Api) -> bool {
    matches!(api, Api::Anthropic | Api::Gemini)
}

/// The beginning of the answer that the provider was last given.
fn begun(api: Api, provider: &FakeProvider) -> Option<String> {
    begun_in(api, &provider.requests().last()?.json())
}

/// The beginning of the answer in this request.
fn begun_in(api: Api, body: &Value) -> Option<String> {
    let last = |list: &Value| list.as_array().and_then(|list| list.last()).cloned().unwrap_or_default();
    let turn = match api {
        Api::Gemini => last(&body["contents"]),
        Api::Responses => last(&body["input"]),
        Api::OpenAi | Api::Anthropic => last(&body["messages"]),
    };
    let text = match (&turn["content"], &turn["parts"]) {
        (Value::String(text), _) => text.clone(),
        (Value::Array(parts), _) | (_, Value::Array(parts)) => parts[0]["text"].as_str()?.to_owned(),
        _ => return None,
    };
    let is_assistant = turn["role"] == "assistant" || turn["role"] == "model";
    is_assistant.then_some(text)
}

struct Cell {
    front: Api,
    primary: FakeProvider,
    fallback: FakeProvider,
    gateway: Gateway,
    what: String,
}

impl Cell {
    async fn new(front: Api, apis: [Api; 2], texts: [&str; 2], settings: &str) -> Self {
        let (primary, fallback) = (apis[0].provider(texts[0]).await, apis[1].provider(texts[1]).await);
        let members = [(apis[0], primary.base_url()), (apis[1], fallback.base_url())];
        let gateway = Gateway::with_settings(&members, settings).await;
        Self { front, primary, fallback, gateway, what: format!("{front:?} {apis:?}") }
    }

    async fn ask(&self) -> Answer {
        self.gateway.ask(self.front, true).await
    }

    /// One whole answer, as the caller's SDK reads it, with an honest mark in it.
    fn assert_completed(&self, answer: &Answer, text: &str, by: &str) {
        let what = format!("{}: {answer:?}", self.what);
        let reading = answer.read(self.front, true);
        assert_eq!((&*reading.text, &*reading.finish), (text, "stop"), "{what}");
        assert!(reading.input > 0 && reading.output > 0, "{what}");
        let who = format!(
            ": x-failover-class: workhorse\n: x-failover-provider: {by}\n: x-failover-model: {by}-model\n"
        );
        let how = format!(
            ": x-failover-attempts: {}\n: x-failover-degraded: continued\n\n",
            self.primary.count() + self.fallback.count()
        );
        assert_eq!(answer.raw().contains(&(who + &how)), self.front != Api::Gemini, "{what}");
        assert_eq!(
            answer.raw().matches("x-failover-degraded").count() > 0,
            self.front != Api::Gemini,
            "{what}"
        );
        assert_eq!(
            answer.header("x-failover-provider"),
            "primary",
            "the head was true when it was sent: {what}"
        );
    }

    /// What was said stands, and a typed error after it.
    fn assert_torn(&self, answer: &Answer, said: &str) {
        let body = answer.raw();
        assert_eq!(spoken(self.front, body), said, "{}: {body}", self.what);
        assert_torn(self.front, body, &format!("{}: {body}", self.what));
    }
}

/// The text of a stream, whole or not.
pub(crate) fn spoken(front: Api, body: &str) -> String {
    let frames = crate::reading::data_lines(body);
    let events = frames.iter().filter_map(|frame| serde_json::from_str::<Value>(frame).ok());
    let text = |event: Value| match front {
        Api::OpenAi => event["choices"][0]["delta"]["content"].as_str().map(str::to_owned),
        Api::Anthropic => event["delta"]["text"].as_str().map(str::to_owned),
        Api::Responses => event["delta"].as_str().map(str::to_owned),
        Api::Gemini => event["candidates"][0]["content"]["parts"][0]["text"].as_str().map(str::to_owned),
    };
    events.filter_map(text).collect()
}

/// Every front, and every pair of members.
async fn in_every_cell(texts: [&str; 2], settings: &str, check: impl AsyncFn(Cell, [Api; 2])) {
    for front in APIS {
        let pairs = APIS.into_iter().flat_map(|primary| APIS.map(|fallback| [primary, fallback]));
        join(pairs.map(|apis| {
            let check = &check;
            async move { check(Cell::new(front, apis, texts, settings).await, apis).await }
        }))
        .await;
    }
}

#[tokio::test]
async fn whoever_goes_on_with_an_answer_completes_it_and_others_repeat_it() {
    let faults =
        [CUT, Fault::StallAfter(3), Fault::ErrorEvent { after: 3 }, Fault::EndWithoutFinish { after: 3 }];
    for fault in faults {
        let is_stall = matches!(fault, Fault::StallAfter(_));
        let settings =
            if is_stall { &*SETTINGS.replace("idle = \"60s\"", "idle = \"3s\"") } else { SETTINGS };
        in_every_cell([ANSWER, ANSWER], settings, async |cell, [primary, fallback]| {
            cell.primary.script([fault.clone()]);
            let answer = cell.ask().await;
            // Nobody else goes on with it: then the one that broke off does, unless it would be silent once more.
            let is_own = continues(primary) && !continues(fallback) && !is_stall;
            cell.assert_completed(&answer, ANSWER, if is_own { "primary" } else { "fallback" });
            let asked = (cell.primary.count(), cell.fallback.count());
            assert_eq!(asked, if is_own { (2, 0) } else { (1, 1) }, "{} {fault:?}", cell.what);
            let begun = if is_own { begun(primary, &cell.primary) } else { begun(fallback, &cell.fallback) };
            let expected = (is_own || continues(fallback)).then_some(SAID);
            assert_eq!(begun.as_deref(), expected, "{} {fault:?}", cell.what);
        })
        .await;
    }
}

/// Servers that imitate an API, and models that nobody knows, answer afresh what they were to go on with.
#[tokio::test]
async fn who_is_not_known_to_go_on_is_asked_to_repeat() {
    let ask = async |front: Api, api: Api, model: &str, text: &str| {
        let (primary, fallback) = (Api::OpenAi.provider(ANSWER).await, api.provider(text).await);
        primary.script([CUT]);
        let members = [(Api::OpenAi, primary.base_url(), "gpt-4o"), (api, fallback.base_url(), model)];
        let gateway = Gateway::with_models(&members, &SETTINGS[..SETTINGS.find("[models").unwrap()]).await;
        let what = format!("{front:?} {model}");
        let cell = Cell { front, primary, fallback, gateway, what };
        let answer = cell.ask().await;
        assert_eq!((cell.fallback.count(), begun(api, &cell.fallback)), (1, None), "{}", cell.what);
        match text == ANSWER {
            true => assert_eq!(answer.read(front, true).text, ANSWER, "{}", cell.what),
            false => cell.assert_torn(&answer, SAID),
        }
    };
    let models = ["glm-4.6", "deepseek-chat", "kimi-k2", "MiniMax-M2", "gpt-5-mini"];
    let models = models.map(|model| (Api::Anthropic, model)).into_iter().chain([(Api::Gemini, "gemma-3")]);
    for front in APIS {
        let texts = |(api, model)| [ANSWER, "A second one."].map(|text| ask(front, api, model, text));
        join(models.clone().flat_map(texts)).await;
    }
}

#[tokio::test]
async fn who_breaks_off_once_more_when_it_goes_on_leaves_the_rest_to_others() {
    for front in APIS {
        join([Api::Anthropic, Api::Gemini].into_iter().flat_map(|primary| {
            [Api::OpenAi, Api::Responses].map(|fallback| async move {
                let cell = Cell::new(front, [primary, fallback], [ANSWER; 2], SETTINGS).await;
                cell.primary.script([CUT, Fault::CutAfter(2)]);
                let answer = cell.ask().await;
                assert_eq!(answer.read(front, true).text, ANSWER, "{}: {answer:?}", cell.what);
                assert_eq!((cell.primary.count(), cell.fallback.count()), (2, 1), "{}", cell.what);
                assert_eq!(begun(fallback, &cell.fallback), None, "{}", cell.what);
            })
        }))
        .await;
    }
}

#[tokio::test]
async fn a_refused_continuation_never_reaches_the_caller() {
    for front in APIS {
        let ask = async |fallback: Api, texts: [&str; 2], faults: &[Fault]| {
            let cell = Cell::new(front, [front, fallback], texts, SETTINGS).await;
            cell.primary.script([CUT]);
            cell.fallback.script(faults.iter().cloned());
            let answer = cell.ask().await;
            (cell, answer)
        };
        for fallback in [Api::Anthropic, Api::Gemini] {
            let refused = Fault::Refusal(Refusal::Prefill);
            let once = std::slice::from_ref(&refused);
            let (cell, answer) = ask(fallback, [ANSWER; 2], once).await;
            cell.assert_completed(&answer, ANSWER, "fallback");
            assert_eq!((cell.primary.count(), cell.fallback.count()), (1, 2), "{}", cell.what);
            let (cell, answer) = ask(fallback, [ANSWER, "Something else."], once).await;
            cell.assert_torn(&answer, SAID);
            let (cell, answer) = ask(fallback, [ANSWER; 2], &[refused.clone(), refused.clone()]).await;
            cell.assert_torn(&answer, SAID);
            assert!(!answer.raw().contains("prefill"), "{}", cell.what);
        }
    }
}

#[tokio::test]
async fn another_answer_is_never_appended_and_is_not_paid_for_to_its_end() {
    for front in APIS {
        let ask = async |primary: Api, fallback: Api| {
            let other = "An other one, in very many other words, each of which takes its time to come.";
            let slow = fallback.builder().answer(other).pace(Duration::from_millis(100)).start();
            let (first, second) = (primary.provider(ANSWER).await, slow.await.unwrap());
            first.script([CUT]);
            let members = [(primary, first.base_url()), (fallback, second.base_url())];
            let gateway = Gateway::with_settings(&members, SETTINGS).await;
            let what = format!("{front:?} {primary:?} {fallback:?}");
            let cell = Cell { front, primary: first, fallback: second, gateway, what };
            let answer = cell.ask().await;
            cell.assert_torn(&answer, SAID);
            assert_eq!(cell.fallback.count(), 1, "{}", cell.what);
            crate::disconnect::eventually("the cancellation", || cell.fallback.cancelled() == 1).await;
        };
        let pairs =
            [(Api::OpenAi, Api::Responses), (Api::Responses, Api::OpenAi), (Api::OpenAi, Api::OpenAi)];
        join(pairs.into_iter().map(|(primary, fallback)| ask(primary, fallback))).await;
    }
}

/// White space at the seam is neither lost nor said twice, wherever the cut is.
#[tokio::test]
async fn every_place_to_break_off_is_one_to_go_on_from() {
    const TEXT: &str = "Höflich,\n\n  und  \"genau\"\tso. ";
    for front in APIS {
        let count = TEXT.chars().count();
        let ask = async |cut: usize, fallback: Api| {
            let build = |api: Api| api.builder().answer(TEXT).chunks(count).start();
            let (primary, fallback_provider) = (build(front).await.unwrap(), build(fallback).await.unwrap());
            primary.script([Fault::CutAfter(cut)]);
            let members = [(front, primary.base_url()), (fallback, fallback_provider.base_url())];
            let gateway = Gateway::with_settings(&members, KNOWN).await;
            let reading = gateway.ask(front, true).await.read(front, true);
            assert_eq!(reading.text, TEXT, "{front:?} {fallback:?} {cut}");
        };
        let cuts = (1..count).flat_map(|cut| APIS.map(|fallback| (cut, fallback)));
        join(cuts.map(|(cut, fallback)| ask(cut, fallback))).await;
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_again_is_gone_on_with_again_and_not_for_ever() {
    for front in APIS {
        let ask = async |cuts: [Option<usize>; 3]| {
            let mut providers = Vec::new();
            for (api, cut) in [front, Api::Anthropic, Api::Gemini].into_iter().zip(cuts) {
                let provider = api.provider(ANSWER).await;
                provider.script(cut.map(Fault::CutAfter));
                providers.push((api, provider));
            }
            let members: Vec<_> =
                providers.iter().map(|(api, provider)| (*api, provider.base_url())).collect();
            let gateway = Gateway::with_settings(&members, SETTINGS).await;
            let answer = gateway.ask(front, true).await;
            let counts: Vec<u64> = providers.iter().map(|(_, provider)| provider.count()).collect();
            (answer, counts)
        };
        let (answer, counts) = ask([Some(3), Some(2), None]).await;
        assert_eq!(answer.read(front, true).text, ANSWER, "{front:?}: {answer:?}");
        assert_eq!(counts, [1, 1, 1], "{front:?}");
        let (answer, counts) = ask([Some(3), Some(2), Some(2)]).await;
        assert_torn(front, answer.raw(), &format!("{front:?}: {answer:?}"));
        assert_eq!(spoken(front, answer.raw()), "An answer of some words, which all", "{front:?}");
        assert_eq!(counts, [1, 1, 1], "{front:?}");
    }
}

/// The caller pays for what was read twice, and for what was said once by two.
#[tokio::test]
async fn usage_is_the_sum_of_what_the_attempts_told() {
    // These two tell it early, whatever the caller's dialect has a place for.
    let ask = async |front: Api, primary: Api, fallback: Api| {
        let build = |api: Api, tokens: u64| api.builder().answer(ANSWER).input_tokens(tokens).start();
        let (first, second) = (build(primary, 100).await.unwrap(), build(fallback, 7).await.unwrap());
        first.script([CUT]);
        let members = [(primary, first.base_url()), (fallback, second.base_url())];
        let gateway = Gateway::with_settings(&members, SETTINGS).await;
        let reading = gateway.ask(front, true).await.read(front, true);
        let input = if (second.count(), first.count()) == (0, 2) { 200 } else { 107 };
        assert_eq!((&*reading.text, reading.input), (ANSWER, input), "{front:?} {primary:?} {fallback:?}");
    };
    for front in APIS {
        let pairs =
            [Api::Anthropic, Api::Gemini].into_iter().flat_map(|primary| APIS.map(|api| (primary, api)));
        join(pairs.map(|(primary, fallback)| ask(front, primary, fallback))).await;
    }
}

/// A question in a form of which two halves need not fit together, or whose answer calls a tool.
fn delicate(front: Api) -> [Value; 2] {
    let schema = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let add = |fields: Value| {
        let mut question = front.question(true);
        for (name, value) in fields.as_object().unwrap() {
            match (&mut question[name], value) {
                (Value::Object(known), Value::Object(more)) => known.extend(more.clone()),
                (known, value) => *known = value.clone(),
            }
        }
        question
    };
    let (form, tools) = match front {
        Api::OpenAi => (
            json!({"response_format": {"type": "json_object"}}),
            json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]}),
        ),
        Api::Anthropic => (
            json!({"output_config": {"format": {"type": "json_schema", "schema": schema}}}),
            json!({"tools": [{"name": "f", "input_schema": schema}]}),
        ),
        Api::Responses => (
            json!({"text": {"format": {"type": "json_object"}}}),
            json!({"tools": [{"type": "function", "name": "f", "parameters": schema, "strict": false}]}),
        ),
        Api::Gemini => (
            json!({"generationConfig": {"responseMimeType": "application/json"}}),
            json!({"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": schema}]}]}),
        ),
    };
    [add(form), add(tools)]
}

#[tokio::test]
async fn what_is_no_plain_text_is_not_gone_on_with() {
    let ask = async |front: Api, api: Api| {
        for question in delicate(front) {
            let call = json!({"city": "a long name of a town that takes many pieces"});
            let build =
                || api.builder().answer(ANSWER).tool_call("f", call.clone()).talks_while_calling().start();
            let (primary, fallback) = (build().await.unwrap(), build().await.unwrap());
            let is_call = question["tools"].is_array();
            let pieces = ANSWER.split(' ').count();
            primary.script([Fault::CutAfter(if is_call { pieces + 1 } else { 3 })]);
            let members = [(api, primary.base_url()), (api, fallback.base_url())];
            let gateway = Gateway::with_settings(&members, SETTINGS).await;
            let answer = gateway.post(&front.path("workhorse", true), question.to_string()).await;
            let what = format!("{front:?} {api:?} {question}: {answer:?}");
            if is_call && front == Api::Gemini && api != Api::Gemini {
                // In that dialect a call is told whole: of half a call the caller knows nothing, and has but text.
                let reading = answer.read(front, true);
                assert_eq!((&*reading.text, reading.tools), (ANSWER, vec![("f".to_owned(), call)]), "{what}");
                continue;
            }
            assert_torn(front, answer.raw(), &what);
            assert_eq!(fallback.count(), 0, "{what}");
        }
    };
    for front in APIS {
        join(APIS.map(|api| ask(front, api))).await;
    }
}

#[tokio::test]
async fn all_is_over_with_the_deadline_of_the_call() {
    let settings = "
        [stream]
        first_token = \"5s\"
        idle = \"200ms\"
        [timeouts]
        total = \"700ms\"
        [models.\"*-model\"]
        prefill = true
    ";
    let ask = async |front: Api| {
        let cell = Cell::new(front, [front, Api::Gemini], [ANSWER; 2], settings).await;
        cell.primary.always(Fault::StallAfter(3));
        cell.fallback.always(Fault::Hang);
        let began = tokio::time::Instant::now();
        let answer = cell.ask().await;
        cell.assert_torn(&answer, SAID);
        assert!(began.elapsed() < Duration::from_secs(3), "{}", cell.what);
        // Whoever does not go on in three quarters of the time that is left is asked to repeat it in the rest, as others
        // are who cannot go on. Each way is gone once, for the one break.
        let requests = cell.fallback.requests();
        let begun: Vec<_> = requests.iter().map(|request| begun_in(Api::Gemini, &request.json())).collect();
        let ways = [Some(SAID.to_owned()), None];
        assert!(!begun.is_empty() && ways.starts_with(&begun), "{}: {begun:?}", cell.what);
    };
    join(APIS.map(ask)).await;
}

#[tokio::test]
async fn a_provider_or_class_may_be_left_out_of_it() {
    let off = format!("{}\n[classes.workhorse.stream]\nrescue = \"error\"\n", SETTINGS);
    for settings in [SETTINGS.replace("[stream]", "[stream]\nrescue = \"error\""), off] {
        let cell = Cell::new(Api::OpenAi, [Api::OpenAi, Api::Anthropic], [ANSWER; 2], &settings).await;
        cell.primary.script([CUT]);
        cell.assert_torn(&cell.ask().await, SAID);
        assert_eq!((cell.primary.count(), cell.fallback.count()), (1, 0));
    }
}
