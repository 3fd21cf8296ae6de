use serde_json::{Value, json};
use tower_failover::dialect::canonical::{
    Answer, Choice, Citation, Content, Finish, Reasoning, Source, ToolCall, Usage,
};
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::{Dialect, Reply};
use tower_failover::failure::Class;

use super::{foreign, json, own};

/// The parts of an answer, in short.
fn parts(answer: &Answer<'_>) -> Vec<String> {
    let part = |part: &Content<'_>| match part {
        Content::Text(text) => format!("text {text}"),
        Content::Reasoning(thought) => {
            format!("thought {} [{}]", thought.text, thought.signature.as_deref().unwrap_or("-"))
        }
        Content::ToolCall(call) => format!("call {} {} {}", call.id, call.name, call.arguments),
        Content::Citation(cited) => {
            format!("cited {:?} {:?}..{:?}", cited.url.as_deref(), cited.start, cited.end)
        }
        Content::Unknown { kind, value } => format!("{kind} {}", value.get()),
        Content::Image { source: Source::Base64 { media_type, data }, .. } => {
            format!("image {media_type} {data}")
        }
        other => format!("{other:?}"),
    };
    answer.choices[0].parts.iter().map(part).collect()
}

fn read(body: &Value) -> (Vec<String>, Option<Finish<'static>>) {
    let body = body.to_string();
    let answer = Gemini.decode_answer(body.as_bytes()).unwrap();
    let finish = answer.choices[0].finish.as_ref().map(|finish| match finish {
        Finish::Stop => Finish::Stop,
        Finish::Length => Finish::Length,
        Finish::ToolCalls => Finish::ToolCalls,
        Finish::ContentFilter => Finish::ContentFilter,
        Finish::Error => Finish::Error,
        other => Finish::Other(format!("{other:?}").into()),
    });
    (parts(&answer), finish)
}

fn of_parts(parts: &Value) -> Vec<String> {
    read(&json!({"candidates": [{"content": {"role": "model", "parts": parts}}], "responseId": "r"})).0
}

fn with<'a>(parts: Vec<Content<'a>>, finish: Finish<'static>) -> Answer<'a> {
    let choice = Choice { parts, finish: Some(finish), logprobs: None };
    Answer { choices: vec![choice], ..Answer::default() }
}

fn candidate(answer: &Answer<'_>, reply: &Reply) -> Value {
    json(&Gemini.encode_answer(answer, reply))["candidates"][0].clone()
}

fn call<'a>(id: &'a str, arguments: &'a str) -> Content<'a> {
    Content::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: arguments.into() })
}

fn thought<'a>(text: &'a str, signature: Option<&'a str>) -> Content<'a> {
    Content::Reasoning(Reasoning {
        text: text.into(),
        signature: signature.map(Into::into),
        ..Reasoning::default()
    })
}

#[test]
fn text_thoughts_and_calls_are_read_with_their_seals() {
    let said = of_parts(&json!([
        {"text": "Let me see.", "thought": true},
        {"functionCall": {"name": "f", "args": {"b": 1, "a": 2}}, "thoughtSignature": "S1"},
        {"functionCall": {"id": "x", "name": "g"}},
        {"text": "Done.", "thoughtSignature": "S2"},
        {"text": "Hm.", "thought": true, "thought_signature": "S3"},
        {"text": "", "thoughtSignature": "S4"},
        {"text": ""},
    ]));
    let id = said[2].split(' ').nth(1).unwrap().to_owned();
    assert!(id.starts_with("call_") && id.len() == 29);
    let wanted = [
        "thought Let me see. [-]",
        "thought  [S1]",
        &format!("call {id} f {{\"a\":2,\"b\":1}}"),
        "call x g {}",
        "text Done.",
        "thought  [S2]",
        "thought Hm. [S3]",
        "thought  [S4]",
    ];
    // `json!` sorts; digits and order of what really comes are kept below.
    assert_eq!(said, wanted);
}

