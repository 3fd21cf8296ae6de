//! What a member is sent for callers of other dialects.

use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Target};
use tower_failover::facts::Losses;
use tower_failover::failure::Class;

use super::{from, from_anthropic, from_chat, grammar};

fn chat(messages: Value) -> Value {
    json!({"model": "m", "messages": messages})
}

fn anthropic(messages: Value) -> Value {
    json!({"model": "m", "max_tokens": 100, "messages": messages})
}

fn checked((body, losses): (Value, String)) -> (Value, String) {
    grammar::check(&body).unwrap_or_else(|why| panic!("{why}: {body}"));
    (body, losses)
}

#[test]
fn nothing_is_stored_and_thoughts_come_with_the_answer() {
    let (body, losses) = checked(from_chat(&chat(json!([{"role": "user", "content": "hi"}]))));
    let expected = json!({
        "model": "member", "input": [{"role": "user", "content": "hi"}], "store": false,
        "include": ["reasoning.encrypted_content"],
    });
    assert_eq!((body, losses), (expected, String::new()));
}

#[test]
fn a_conversation_in_which_nothing_is_said_is_for_another_member() {
    let failure = from(&AnthropicMessages, &anthropic(json!([]))).unwrap_err();
    assert_eq!(failure.class(), Class::Unsupported);
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("messages"));
}

#[test]
fn the_system_prompt_is_the_instructions_and_later_ones_stay_in_their_place() {
    let (body, _) = checked(from_chat(&chat(json!([
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "a"}, {"role": "system", "content": "be long"},
    ]))));
    assert_eq!(body["instructions"], "be brief");
    assert_eq!(body["input"][1], json!({"role": "system", "content": "be long"}));
    let (body, _) = checked(from_chat(&chat(json!([
        {"role": "developer", "content": "one"}, {"role": "system", "content": "two"}, {"role": "user", "content": "a"},
    ]))));
    assert!(body["instructions"].is_null());
    assert_eq!(body["input"][0], json!({"role": "developer", "content": "one"}));
    let mut blocks = anthropic(json!([{"role": "user", "content": "a"}]));
    blocks["system"] = json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]);
    let (body, _) = checked(from_anthropic(&blocks));
    let parts = json!([{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}]);
    assert_eq!(body["input"][0], json!({"role": "system", "content": parts}));
    let (body, _) = checked(from_chat(&chat(json!([{"role": "system", "content": "alone"}]))));
    assert_eq!(body["input"], json!([{"role": "system", "content": "alone"}]));
}

#[test]
fn a_conversation_with_tools_becomes_items() {
    let (body, losses) = checked(from_anthropic(&anthropic(json!([
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": [
            {"type": "text", "text": "Looking."},
            {"type": "tool_use", "id": "toolu_1", "name": "get", "input": {"at": "a"}},
            {"type": "tool_use", "id": "toolu_2", "name": "get", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sun"},
            {"type": "tool_result", "tool_use_id": "toolu_2", "content": [
                {"type": "text", "text": "map"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            ]},
            {"type": "text", "text": "and now?"},
        ]},
    ]))));
    let expected = json!([
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": "Looking."},
        {"type": "function_call", "call_id": "toolu_1", "name": "get", "arguments": r#"{"at":"a"}"#},
        {"type": "function_call", "call_id": "toolu_2", "name": "get", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "toolu_1", "output": "sun"},
        {"type": "function_call_output", "call_id": "toolu_2", "output": [
            {"type": "input_text", "text": "map"},
            {"type": "input_image", "image_url": "data:image/png;base64,iVBO", "detail": "auto"},
        ]},
        {"role": "user", "content": "and now?"},
    ]);
    assert_eq!(body["input"], expected);
    assert_eq!(losses, "");
}

#[test]
fn what_the_assistant_said_in_parts_is_a_message_of_its_own_kind() {
    let said = json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": [
        {"type": "text", "text": "one"}, {"type": "refusal", "refusal": "two"}]}, {"role": "user", "content": "y"}]);
    let (body, _) = checked(from_chat(&chat(said.clone())));
    let message = &body["input"][1];
    assert_eq!(
        message["content"],
        json!([
            {"type": "output_text", "logprobs": [], "annotations": [], "text": "one"},
            {"type": "refusal", "refusal": "two"},
        ])
    );
    assert_eq!((&message["type"], &message["status"]), (&json!("message"), &json!("completed")));
    let (again, _) = from_chat(&chat(said));
    assert_eq!(again["input"][1]["id"], message["id"], "the same in every turn of a conversation");
}

