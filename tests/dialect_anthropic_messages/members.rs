//! What a member is sent.

use serde_json::{Value, json};
use tower_failover::dialect::canonical::{
    Content, Effort, Names, OutputFormat, Part, Position, Reasoning, ReasoningRequest, Request, Role, Source,
    Tool, ToolCall, ToolChoice, ToolResult, Turn,
};
use tower_failover::dialect::{Dialect, Encoded, Target, anthropic_messages::AnthropicMessages};
use tower_failover::facts::Losses;
use tower_failover::failure::{Class, Failure};

const REQUEST: &[u8] = include_bytes!("../data/anthropic_messages/request.json");

static OTHER: Names = Names {
    dialect: "other",
    choices: "n",
    logprobs: "logprobs",
    metadata: "metadata",
    service_tier: "service_tier",
    turns: "messages",
    max_tokens: "max_completion_tokens",
    stop: "stop",
    temperature: "temperature",
    top_p: "top_p",
    top_k: "top_k",
    frequency_penalty: "frequency_penalty",
    presence_penalty: "presence_penalty",
    seed: "seed",
    tools: "tools",
    tool_choice: "tool_choice",
    parallel_tool_calls: "parallel_tool_calls",
    output: "response_format",
    reasoning: "reasoning_effort",
    effort: "reasoning_effort",
    thoughts: "",
    shows_thoughts: false,
    user: "user",
    function: "function.",
    parameters: "parameters",
    strict: None,
    call_id: "id",
    call_name: "function.name",
    result_id: "tool_call_id",
    detail: "image_url.detail",
    file_name: ["file.filename", "file.filename"],
    seal: "",
};

fn encode(request: &Request<'_>, model: &str) -> Result<(Value, String, Encoded), Failure> {
    let mut losses = Losses::new();
    let encoded = AnthropicMessages.encode_request(request, &Target::new(model), &mut losses)?;
    Ok((super::json(&encoded.body), losses.to_string(), encoded))
}

fn raw(text: &str) -> std::borrow::Cow<'static, serde_json::value::RawValue> {
    std::borrow::Cow::Owned(serde_json::value::RawValue::from_string(text.to_owned()).unwrap())
}

fn at(turn: u32) -> Position {
    Position { turn: Some(turn), field: "content", index: None }
}

/// A request of another dialect, its turns numbered.
fn asked(turns: Vec<(Role, Vec<Content<'static>>)>) -> Request<'static> {
    let mut request = Request::new(&OTHER, "workhorse");
    for (index, (role, contents)) in (0..).zip(turns) {
        let parts = contents.into_iter().map(|content| Part::new(content, at(index))).collect();
        request.turns.push(Turn { role, name: None, parts });
    }
    request
}

fn text(text: &'static str) -> Content<'static> {
    Content::Text(text.into())
}

fn call(id: &'static str, arguments: &'static str) -> Content<'static> {
    Content::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into() })
}

fn result(id: &'static str, said: &'static str) -> Content<'static> {
    let parts = vec![Part::new(text(said), at(0))];
    Content::ToolResult(ToolResult { id: id.into(), name: None, parts, is_error: false })
}

fn function(name: &'static str) -> Tool<'static> {
    let body = json!({"model": "m", "max_tokens": 1, "messages": [], "tools": [{"name": name, "input_schema": {"type": "object"}}]});
    let body: &'static str = Box::leak(body.to_string().into_boxed_str());
    AnthropicMessages.decode_request(body.as_bytes()).unwrap().tools.remove(0)
}

fn hello() -> Request<'static> {
    asked(vec![(Role::User, vec![text("Hello")])])
}