#[test]
fn arguments_keep_their_digits_and_their_order_and_lose_their_layout() {
    let body = "{\"candidates\":[{\"content\":{\"parts\":[{\"function_call\":{\"name\":\"f\",\"args\":{\n  \"z\": 1.50,\n  \"a\": 12345678901234567890123\n}}}]},\"finish_reason\":\"STOP\"}]}";
    let answer = Gemini.decode_answer(body.as_bytes()).unwrap();
    let Content::ToolCall(call) = &answer.choices[0].parts[0] else { panic!() };
    assert_eq!(call.arguments, r#"{"z":1.50,"a":12345678901234567890123}"#);
    assert_eq!(answer.choices[0].finish, Some(Finish::ToolCalls));
    let written = String::from_utf8(Gemini.encode_answer(&answer, &own())).unwrap();
    assert!(written.contains(r#""args":{"z":1.50,"a":12345678901234567890123}"#), "{written}");
}

#[test]
fn what_the_providers_own_tools_did_is_no_call_of_the_callers() {
    let said = of_parts(&json!([
        {"executableCode": {"code": "1+1", "language": "PYTHON"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}, "thoughtSignature": "S"},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"text": "2"},
    ]));
    assert_eq!(
        said,
        [
            r#"executableCode {"executableCode":{"code":"1+1","language":"PYTHON"}}"#,
            r#"codeExecutionResult {"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"2"}}"#,
            r#"toolCall {"toolCall":{"toolType":"GOOGLE_SEARCH_WEB"},"thoughtSignature":"S"}"#,
            "image image/png AA==",
            "text 2",
        ]
    );
}

#[test]
fn the_reason_is_read_by_the_table_and_a_call_outweighs_it() {
    let of = |reason: Value, parts: Value| {
        read(&json!({"candidates": [{"content": {"parts": parts}, "finishReason": reason}]})).1
    };
    let text = json!([{"text": "a"}]);
    assert_eq!(of(json!("STOP"), text.clone()), Some(Finish::Stop));
    assert_eq!(of(json!(1), text.clone()), Some(Finish::Stop));
    assert_eq!(of(json!("STOP"), json!([{"functionCall": {"name": "f"}}])), Some(Finish::ToolCalls));
    assert_eq!(of(json!("CONTINUATION"), text.clone()), Some(Finish::Length));
    assert_eq!(of(json!("IMAGE_SAFETY"), json!(null)), Some(Finish::ContentFilter));
    assert_eq!(of(json!("TOO_MANY_TOOL_CALLS"), json!([])), Some(Finish::Error));
    assert_eq!(of(json!(null), text.clone()), None);
    assert!(matches!(of(json!("NEW_WORD"), text), Some(Finish::Other(word)) if word.contains("NEW_WORD")));
}

#[test]
fn a_blocked_prompt_is_an_answer_with_nothing_in_it() {
    let (said, finish) = read(&json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}}));
    assert_eq!((said.len(), finish), (0, Some(Finish::ContentFilter)));
    let (said, finish) = read(&json!({"candidates": [{"finishReason": "SAFETY"}]}));
    assert_eq!((said.len(), finish), (0, Some(Finish::ContentFilter)));
}

#[test]
fn an_answer_tells_who_when_and_what_it_cost() {
    let body = r#"{"response":{"candidates":[{"content":{"parts":[{"text":"b"}]},"index":1},{"content":{"parts":[{"text":"a"}]}, "index":0}],
        "modelVersion":"gemini-x","responseId":"r1","createTime":"2026-05-27T16:53:45.4Z",
        "usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":2,"thoughtsTokenCount":3,"totalTokenCount":15}}}"#;
    let answer = Gemini.decode_answer(body.as_bytes()).unwrap();
    assert_eq!((answer.id.as_deref(), answer.model.as_deref()), (Some("r1"), Some("gemini-x")));
    assert_eq!(answer.created, Some(1_779_900_825));
    let usage = Usage { input: Some(12), output: Some(3), reasoning: Some(3), ..Usage::default() };
    assert_eq!(answer.usage, Some(usage));
    assert_eq!(answer.choices.len(), 2);
    assert_eq!(parts(&answer), ["text a"]);
}

