//! What a caller sends.

use serde_json::{Value, json};
use tower_failover::dialect::canonical::{Content, OutputFormat, Role, Tool, ToolChoice};
use tower_failover::dialect::{Dialect, gemini::Gemini};

use super::{encode, plain};

/// Reads a body, and tells what `look` sees in it.
fn read<T>(body: &Value, look: impl FnOnce(&tower_failover::dialect::canonical::Request<'_>) -> T) -> T {
    let body = body.to_string();
    look(&Gemini.decode_request(body.as_bytes()).unwrap())
}

/// The parts of all turns, one word each.
fn parts(body: &Value) -> Vec<String> {
    read(body, |request| {
        let parts = request.turns.iter().flat_map(|turn| &turn.parts);
        parts.map(|part| word(&part.content)).collect()
    })
}

fn word(content: &Content<'_>) -> String {
    match content {
        Content::Text(text) => format!("text {text}"),
        Content::ToolCall(call) => format!("call {} {}", call.name, call.arguments),
        Content::ToolResult(result) => {
            let inner: Vec<_> = result.parts.iter().map(|part| word(&part.content)).collect();
            format!("result{} {}", if result.is_error { " error" } else { "" }, inner.join("+"))
        }
        Content::Reasoning(thought) => {
            let of = |field: &Option<std::borrow::Cow<'_, str>>| field.as_deref().unwrap_or("-").to_owned();
            format!(
                "thought {:?} by {} sealed {} redacted {}",
                thought.text,
                of(&thought.issuer),
                of(&thought.signature),
                of(&thought.redacted)
            )
        }
        Content::Unknown { kind, .. } => format!("unknown {kind}"),
        other => format!("{other:?}").split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

fn said(parts: &Value) -> Value {
    json!({"contents": [{"role": "model", "parts": parts}]})
}

#[test]
fn either_spelling_and_either_case_is_the_same_request() {
    let camel = json!({
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [
            {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
            {"fileData": {"mimeType": "audio/wav", "fileUri": "https://a/b.wav"}},
        ]}],
        "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "min_items": 1}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
        "generationConfig": {"maxOutputTokens": 64, "topK": 4, "stopSequences": ["x"], "responseMimeType": "application/json",
            "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": true}},
    });
    let snake = json!({
        "system_instruction": {"parts": {"text": "Be brief."}},
        "contents": {"parts": [
            {"inline_data": {"mime_type": "image/png", "data": "aGk="}},
            {"file_data": {"mime_type": "audio/wav", "file_uri": "https://a/b.wav"}},
        ]},
        "tools": {"function_declarations": [{"name": "f", "parameters_json_schema": {"type": "object", "min_items": 1}}]},
        "tool_config": {"function_calling_config": {"mode": "any", "allowed_function_names": ["f"]}},
        "generation_config": {"max_output_tokens": "64", "top_k": "4", "stop_sequences": ["x"], "response_mime_type": "application/json",
            "thinking_config": {"thinking_level": "low", "include_thoughts": true}},
    });
    let told = |body: &Value| {
        read(body, |request| {
            let mut request = request.clone();
            // Raw values are kept in the caller's own spelling.
            request.extra.clear();
            request.reasoning.as_mut().unwrap().raw = None;
            format!("{request:?}")
        })
    };
    assert_eq!(told(&camel), told(&snake));
}

#[test]
fn calls_and_results_are_paired_by_id_or_by_name_and_order() {
    let body = json!({"contents": [
        {"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [
            {"functionCall": {"name": "f", "args": {"n": 1}}}, {"functionCall": {"name": "g"}},
            {"functionCall": {"name": "f", "args": {"n": 2}}}, {"functionCall": {"name": "f", "id": "own"}},
        ]},
        {"role": "function", "parts": [
            {"functionResponse": {"name": "g", "response": {}}}, {"functionResponse": {"name": "f", "id": "own", "response": {}}},
            {"functionResponse": {"name": "f", "response": {}}}, {"functionResponse": {"name": "f", "response": {}}},
            {"functionResponse": {"name": "stray", "response": {}}},
        ]},
    ]});
    let ids = |body: &Value| {
        read(body, |request| {
            let parts = request.turns.iter().flat_map(|turn| &turn.parts);
            let ids = parts.filter_map(|part| match &part.content {
                Content::ToolCall(call) => Some(call.id.to_string()),
                Content::ToolResult(result) => Some(result.id.to_string()),
                _ => None,
            });
            ids.collect::<Vec<_>>()
        })
    };
    let found = ids(&body);
    assert_eq!(found[4..8], [&*found[1], "own", &found[0], &found[2]]);
    let is_native = |id: &String| id.len() == 29 && id.starts_with("call_");
    assert!([0, 1, 2, 8].into_iter().all(|at| is_native(&found[at])), "{found:?}");
    assert_eq!(found.iter().collect::<std::collections::HashSet<_>>().len(), 5);
    // And in the next turn of the conversation they are the same.
    let mut later = body;
    later["contents"].as_array_mut().unwrap().push(json!({"role": "user", "parts": [{"text": "q"}]}));
    assert_eq!(ids(&later), found);
}