#[test]
fn a_request_survives_reading_and_writing() {
    let request = AnthropicMessages.decode_request(REQUEST).unwrap();
    assert!(request.stream && request.wants_usage && request.extra.is_empty(), "{:?}", request.extra);
    let (written, losses, _) = encode(&request, "claude-sonnet-4-5").unwrap();
    let mut expected = super::json(REQUEST);
    expected["model"] = "claude-sonnet-4-5".into();
    assert_eq!(written, expected);
    assert_eq!(losses, "");
    // Digits are kept.
    let Encoded { body, .. } = encode(&request, "claude-sonnet-4-5").unwrap().2;
    assert!(String::from_utf8(body).unwrap().contains("7.50"));
}

#[test]
fn a_conversation_in_which_nothing_is_said_is_for_another_member() {
    let failure = encode(&asked(vec![(Role::User, vec![text("")])]), "claude-sonnet-4-6").unwrap_err();
    assert_eq!(failure.class(), Class::Unsupported);
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("messages"));
}

#[test]
fn turns_alternate_whatever_the_caller_wrote() {
    let request = asked(vec![
        (Role::System, vec![text("Be kind.")]),
        (Role::Developer, vec![text("Be brief.")]),
        (Role::User, vec![text("One"), text("")]),
        (Role::User, vec![text("Two")]),
        (Role::Assistant, vec![text("Let me see."), call("call_1", "{\"a\":1}"), call("bad id!", "")]),
        (Role::User, vec![result("call_1", "r1")]),
        (Role::User, vec![result("bad id!", "")]),
        (Role::System, vec![text("Now hurry.")]),
        (Role::Assistant, vec![text(" ")]),
        (Role::User, vec![text("And?"), call("stray", "{}")]),
        (Role::User, vec![text("Well?")]),
    ]);
    let (written, losses, _) = encode(&request, "claude-opus-5-5").unwrap();
    let messages = written["messages"].as_array().unwrap();
    let roles: Vec<_> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant", "user"]);
    assert_eq!(written["system"][1]["text"], "Be brief.");
    assert_eq!(
        messages[0]["content"],
        json!([{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}])
    );
    let results = messages[2]["content"].as_array().unwrap();
    assert_eq!(results[0]["tool_use_id"], "call_1");
    // The same strange id on both sides, and one that is taken.
    assert_eq!(results[1]["tool_use_id"], messages[1]["content"][2]["id"]);
    assert!(
        results[1]["tool_use_id"].as_str().unwrap().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    );
    assert_eq!(results[2], json!({"type": "text", "text": "Now hurry."}));
    assert_eq!(messages[1]["content"][2]["input"], json!({}));
    // Tools that were used are defined, and none may be called.
    assert_eq!(written["tools"], json!([{"name": "look", "input_schema": {"type": "object"}}]));
    assert_eq!(written["tool_choice"], json!({"type": "none"}));
    let renamed = "renamed=messages[4].content.id, renamed=messages[6].tool_call_id";
    assert_eq!(losses, format!("approximated=messages[7].content, {renamed}"));
}

