//! Requests whose answer was begun.

use serde_json::{Value, json};
use tower_failover::dialect::{AnyDialect, Capabilities, Changes, Dialect, Flavour, Models, Target};

use crate::streams;

fn dialect(name: &str) -> AnyDialect {
    AnyDialect::parse(name).unwrap()
}

fn continued(name: &str, request: &Value, text: &str) -> Option<Value> {
    let body = dialect(name).continue_request(request.to_string().as_bytes(), text)?;
    Some(serde_json::from_slice(&body).unwrap())
}

#[test]
fn what_was_said_is_the_last_turn_and_so_much_less_is_left_to_say() {
    let text = "as \"it\" was\n".repeat(4);
    let spent = text.len().div_ceil(4);
    let left = 200 - spent;
    for (name, request, expected) in [
        (
            "openai-chat",
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_completion_tokens": 200, "x": {"y": 1}}),
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}], "max_completion_tokens": left, "x": {"y": 1}}),
        ),
        (
            "openai-responses",
            json!({"model": "m", "input": "Hi", "max_output_tokens": 200}),
            json!({"model": "m", "max_output_tokens": left, "input": [{"type": "message", "role": "user", "content": "Hi"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]}]}),
        ),
        (
            "anthropic-messages",
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 200, "thinking": {"type": "adaptive"}}),
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": text}], "max_tokens": left}),
        ),
        (
            "gemini",
            json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}], "generation_config": {"max_output_tokens": 200, "topK": 3}}),
            json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}, {"role": "model", "parts": [{"text": text}]}],
                "generation_config": {"max_output_tokens": left, "topK": 3}}),
        ),
    ] {
        let derived = continued(name, &request, &text).unwrap();
        assert_eq!(derived, expected, "{name}");
        let body = derived.to_string();
        assert!(dialect(name).decode_request(body.as_bytes()).is_ok(), "{name}");
        // It cannot be begun twice.
        assert_eq!(continued(name, &derived, "more"), None, "{name}");
        let longer = continued(name, &request, &"word ".repeat(1000)).unwrap().to_string();
        assert!(
            ["max_completion_tokens", "max_tokens", "max_output_tokens"]
                .iter()
                .any(|name| longer.contains(&format!("\"{name}\":1"))),
            "{longer}"
        );
    }
}

#[test]
fn a_form_of_the_answer_that_two_halves_may_not_have_together_is_respected() {
    let schema = json!({"type": "object"});
    let say = json!([{"role": "user", "content": "Hi"}]);
    for (name, request) in [
        ("openai-chat", json!({"model": "m", "messages": say, "response_format": {"type": "json_object"}})),
        ("openai-chat", json!({"model": "m", "messages": say, "n": 2})),
        ("openai-chat", json!({"model": "m", "messages": say, "logprobs": true})),
        (
            "openai-responses",
            json!({"model": "m", "input": "Hi", "text": {"format": {"type": "json_schema", "name": "n", "schema": schema}}}),
        ),
        ("openai-responses", json!({"model": "m", "input": "Hi", "previous_response_id": "resp_1"})),
        (
            "anthropic-messages",
            json!({"model": "m", "max_tokens": 9, "messages": say, "output_config": {"format": {"type": "json_schema", "schema": schema}}}),
        ),
        (
            "anthropic-messages",
            json!({"model": "m", "max_tokens": 9, "messages": say, "output_format": {"type": "json_schema", "schema": schema}}),
        ),
        (
            "gemini",
            json!({"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": {"responseMimeType": "application/json"}}),
        ),
        (
            "gemini",
            json!({"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": {"candidateCount": 2}}),
        ),
    ] {
        let stream = streams::of_vendor(dialect(name));
        let cut = stream.find("ß").unwrap();
        let sent = &stream[..stream[..cut].rfind("\n\n").or(stream[..cut].rfind("\r\n\r\n")).unwrap() + 2];
        let sent = if name == "gemini" { &stream[..stream.find("\r\n\r\n").unwrap() + 4] } else { sent };
        let plain = crate::question(dialect(name));
        assert!(dialect(name).resume(plain.as_bytes(), sent.as_bytes()).is_some(), "{name}");
        let delicate = request.to_string();
        assert!(dialect(name).resume(delicate.as_bytes(), sent.as_bytes()).is_none(), "{delicate}");
    }
}

#[test]
fn who_goes_on_with_an_answer_is_known_before_it_is_asked() {
    for (name, model, flavour, expected) in [
        ("openai-chat", "gpt-4o", Flavour::Standard, false),
        ("openai-chat", "llama-3", Flavour::Standard, false),
        ("openai-chat", "mistral-large", Flavour::Mistral, true),
        ("openai-chat", "anthropic/claude-sonnet-4.5", Flavour::OpenRouter, true),
        ("openai-chat", "anthropic/claude-sonnet-4.6", Flavour::OpenRouter, false),
        ("openai-chat", "openai/gpt-5", Flavour::OpenRouter, false),
        ("openai-responses", "gpt-5", Flavour::Standard, false),
        ("anthropic-messages", "claude-sonnet-4-5", Flavour::Standard, true),
        ("anthropic-messages", "claude-opus-4-7", Flavour::Standard, false),
        // Who imitates an API answers a turn of the assistant as any other, unless somebody knows better.
        ("anthropic-messages", "glm-4.6", Flavour::Standard, false),
        ("anthropic-messages", "deepseek-chat", Flavour::Standard, false),
        ("anthropic-messages", "kimi-k2", Flavour::Standard, false),
        ("anthropic-messages", "MiniMax-M2", Flavour::Standard, false),
        ("anthropic-messages", "gpt-5-mini", Flavour::Standard, false),
        ("anthropic-messages", "claude-mythos-9", Flavour::Standard, false),
        ("gemini", "gemma-3-27b-it", Flavour::Standard, false),
        ("gemini", "our-model", Flavour::Standard, false),
        ("gemini", "gemini-2.5-flash", Flavour::Standard, true),
    ] {
        let target = Target::new(model).with_flavour(flavour);
        assert_eq!(dialect(name).continues(&target), expected, "{name} {model}");
    }
    let mut changes = Changes::default();
    changes.prefill = Some(true);
    let told = Models::new().with("glm-*", changes).find("glm-4.6", "anthropic-messages").unwrap();
    assert!(dialect("anthropic-messages").continues(&Target::known("glm-4.6", &told)));
    let mut unable = Capabilities::of("gemini-2.5-flash").clone();
    unable.prefill = false;
    assert!(!dialect("gemini").continues(&Target::known("gemini-2.5-flash", &unable)));
}