#[test]
fn what_a_tool_said_is_taken_out_of_the_object_that_the_api_demands() {
    let row = |response: Value| {
        let part = json!({"functionResponse": {"name": "f", "response": response}});
        parts(&json!({"contents": [{"parts": [part]}]})).remove(0)
    };
    assert_eq!(row(json!({"output": "sunny"})), "result text sunny");
    assert_eq!(row(json!({"result": {"a": 1}})), "result text {\"a\":1}");
    assert_eq!(row(json!({"error": "gone"})), "result error text gone");
    assert_eq!(row(json!({"output": 1, "b": 2})), "result text {\"b\":2,\"output\":1}");
    assert_eq!(row(json!({"celsius": 7})), "result text {\"celsius\":7}");
    let media = json!({"functionResponse": {"name": "f", "response": {"output": "see"}, "parts": [
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]}});
    assert_eq!(parts(&json!({"contents": [{"parts": [media]}]})), ["result text see+Image"]);
}

#[test]
fn seals_stand_before_the_call_they_are_of_and_after_the_text() {
    let own = json!([
        {"text": "hm", "thought": true}, {"text": "Let me see.", "thoughtSignature": "AAA="},
        {"functionCall": {"name": "f"}, "thoughtSignature": "BBB="}, {"functionCall": {"name": "g"}},
        {"text": "", "thoughtSignature": "CCC="},
    ]);
    let wanted = [
        "thought \"hm\" by gemini sealed - redacted -",
        "text Let me see.",
        "thought \"\" by gemini sealed AAA= redacted -",
        "thought \"\" by gemini sealed BBB= redacted -",
        "call f {}",
        "call g {}",
        "thought \"\" by gemini sealed CCC= redacted -",
    ];
    assert_eq!(parts(&said(&own)), wanted);
}

#[test]
fn a_foreign_thought_that_was_told_in_pieces_is_one_again() {
    // "failover:anthropic-messages:Eq" and "failover:anthropic-messages:redacted:Zz", as the pieces of a stream
    // that a client has sent back as they came.
    let pieces = [
        json!([{"text": "first ", "thought": true}]),
        json!([{"text": "second", "thought": true}]),
        json!([{"text": "", "thought": true, "thoughtSignature": "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOkVx"}]),
        json!([{"text": "", "thought": true, "thoughtSignature": "ZmFpbG92ZXI6YW50aHJvcGljLW1lc3NhZ2VzOnJlZGFjdGVkOlp6"}]),
        json!([{"functionCall": {"name": "f", "id": "toolu_1"}, "thoughtSignature": "skip_thought_signature_validator"}]),
    ];
    let contents: Vec<_> = pieces.into_iter().map(|parts| json!({"role": "model", "parts": parts})).collect();
    let body = json!({"contents": contents});
    let wanted = [
        "thought \"first second\" by anthropic-messages sealed Eq redacted -",
        "thought \"\" by anthropic-messages sealed - redacted Zz",
        "call f {}",
    ];
    assert_eq!(parts(&body), wanted);
    assert_eq!(read(&body, |request| request.turns.len()), 1, "neighbours of the model's are one turn");
}