#[test]
fn only_thoughts_of_its_own_are_sent_and_only_with_what_they_led_to() {
    let thought = |seal: &str| json!({"type": "thinking", "thinking": "hm", "signature": seal});
    let said = |content: Value| {
        let messages = json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": content},
            {"role": "user", "content": "y"}]);
        checked(from_anthropic(&anthropic(messages)))
    };
    let text = json!({"type": "text", "text": "z"});
    let (body, losses) = said(json!([thought("failover:openai-responses:rs_1 gAAA"), text]));
    let expected = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
        "summary": [{"type": "summary_text", "text": "hm"}]});
    assert_eq!((&body["input"][1], &*losses), (&expected, ""));
    assert_eq!(body["input"][2]["role"], "assistant");
    let (body, _) = said(json!([thought("failover:openai-responses: gAAA"), text]));
    assert!(
        body["input"][1]["id"].as_str().unwrap().starts_with("rs_"),
        "an id is made up where there was none"
    );
    // What was only stored, what led to nothing, and what is another's.
    for content in [
        json!([thought("failover:openai-responses:rs_1 "), text]),
        json!([thought("failover:gemini:gAAA"), text]),
        json!([thought("EqQB"), text]),
        json!([{"type": "redacted_thinking", "data": "EqQB"}, text]),
    ] {
        let (body, losses) = said(content);
        assert_eq!(body["input"].as_array().unwrap().len(), 3, "{body}");
        assert_eq!(losses, "dropped=messages[1].content[0]");
    }
    let (body, losses) = said(json!([text, thought("failover:openai-responses:rs_1 gAAA")]));
    assert_eq!(body["input"].as_array().unwrap().len(), 3, "{body}");
    assert_eq!(losses, "dropped=messages[1].content[1]");
}

#[test]
fn media_go_where_the_api_has_them() {
    let (body, losses) = checked(from_anthropic(&anthropic(json!([{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "https://a/b.png"}},
        {"type": "document", "title": "t.pdf", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}},
        {"type": "document", "source": {"type": "url", "url": "https://a/b.pdf"}},
        {"type": "document", "title": "Notes", "source": {"type": "text", "media_type": "text/plain", "data": "plain"}},
    ]}]))));
    let expected = json!([
        {"type": "input_image", "image_url": "https://a/b.png", "detail": "auto"},
        {"type": "input_file", "file_data": "data:application/pdf;base64,JVBE", "filename": "t.pdf"},
        {"type": "input_file", "file_url": "https://a/b.pdf"},
        {"type": "input_text", "text": "Notes\n\nplain"},
    ]);
    assert_eq!((&body["input"][0]["content"], &*losses), (&expected, ""));
    let (body, _) = checked(from_chat(&chat(json!([{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO", "detail": "low"}},
        {"type": "file", "file": {"file_id": "file-1"}},
    ]}]))));
    let expected = json!([
        {"type": "input_image", "image_url": "data:image/png;base64,iVBO", "detail": "low"},
        {"type": "input_file", "file_id": "file-1"},
    ]);
    assert_eq!(body["input"][0]["content"], expected);
}

#[test]
fn what_the_api_has_no_place_for_is_refused_by_name() {
    let refused = |result: Result<(Value, String), Box<tower_failover::failure::Failure>>| {
        let failure = result.unwrap_err();
        assert_eq!(failure.class(), Class::Unsupported);
        failure.report().unwrap().param.clone().unwrap()
    };
    let sound = chat(
        json!([{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}]}]),
    );
    assert_eq!(refused(from(&OpenAiChat, &sound)), "messages[0].content[0].input_audio");
    let file = anthropic(
        json!([{"role": "user", "content": [{"type": "document", "source": {"type": "file", "file_id": "file_1"}}]}]),
    );
    assert_eq!(refused(from(&AnthropicMessages, &file)), "messages[0].content[0].file");
    let novel = anthropic(json!([{"role": "user", "content": [{"type": "search_result", "x": 1}]}]));
    assert_eq!(refused(from(&AnthropicMessages, &novel)), "messages[0].content[0].search_result");
}

