//! What a caller sends.

use serde_json::{Value, json};
use tower_failover::dialect::canonical::{Content, Tool};
use tower_failover::dialect::{Dialect, anthropic_messages::AnthropicMessages};

fn decode(body: &Value) -> Result<(), (String, Option<String>)> {
    let body = body.to_string();
    let result = AnthropicMessages.decode_request(body.as_bytes());
    result.map(|_| ()).map_err(|invalid| (invalid.message().to_owned(), invalid.param().map(str::to_owned)))
}

#[test]
fn what_says_nothing_is_no_loss_and_what_says_something_is() {
    let body = json!({
        "model": "m", "max_tokens": 1, "stream": false, "metadata": {}, "service_tier": "auto", "container": null,
        "mcp_servers": [], "messages": [{"role": "user", "content": "x"}],
        "inference_geo": "eu", "context_management": {"edits": [1]},
        "tools": [
            {"name": "t", "input_schema": {}, "defer_loading": false, "input_examples": [{}], "allowed_callers": ["x"]},
        ],
        "tool_choice": {"type": "auto", "novel": 1},
        "output_config": {"effort": "low", "task_budget": {"total": 1}},
    });
    let body = body.to_string();
    let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
    let mut extra: Vec<_> = request.extra.iter().map(|extra| &*extra.path).collect();
    extra.sort_unstable();
    let expected = [
        "context_management",
        "inference_geo",
        "output_config.task_budget",
        "tool_choice.novel",
        "tools[0].allowed_callers",
        "tools[0].input_examples",
    ];
    assert_eq!(extra, expected);
}

#[test]
fn a_thread_that_goes_on_is_state_and_one_that_begins_is_not() {
    let read = |thread: Value| {
        let messages = json!([{"role": "user", "content": "x"}]);
        let body = json!({"model": "m", "max_tokens": 1, "messages": messages, "thread": thread}).to_string();
        let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
        let extra: Vec<_> = request.extra.iter().map(|extra| extra.path.to_string()).collect();
        (request.state.map(|state| state.path.into_owned()), extra)
    };
    assert_eq!(read(Value::Null), (None, vec![]));
    assert_eq!(read(json!({"type": "create"})), (None, vec!["thread".to_owned()]));
    let goes_on = json!({"type": "continue", "previous_message_id": "msg_1"});
    assert_eq!(read(goes_on), (Some("thread".to_owned()), vec![]));
}

#[test]
fn no_field_vanishes_unnamed_however_deep_it_stands() {
    let image = json!({"type": "image", "source": {"type": "url", "url": "https://a/b.png", "x": 1}, "x": 1});
    let called = json!({"type": "tool_use", "id": "c", "name": "f", "input": {"free": 1}, "caller": {"type": "direct"}});
    let body = json!({
        "model": "m", "max_tokens": 1, "x": 1, "system": [{"type": "text", "text": "s", "x": 1}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "t", "x": {"y": 1}, "cache_control": {}}, image], "x": 1},
            {"role": "assistant", "content": [called]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [image]}], "z": null},
            {"role": "user", "content": [{"type": "novel", "x": 1}, {"type": "text", "text": "t", "x": 1}]},
        ],
        "thinking": {"type": "enabled", "budget_tokens": 1024, "x": 1},
        "output_config": {"format": {"type": "json_schema", "schema": {"x": 1}, "x": 1}},
    });
    let body = body.to_string();
    let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
    let mut extra: Vec<_> = request.extra.iter().map(|extra| &*extra.path).collect();
    extra.sort_unstable();
    let expected = [
        "messages[0].content[0].x",
        "messages[0].content[1].source.x",
        "messages[0].content[1].x",
        "messages[0].x",
        "messages[2].content[0].source.x",
        "messages[2].content[0].x",
        "messages[3].content[1].x",
        "output_config.format.x",
        "system[0].x",
        "thinking.x",
        "x",
    ];
    assert_eq!(extra, expected);
}

