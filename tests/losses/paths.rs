//! Calls, thoughts, documents, marks and settings, by the paths at which the caller wrote them.

use serde_json::json;
use tower_failover::dialect::Flavour;

use super::{ANTHROPIC, CHAT, GEMINI, RESPONSES, asked, check, flavoured, sent};

#[test]
fn an_id_that_is_changed_is_named_in_the_call_and_in_the_result() {
    let chat = json!({"messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "functions.add:0", "type": "function", "function": {"name": "math.add", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "functions.add:0", "content": "3"}]});
    let long = format!("fc_{}", "0".repeat(50));
    let items = json!({"input": [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": long, "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": long, "output": "3"}]});
    let blocks = json!({"messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "add", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "3"}]}]});
    check(vec![
        (
            CHAT,
            chat.clone(),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "renamed=messages[1].tool_calls[0].id, renamed=messages[1].tool_calls[0].function.name, \
             renamed=messages[2].tool_call_id",
        ),
        (CHAT, chat, GEMINI, "gemini-2.5-flash", ""),
        (RESPONSES, items.clone(), CHAT, "gpt-4.1", "renamed=input[1].call_id, renamed=input[2].call_id"),
        (RESPONSES, items, ANTHROPIC, "claude-sonnet-4-5", ""),
    ]);
    let mistral = (CHAT, Flavour::Mistral);
    let (_, losses) = flavoured(ANTHROPIC, &asked(ANTHROPIC, &blocks), mistral, "mistral-large-latest");
    assert_eq!(losses, "renamed=messages[1].content[0].id, renamed=messages[2].content[0].tool_use_id");
}

#[test]
fn an_id_that_nobody_wrote_is_not_said_to_be_changed() {
    let parts = |id: Option<&str>| {
        let mut call = json!({"name": "add", "args": {}});
        let mut result = json!({"name": "add", "response": {"output": "3"}});
        if let Some(id) = id {
            (call["id"], result["id"]) = (id.into(), id.into());
        }
        json!({"contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"functionCall": call}]},
            {"role": "user", "parts": [{"functionResponse": result}]}]})
    };
    let lost = |id| {
        flavoured(GEMINI, &asked(GEMINI, &parts(id)), (CHAT, Flavour::Mistral), "mistral-large-latest").1
    };
    assert_eq!(lost(None), "");
    let named =
        "renamed=contents[1].parts[0].functionCall.id, renamed=contents[2].parts[0].functionResponse.id";
    assert_eq!(lost(Some("call_1")), named);
}

#[test]
fn a_thought_is_named_where_it_stands() {
    let details =
        json!([{"type": "reasoning.text", "text": "hm", "signature": "s", "format": "anthropic-claude-v1"}]);
    let said = |field: &str, thought| {
        let mut message = json!({"role": "assistant", "content": "So."});
        message[field] = thought;
        json!({"messages": [{"role": "user", "content": "Hi"}, message, {"role": "user", "content": "?"}]})
    };
    let items = json!({"input": [
        {"role": "user", "content": "Hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "gAAA"},
        {"role": "assistant", "content": "So."},
        {"role": "user", "content": "?"}]});
    let contents = json!({"contents": [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "hm", "thought": true},
            {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "c2VhbA=="}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": "r"}}}]}]});
    check(vec![
        (
            CHAT,
            said("reasoning", json!("hm")),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "dropped=messages[1].reasoning",
        ),
        (
            CHAT,
            said("reasoning_content", json!("hm")),
            RESPONSES,
            "gpt-5-mini",
            "dropped=messages[1].reasoning_content",
        ),
        (
            CHAT,
            said("reasoning_details", details),
            GEMINI,
            "gemini-2.5-flash",
            "dropped=messages[1].reasoning_details[0]",
        ),
        (RESPONSES, items, CHAT, "gpt-5-mini", "dropped=input[1]"),
        (
            GEMINI,
            contents,
            CHAT,
            "gpt-5-mini",
            "dropped=contents[1].parts[0], dropped=contents[1].parts[1].thoughtSignature",
        ),
    ]);
}

#[test]
fn a_mark_to_cache_is_named_by_the_word_for_it_and_where_it_stands() {
    let text = |field: &str, mark| {
        let mut part = json!({"type": "text", "text": "Hi"});
        part[field] = mark;
        json!({"messages": [{"role": "user", "content": [part]}]})
    };
    let explicit = json!({"mode": "explicit"});
    let ephemeral = json!({"type": "ephemeral"});
    let item = json!({"input": [{"role": "user", "content": [
        {"type": "input_text", "text": "Hi", "prompt_cache_breakpoint": explicit}]}]});
    let whole = json!({"messages": [{"role": "user", "content": "Hi", "cache_control": ephemeral}]});
    let of_list = json!({"messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}], "cache_control": ephemeral}]});
    let breakpoint = "dropped=messages[0].content[0].prompt_cache_breakpoint";
    check(vec![
        (CHAT, text("prompt_cache_breakpoint", explicit.clone()), ANTHROPIC, "claude-sonnet-4-5", breakpoint),
        (CHAT, text("prompt_cache_breakpoint", explicit.clone()), GEMINI, "gemini-2.5-flash", breakpoint),
        (CHAT, text("prompt_cache_breakpoint", explicit), RESPONSES, "gpt-5-mini", ""),
        (CHAT, text("cache_control", ephemeral), ANTHROPIC, "claude-sonnet-4-5", ""),
        (RESPONSES, item.clone(), CHAT, "gpt-4.1", "dropped=input[0].content[0].prompt_cache_breakpoint"),
        (
            RESPONSES,
            item,
            ANTHROPIC,
            "claude-sonnet-4-5",
            "dropped=input[0].content[0].prompt_cache_breakpoint",
        ),
        (CHAT, whole.clone(), RESPONSES, "gpt-5-mini", "dropped=messages[0].cache_control"),
        (CHAT, whole, ANTHROPIC, "claude-sonnet-4-5", ""),
        (CHAT, of_list, GEMINI, "gemini-2.5-flash", "dropped=messages[0].cache_control"),
    ]);
}

#[test]
fn the_name_of_a_document_is_named_where_it_has_no_place() {
    let block = |source| {
        json!({"messages": [{"role": "user", "content": [
            {"type": "document", "title": "The bill", "source": source}, {"type": "text", "text": "Sum?"}]}]})
    };
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="});
    let url = json!({"type": "url", "url": "https://example.org/bill.pdf"});
    let file = json!({"messages": [{"role": "user", "content": [
        {"type": "file", "file": {"filename": "bill.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}]}]});
    check(vec![
        (ANTHROPIC, block(url), RESPONSES, "gpt-5-mini", "dropped=messages[0].content[0].title"),
        (ANTHROPIC, block(pdf.clone()), RESPONSES, "gpt-5-mini", ""),
        (ANTHROPIC, block(pdf), GEMINI, "gemini-2.5-flash", "dropped=messages[0].content[0].title"),
        (CHAT, file, GEMINI, "gemini-2.5-flash", "dropped=messages[0].content[0].file.filename"),
    ]);
}

#[test]
fn how_closely_to_look_is_named_where_it_stands() {
    let image = json!({"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}]}]});
    let item = json!({"input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"}]}]});
    check(vec![
        (CHAT, image, ANTHROPIC, "claude-sonnet-4-5", "dropped=messages[0].content[0].image_url.detail"),
        (RESPONSES, item, GEMINI, "gemini-2.5-flash", "dropped=input[0].content[0].detail"),
    ]);
}

#[test]
fn settings_that_a_member_does_not_take_are_named() {
    let include = json!({"include": ["message.output_text.logprobs"]});
    let both = json!({"include": ["message.output_text.logprobs"], "top_logprobs": 2});
    check(vec![
        (RESPONSES, include.clone(), ANTHROPIC, "claude-sonnet-4-5", "dropped=include"),
        (RESPONSES, include.clone(), CHAT, "gpt-5-mini", "dropped=include"),
        (RESPONSES, include, CHAT, "gpt-4.1", ""),
        (RESPONSES, both, ANTHROPIC, "claude-sonnet-4-5", "dropped=top_logprobs"),
        // The vendor's tiers are not those of servers that speak his dialect.
        (CHAT, json!({"service_tier": "on_demand"}), RESPONSES, "gpt-5-mini", "dropped=service_tier"),
        (RESPONSES, json!({"service_tier": "on_demand"}), CHAT, "gpt-4.1", "dropped=service_tier"),
        (RESPONSES, json!({"service_tier": "flex"}), CHAT, "gpt-4.1", ""),
        (RESPONSES, json!({"store": true}), CHAT, "gpt-4.1", "dropped=store"),
        (RESPONSES, json!({"store": true}), ANTHROPIC, "claude-sonnet-4-5", "dropped=store"),
        (RESPONSES, json!({"store": false}), ANTHROPIC, "claude-sonnet-4-5", ""),
    ]);
}

#[test]
fn what_asks_for_something_by_being_there_is_not_left_out_in_silence() {
    let search = json!({"web_search_options": {}});
    let (_, losses) = sent(CHAT, &asked(CHAT, &search), ANTHROPIC, "claude-sonnet-4-5");
    assert_eq!(losses, "dropped=web_search_options");
}