#[test]
fn a_schema_of_another_vendor_is_made_one_that_is_enforced() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]});
    let body = |schema: &Value| {
        json!({
            "model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
            "tools": [{"name": "f", "strict": true, "input_schema": schema}],
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        })
    };
    let (written, losses) = from_anthropic(&body(&schema));
    for (holder, field) in [(&written["tools"][0], "parameters"), (&written["text"]["format"], "schema")] {
        assert_eq!(holder["strict"], true, "{holder}");
        assert_eq!(holder[field]["required"], json!(["a", "b"]), "{holder}");
        assert_eq!(holder[field]["properties"]["b"]["type"], json!(["integer", "null"]), "{holder}");
    }
    for field in ["approximated=tools[0].input_schema", "approximated=output_config.format"] {
        assert!(losses.contains(field), "{losses}");
    }
    // What cannot be enforced is not pretended to be.
    let union = json!({"anyOf": [{"type": "object"}]});
    let (written, losses) = from_anthropic(&body(&union));
    assert_eq!((&written["tools"][0]["parameters"], &written["tools"][0]["strict"]), (&union, &json!(false)));
    assert!(written["text"]["format"].get("strict").is_none());
    assert!(losses.contains("dropped=tools[0].strict"), "{losses}");
}

#[test]
fn tools_are_flat_and_never_strict_unasked() {
    let mut body = chat(json!([{"role": "user", "content": "x"}]));
    let long = "n".repeat(80);
    body["tools"] = json!([
        {"type": "function", "function": {"name": "a", "description": "d", "parameters": {"type": "object"}}},
        {"type": "function", "function": {"name": "b", "parameters": {"type": "object"}, "strict": true}},
        {"type": "function", "function": {"name": long}},
        {"type": "custom", "custom": {"name": "c"}},
    ]);
    body["tool_choice"] = json!({"type": "function", "function": {"name": long}});
    body["parallel_tool_calls"] = json!(false);
    let text = body.to_string();
    let request = OpenAiChat.decode_request(text.as_bytes()).unwrap();
    let mut losses = Losses::new();
    let encoded = OpenAiResponses.encode_request(&request, &Target::new("member"), &mut losses).unwrap();
    let written = super::json(&encoded.body);
    grammar::check(&written).unwrap();
    let tools = &written["tools"];
    assert_eq!(
        tools[0],
        json!({"type": "function", "name": "a", "description": "d", "parameters": {"type": "object"}, "strict": false})
    );
    assert_eq!(tools[1]["strict"], true);
    assert_eq!(tools[2]["parameters"], json!({"type": "object", "properties": {}}));
    assert_eq!(tools.as_array().unwrap().len(), 3);
    let short = tools[2]["name"].as_str().unwrap();
    assert_eq!(encoded.tool_names.restore(short), long);
    assert_eq!(written["tool_choice"], json!({"type": "function", "name": short}));
    assert_eq!(written["parallel_tool_calls"], false);
    assert_eq!(
        losses.to_string(),
        "dropped=tools[3].custom, renamed=tools[2].function.name, renamed=tool_choice"
    );
    assert!(losses.iter().any(|loss| loss.is_essential && loss.field == "tools[3].custom"));
}

#[test]
fn every_form_of_a_choice_is_written() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "g"}}]);
    let choice = |choice: Value| {
        let mut body = chat(json!([{"role": "user", "content": "x"}]));
        body["tools"] = tools.clone();
        body["tool_choice"] = choice;
        let (body, losses) = checked(from_chat(&body));
        (body["tool_choice"].clone(), losses)
    };
    for word in ["auto", "required", "none"] {
        assert_eq!(choice(json!(word)), (json!(word), String::new()));
    }
    let allowed = json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
        {"type": "function", "function": {"name": "g"}}]}});
    let expected =
        json!({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "g"}]});
    assert_eq!(choice(allowed), (expected, String::new()));
    let unknown = json!({"type": "function", "function": {"name": "h"}});
    assert_eq!(choice(unknown), (Value::Null, "dropped=tool_choice".to_owned()));
    let mut none = chat(json!([{"role": "user", "content": "x"}]));
    none["tool_choice"] = json!("required");
    none["parallel_tool_calls"] = json!(true);
    let (body, losses) = checked(from_chat(&none));
    assert!(body["tool_choice"].is_null() && body["parallel_tool_calls"].is_null());
    assert_eq!(losses, "dropped=tool_choice");
}

