//! What a member is sent.

use std::borrow::Cow;

use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::canonical::{
    Content, Effort, Names, OutputFormat, Part, Position, Reasoning, ReasoningRequest, Request, Role, Source,
    Tool, ToolCall, ToolChoice, ToolResult, Turn,
};
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Capabilities, Dialect, Target, gemini::Gemini};
use tower_failover::facts::Losses;
use tower_failover::failure::Class;

use super::{encode, plain};

const REQUEST: &[u8] = include_bytes!("../data/gemini/request.json");
const OLD: &str = "gemini-2.5-flash";
const NEW: &str = "gemini-3-flash-preview";

static OTHER: Names = Names {
    dialect: "other",
    choices: "n",
    logprobs: "logprobs",
    metadata: "metadata",
    service_tier: "service_tier",
    turns: "messages",
    max_tokens: "max_tokens",
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
    user: "user",
    effort: "reasoning_effort",
    thoughts: "",
    shows_thoughts: false,
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

fn raw(text: &str) -> Cow<'static, RawValue> {
    Cow::Owned(RawValue::from_string(text.to_owned()).unwrap())
}

/// A request of another dialect, its turns numbered.
fn asked(turns: Vec<(Role, Vec<Content<'static>>)>) -> Request<'static> {
    let mut request = Request::new(&OTHER, "workhorse");
    for (turn, (role, contents)) in (0..).zip(turns) {
        let at = Position { turn: Some(turn), field: "content", index: None };
        let parts = contents.into_iter().map(|content| Part::new(content, at)).collect();
        request.turns.push(Turn { role, name: None, parts });
    }
    request
}

fn hello() -> Request<'static> {
    asked(vec![(Role::User, vec![text("Hello")])])
}

fn text(text: &'static str) -> Content<'static> {
    Content::Text(text.into())
}

fn call(id: &'static str, arguments: &'static str) -> Content<'static> {
    Content::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into() })
}

fn result(id: &'static str, contents: Vec<Content<'static>>, is_error: bool) -> Content<'static> {
    let at = Position { turn: Some(0), field: "content", index: None };
    let parts = contents.into_iter().map(|content| Part::new(content, at)).collect();
    Content::ToolResult(ToolResult { id: id.into(), name: None, parts, is_error })
}

fn sealed(text: &'static str, issuer: &'static str, seal: &'static str) -> Content<'static> {
    Content::Reasoning(Reasoning {
        text: text.into(),
        signature: Some(seal.into()),
        redacted: None,
        issuer: Some(issuer.into()),
    })
}

fn image() -> Content<'static> {
    let source = Source::Base64 { media_type: "image/png".into(), data: "aGk=".into() };
    Content::Image { source, detail: None }
}

