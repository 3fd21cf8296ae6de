use serde_json::{Value, json};
use tower_failover::dialect::Dialect;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::failure::Class;

fn check(body: &[u8]) -> Result<(), (Class, String)> {
    OpenAiResponses.check_answer(body).map_err(|failure| {
        (failure.class(), failure.report().map(|report| report.message.clone()).unwrap_or_default())
    })
}

fn check_output(output: Value) -> Result<(), (Class, String)> {
    check(json!({"object": "response", "status": "completed", "output": output}).to_string().as_bytes())
}

#[test]
fn what_says_something_is_an_answer() {
    let said = |content: Value| json!([{"type": "reasoning", "summary": []}, {"type": "message", "content": content}]);
    for output in [
        said(json!([{"type": "output_text", "text": "a"}])),
        said(json!([{"type": "output_text", "text": ""}, {"type": "refusal", "refusal": "no"}])),
        said(json!("plain")),
        json!([{"type": "function_call", "name": "f", "call_id": "c", "arguments": ""}]),
        json!([{"type": "custom_tool_call", "name": "f", "call_id": "c", "input": ""}]),
        json!([{"type": "code_interpreter_call", "code": "1", "outputs": null}]),
        json!([{"type": "image_generation_call", "result": "aW1n"}]),
        json!([{"type": "mcp_approval_request"}]),
    ] {
        assert_eq!(check_output(output.clone()), Ok(()), "{output}");
    }
}

#[test]
fn what_says_nothing_is_none_unless_it_says_why() {
    for output in [
        json!([]),
        json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}]),
        json!([{"type": "message", "content": []}]),
        json!([{"type": "message", "content": [{"type": "output_text", "text": "", "annotations": ["x"]}]}]),
        json!([{"type": "image_generation_call", "result": null}]),
        json!([{"type": "mcp_list_tools", "tools": [1]}, {"type": "web_search_call", "action": {"query": "q"}}]),
        json!([{}]),
    ] {
        let empty = Err((Class::InvalidOutput, "The answer is empty.".to_owned()));
        assert_eq!(check_output(output.clone()), empty, "{output}");
    }
    let empty = |status: &str, details: Value| {
        let body =
            json!({"object": "response", "status": status, "output": [], "incomplete_details": details});
        check(body.to_string().as_bytes()).is_err()
    };
    for status in ["queued", "in_progress"] {
        assert!(!empty(status, Value::Null), "{status}");
    }
    for reason in ["max_output_tokens", "content_filter"] {
        assert!(!empty("incomplete", json!({"reason": reason})), "{reason}");
    }
    for (status, details) in [
        ("incomplete", Value::Null),
        ("incomplete", json!({"reason": "of_tomorrow"})),
        ("cancelled", Value::Null),
    ] {
        assert!(empty(status, details), "{status}");
    }
}

#[test]
fn an_error_in_disguise_is_the_error_that_it_is() {
    let class = |body: Value| check(body.to_string().as_bytes()).unwrap_err().0;
    let failed =
        |error: Value| json!({"object": "response", "status": "failed", "error": error, "output": []});
    assert_eq!(class(failed(json!({"code": "rate_limit_exceeded", "message": "m"}))), Class::RateLimited);
    assert_eq!(class(failed(json!({"code": "server_error", "message": "m"}))), Class::ServerError);
    assert_eq!(class(failed(Value::Null)), Class::ServerError);
    assert_eq!(
        class(json!({"error": {"code": "insufficient_quota", "message": "m"}})),
        Class::QuotaExhausted
    );
    assert_eq!(
        class(json!({"error": {"type": "invalid_request_error", "message": "m"}})),
        Class::InvalidRequest
    );
    assert_eq!(class(json!({"code": "server_is_overloaded", "message": "m"})), Class::Overloaded);
    assert_eq!(class(failed(json!({"code": "invalid_prompt", "message": "m"}))), Class::InvalidRequest);
    assert_eq!(class(json!({"error": {"message": "m"}, "output": []})), Class::ServerError);
}

#[test]
fn what_is_no_response_is_no_answer() {
    for (body, why) in [
        (&b""[..], "The provider sent an empty body."),
        (b" <html>", "The provider sent a page of HTML instead of JSON."),
        (b"[]", "The body is not a JSON object."),
        (b"\xff", "The body is not valid UTF-8."),
        (b"{}", "The answer has no output."),
        (br#"{"choices":[{"message":{"content":"a"}}]}"#, "The answer has no output."),
    ] {
        assert_eq!(check(body), Err((Class::InvalidOutput, why.to_owned())));
    }
    assert_eq!(check(b"{\"output\":[").unwrap_err().0, Class::InvalidOutput);
}