#[test]
fn ids_that_are_too_long_are_mapped_alike_in_call_and_result() {
    let id = "call_".to_owned() + &"x".repeat(100);
    let (body, _) = checked(from_chat(&chat(json!([
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": null, "tool_calls": [{"id": id, "type": "function", "function": {"name": "f", "arguments": ""}}]},
        {"role": "tool", "tool_call_id": id, "content": "y"},
    ]))));
    assert_eq!(body["input"][1]["call_id"], body["input"][2]["call_id"]);
    assert_ne!(body["input"][1]["call_id"], *id);
    assert_eq!(body["input"][1]["arguments"], "{}");
}

#[test]
fn settings_that_the_api_lacks_are_named() {
    let mut body = chat(json!([{"role": "user", "content": "x"}]));
    for (name, value) in [
        ("stop", json!(["a"])),
        ("seed", json!(1)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(0.5)),
        ("top_k", json!(4)),
        ("n", json!(2)),
        ("logit_bias", json!({"1": 2})),
        ("max_tokens", json!(5)),
        ("temperature", json!(0.25)),
    ] {
        body[name] = value;
    }
    let (written, losses) = checked(from_chat(&body));
    assert_eq!((&written["max_output_tokens"], &written["temperature"]), (&json!(16), &json!(0.25)));
    let mut losses: Vec<_> = losses.split(", ").collect();
    losses.sort_unstable();
    let expected = [
        "approximated=max_tokens",
        "dropped=frequency_penalty",
        "dropped=logit_bias",
        "dropped=n",
        "dropped=presence_penalty",
        "dropped=seed",
        "dropped=stop",
        "dropped=top_k",
    ];
    assert_eq!(losses, expected);
}

