//! That the audit finds what it is for: made-up pairs of requests in which something is wrong.

use serde_json::{Value, json};
use tower_failover::facts::Losses;

use crate::audit::{Audit, Pair};

/// What is wrong with a translation from Chat to Anthropic, by kind and path.
fn wrong(asked: &Value, sent: &Value, lost: &[&'static str]) -> Vec<String> {
    let mut losses = Losses::new();
    lost.iter().for_each(|field| losses.dropped(*field));
    let pair =
        Pair { front: "openai-chat", member: "anthropic-messages", model: "claude-sonnet-4-5", asked, sent };
    let faults = Audit::of(pair, &losses).verdicts.into_iter();
    faults
        .filter(|(_, verdict)| verdict.fault().is_some())
        .map(|(path, verdict)| format!("{} {path}", verdict.as_str()))
        .collect()
}

fn said(texts: &[(&str, &str)]) -> Value {
    let messages: Vec<_> = texts.iter().map(|(role, text)| json!({"role": role, "content": text})).collect();
    json!({"messages": messages})
}

#[test]
fn a_faithful_translation_is_found_so() {
    let asked = said(&[("user", "Hi"), ("user", "Hi"), ("assistant", "Ho")]);
    let sent = json!({"max_tokens": 64000, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": "Ho"}]});
    assert_eq!(wrong(&asked, &sent, &[]), [""; 0]);
}

#[test]
fn what_is_said_twice_must_arrive_twice() {
    let asked = said(&[("user", "Hi there"), ("user", "Hi")]);
    let sent = said(&[("user", "Hi there")]);
    // The one that stands alone takes it: no second one is found in what is left.
    assert_eq!(wrong(&asked, &sent, &[]), ["silent messages[1].content"]);
}

#[test]
fn words_of_one_speaker_do_not_become_those_of_another() {
    let asked = said(&[("user", "Hi"), ("assistant", "Be brief.")]);
    let sent = said(&[("user", "Hi"), ("user", "Be brief.")]);
    assert_eq!(wrong(&asked, &sent, &[]), ["silent messages[1].content", "invented messages[1].content"]);
}

#[test]
fn a_value_somewhere_else_is_not_carried() {
    let mut asked = said(&[("user", "Think high and low, auto or not, 5 times: true.")]);
    let sent = asked.clone();
    for (field, value) in [
        ("reasoning_effort", json!("high")),
        ("seed", json!(5)),
        ("verbosity", json!("low")),
        ("store", json!(true)),
    ] {
        asked[field] = value;
    }
    let silent = ["reasoning_effort", "seed", "store", "verbosity"].map(|field| format!("silent {field}"));
    assert_eq!(wrong(&asked, &sent, &[]), silent);
    let named = ["reasoning_effort", "seed", "store", "verbosity"];
    assert_eq!(wrong(&asked, &sent, &named), [""; 0]);
}

#[test]
fn a_loss_must_name_what_the_caller_wrote() {
    let mut asked = said(&[("user", "Hi")]);
    asked["tools"] = json!([{"type": "function", "function": {"name": "f", "strict": true}}]);
    let mut sent = said(&[("user", "Hi")]);
    sent["tools"] = json!([{"name": "f", "input_schema": {"type": "object", "properties": {}}}]);
    let found = wrong(&asked, &sent, &["tools[0].strict"]);
    assert_eq!(found, ["misnamed tools[0].strict", "silent tools[0].function.strict"]);
    assert_eq!(wrong(&asked, &sent, &["tools[0].function.strict"]), [""; 0]);
}

#[test]
fn what_nobody_asked_for_is_found() {
    let asked = said(&[("user", "Hi")]);
    let mut sent = said(&[("user", "Hi")]);
    sent["temperature"] = json!(0.2);
    sent["system"] = json!("Be kind.");
    assert_eq!(wrong(&asked, &sent, &[]), ["invented system", "invented temperature"]);
}

#[test]
fn a_choice_is_carried_only_as_it_was_made() {
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let mut asked = said(&[("user", "Hi")]);
    (asked["tools"], asked["tool_choice"]) = (tools, json!("required"));
    let mut sent = said(&[("user", "Hi")]);
    sent["tools"] = json!([{"name": "f", "input_schema": {"type": "object", "properties": {}}}]);
    sent["tool_choice"] = json!({"type": "auto"});
    assert_eq!(wrong(&asked, &sent, &[]), ["silent tool_choice"]);
    sent["tool_choice"] = json!({"type": "any"});
    assert_eq!(wrong(&asked, &sent, &[]), [""; 0]);
}

#[test]
fn a_call_keeps_its_id_and_its_arguments() {
    let call = |id: &str, arguments: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}});
    let asked = json!({"messages": [{"role": "assistant", "tool_calls": [call("a", r#"{"x":1,"y":[2]}"#)]}]});
    let sent = |id: &str, input: Value| {
        json!({"messages": [{"role": "assistant", "content": [
            {"type": "tool_use", "id": id, "name": "f", "input": input}]}]})
    };
    assert_eq!(wrong(&asked, &sent("a", json!({"x": 1, "y": [2]})), &[]), [""; 0]);
    let found = wrong(&asked, &sent("b", json!({"x": 1})), &[]);
    assert!(found.contains(&"silent messages[0].tool_calls[0].id".to_owned()), "{found:?}");
    assert!(found.contains(&"silent messages[0].tool_calls[0].function.arguments".to_owned()), "{found:?}");
    assert!(found.contains(&"invented messages[0].content[0].id".to_owned()), "{found:?}");
}
