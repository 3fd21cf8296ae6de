//! What a caller sends.

use http::{HeaderMap, HeaderValue, Uri};
use serde_json::{Value, json};
use tower_failover::dialect::canonical::{
    Content, Effort, OutputFormat, Request, Role, Source, Tool, ToolChoice,
};
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Target};
use tower_failover::facts::{Call, Losses, Operation};
use tower_failover::failure::Class;

use super::again;

const REQUEST: &str = include_str!("../data/openai_responses/request.json");

fn read<T>(body: &Value, look: impl FnOnce(&Request<'_>) -> T) -> T {
    let body = body.to_string();
    look(&OpenAiResponses.decode_request(body.as_bytes()).unwrap())
}

fn refused(body: &Value) -> (String, Option<String>) {
    let body = body.to_string();
    let invalid = OpenAiResponses.decode_request(body.as_bytes()).unwrap_err();
    (invalid.message().to_owned(), invalid.param().map(str::to_owned))
}

/// The losses at a member of another dialect.
fn losses(body: &Value) -> String {
    let body = body.to_string();
    let request = OpenAiResponses.decode_request(body.as_bytes()).unwrap();
    let mut losses = Losses::new();
    OpenAiChat.encode_request(&request, &Target::new("member"), &mut losses).unwrap();
    losses.to_string()
}

fn asked(input: Value) -> Value {
    json!({"model": "m", "input": input})
}

/// Every turn: who, and where each of its parts stood.
fn outline(request: &Request<'_>) -> Vec<String> {
    let turn = |turn: &tower_failover::dialect::canonical::Turn<'_>| {
        let parts: Vec<_> =
            turn.parts.iter().map(|part| request.names.part(part.position, "").into_owned()).collect();
        format!("{:?}: {}", turn.role, parts.join(" "))
    };
    request.turns.iter().map(turn).collect()
}

#[test]
fn all_fields_are_read_and_written_as_they_were() {
    let body: Value = serde_json::from_str(REQUEST).unwrap();
    assert_eq!(again(&body).unwrap(), body);
    let bytes = again(&body).unwrap().to_string();
    assert!(bytes.contains("2.5") && bytes.contains("0.7"));
}

#[test]
fn items_of_one_speaker_are_one_turn_and_every_part_knows_its_item() {
    let body: Value = serde_json::from_str(REQUEST).unwrap();
    let turns = read(&body, outline);
    let expected = [
        "System: instructions",
        "System: input[0].content",
        "Developer: input[1].content[0]",
        "User: input[2].content[0] input[2].content[1] input[2].content[2] input[2].content[3] input[2].content[4] \
         input[2].content[5] input[2].content[6] input[2].content[7] input[2].content[8]",
        // The citation stands where its text does.
        "Assistant: input[3] input[4].content[0] input[4].content[0] input[4].content[1] input[5] input[6] input[7]",
        "User: input[8] input[9]",
        "Assistant: input[10] input[11].content",
        "User: input[12].content",
    ];
    assert_eq!(turns, expected);
}

#[test]
fn a_string_is_one_turn_of_the_user() {
    read(&json!({"model": "m", "input": "hi", "instructions": "be brief"}), |request| {
        assert_eq!(outline(request), ["System: instructions", "User: input"]);
        assert!(request.wants_usage && !request.stream);
        assert_eq!(request.names.dialect, "openai-responses");
    });
}

#[test]
fn media_are_read_from_wherever_they_are() {
    let body: Value = serde_json::from_str(REQUEST).unwrap();
    read(&body, |request| {
        let parts = &request.turns[3].parts;
        let source = |index: usize| match &parts[index].content {
            Content::Image { source, .. } | Content::Document { source, .. } | Content::Audio { source } => {
                source.clone()
            }
            other => panic!("{other:?}"),
        };
        let base64 = |media_type: &'static str, data: &'static str| Source::Base64 {
            media_type: media_type.into(),
            data: data.into(),
        };
        assert_eq!(source(1), base64("image/png", "iVBORw0KGgo="));
        assert_eq!(source(2), Source::Url("https://example.org/a.png".into()));
        assert_eq!(source(3), Source::File("file-1".into()));
        assert_eq!(source(4), base64("application/pdf", "JVBERi0="));
        assert_eq!(source(5), base64("application/pdf", "JVBERi0="));
        assert_eq!(source(6), Source::Url("https://example.org/b.pdf".into()));
        assert_eq!(source(7), Source::File("file-2".into()));
        assert_eq!(source(8), base64("audio/wav", "UklGRg=="));
        assert!(parts[0].cache.is_some());
        let Content::Image { detail, .. } = &parts[1].content else { panic!() };
        assert_eq!(detail.as_deref(), Some("high"));
    });
}