#[test]
fn settings_that_both_of_the_vendors_dialects_have_are_carried() {
    let mut body = chat(json!([{"role": "user", "content": "x"}]));
    for (name, value) in [
        ("verbosity", json!("low")),
        ("prompt_cache_key", json!("k")),
        ("prompt_cache_retention", json!("24h")),
        ("store", json!(true)),
        ("logprobs", json!(true)),
        ("top_logprobs", json!(3)),
        ("metadata", json!({"a": "b"})),
        ("service_tier", json!("flex")),
        ("safety_identifier", json!("u")),
        ("reasoning_effort", json!("high")),
        (
            "response_format",
            json!({"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}, "strict": true}}),
        ),
        ("stream", json!(true)),
    ] {
        body[name] = value;
    }
    let (written, losses) = checked(from_chat(&body));
    assert_eq!(losses, "");
    let format = json!({"type": "json_schema", "name": "s", "schema": {"type": "object"}, "strict": true});
    let expected = json!({
        "model": "member", "input": [{"role": "user", "content": "x"}], "text": {"format": format, "verbosity": "low"},
        "prompt_cache_key": "k", "prompt_cache_retention": "24h", "store": true, "top_logprobs": 3,
        "include": ["reasoning.encrypted_content", "message.output_text.logprobs"], "metadata": {"a": "b"},
        "service_tier": "flex", "safety_identifier": "u", "reasoning": {"effort": "high"}, "stream": true,
    });
    assert_eq!(written, expected);
    body["service_tier"] = json!("on_demand");
    assert_eq!(from_chat(&body).1, "dropped=service_tier");
}

#[test]
fn a_setting_of_a_type_that_the_api_refuses_is_left_out_and_named() {
    for (name, value) in [
        ("verbosity", json!(1)),
        ("prompt_cache_key", json!(["k"])),
        ("prompt_cache_options", json!("24h")),
        ("prompt_cache_retention", json!(24)),
        ("store", json!("yes")),
    ] {
        let mut body = chat(json!([{"role": "user", "content": "x"}]));
        body[name] = value;
        let (written, losses) = checked(from_chat(&body));
        assert_eq!(losses, format!("dropped={name}"));
        let field = if name == "verbosity" { &written["text"] } else { &written[name] };
        assert!(field.is_null() || *field == json!(false), "{written}");
    }
}

#[test]
fn labels_that_the_api_refuses_are_left_out_and_named() {
    let many = |count: usize| (0..count).map(|index| (index.to_string(), json!("x"))).collect::<Value>();
    let (longest, longer) = ("é".repeat(512), "é".repeat(513));
    for labels in [many(16), json!({"é".repeat(64): longest})] {
        let body = json!({"contents": [{"parts": [{"text": "x"}]}], "labels": labels});
        let (written, losses) = checked(from(&Gemini, &body).unwrap());
        assert_eq!((&written["metadata"], &*losses), (&labels, ""));
        let mut body = chat(json!([{"role": "user", "content": "x"}]));
        body["metadata"] = labels.clone();
        assert_eq!(checked(from_chat(&body)).0["metadata"], labels);
    }
    for labels in
        [many(17), json!({"a": 1}), json!({"a": {"b": "c"}}), json!({"a": longer}), json!({longest: "a"})]
    {
        let body = json!({"contents": [{"parts": [{"text": "x"}]}], "labels": labels});
        let (written, losses) = checked(from(&Gemini, &body).unwrap());
        assert_eq!((&written["metadata"], &*losses), (&Value::Null, "dropped=labels"));
        let mut body = chat(json!([{"role": "user", "content": "x"}]));
        body["metadata"] = labels;
        let (written, losses) = checked(from_chat(&body));
        assert_eq!((&written["metadata"], &*losses), (&Value::Null, "dropped=metadata"));
    }
}

#[test]
fn labels_that_are_no_object_are_the_callers_mistake() {
    for labels in [json!("team-a"), json!(["team", "a"]), json!(7), json!(true)] {
        let body = json!({"contents": [{"parts": [{"text": "x"}]}], "labels": labels}).to_string();
        let invalid = Gemini.decode_request(body.as_bytes()).unwrap_err();
        assert_eq!(invalid.param(), Some("labels"));
        let messages = json!([{"role": "user", "content": "x"}]);
        let chat = json!({"model": "m", "messages": messages, "metadata": labels}).to_string();
        let invalid = OpenAiChat.decode_request(chat.as_bytes()).unwrap_err();
        assert_eq!(invalid.param(), Some("metadata"));
    }
}

#[test]
fn thinking_that_is_asked_for_in_itself_is_shown() {
    let mut body = anthropic(json!([{"role": "user", "content": "x"}]));
    body["max_tokens"] = json!(20000);
    body["thinking"] = json!({"type": "enabled", "budget_tokens": 8000});
    let (written, losses) = checked(from_anthropic(&body));
    assert_eq!(written["reasoning"], json!({"effort": "medium", "summary": "auto"}));
    assert!(losses.starts_with("approximated=thinking"), "{losses}");
}

#[test]
fn what_to_cache_is_said_in_the_vendors_words_only() {
    let part = |name: &str, wish: Value| {
        chat(json!([{"role": "user", "content": [
        {"type": "text", "text": "a", name: wish}, {"type": "text", "text": "b"}]}]))
    };
    let wish = json!({"mode": "explicit", "ttl": "30m"});
    let (body, losses) = checked(from_chat(&part("prompt_cache_breakpoint", wish.clone())));
    assert_eq!((&body["input"][0]["content"][0]["prompt_cache_breakpoint"], &*losses), (&wish, ""));
    let (body, losses) = checked(from_chat(&part("cache_control", json!({"type": "ephemeral"}))));
    assert!(body["input"][0]["content"][0]["prompt_cache_breakpoint"].is_null());
    assert_eq!(losses, "dropped=messages[0].content[0].cache_control");
}

/// As a member with this model gets it.
fn with_model(dialect: &impl Dialect, body: &Value, model: &str) -> (Value, String) {
    let text = body.to_string();
    checked(super::encoded(&dialect.decode_request(text.as_bytes()).unwrap(), model).unwrap())
}

#[test]
fn what_a_model_refuses_is_not_sent_to_it() {
    let mut body = chat(json!([{"role": "user", "content": "x"}]));
    body["temperature"] = json!(0.5);
    body["top_p"] = json!(1);
    body["reasoning_effort"] = json!("max");
    body["logprobs"] = json!(true);
    body["verbosity"] = json!("low");
    let (written, losses) = with_model(&OpenAiChat, &body, "gpt-5-mini");
    assert!(written["temperature"].is_null() && written["top_logprobs"].is_null());
    assert_eq!(written["reasoning"], json!({"effort": "high"}));
    assert_eq!(written["text"], json!({"verbosity": "low"}));
    assert_eq!(losses, "approximated=reasoning_effort, dropped=temperature, dropped=logprobs");
    // Without thoughts there are none to encrypt, and no effort.
    let (written, losses) = with_model(&OpenAiChat, &body, "gpt-4o");
    assert_eq!((&written["temperature"], &written["reasoning"]), (&json!(0.5), &Value::Null));
    assert_eq!(written["include"], json!(["message.output_text.logprobs"]));
    assert_eq!(losses, "dropped=reasoning_effort, dropped=verbosity");
    // Where it is told not to think, it may be told how to sample.
    body["reasoning_effort"] = json!("none");
    let (written, losses) = with_model(&OpenAiChat, &body, "gpt-5.1");
    assert_eq!((&written["temperature"], &*losses), (&json!(0.5), ""));
}

#[test]
fn a_limit_is_no_higher_than_the_model_takes() {
    let mut body = anthropic(json!([{"role": "user", "content": "x"}]));
    body["max_tokens"] = json!(64_000);
    let (written, losses) = with_model(&AnthropicMessages, &body, "gpt-4o");
    assert_eq!((&written["max_output_tokens"], &*losses), (&json!(16_384), "approximated=max_tokens"));
}

#[test]
fn a_form_without_a_field_is_asked_for_in_words() {
    let mut body = anthropic(json!([{"role": "user", "content": "x"}]));
    body["system"] = json!("be brief");
    body["output_config"] =
        json!({"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}});
    let (written, losses) = with_model(&AnthropicMessages, &body, "gpt-4-turbo");
    let instructions = written["instructions"].as_str().unwrap();
    assert!(instructions.starts_with("be brief\n\nAnswer with a single JSON object"), "{instructions}");
    assert!(instructions.contains(r#""properties":{}"#));
    assert_eq!(written["text"], json!({"format": {"type": "json_object"}}));
    assert!(losses.contains("approximated=output_config"), "{losses}");
    let (written, _) = with_model(&AnthropicMessages, &body, "gpt-4o");
    assert_eq!(written["text"]["format"]["type"], "json_schema");
    assert_eq!(written["instructions"], "be brief");
}

#[test]
fn what_another_vendor_enforces_is_worded_as_this_one_takes_it() {
    let mut body = anthropic(json!([{"role": "user", "content": "x"}]));
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    body["tools"] =
        json!([{"name": "f", "input_schema": schema, "strict": true}, {"name": "g", "input_schema": schema}]);
    let (written, _) = checked(from_anthropic(&body));
    let strict = &written["tools"][0];
    assert_eq!(
        (&strict["strict"], &strict["parameters"]["additionalProperties"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(strict["parameters"]["required"], json!(["a"]));
    assert_eq!(written["tools"][1]["parameters"], schema);
}

#[test]
fn what_is_stored_elsewhere_is_refused() {
    let body = br#"{"contents":[{"role":"user","parts":[{"text":"x"}]}],"cachedContent":"cachedContents/1"}"#;
    let gemini = tower_failover::dialect::gemini::Gemini;
    let request = gemini.decode_request(body).unwrap();
    let failure = super::encoded(&request, "gpt-5").unwrap_err();
    assert_eq!(failure.class(), Class::Unsupported);
    assert_eq!(failure.report().unwrap().param.as_deref(), Some("cachedContent"));
}