#[test]
fn what_is_wrong_is_named_in_the_vendors_words() {
    let message = |message: Value| json!({"model": "m", "max_tokens": 1, "messages": [message]});
    let block =
        |block: Value| message(json!({"role": "user", "content": [{"type": "text", "text": "x"}, block]}));
    let rows = [
        (json!({"model": "m", "max_tokens": 1}), "messages: Field required", "messages"),
        (json!({"model": "m", "messages": []}), "max_tokens: Field required", "max_tokens"),
        (
            json!({"model": "m", "max_tokens": "1", "messages": []}),
            "max_tokens: Input should be a valid integer",
            "max_tokens",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": {}}),
            "messages: Input should be a valid list",
            "messages",
        ),
        (message(json!("x")), "messages.0: Input should be a valid dictionary", "messages.0"),
        (message(json!({"content": "x"})), "messages.0.role: Field required", "messages.0.role"),
        (message(json!({"role": "user"})), "messages.0.content: Field required", "messages.0.content"),
        (
            message(json!({"role": 7, "content": "x"})),
            "messages.0.role: Input should be a valid string",
            "messages.0.role",
        ),
        (
            message(json!({"role": "robot", "content": "x"})),
            "messages.0.role: Input should be 'user' or 'assistant'",
            "messages.0.role",
        ),
        (
            message(json!({"role": "user", "content": 7})),
            "messages.0.content: Input should be a valid string or a valid list",
            "messages.0.content",
        ),
        (
            block(json!({"type": "text"})),
            "messages.0.content.1.text: Field required",
            "messages.0.content.1.text",
        ),
        (
            block(json!({"text": "x"})),
            "messages.0.content.1.type: Field required",
            "messages.0.content.1.type",
        ),
        (
            block(json!({"type": "tool_use", "id": "a", "name": "b", "input": "{}"})),
            "messages.0.content.1.input: Input should be a valid dictionary",
            "messages.0.content.1.input",
        ),
        (
            block(json!({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "image"}]})),
            "messages.0.content.1.content.0.source: Field required",
            "messages.0.content.1.content.0.source",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [], "tools": [{"name": "t"}]}),
            "tools.0.input_schema: Field required",
            "tools.0.input_schema",
        ),
        (
            json!({"model": "m", "max_tokens": 1, "messages": [], "temperature": "warm"}),
            "temperature: Input should be a valid number",
            "temperature",
        ),
    ];
    for (body, message, param) in rows {
        assert_eq!(decode(&body), Err((message.to_owned(), Some(param.to_owned()))), "{body}");
    }
    assert!(
        AnthropicMessages
            .decode_request(b"{\"model\":\"m\",\"max_tokens\":1,\"messages\":[],\"messages\":[]}")
            .is_err()
    );
}

#[test]
fn kinds_that_nobody_here_knows_are_carried_whole() {
    let body = json!({"model": "m", "max_tokens": 1, "messages": [{"role": "assistant", "content": [
        {"type": "server_tool_use", "id": 1, "data": {}}, {"type": "text", "text": "x"},
        {"type": "document", "source": {"type": "content", "content": []}},
    ]}], "tools": [{"type": "web_search_20250305", "name": "web_search"}]});
    let body = body.to_string();
    let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
    let kinds: Vec<_> = request.turns[0]
        .parts
        .iter()
        .map(|part| match &part.content {
            Content::Unknown { kind, .. } => kind.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["server_tool_use", "Text(\"x\")", "document"]);
    assert!(matches!(&request.tools[0], Tool::Hosted { kind, .. } if kind == "web_search_20250305"));
}

#[test]
fn results_inside_results_without_end_are_refused() {
    let open = r#"[{"type":"tool_result","tool_use_id":"a","content":"#;
    let deep = format!("{}\"\"{}", open.repeat(100_000), "}]".repeat(100_000));
    let body = format!(r#"{{"model":"m","max_tokens":1,"messages":[{{"role":"user","content":{deep}}}]}}"#);
    let invalid = AnthropicMessages.decode_request(body.as_bytes()).unwrap_err();
    assert_eq!(invalid.param(), Some("messages.0.content.0.content.0"));
}