#[test]
fn calls_results_and_thoughts_are_read() {
    let body: Value = serde_json::from_str(REQUEST).unwrap();
    read(&body, |request| {
        let parts = &request.turns[4].parts;
        let Content::Reasoning(thought) = &parts[0].content else { panic!() };
        assert_eq!((&*thought.text, thought.issuer.as_deref()), ("Looking.", Some("openai-responses")));
        assert_eq!(thought.signature.as_deref(), Some("rs_1 gAAAAB1"));
        let Content::Citation(citation) = &parts[2].content else { panic!() };
        assert_eq!((citation.url.as_deref(), citation.end), (Some("https://example.org"), Some(5)));
        let Content::ToolCall(call) = &parts[4].content else { panic!() };
        assert_eq!((&*call.id, &*call.name, &*call.arguments), ("call_1", "look", r#"{"at":1.50}"#));
        let Content::Reasoning(thought) = &parts[5].content else { panic!() };
        assert_eq!(thought.text, "One.\n\nTwo.");
        let Content::ToolCall(call) = &parts[6].content else { panic!() };
        assert_eq!(call.arguments, r#""ls \"a\"\n""#, "the input of a custom tool, as JSON");
        let Content::ToolResult(result) = &request.turns[5].parts[1].content else { panic!() };
        assert_eq!((&*result.id, result.parts.len()), ("call_2", 2));
        let Content::Unknown { kind, .. } = &request.turns[6].parts[0].content else { panic!() };
        assert_eq!(kind, "web_search_call");
    });
}

#[test]
fn a_thought_that_another_dialect_sealed_is_its_issuers() {
    let thought = |seal: &str| {
        let body = asked(
            json!([{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}],
            "encrypted_content": seal}]),
        );
        read(&body, |request| match &request.turns[0].parts[0].content {
            Content::Reasoning(thought) => format!("{thought:?}"),
            other => panic!("{other:?}"),
        })
    };
    let signed = thought("failover:anthropic-messages:EqQB");
    assert!(signed.contains(
        r#"text: "hm", signature: Some("EqQB"), redacted: None, issuer: Some("anthropic-messages")"#
    ));
    let hidden = thought("failover:anthropic-messages:redacted EqQB");
    assert!(
        hidden.contains(r#"signature: None, redacted: Some("EqQB"), issuer: Some("anthropic-messages")"#)
    );
}

#[test]
fn settings_are_read() {
    let body: Value = serde_json::from_str(REQUEST).unwrap();
    read(&body, |request| {
        assert_eq!(request.sampling.temperature.as_ref().unwrap().get(), "0.7");
        assert_eq!((request.max_tokens, request.logprobs), (Some(4096), Some(2)));
        assert_eq!(request.reasoning.as_ref().unwrap().effort, Some(Effort::Low));
        assert_eq!(request.user.as_deref(), Some("someone"));
        assert_eq!(request.service_tier.as_deref(), Some("priority"));
        assert_eq!(request.metadata.as_ref().unwrap().get(), r#"{"team":"a"}"#);
        assert_eq!(request.parallel_tool_calls, Some(false));
        assert!(
            matches!(&request.output, OutputFormat::JsonSchema { name: Some(name), strict: Some(true), .. } if name == "animal")
        );
        assert!(matches!(&request.tools[0], Tool::Function { strict: Some(false), parameters: Some(_), .. }));
        assert!(matches!(&request.tools[2], Tool::Function { strict: None, parameters: None, .. }));
        assert!(matches!(&request.tools[3], Tool::Hosted { kind, .. } if kind == "custom"));
        assert!(matches!(&request.tools[4], Tool::Hosted { kind, .. } if kind == "web_search"));
        let allowed = ToolChoice::Allowed { names: vec!["look".into()], required: false };
        assert_eq!(request.tool_choice, Some(allowed));
        assert!(request.stream);
    });
    let older = json!({"model": "m", "input": "x", "user": "u"});
    read(&older, |request| assert_eq!((request.user.as_deref(), request.names.user), (Some("u"), "user")));
}

#[test]
fn every_form_of_a_choice_is_read() {
    let choice = |choice: Value| {
        read(&json!({"model": "m", "input": "x", "tool_choice": choice}), |request| {
            request.tool_choice.clone().map(owned)
        })
    };
    assert_eq!(choice(json!("auto")), Some("Auto".into()));
    assert_eq!(choice(json!("required")), Some("Required".into()));
    assert_eq!(choice(json!("none")), Some("None".into()));
    assert_eq!(choice(json!({"type": "function", "name": "f"})), Some(r#"Tool("f")"#.into()));
    assert_eq!(choice(json!({"type": "custom", "name": "c"})), Some(r#"Tool("c")"#.into()));
    assert_eq!(choice(json!({"type": "web_search_preview"})), None);
    assert_eq!(
        losses(&json!({"model": "m", "input": "x", "tool_choice": {"type": "file_search"}})),
        "dropped=tool_choice"
    );
}

fn owned(choice: ToolChoice<'_>) -> String {
    format!("{choice:?}")
}

#[test]
fn what_says_nothing_is_no_loss_and_what_says_something_is() {
    let quiet = json!({
        "model": "m", "stream": false, "store": false, "background": false, "truncation": "disabled", "tools": [],
        "metadata": {}, "service_tier": "auto", "previous_response_id": null, "conversation": null, "text": {"format":
        {"type": "text"}, "verbosity": "medium"}, "reasoning": {}, "include": ["reasoning.encrypted_content"],
        "top_logprobs": 0, "prompt": null, "stream_options": {"include_obfuscation": false}, "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
             "content": [{"type": "output_text", "text": "y", "annotations": [], "logprobs": [{"token": "y"}]}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
            {"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": "z", "status": "completed"},
        ],
    });
    assert_eq!(losses(&quiet), "");
    let loud = json!({
        "model": "m", "store": true, "truncation": "auto", "max_tool_calls": 1, "novel": 1, "moderation": {"model": "x"},
        "text": {"x": 1}, "reasoning": {"context": "all_turns"}, "include": ["file_search_call.results"],
        "tools": [{"type": "function", "name": "f", "parameters": {}, "allowed_callers": ["programmatic"]}],
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "x", "x": 1}], "y": 2},
            {"role": "assistant", "content": "y", "phase": "commentary", "status": "incomplete"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "namespace": "n"},
            {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "z", "z": 1}]},
        ],
    });
    let losses = losses(&loud);
    for field in [
        "store",
        "truncation",
        "max_tool_calls",
        "novel",
        "moderation",
        "text.x",
        "reasoning.context",
        "include[0]",
        "tools[0].allowed_callers",
        "input[0].content[0].x",
        "input[0].y",
        "input[1].phase",
        "input[1].status",
        "input[2].namespace",
        "input[3].output[0].z",
    ] {
        assert!(losses.split(", ").any(|loss| loss == format!("dropped={field}")), "{field}: {losses}");
    }
}

#[test]
fn what_the_provider_has_stored_binds_the_request_to_it() {
    for (name, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("conversation", json!({"id": "conv_1"})),
        ("prompt", json!({"id": "pmpt_1", "version": "2"})),
        ("background", json!(true)),
    ] {
        let mut body = asked(json!("hi"));
        body[name] = value;
        assert_eq!(read(&body, |request| request.state.as_ref().unwrap().path.to_string()), name);
        assert_eq!(again(&body).unwrap(), body);
    }
    for reference in [json!({"type": "item_reference", "id": "msg_1"}), json!({"id": "msg_1"})] {
        let body = asked(json!([{"role": "user", "content": "hi"}, reference]));
        assert_eq!(read(&body, |request| request.state.as_ref().unwrap().path.to_string()), "input[1]");
        assert_eq!(again(&body).unwrap(), body);
    }
    let several = json!({"model": "m", "previous_response_id": "resp_1", "background": true, "input": "hi"});
    assert_eq!(again(&several).unwrap(), several);
    let nothing_new = json!({"model": "m", "prompt": {"id": "pmpt_1"}});
    assert_eq!(again(&nothing_new).unwrap(), nothing_new);
}

#[test]
fn what_is_wrong_is_named_as_the_vendor_names_it() {
    let rows = [
        (json!({"input": "x"}), "You must provide a model parameter, and it must be a string.", "model"),
        (
            json!({"model": "", "input": "x"}),
            "You must provide a model parameter, and it must be a string.",
            "model",
        ),
        (json!({"model": "m"}), "Missing required parameter: 'input'.", "input"),
        (
            asked(json!(1)),
            "Invalid type for 'input': expected one of a string or array of items, but got an integer instead.",
            "input",
        ),
        (
            asked(json!([])),
            "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "input",
        ),
        (
            asked(json!(["x"])),
            "Invalid type for 'input[0]': expected an object, but got a string instead.",
            "input[0]",
        ),
        (asked(json!([{}])), "Missing required parameter: 'input[0].type'.", "input[0].type"),
        (
            asked(json!([{"role": "robot", "content": "x"}])),
            "Invalid value for 'input[0].role': 'robot' is not supported.",
            "input[0].role",
        ),
        (
            asked(json!([{"role": "user"}])),
            "Missing required parameter: 'input[0].content'.",
            "input[0].content",
        ),
        (
            asked(json!([{"role": "user", "content": [{"type": "input_text", "text": 1}]}])),
            "Invalid type for 'input[0].content[0].text': expected a string, but got an integer instead.",
            "input[0].content[0].text",
        ),
        (
            asked(json!([{"type": "function_call", "name": "f", "arguments": "{}"}])),
            "Missing required parameter: 'input[0].call_id'.",
            "input[0].call_id",
        ),
        (
            asked(json!([{"type": "function_call_output", "call_id": "c"}])),
            "Missing required parameter: 'input[0].output'.",
            "input[0].output",
        ),
        (
            json!({"model": "m", "input": "x", "tools": [{"type": "function", "function": {"name": "f"}}]}),
            "Missing required parameter: 'tools[0].name'.",
            "tools[0].name",
        ),
        (
            json!({"model": "m", "input": "x", "text": {"format": {"type": "xml"}}}),
            "Invalid value for 'text.format.type': 'xml' is not supported.",
            "text.format.type",
        ),
        (
            json!({"model": "m", "input": "x", "max_output_tokens": -1}),
            "Invalid type for 'max_output_tokens': expected a positive integer, but got an integer instead.",
            "max_output_tokens",
        ),
        (
            json!({"model": "m", "input": "x", "tool_choice": "sometimes"}),
            "Invalid value for 'tool_choice': 'sometimes' is not supported.",
            "tool_choice",
        ),
    ];
    for (body, message, param) in rows {
        assert_eq!(refused(&body), (message.to_owned(), Some(param.to_owned())), "{body}");
    }
    let twice = br#"{"model":"m","input":"x","temperature":1,"temperature":2}"#;
    assert_eq!(OpenAiResponses.decode_request(twice).unwrap_err().param(), Some("temperature"));
}

#[test]
fn routing_reads_model_stream_and_what_is_asked() {
    let body = br#"{"input":"model", "model": "workhorse" ,"stream":true}"#;
    let peek = OpenAiResponses.peek(&Uri::from_static("/v1/responses"), body).unwrap();
    assert_eq!((&*peek.model, peek.stream, peek.operation), ("workhorse", true, Operation::Generate));
    assert_eq!(&body[peek.model_span.unwrap()], br#""workhorse""#);
    for uri in ["/v1/responses/input_tokens", "/responses/input_tokens/?x=y"] {
        let peek = OpenAiResponses.peek(&Uri::from_static(uri), body).unwrap();
        assert_eq!(peek.operation, Operation::CountTokens, "{uri}");
    }
}

#[test]
fn each_operation_has_its_path() {
    let path = |operation| {
        OpenAiResponses.path(&Target::new("m"), &Call::new("m").with_operation(operation)).unwrap()
    };
    assert_eq!(path(Operation::Generate), "/responses");
    assert_eq!(path(Operation::CountTokens), "/responses/input_tokens");
}

#[test]
fn headers_go_by_a_list() {
    let mut caller = HeaderMap::new();
    for (name, value) in [
        ("authorization", "Bearer x"),
        ("openai-beta", "b"),
        ("openai-organization", "o"),
        ("user-agent", "sdk"),
        ("cookie", "c"),
    ] {
        caller.insert(name, HeaderValue::from_static(value));
    }
    let names = |same| {
        let headers = OpenAiResponses.request_headers(&caller, &Target::new("m"), same);
        let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    assert_eq!(names(true), "accept content-type openai-beta user-agent");
    assert_eq!(names(false), "accept content-type user-agent");
}

#[test]
fn members_of_this_dialect_are_not_sent_the_thoughts_of_others() {
    let body = br#"{"model":"m","input":[{"role":"user","content":"x"},{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"failover:gemini:c2ln"}]}"#;
    let target = Target::new("m");
    assert!(OpenAiResponses.holds_foreign(body, &target));
    let mut losses = Losses::new();
    let scrubbed = OpenAiResponses.scrub(body, &target, &mut losses).unwrap();
    assert_eq!(scrubbed, br#"{"model":"m","input":[{"role":"user","content":"x"}]}"#);
    assert_eq!(losses.to_string(), "dropped=input[1]");
    // Nor where the request is written anew.
    let request = OpenAiResponses.decode_request(body).unwrap();
    let mut losses = Losses::new();
    let encoded = OpenAiResponses.encode_request(&request, &target, &mut losses).unwrap();
    assert_eq!(encoded.body, scrubbed);
    assert_eq!(losses.to_string(), "dropped=input[1]");
}

#[test]
fn what_another_dialect_cannot_carry_of_the_provider_is_refused_or_named() {
    let body = asked(
        json!([{"role": "user", "content": "x"}, {"type": "web_search_call", "id": "ws_1", "status": "completed"}]),
    );
    let text = body.to_string();
    let request = OpenAiResponses.decode_request(text.as_bytes()).unwrap();
    let failure = OpenAiChat.encode_request(&request, &Target::new("m"), &mut Losses::new()).unwrap_err();
    assert_eq!(failure.class(), Class::Unsupported);
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("input[1].web_search_call"));
    assert_eq!(request.turns[1].role, Role::Assistant);
    let hosted = json!({"model": "m", "input": "x", "tools": [{"type": "web_search"}]});
    assert_eq!(losses(&hosted), "dropped=tools[0].web_search");
}

#[test]
fn settings_that_both_of_the_vendors_dialects_have_reach_members_of_the_other() {
    let body = json!({
        "model": "m", "input": "x", "text": {"verbosity": "low"}, "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "service_tier": "flex", "include": ["message.output_text.logprobs"], "top_logprobs": 2,
        "safety_identifier": "u", "reasoning": {"effort": "none"}, "max_output_tokens": 100,
    });
    let text = body.to_string();
    let request = OpenAiResponses.decode_request(text.as_bytes()).unwrap();
    let sent = |model: &str| {
        let mut losses = Losses::new();
        let encoded = OpenAiChat.encode_request(&request, &Target::new(model), &mut losses).unwrap();
        (super::json(&encoded.body), losses.to_string())
    };
    let expected = json!({
        "model": "gpt-5.1", "messages": [{"role": "user", "content": "x"}], "verbosity": "low", "prompt_cache_key": "k",
        "prompt_cache_retention": "24h", "service_tier": "flex", "logprobs": true, "top_logprobs": 2,
        "safety_identifier": "u", "reasoning_effort": "none", "max_completion_tokens": 100,
    });
    assert_eq!(sent("gpt-5.1"), (expected, String::new()));
    assert_eq!(sent("gpt-4o").1, "dropped=text.verbosity");
    let elsewhere = sent("some-server").1;
    for field in ["text.verbosity", "prompt_cache_key", "prompt_cache_retention"] {
        assert!(elsewhere.contains(&format!("dropped={field}")), "{elsewhere}");
    }
}