/// A function, made by the only way there is: reading one.
fn function(name: &str, schema: &str, strict: bool) -> Tool<'static> {
    let tool = format!(r#"{{"name":{},"input_schema":{schema},"strict":{strict}}}"#, json!(name));
    let body = format!(r#"{{"model":"m","max_tokens":1,"messages":[],"tools":[{tool}]}}"#);
    let body: &'static str = Box::leak(body.into_boxed_str());
    AnthropicMessages.decode_request(body.as_bytes()).unwrap().tools.remove(0)
}

#[test]
fn a_request_survives_reading_and_writing() {
    let request = Gemini.decode_request(REQUEST).unwrap();
    let (written, losses, encoded) = encode(&request, NEW).unwrap();
    assert_eq!(plain(&written), plain(&super::json(REQUEST)));
    assert_eq!(losses, "");
    let body = String::from_utf8(encoded.body).unwrap();
    assert!(body.contains("0.70") && body.contains("12345678901234567890123"), "digits are kept: {body}");
    assert!(encoded.tool_names.is_empty());
}

#[test]
fn turns_alternate_and_all_results_of_a_turn_are_in_one() {
    let request = asked(vec![
        (Role::System, vec![text("Be kind.")]),
        (Role::Developer, vec![text("Be brief.")]),
        (Role::User, vec![text("One"), text("")]),
        (Role::User, vec![text("Two")]),
        (
            Role::Assistant,
            vec![text("Let me see."), call("a", r#"{"n":1.50,"big":12345678901234567890123}"#)],
        ),
        (Role::Assistant, vec![call("b", ""), call("c", "{\"cut")]),
        (Role::User, vec![text("As asked."), result("a", vec![text("sunny")], false)]),
        (
            Role::User,
            vec![result("b", vec![text("{\"t\":7.0}")], false), result("c", vec![text("no")], true)],
        ),
        (Role::System, vec![text("Hurry.")]),
        (Role::Assistant, vec![text("")]),
        (Role::User, vec![text("And?")]),
    ]);
    let (written, losses, encoded) = encode(&request, OLD).unwrap();
    let wanted = json!({
        "systemInstruction": {"parts": [{"text": "Be kind."}, {"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "One"}, {"text": "Two"}]},
            {"role": "model", "parts": [
                {"text": "Let me see."},
                {"functionCall": {"id": "a", "name": "look", "args": {"n": 1.50, "big": 12345678901234567890123_f64}}},
                {"functionCall": {"id": "b", "name": "look", "args": {}}},
                {"functionCall": {"id": "c", "name": "look", "args": {"_raw": "{\"cut"}}},
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "look", "response": {"output": "sunny"}}},
                {"functionResponse": {"id": "b", "name": "look", "response": {"t": 7.0}}},
                {"functionResponse": {"id": "c", "name": "look", "response": {"error": "no"}}},
                {"text": "As asked."}, {"text": "Hurry."}, {"text": "And?"},
            ]},
        ],
    });
    assert_eq!(written, wanted);
    assert_eq!(losses, "approximated=messages[5].content, approximated=messages[8].content");
    let body = String::from_utf8(encoded.body).unwrap();
    assert!(body.contains(r#"{"n":1.50,"big":12345678901234567890123}"#), "{body}");
}

#[test]
fn seals_go_back_to_the_call_they_came_with_and_no_further_than_to_their_issuer() {
    let request = asked(vec![
        (Role::User, vec![text("q")]),
        (
            Role::Assistant,
            vec![
                sealed("hm", "gemini", "AAA="),
                call("a", "{}"),
                sealed("", "anthropic-messages", "Eq"),
                call("b", "{}"),
            ],
        ),
        (Role::User, vec![result("a", vec![], false), result("b", vec![], false)]),
        (Role::Assistant, vec![text("So."), sealed("", "gemini", "BBB=")]),
        (Role::User, vec![text("q")]),
    ]);
    let (written, losses, _) = encode(&request, NEW).unwrap();
    let parts = |turn: usize| written["contents"][turn]["parts"].clone();
    let wanted = json!([
        {"text": "hm", "thought": true},
        {"functionCall": {"id": "a", "name": "look", "args": {}}, "thoughtSignature": "AAA="},
        {"functionCall": {"id": "b", "name": "look", "args": {}}},
    ]);
    assert_eq!(parts(1), wanted);
    assert_eq!(parts(3), json!([{"text": "So."}, {"text": "", "thoughtSignature": "BBB="}]));
    assert_eq!(losses, "dropped=messages[1].content");
}

#[test]
fn a_recent_model_is_shown_that_a_call_has_no_seal_where_it_insists_on_one() {
    let request = asked(vec![
        (Role::User, vec![text("earlier")]),
        (Role::Assistant, vec![call("a", "{}")]),
        (Role::User, vec![result("a", vec![], false)]),
        (Role::User, vec![text("current")]),
        (Role::Assistant, vec![text("done")]),
        (Role::User, vec![text("now")]),
        (Role::Assistant, vec![call("b", "{}"), call("c", "{}")]),
        (Role::User, vec![result("b", vec![], false), result("c", vec![], false)]),
        (Role::Assistant, vec![sealed("", "gemini", "AAA="), call("d", "{}")]),
        (Role::User, vec![result("d", vec![], false)]),
    ]);
    let seals = |model: &str| {
        let (written, _, _) = encode(&request, model).unwrap();
        let contents = written["contents"].as_array().unwrap().clone();
        let parts = contents.iter().flat_map(|content| content["parts"].as_array().unwrap().clone());
        let calls = parts.filter(|part| part.get("functionCall").is_some());
        calls.map(|part| part["thoughtSignature"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seals(NEW), ["-", "skip_thought_signature_validator", "-", "AAA="]);
    assert_eq!(seals(OLD), ["-", "-", "-", "AAA="]);
}

#[test]
fn media_of_tools_stands_in_the_result_or_after_it() {
    let request = asked(vec![
        (Role::Assistant, vec![call("a", "{}")]),
        (Role::User, vec![result("a", vec![text("see"), image()], false), text("Well?")]),
    ]);
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": "aGk="}});
    let parts = |model| {
        let (written, losses, _) = encode(&request, model).unwrap();
        (written["contents"][1]["parts"].clone(), losses)
    };
    let response = json!({"id": "a", "name": "look", "response": {"output": "see"}, "parts": [inline]});
    assert_eq!(parts(NEW), (json!([{"functionResponse": response}, {"text": "Well?"}]), String::new()));
    let response = json!({"id": "a", "name": "look", "response": {"output": "see"}});
    let wanted = json!([{"functionResponse": response}, inline, {"text": "Well?"}]);
    assert_eq!(parts(OLD), (wanted, "approximated=messages[1].content".to_owned()));
}

#[test]
fn only_what_the_api_fetches_itself_goes_by_its_address() {
    let of = |source| {
        let content = Content::Image { source, detail: None };
        encode(&asked(vec![(Role::User, vec![content])]), NEW)
    };
    for uri in [
        "https://generativelanguage.googleapis.com/v1beta/files/a1",
        "gs://bucket/a.png",
        "https://www.youtube.com/watch?v=x",
    ] {
        let (written, losses, _) = of(Source::Url(uri.into())).unwrap();
        assert_eq!(written["contents"][0]["parts"], json!([{"fileData": {"fileUri": uri}}]));
        assert_eq!(losses, "");
    }
    for source in [Source::Url("https://example.com/a.png".into()), Source::File("file-1".into())] {
        let failure = of(source).unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        assert_eq!(failure.report().unwrap().param.as_deref(), Some("messages[0].content"));
    }
    let jpg = Source::Base64 { media_type: "image/jpg".into(), data: "".into() };
    assert_eq!(of(jpg).unwrap().0["contents"][0]["parts"][0]["inlineData"]["mimeType"], "image/jpeg");
    let word = Source::Base64 { media_type: "application/msword".into(), data: "".into() };
    assert!(of(word).is_err());
}

#[test]
fn all_functions_stand_in_one_entry_under_names_that_are_taken() {
    let mut request = hello();
    request.tools = vec![
        function(
            "1st/tool",
            r#"{"type":"object","properties":{"n":{"type":"number","enum":[1.50]}}}"#,
            false,
        ),
        function("plain", "{}", false),
    ];
    request.tool_choice = Some(ToolChoice::Tool("1st/tool".into()));
    request.parallel_tool_calls = Some(false);
    let (written, losses, encoded) = encode(&request, OLD).unwrap();
    let name = written["tools"][0]["functionDeclarations"][0]["name"].as_str().unwrap();
    assert!(name.starts_with("_1st_tool_"), "{name}");
    assert_eq!(encoded.tool_names.restore(name), "1st/tool");
    assert_eq!(written["tools"].as_array().unwrap().len(), 1);
    assert_eq!(written["tools"][0]["functionDeclarations"][1], json!({"name": "plain"}));
    let calling = json!({"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [name]}});
    assert_eq!(written["toolConfig"], calling);
    assert_eq!(losses, "dropped=parallel_tool_calls, renamed=tools[0].function.name");
}

#[test]
fn choices_of_tools_have_their_modes() {
    let choice = |choice: Option<ToolChoice<'static>>, strict| {
        let mut request = hello();
        request.tools = vec![function("f", r#"{"type":"object"}"#, strict), function("g", "{}", false)];
        request.tool_choice = choice;
        let (written, losses, _) = encode(&request, NEW).unwrap();
        (written["toolConfig"]["functionCallingConfig"].clone(), losses)
    };
    let mode = |mode: &str| (json!({"mode": mode}), String::new());
    assert_eq!(choice(None, false), (Value::Null, String::new()));
    assert_eq!(choice(Some(ToolChoice::Auto), false), mode("AUTO"));
    assert_eq!(choice(Some(ToolChoice::Required), false), mode("ANY"));
    assert_eq!(choice(Some(ToolChoice::None), false), mode("NONE"));
    let strict = (json!({"mode": "VALIDATED"}), "approximated=tools[0].function.strict".to_owned());
    assert_eq!(choice(None, true), strict);
    let some = |required| Some(ToolChoice::Allowed { names: vec!["f".into(), "unknown".into()], required });
    let allowed = |mode: &str| (json!({"mode": mode, "allowedFunctionNames": ["f"]}), String::new());
    assert_eq!(choice(some(true), false), allowed("ANY"));
    assert_eq!(choice(some(false), false), allowed("VALIDATED"));
    let missing = (json!({"mode": "AUTO"}), "approximated=tool_choice".to_owned());
    assert_eq!(choice(Some(ToolChoice::Tool("unknown".into())), false), missing);
}

#[test]
fn tools_that_another_provider_runs_are_an_essential_loss() {
    let body = json!({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "q"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}]})
    .to_string();
    let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
    let mut losses = Losses::new();
    Gemini.encode_request(&request, &Target::new(NEW), &mut losses).unwrap();
    assert_eq!(losses.to_string(), "dropped=tools[0].web_search_20250305");
    assert!(losses.iter().all(|loss| loss.is_essential));
}

#[test]
fn settings_are_written_within_their_bounds() {
    let mut request = hello();
    request.max_tokens = Some(999_999_999);
    request.sampling.temperature = Some(raw("1.70"));
    request.sampling.top_k = Some(raw("40"));
    request.sampling.seed = Some(raw("99999999999"));
    request.stop = ["a", "b", "c", "d", "e", "f"].map(Into::into).to_vec();
    request.choices = Some(2);
    request.logprobs = Some(25);
    request.user = Some("u".into());
    request.metadata = Some(raw(r#"{"a":"b"}"#));
    request.service_tier = Some("flex".into());
    let (written, losses, encoded) = encode(&request, OLD).unwrap();
    let wanted = json!({"temperature": 1.70, "topK": 40, "maxOutputTokens": 65536, "candidateCount": 2,
        "responseLogprobs": true, "logprobs": 20, "stopSequences": ["a", "b", "c", "d", "e"]});
    assert_eq!(written["generationConfig"], wanted);
    assert!(String::from_utf8(encoded.body).unwrap().contains("1.70"));
    assert_eq!(
        losses,
        "dropped=seed, approximated=max_tokens, approximated=logprobs, approximated=stop, dropped=user, \
         dropped=metadata, dropped=service_tier"
    );
}

#[test]
fn a_thought_that_is_left_out_ends_no_turn() {
    let body = json!({"model": "m", "input": [
        {"role": "user", "content": "q"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "r"},
        {"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA", "summary": []},
        {"role": "user", "content": "and?"}]});
    let text = body.to_string();
    let request = OpenAiResponses.decode_request(text.as_bytes()).unwrap();
    let (written, losses, _) = encode(&request, NEW).unwrap();
    // The result and the next words are one content, in which the call is still being answered.
    assert_eq!(written["contents"][2]["parts"].as_array().unwrap().len(), 2);
    let seal = &written["contents"][1]["parts"][0]["thoughtSignature"];
    assert_eq!((seal, &*losses), (&json!("skip_thought_signature_validator"), "dropped=input[3]"));
}

#[test]
fn how_much_to_think_is_a_budget_for_some_and_a_level_for_others() {
    let thought = |model: &str, wanted: ReasoningRequest<'static>| {
        let mut request = hello();
        request.reasoning = Some(wanted);
        let (written, losses, _) = encode(&request, model).unwrap();
        (written["generationConfig"]["thinkingConfig"].clone(), !losses.is_empty())
    };
    let effort = |effort| ReasoningRequest { effort: Some(effort), ..ReasoningRequest::default() };
    let budget = |tokens| ReasoningRequest { budget_tokens: Some(tokens), ..ReasoningRequest::default() };
    let off = || ReasoningRequest { disabled: true, ..ReasoningRequest::default() };
    let adaptive = || ReasoningRequest { adaptive: true, ..ReasoningRequest::default() };
    let tokens =
        |tokens: i64, is_lossy| (json!({"includeThoughts": tokens != 0, "thinkingBudget": tokens}), is_lossy);
    assert_eq!(thought(OLD, effort(Effort::High)), tokens(4096, true));
    assert_eq!(thought(OLD, budget(2000)), tokens(2000, false));
    assert_eq!(thought(OLD, budget(90_000)), tokens(24_576, true));
    assert_eq!(thought(OLD, adaptive()), tokens(-1, false));
    assert_eq!(thought(OLD, off()), tokens(0, false));
    let always = json!({"includeThoughts": false, "thinkingBudget": 128});
    assert_eq!(thought("gemini-2.5-pro", off()), (always, true));
    let level = |level: &str, is_lossy| (json!({"includeThoughts": true, "thinkingLevel": level}), is_lossy);
    assert_eq!(thought(NEW, effort(Effort::Low)), level("LOW", false));
    assert_eq!(thought(NEW, effort(Effort::Max)), level("HIGH", true));
    assert_eq!(thought(NEW, budget(2000)), level("MEDIUM", true));
    assert_eq!(thought(NEW, adaptive()), (json!({"includeThoughts": true}), false));
    let least = json!({"includeThoughts": false, "thinkingLevel": "MINIMAL"});
    assert_eq!(thought(NEW, off()), (least, true));
    assert_eq!(thought("gemini-2.0-flash", effort(Effort::Low)), (Value::Null, true));
    assert_eq!(thought("gemini-2.0-flash", off()), (Value::Null, false));
    let hidden = ReasoningRequest { shows: Some(false), ..adaptive() };
    assert_eq!(thought(NEW, hidden), (json!({"includeThoughts": false}), false));
}

#[test]
fn the_form_of_the_answer_is_a_field_or_where_that_is_refused_an_instruction() {
    let schema = |schema: &str| OutputFormat::JsonSchema {
        name: Some("answer".into()),
        description: Some("An answer.".into()),
        schema: raw(schema),
        strict: Some(true),
    };
    let mut request = hello();
    request.output = schema(r#"{"type":"object","properties":{}}"#);
    let (written, losses, _) = encode(&request, OLD).unwrap();
    let wanted = json!({"responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "description": "An answer.", "properties": {}}});
    assert_eq!((&written["generationConfig"], &*losses), (&wanted, ""));
    request.tools = vec![function("f", "{}", false)];
    assert_eq!(encode(&request, NEW).unwrap().0["generationConfig"], wanted);
    let (written, losses, _) = encode(&request, OLD).unwrap();
    assert_eq!((written.get("generationConfig"), &*losses), (None, "approximated=response_format"));
    let told = written["systemInstruction"]["parts"][0]["text"].as_str().unwrap();
    assert!(
        told.contains("JSON object") && told.contains(r#"{"description":"An answer.","type":"object""#),
        "{told}"
    );
    request.tools.clear();
    request.output = OutputFormat::JsonObject;
    let wanted = json!({"responseMimeType": "application/json"});
    assert_eq!(encode(&request, OLD).unwrap().0["generationConfig"], wanted);
}

#[test]
fn what_cannot_be_carried_is_for_another_member() {
    let refused = |request: &Request<'_>| {
        let failure = encode(request, NEW).unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        failure.report().unwrap().param.clone().unwrap()
    };
    assert_eq!(refused(&asked(vec![(Role::User, vec![text("")])])), "messages");
    let unknown = Content::Unknown { kind: "server_tool_use".into(), value: raw("{}") };
    assert_eq!(refused(&asked(vec![(Role::Assistant, vec![unknown])])), "messages[0].content");
    let body = br#"{"contents":[{"parts":[{"text":"q"}]}],"cachedContent":"cachedContents/a"}"#;
    let mut request = Gemini.decode_request(body).unwrap();
    assert_eq!(encode(&request, NEW).unwrap().0["cachedContent"], "cachedContents/a");
    request.names = &OTHER;
    assert_eq!(refused(&request), "cachedContent");
    let mut blind = Capabilities::of(NEW).clone();
    blind.prefill = false;
    let ends = asked(vec![(Role::User, vec![text("q")]), (Role::Assistant, vec![text("The")])]);
    let target = Target::new(NEW).with_capabilities(&blind);
    assert!(Gemini.encode_request(&ends, &target, &mut Losses::new()).is_err());
    assert!(encode(&ends, NEW).is_ok());
}