#[test]
fn media_is_told_by_its_type_and_what_nobody_else_has_is_kept_whole() {
    let body = json!([
        {"inlineData": {"mimeType": "application/pdf", "data": "aGk=", "displayName": "a.pdf"}},
        {"fileData": {"mimeType": "image/png", "fileUri": "gs://bucket/a.png"}},
        {"fileData": {"mimeType": "video/mp4", "fileUri": "https://youtu.be/x"}},
        {"inlineData": {"mimeType": "video/mp4", "data": "aGk="}, "videoMetadata": {"fps": 1}},
        {"executableCode": {"language": "PYTHON", "code": "1"}}, {"toolCall": {"toolType": "URL_CONTEXT"}, "thoughtSignature": "A"},
        {"futureThing": {}},
    ]);
    let wanted = [
        "Document",
        "Image",
        "unknown fileData",
        "unknown inlineData",
        "unknown executableCode",
        "unknown toolCall",
        "unknown futureThing",
    ];
    assert_eq!(parts(&said(&body)), wanted);
}

#[test]
fn schemas_in_the_vendors_notation_are_read_as_json_schema() {
    let body = json!({"contents": [], "tools": [{"functionDeclarations": [{"name": "f", "parameters":
        {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": true}}, "propertyOrdering": ["a"]}}]}],
        "generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "ARRAY", "maxItems": "3"}}});
    read(&body, |request| {
        let Tool::Function { parameters: Some(parameters), .. } = &request.tools[0] else {
            panic!("no function")
        };
        assert_eq!(
            super::json(parameters.get().as_bytes()),
            json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}})
        );
        let OutputFormat::JsonSchema { schema, .. } = &request.output else { panic!("no schema") };
        assert_eq!(super::json(schema.get().as_bytes()), json!({"type": "array", "maxItems": 3}));
        assert_eq!(request.names.output, "generationConfig.responseSchema");
        assert_eq!(request.tool(0, "name"), "tools[0].functionDeclarations[0].name");
        assert_eq!(request.parameters(0), "tools[0].functionDeclarations[0].parameters");
    });
    // A member of the same dialect gets the caller's own words.
    let text = body.to_string();
    let request = Gemini.decode_request(text.as_bytes()).unwrap();
    let (written, losses, _) = encode(&request, "gemini-3-pro").unwrap();
    assert_eq!((plain(&written), &*losses), (plain(&body), ""));
}

#[test]
fn choices_of_tools_are_read_in_all_four_modes() {
    let choice = |config: Value| {
        let body = json!({"contents": [], "tools": [{"functionDeclarations": [{"name": "f"}]}, {"googleSearch": {}}],
            "toolConfig": {"functionCallingConfig": config}});
        read(&body, |request| {
            assert!(matches!(&request.tools[1], Tool::Hosted { kind, .. } if kind == "googleSearch"));
            let is_strict = matches!(&request.tools[0], Tool::Function { strict: Some(true), .. });
            let choice = match &request.tool_choice {
                Some(ToolChoice::Tool(name)) => format!("tool {name}"),
                Some(ToolChoice::Allowed { names, required }) => format!("allowed {names:?} {required}"),
                other => format!("{other:?}"),
            };
            (choice, is_strict)
        })
    };
    let told = |word: &str, is_strict| (word.to_owned(), is_strict);
    assert_eq!(choice(json!({"mode": "AUTO"})), told("Some(Auto)", false));
    assert_eq!(choice(json!({"mode": "NONE"})), told("Some(None)", false));
    assert_eq!(choice(json!({"mode": "ANY"})), told("Some(Required)", false));
    assert_eq!(choice(json!({"mode": "ANY", "allowedFunctionNames": ["f"]})), told("tool f", false));
    assert_eq!(choice(json!({"mode": "VALIDATED"})), told("Some(Auto)", true));
    let some = json!({"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]});
    assert_eq!(choice(some), told("allowed [\"f\", \"g\"] false", true));
}

#[test]
fn no_field_vanishes_unnamed_however_deep_it_stands() {
    let body = json!({
        "contents": [
            {"role": "user", "x": 1, "parts": [{"text": "t", "x": 1}, {"inlineData": {"mimeType": "image/png", "data": "", "x": 1}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "f", "x": 1}, "partMetadata": {"a": 1}}]},
            {"parts": [{"functionResponse": {"name": "f", "response": {"free": 1}, "scheduling": "SILENT"}}]},
        ],
        "systemInstruction": {"role": "system", "parts": [{"text": "s", "x": 1}], "x": 1},
        "tools": [{"functionDeclarations": [{"name": "f", "behavior": "BLOCKING"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO", "x": 1}, "retrievalConfig": {"a": 1}},
        "generationConfig": {"speechConfig": {"a": 1}, "candidateCount": 1, "responseModalities": ["TEXT"]},
        "safetySettings": [{"a": 1}], "store": false, "x": 1,
    });
    let mut extra = read(&body, |request| {
        let extra = request.extra.iter().filter(|extra| !extra.is_moot);
        extra.map(|extra| extra.path.to_string()).collect::<Vec<_>>()
    });
    extra.sort_unstable();
    let wanted = [
        "contents[0].parts[0].x",
        "contents[0].parts[1].inlineData.x",
        "contents[0].x",
        "contents[1].parts[0].functionCall.x",
        "contents[1].parts[0].partMetadata",
        "contents[2].parts[0].functionResponse.scheduling",
        "generationConfig.speechConfig",
        "safetySettings",
        "systemInstruction.parts[0].x",
        "systemInstruction.x",
        "toolConfig.functionCallingConfig.x",
        "toolConfig.retrievalConfig",
        "tools[0].functionDeclarations[0].behavior",
        "x",
    ];
    assert_eq!(extra, wanted);
    let text = body.to_string();
    let request = Gemini.decode_request(text.as_bytes()).unwrap();
    assert_eq!(plain(&encode(&request, "gemini-3-pro").unwrap().0), plain(&body));
}

#[test]
fn what_is_stored_at_the_provider_is_bound_to_it() {
    let body = json!({"contents": [], "cachedContent": "cachedContents/a", "labels": {"team": "a"}, "serviceTier": "flex"});
    read(&body, |request| {
        assert_eq!(request.state.as_ref().unwrap().path, "cachedContent");
        assert_eq!(request.metadata.as_ref().unwrap().get(), r#"{"team":"a"}"#);
        assert_eq!(request.service_tier.as_deref(), Some("flex"));
        assert!(request.wants_usage);
    });
}

#[test]
fn what_is_wrong_is_named() {
    let content = |content: Value| json!({"contents": [content]});
    let part = |part: Value| content(json!({"parts": [part]}));
    let rows = [
        (json!({}), "'contents' is not specified.", "contents"),
        (json!({"contents": 7}), "Invalid value at 'contents': expected a list.", "contents"),
        (content(json!("x")), "Invalid value at 'contents[0]': expected an object.", "contents[0]"),
        (content(json!({"role": "assistant"})), "Please use a valid role: user, model.", "contents[0].role"),
        (
            part(json!({"text": 7})),
            "Invalid value at 'contents[0].parts[0].text': expected a string.",
            "contents[0].parts[0].text",
        ),
        (
            part(json!({})),
            "'contents[0].parts[0]': required oneof field 'data' must have one initialized field.",
            "contents[0].parts[0]",
        ),
        (
            part(json!({"functionCall": {"args": {}}})),
            "'contents[0].parts[0].functionCall.name' is not specified.",
            "contents[0].parts[0].functionCall.name",
        ),
        (
            part(json!({"functionCall": {"name": "f", "args": "{}"}})),
            "Invalid value at 'contents[0].parts[0].functionCall.args': expected an object.",
            "contents[0].parts[0].functionCall.args",
        ),
        (
            json!({"contents": [], "generationConfig": {"temperature": "warm"}}),
            "Invalid value at 'generationConfig.temperature': expected a number.",
            "generationConfig.temperature",
        ),
        (
            json!({"contents": [], "generationConfig": {"top_p": 1, "topP": 1}}),
            "'generationConfig.topP' is specified twice.",
            "generationConfig.topP",
        ),
        (
            json!({"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "SOME"}}}),
            "Invalid value at 'toolConfig.functionCallingConfig.mode': \"SOME\" is not known.",
            "toolConfig.functionCallingConfig.mode",
        ),
    ];
    for (body, message, param) in rows {
        let text = body.to_string();
        let invalid = Gemini.decode_request(text.as_bytes()).unwrap_err();
        assert_eq!((invalid.message(), invalid.param()), (message, Some(param)), "{body}");
    }
    for body in [&b"[]"[..], b"{", b"", b"{\"contents\":[]} x", b"{\"contents\":\"\xff\"}"] {
        assert!(Gemini.decode_request(body).is_err());
    }
}

#[test]
fn who_speaks_may_be_left_out_and_results_had_a_role_once() {
    let body = json!({"contents": [{"parts": [{"text": "a"}]}, {"role": "function", "parts": [{"functionResponse": {"name": "f"}}]}]});
    assert!(read(&body, |request| request.turns.iter().all(|turn| turn.role == Role::User)));
}