#[test]
fn sources_are_told_in_characters_behind_their_text() {
    let body = json!({"candidates": [{
        "content": {"parts": [{"text": "Überlegt.", "thought": true}, {"text": "Zürich ist schön. Ja."}]},
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "https://a", "title": "A"}}, {"retrievedContext": {"uri": "https://b", "text": "quote"}},
                {"web": {"uri": "https://c"}}],
            "groundingSupports": [
                {"segment": {"endIndex": 19, "text": "Zürich ist schön."}, "groundingChunkIndices": [0, 1]},
                {"segment": {"startIndex": 20, "endIndex": 23, "partIndex": 1}, "groundingChunkIndices": [0, 9]}],
        },
        "citationMetadata": {"citationSources": [{"endIndex": 7, "uri": "https://d"}, {}]},
        "urlContextMetadata": {"urlMetadata": [
            {"retrievedUrl": "https://a", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
            {"retrievedUrl": "https://e", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"},
            {"retrievedUrl": "https://f", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR"}]},
    }]});
    let wanted = [
        "thought Überlegt. [-]",
        "text Zürich ist schön. Ja.",
        r#"cited Some("https://a") Some(0)..Some(17)"#,
        r#"cited Some("https://b") Some(0)..Some(17)"#,
        r#"cited Some("https://a") Some(18)..Some(21)"#,
        r#"cited Some("https://c") None..None"#,
        r#"cited Some("https://d") Some(0)..Some(6)"#,
        r#"cited Some("https://e") None..None"#,
    ];
    assert_eq!(read(&body).0, wanted);
    let bytes = body.to_string();
    let answer = Gemini.decode_answer(bytes.as_bytes()).unwrap();
    let same = candidate(&answer, &own());
    assert_eq!(same["groundingMetadata"], body["candidates"][0]["groundingMetadata"], "its own words");
}

#[test]
fn sources_of_others_are_told_in_bytes() {
    let cited = |url: &'static str, place: Option<(u64, u64)>| {
        Content::Citation(Citation {
            url: Some(url.into()),
            title: Some("T".into()),
            start: place.map(|place| place.0),
            end: place.map(|place| place.1),
            ..Citation::default()
        })
    };
    let answer = with(
        vec![
            Content::Text("Zürich. Schön.".into()),
            cited("https://a", Some((8, 14))),
            cited("https://a", Some((0, 7))),
            cited("https://b", None),
            cited("https://c", Some((7, 99))),
        ],
        Finish::Stop,
    );
    let grounding = &candidate(&answer, &foreign())["groundingMetadata"];
    let web = |uri| json!({"web": {"uri": uri, "title": "T"}});
    assert_eq!(grounding["groundingChunks"], json!([web("https://a"), web("https://b"), web("https://c")]));
    assert_eq!(
        grounding["groundingSupports"],
        json!([
            {"segment": {"startIndex": 9, "endIndex": 16, "text": "Schön."}, "groundingChunkIndices": [0]},
            {"segment": {"startIndex": 0, "endIndex": 8, "text": "Zürich."}, "groundingChunkIndices": [0]},
        ])
    );
}

#[test]
fn an_answer_is_written_as_the_sdks_read_it() {
    let answer = Answer {
        id: Some("msg_1".into()),
        model: Some("claude-x".into()),
        usage: Some(Usage {
            input: Some(100),
            cache_read: Some(60),
            cache_write: Some(5),
            output: Some(30),
            reasoning: Some(10),
        }),
        ..with(
            vec![
                thought("Hm.", Some("Eq==")),
                Content::Text("Hi".into()),
                call("toolu_1", "{\"a\":\n1}"),
                call("toolu_2", ""),
                call("toolu_3", "{\"a\":"),
            ],
            Finish::ToolCalls,
        )
    };
    let wanted = json!({
        "candidates": [{
            "content": {"parts": [
                // "failover:anthropic-messages:Eq=="
                {"text": "Hm.", "thought": true, "thoughtSignature": "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVxPT0="},
                {"text": "Hi"},
                {"functionCall": {"id": "toolu_1", "name": "f", "args": {"a": 1}}},
                {"functionCall": {"id": "toolu_2", "name": "f", "args": {}}},
            ], "role": "model"},
            "finishReason": "MALFORMED_RESPONSE",
            "index": 0,
        }],
        "usageMetadata": {"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 20,
            "thoughtsTokenCount": 10, "totalTokenCount": 130},
        "modelVersion": "claude-x",
        "responseId": "msg_1",
    });
    assert_eq!(json(&Gemini.encode_answer(&answer, &foreign())), wanted);
}

#[test]
fn its_own_seals_go_back_to_where_they_were() {
    let body = json!({"candidates": [{"content": {"parts": [
        {"text": "Hm.", "thought": true},
        {"functionCall": {"id": "1", "name": "f", "args": {}}, "thoughtSignature": "S1"},
        {"functionCall": {"id": "2", "name": "f", "args": {}}},
        {"text": "Hi", "thoughtSignature": "S2"},
        {"text": "", "thoughtSignature": "S3"},
        {"executableCode": {"code": "1"}},
    ], "role": "model"}, "finishReason": "STOP", "index": 0}]});
    let bytes = body.to_string();
    let answer = Gemini.decode_answer(bytes.as_bytes()).unwrap();
    let written = candidate(&answer, &own());
    assert_eq!(written["content"]["parts"].as_array().unwrap().len(), 6);
    let mut parts: Vec<Value> = body["candidates"][0]["content"]["parts"].as_array().unwrap().clone();
    // Where a seal without a text stands makes no difference.
    parts.swap(4, 5);
    let mut read: Vec<Value> = written["content"]["parts"].as_array().unwrap().clone();
    if read[4]["text"] == "" {
        read.swap(4, 5);
    }
    assert_eq!(read, parts);
}

#[test]
fn encrypted_thoughts_are_told_from_sealed_ones() {
    let redacted = Reasoning { redacted: Some("data".into()), ..Reasoning::default() };
    let answer = with(vec![Content::Reasoning(redacted), Content::Text("a".into())], Finish::Stop);
    let part = &candidate(&answer, &foreign())["content"]["parts"][0];
    // "failover:anthropic-messages:redacted:data"
    let seal = "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOnJlZGFjdGVkOmRhdGE=";
    assert_eq!(*part, json!({"text": "", "thought": true, "thoughtSignature": seal}));
}