#[test]
fn results_stand_before_all_else_in_their_turn() {
    let mut request = asked(vec![
        (Role::User, vec![text("Go")]),
        (Role::Assistant, vec![call("c", "{}")]),
        (Role::User, vec![text("Here:"), result("c", "r")]),
    ]);
    request.tools.push(function("look"));
    let (written, ..) = encode(&request, "claude-opus-5").unwrap();
    let kinds: Vec<_> = written["messages"][2]["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block["type"].clone())
        .collect();
    assert_eq!(kinds, ["tool_result", "text"]);
    assert!(written.get("tool_choice").is_none());
}

#[test]
fn arguments_that_are_no_object_are_shown_to_the_model_as_it_wrote_them() {
    let request =
        asked(vec![(Role::Assistant, vec![call("c", "{\"a\": tru")]), (Role::User, vec![result("c", "r")])]);
    let (written, losses, _) = encode(&request, "claude-opus-5").unwrap();
    assert_eq!(written["messages"][0]["content"][0]["input"], json!({"_raw": "{\"a\": tru"}));
    assert_eq!(losses, "approximated=messages[0].content");
}

#[test]
fn a_conversation_of_instructions_only_still_asks_something() {
    let request = asked(vec![(Role::System, vec![text("A")]), (Role::System, vec![text("B")])]);
    let (written, losses, _) = encode(&request, "claude-opus-5").unwrap();
    assert_eq!(written["system"], json!([{"type": "text", "text": "A"}]));
    assert_eq!(written["messages"][0]["content"][0]["text"], "B");
    assert_eq!(losses, "approximated=messages[1].content");
}

#[test]
fn what_would_falsify_the_question_is_refused_and_named() {
    let base64 =
        |media_type: &'static str| Source::Base64 { media_type: media_type.into(), data: "AA==".into() };
    let rows = [
        Content::Audio { source: base64("audio/wav") },
        Content::Image { source: Source::File("file-1".into()), detail: None },
        Content::Image { source: base64("image/tiff"), detail: None },
        Content::Document { source: base64("application/zip"), name: None },
        Content::Unknown { kind: "mystery".into(), value: raw("{}") },
    ];
    for content in rows {
        let failure =
            encode(&asked(vec![(Role::User, vec![text("See:"), content])]), "claude-opus-5").unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        assert_eq!(failure.report().unwrap().param.as_deref(), Some("messages[0].content"));
    }
}

#[test]
fn thoughts_go_back_to_their_issuer_only() {
    let thought = |issuer: &'static str, signature: Option<&'static str>| {
        let signature = signature.map(Into::into);
        Content::Reasoning(Reasoning {
            text: "Hm".into(),
            signature,
            issuer: Some(issuer.into()),
            redacted: None,
        })
    };
    let request = asked(vec![
        (Role::User, vec![text("Why?")]),
        (
            Role::Assistant,
            vec![
                thought("anthropic-messages", Some("seal")),
                thought("openai-chat", Some("seal")),
                thought("anthropic-messages", None),
                text("So."),
            ],
        ),
        (Role::User, vec![text("Ah.")]),
    ]);
    let (written, losses, _) = encode(&request, "claude-opus-5").unwrap();
    assert_eq!(
        written["messages"][1]["content"],
        json!([{"type": "thinking", "thinking": "Hm", "signature": "seal"}, {"type": "text", "text": "So."}])
    );
    assert_eq!(losses, "dropped=messages[1].content");
}

#[test]
fn a_prefill_is_trimmed_where_it_is_taken_and_refused_where_it_is_not() {
    let request = asked(vec![(Role::User, vec![text("Go")]), (Role::Assistant, vec![text("{\"a\": \n")])]);
    let (written, ..) = encode(&request, "claude-haiku-4-5").unwrap();
    assert_eq!(written["messages"][1]["content"][0]["text"], "{\"a\":");
    assert_eq!(encode(&request, "claude-sonnet-4-6").unwrap_err().class(), Class::Unsupported);
}

#[test]
fn sampling_is_clamped_chosen_or_left_out_and_said_so() {
    let mut request = hello();
    request.sampling.temperature = Some(raw("1.70"));
    request.sampling.top_p = Some(raw("0.90"));
    request.sampling.frequency_penalty = Some(raw("0"));
    request.sampling.presence_penalty = Some(raw("0.5"));
    request.sampling.seed = Some(raw("7"));
    let (written, losses, _) = encode(&request, "claude-3-7-sonnet-latest").unwrap();
    assert_eq!((&written["temperature"], &written["top_p"]), (&json!(1), &json!(0.9)));
    assert_eq!(losses, "approximated=temperature, dropped=presence_penalty, dropped=seed");
    let (written, losses, _) = encode(&request, "claude-sonnet-4-6").unwrap();
    assert!(written.get("top_p").is_none());
    assert_eq!(losses, "dropped=top_p, approximated=temperature, dropped=presence_penalty, dropped=seed");
    request.sampling = Default::default();
    request.sampling.temperature = Some(raw("1"));
    let (written, losses, _) = encode(&request, "claude-opus-4-7").unwrap();
    assert!(written.get("temperature").is_none() && losses.is_empty(), "{losses}");
}

#[test]
fn the_limit_of_tokens_is_the_models_where_the_caller_has_none_or_too_much() {
    let mut request = hello();
    assert_eq!(encode(&request, "claude-opus-4-1").unwrap().0["max_tokens"], 32_000);
    request.max_tokens = Some(100_000);
    let (written, losses, _) = encode(&request, "claude-opus-4-1").unwrap();
    assert_eq!((&written["max_tokens"], &*losses), (&json!(32_000), "approximated=max_completion_tokens"));
    assert_eq!(encode(&request, "kimi-k3").unwrap().0["max_tokens"], 100_000);
}

#[test]
fn thinking_is_asked_for_in_the_familys_own_way() {
    let mut request = hello();
    let effort = |effort| Some(ReasoningRequest { effort: Some(effort), ..ReasoningRequest::default() });
    request.reasoning = effort(Effort::High);
    request.sampling.temperature = Some(raw("0.2"));
    let (written, losses, _) = encode(&request, "claude-sonnet-4-6").unwrap();
    assert_eq!(written["thinking"], json!({"type": "adaptive"}));
    assert_eq!(written["output_config"], json!({"effort": "high"}));
    assert_eq!(losses, "dropped=temperature");
    let (written, ..) = encode(&request, "claude-sonnet-4-5").unwrap();
    assert_eq!(written["thinking"], json!({"type": "enabled", "budget_tokens": 4096}));
    request.max_tokens = Some(3000);
    let (written, ..) = encode(&request, "claude-sonnet-4-5").unwrap();
    assert_eq!(written["thinking"]["budget_tokens"], 1500);
    request.max_tokens = Some(1024);
    let (written, losses, _) = encode(&request, "claude-sonnet-4-5").unwrap();
    assert!(written.get("thinking").is_none());
    assert_eq!((&written["temperature"], &*losses), (&json!(0.2), "dropped=reasoning_effort"));
    request.reasoning = effort(Effort::None);
    let (written, losses, _) = encode(&request, "claude-opus-5-5").unwrap();
    assert!(written.get("thinking").is_none());
    assert_eq!(losses, "approximated=reasoning_effort, dropped=temperature");
}

#[test]
fn thinking_gives_way_to_a_tool_that_must_be_called() {
    let mut request = hello();
    request.tools.push(function("look"));
    request.tool_choice = Some(ToolChoice::Required);
    request.parallel_tool_calls = Some(false);
    request.reasoning = Some(ReasoningRequest { effort: Some(Effort::Low), ..ReasoningRequest::default() });
    let (written, losses, _) = encode(&request, "claude-opus-4-6").unwrap();
    assert_eq!(written["tool_choice"], json!({"type": "any", "disable_parallel_tool_use": true}));
    assert!(written.get("thinking").is_none());
    assert_eq!(losses, "dropped=reasoning_effort");
    let (written, losses, _) = encode(&request, "claude-sonnet-5-5").unwrap();
    assert_eq!(written["tool_choice"]["type"], "auto");
    assert_eq!(losses, "approximated=tool_choice");
}

#[test]
fn names_that_are_not_taken_are_changed_and_known_again() {
    let mut request = asked(vec![(Role::User, vec![text("Go")])]);
    request.tools.push(function("ns.look"));
    request.tools.push(function("plain"));
    request.tool_choice = Some(ToolChoice::Tool("ns.look".into()));
    let (written, losses, encoded) = encode(&request, "claude-opus-5").unwrap();
    let name = written["tools"][0]["name"].as_str().unwrap();
    assert_eq!(written["tool_choice"]["name"], name);
    assert_eq!(encoded.tool_names.restore(name), "ns.look");
    assert_eq!(encoded.tool_names.restore("plain"), "plain");
    assert_eq!(losses, "renamed=tools[0].function.name, renamed=tool_choice");
}

#[test]
fn a_subset_of_tools_is_what_is_left_of_them() {
    let mut request = asked(vec![(Role::User, vec![text("Go")])]);
    request.tools.extend([function("a"), function("b")]);
    request.tool_choice = Some(ToolChoice::Allowed { names: vec!["b".into()], required: true });
    let (written, losses, _) = encode(&request, "claude-opus-5").unwrap();
    assert_eq!(written["tools"].as_array().unwrap().len(), 1);
    assert_eq!((&written["tool_choice"]["type"], &*losses), (&json!("any"), "approximated=tool_choice"));
}

#[test]
fn a_schema_is_enforced_where_it_can_be_and_asked_for_in_words_where_not() {
    let mut request = hello();
    let schema = raw(r#"{"type":"object","properties":{"a":{"type":"string"}}}"#);
    request.output = OutputFormat::JsonSchema { name: None, description: None, schema, strict: None };
    let (written, losses, _) = encode(&request, "claude-sonnet-4-5").unwrap();
    let format = &written["output_config"]["format"];
    assert_eq!(format["type"], "json_schema");
    assert_eq!(format["schema"]["additionalProperties"], false);
    assert_eq!(losses, "");
    let (written, losses, _) = encode(&request, "claude-3-5-haiku-latest").unwrap();
    assert!(written["system"][0]["text"].as_str().unwrap().contains("\"properties\""));
    assert_eq!(losses, "approximated=response_format");
    request.output = OutputFormat::JsonObject;
    let (written, losses, _) = encode(&request, "claude-opus-5").unwrap();
    assert!(written["system"][0]["text"].as_str().unwrap().contains("JSON"));
    assert_eq!(losses, "approximated=response_format");
}

#[test]
fn a_schema_that_needs_itself_is_not_enforced_and_that_is_said() {
    let mut request = hello();
    let schema = r##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##;
    request.output =
        OutputFormat::JsonSchema { name: None, description: None, schema: raw(schema), strict: None };
    request.tools.push(Tool::Function {
        name: "f".into(),
        description: None,
        parameters: Some(raw(schema)),
        strict: Some(true),
        cache: None,
    });
    let (written, losses, _) = encode(&request, "claude-sonnet-4-5").unwrap();
    assert!(written["output_config"].get("format").is_none());
    assert!(written["system"][0]["text"].as_str().unwrap().contains("$ref"));
    assert_eq!(written["tools"][0]["input_schema"]["properties"]["next"]["$ref"], "#");
    assert!(written["tools"][0].get("strict").is_none());
    assert_eq!(losses, "dropped=tools[0].function.strict, approximated=response_format");
}

#[test]
fn a_budget_waits_for_the_end_of_calls_that_another_model_began() {
    let mut request = asked(vec![
        (Role::User, vec![text("Go")]),
        (Role::Assistant, vec![call("c", "{}")]),
        (Role::User, vec![result("c", "r")]),
    ]);
    request.tools.push(function("look"));
    request.reasoning = Some(ReasoningRequest { effort: Some(Effort::Low), ..ReasoningRequest::default() });
    let (written, losses, _) = encode(&request, "claude-sonnet-4-5").unwrap();
    assert!(written.get("thinking").is_none());
    assert_eq!(losses, "dropped=reasoning_effort");
    assert_eq!(encode(&request, "claude-opus-4-7").unwrap().0["thinking"]["type"], "adaptive");
}

#[test]
fn a_text_that_came_as_base64_is_sent_as_text() {
    let source = Source::Base64 { media_type: "text/markdown".into(), data: "IyBIaQ==".into() };
    let request = asked(vec![(Role::User, vec![Content::Document { source, name: Some("a.md".into()) }])]);
    assert_eq!(
        encode(&request, "claude-opus-5").unwrap().0["messages"][0]["content"][0],
        json!({
            "type": "document", "title": "a.md",
            "source": {"type": "text", "media_type": "text/plain", "data": "# Hi"},
        })
    );
}