#[test]
fn a_refusal_is_said_and_named() {
    let refusal = || Content::Refusal("I cannot.".into());
    let refused = candidate(&with(vec![refusal()], Finish::Stop), &foreign());
    assert_eq!(refused["finishReason"], "SAFETY");
    assert_eq!(refused["content"]["parts"], json!([{"text": "I cannot."}]));
    let blocked = candidate(&with(vec![], Finish::ContentFilter), &foreign());
    assert_eq!(blocked, json!({"finishReason": "SAFETY", "index": 0}));
    let empty = candidate(&with(vec![], Finish::Length), &foreign());
    assert_eq!(empty["content"], json!({"parts": [{"text": ""}], "role": "model"}));
    assert_eq!(empty["finishReason"], "MAX_TOKENS");
}

#[test]
fn a_stream_that_came_as_one_array_is_one_answer() {
    let body = json!([
        {"candidates": [{"content": {"parts": [{"text": "Hm", "thought": true}]}}], "responseId": "r",
            "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5}},
        {"candidates": [{"content": {"parts": [{"text": ".", "thought": true, "thoughtSignature": "S"}, {"text": "Zü"}]}}]},
        {"candidates": [{"content": {"parts": [{"text": "rich"}, {"functionCall": {"id": "1", "name": "f"}}]}, "finishReason": "STOP",
            "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a"}}],
                "groundingSupports": [{"segment": {"endIndex": 7}, "groundingChunkIndices": [0]}]}}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}},
    ]);
    let (said, finish) = read(&body);
    let wanted =
        ["thought Hm. [S]", "text Zürich", r#"cited Some("https://a") Some(0)..Some(6)"#, "call 1 f {}"];
    assert_eq!(said, wanted);
    assert_eq!(finish, Some(Finish::ToolCalls));
    Gemini.check_answer(body.to_string().as_bytes()).unwrap();
}

#[test]
fn a_200_is_checked_for_an_answer_in_it() {
    let check = |body: Value| Gemini.check_answer(body.to_string().as_bytes());
    let of = |candidate: Value| check(json!({"candidates": [candidate]}));
    let parts = |parts: Value, reason: &str| of(json!({"content": {"parts": parts}, "finishReason": reason}));
    let empty = |result: Result<(), tower_failover::failure::Failure>| {
        assert_eq!(result.unwrap_err().class(), Class::InvalidOutput);
    };
    parts(json!([{"text": "a"}]), "STOP").unwrap();
    parts(json!([{"functionCall": {"name": "f"}}]), "STOP").unwrap();
    parts(json!([]), "MAX_TOKENS").unwrap();
    of(json!({"finishReason": "SAFETY"})).unwrap();
    check(json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})).unwrap();
    empty(parts(json!([{"text": ""}]), "STOP"));
    empty(parts(json!([{"text": "a", "thought": true}]), "STOP"));
    empty(of(json!({"finishReason": "MALFORMED_FUNCTION_CALL"})));
    empty(check(json!({"candidates": []})));
    empty(check(json!({"usageMetadata": {"promptTokenCount": 1}})));
    empty(check(json!("x")));
    assert!(check(json!({"error": {"code": 503}})).is_err());
    assert!(check(json!([{"error": {"code": 503}}])).is_err());
}

#[test]
fn what_is_no_answer_is_refused() {
    for body in ["", "7", "{", "{}", r#"{"error":{"code":500}}"#, r#"[{"error":{}}]"#, r#"{"candidates":7}"#]
    {
        assert!(Gemini.decode_answer(body.as_bytes()).is_err(), "{body}");
    }
    // One odd leaf does not cost the answer.
    let body = r#"{"candidates":[{"content":{"parts":[{"text":"a","thought":"no","thoughtSignature":7}],"role":[]},
        "index":"x","finishReason":"STOP","groundingMetadata":7,"logprobsResult":[]}],"usageMetadata":[],"modelVersion":{}}"#;
    let answer = Gemini.decode_answer(body.as_bytes()).unwrap();
    assert_eq!(parts(&answer), ["text a"]);
}

#[test]
fn token_probabilities_come_in_the_words_of_chat() {
    let body = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP",
        "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -0.5}]}}]});
    let bytes = body.to_string();
    let answer = Gemini.decode_answer(bytes.as_bytes()).unwrap();
    let value = answer.choices[0].logprobs.as_ref().unwrap();
    assert_eq!(
        json(value.get().as_bytes()),
        json!({"content": [{"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}]})
    );
    let written = candidate(&answer, &own());
    assert_eq!(
        written["logprobsResult"]["chosenCandidates"],
        body["candidates"][0]["logprobsResult"]["chosenCandidates"]
    );
}
