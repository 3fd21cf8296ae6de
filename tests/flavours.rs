//! Providers who speak OpenAI's dialect each in their own way: what they are sent.
//!
//! The recordings are not part of this repository. `CORPORA` names their folder (default: `../shared/corpora`);
//! without them the tests that need them say so and pass.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::{Dialect, Flavour, Target};
use tower_failover::facts::Losses;

/// What a caller of Anthropic's dialect asks becomes at a provider with this flavour, and what is lost.
fn sent(flavour: Flavour, model: &str, fields: &Value) -> (Value, String) {
    let mut body = json!({"model": "workhorse", "max_tokens": 900,
        "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let body = body.to_string();
    let request = AnthropicMessages.decode_request(body.as_bytes()).unwrap();
    let target = Target::new(model).with_flavour(flavour);
    let mut losses = Losses::new();
    let encoded = OpenAiChat.encode_request(&request, &target, &mut losses).unwrap();
    (serde_json::from_slice(&encoded.body).unwrap(), losses.to_string())
}

/// A call of a tool, its result, and the user's next words.
fn tools() -> Value {
    let schema = json!({"type": "object"});
    json!({
        "tools": [{"name": "f", "input_schema": schema}, {"name": "g", "input_schema": schema}],
        "tool_choice": {"type": "any"},
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "failover:openai-chat:"},
                {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "f", "input": {}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_01A09q90qw90lq917835lq9", "content": "r"}]},
        ],
    })
}

fn asked_after(mut tools: Value) -> Value {
    let parts = tools["messages"][2]["content"].as_array_mut().unwrap();
    parts.push(json!({"type": "text", "text": "and?"}));
    tools
}

#[test]
fn azure_gets_what_openai_gets() {
    let fields = json!({"metadata": {"user_id": "u"}, "system": "s"});
    for model in ["gpt-5-mini", "gpt-4o", "our-deployment"] {
        let azure = sent(Flavour::Azure, model, &fields);
        assert_eq!(azure, sent(Flavour::Standard, model, &fields), "{model}");
    }
    assert_eq!(sent(Flavour::Azure, "gpt-5-mini", &fields).0["safety_identifier"], "u");
}

#[test]
fn mistral_gets_ids_of_nine_letters_and_digits_and_turns_in_its_order() {
    let (body, losses) = sent(Flavour::Mistral, "mistral-large-latest", &asked_after(tools()));
    let messages = &body["messages"];
    let id = messages[1]["tool_calls"][0]["id"].as_str().unwrap();
    assert!(id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    assert_eq!(messages[2]["tool_call_id"], id);
    assert_eq!(messages[3], json!({"role": "assistant", "content": "Understood."}));
    assert_eq!(messages[4], json!({"role": "user", "content": "and?"}));
    assert_eq!(body["tool_choice"], "any");
    let renamed = "renamed=messages[1].content[1].id, renamed=messages[2].content[0].tool_use_id";
    assert_eq!(losses, format!("approximated=messages[2].content[0], {renamed}"));
    let thought = json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": true}]);
    assert_eq!(messages[1]["content"], thought);
}

#[test]
fn mistral_gets_its_own_words_and_no_field_that_it_refuses() {
    let fields = json!({"stream": true, "metadata": {"user_id": "u"}, "top_k": 5, "system": "s"});
    let (body, losses) = sent(Flavour::Mistral, "mistral-large-latest", &fields);
    assert_eq!((&body["max_tokens"], &body["top_k"]), (&json!(900), &json!(5)));
    assert_eq!((body.get("stream_options"), body.get("user")), (None, None));
    assert_eq!(losses, "dropped=metadata.user_id");
    let begun =
        json!({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]});
    let (body, losses) = sent(Flavour::Mistral, "mistral-large-latest", &begun);
    let last = json!({"role": "assistant", "content": "{", "prefix": true});
    assert_eq!((&body["messages"][1], &*losses), (&last, ""), "it goes on with what was begun");
    let pdf = json!({"type": "document", "title": "a.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}});
    let pdf = json!({"messages": [{"role": "user", "content": [pdf, {"type": "text", "text": "?"}]}]});
    let (body, _) = sent(Flavour::Mistral, "mistral-large-latest", &pdf);
    assert_eq!(body["messages"][0]["content"][0]["document_url"], "data:application/pdf;base64,JVBERi0=");
}

#[test]
fn a_seed_goes_under_the_name_that_the_provider_has_for_it() {
    let body = br#"{"model":"m","seed":12345678901234567890,"messages":[{"role":"user","content":"x"}]}"#;
    let request = OpenAiChat.decode_request(body).unwrap();
    for (flavour, name) in [(Flavour::Mistral, "random_seed"), (Flavour::Groq, "seed")] {
        let target = Target::new("m").with_flavour(flavour);
        let encoded = OpenAiChat.encode_request(&request, &target, &mut Losses::new()).unwrap();
        let text = String::from_utf8(encoded.body).unwrap();
        assert!(text.contains(&format!("\"{name}\":12345678901234567890")), "{text}");
    }
}

#[test]
fn thoughts_go_back_in_the_field_that_their_provider_reads() {
    for (flavour, field) in [
        (Flavour::Standard, "reasoning_content"),
        (Flavour::DeepSeek, "reasoning_content"),
        (Flavour::Xai, "reasoning_content"),
        (Flavour::Together, "reasoning_content"),
        (Flavour::Vllm, "reasoning_content"),
        (Flavour::Groq, "reasoning"),
        (Flavour::Ollama, "reasoning"),
        (Flavour::OpenRouter, "reasoning"),
    ] {
        let (body, losses) = sent(flavour, "some-model", &tools());
        assert_eq!((&body["messages"][1][field], &*losses), (&json!("hm"), ""), "{flavour:?}");
    }
}

#[test]
fn deepseek_gets_its_thoughts_back_for_as_long_as_tools_are_being_called() {
    let mut fields = tools();
    fields["messages"].as_array_mut().unwrap().extend([
        json!({"role": "assistant", "content": "done"}),
        json!({"role": "user", "content": "and now?"}),
    ]);
    let (body, losses) = sent(Flavour::DeepSeek, "deepseek-chat", &fields);
    assert_eq!(body["messages"][1].get("reasoning_content"), None);
    assert_eq!(losses, "dropped=messages[1].content[0]");
}

#[test]
fn deepseek_thinks_or_does_not_and_gives_way_to_a_tool_that_must_be_called() {
    let thinking = json!({"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 4096});
    let (body, losses) = sent(Flavour::DeepSeek, "deepseek-v4-flash", &thinking);
    assert_eq!((&body["thinking"], &*losses), (&json!({"type": "enabled"}), "approximated=thinking"));
    let (body, losses) =
        sent(Flavour::DeepSeek, "deepseek-v4-flash", &json!({"thinking": {"type": "disabled"}}));
    assert_eq!((&body["thinking"], &*losses), (&json!({"type": "disabled"}), ""));
    let (body, _) = sent(Flavour::DeepSeek, "deepseek-v4-flash", &tools());
    assert_eq!((&body["thinking"], &body["tool_choice"]), (&json!({"type": "disabled"}), &json!("required")));
    let (body, losses) = sent(Flavour::DeepSeek, "deepseek-reasoner", &tools());
    assert_eq!((body.get("thinking"), &body["tool_choice"]), (None, &json!("auto")));
    assert_eq!(losses, "approximated=tool_choice");
}

#[test]
fn openrouter_gets_budgets_cache_marks_and_the_seals_of_whom_it_asked() {
    let fields = json!({
        "thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 4096,
        "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "failover:anthropic-claude-v1:EqQB"},
                {"type": "thinking", "thinking": "mine", "signature": "EqQC"},
                {"type": "text", "text": "ho"}]},
            {"role": "user", "content": "Go on"},
        ],
    });
    let (body, losses) = sent(Flavour::OpenRouter, "anthropic/claude-sonnet-4.5", &fields);
    assert_eq!(body["reasoning"], json!({"max_tokens": 2048}));
    let system = json!([{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]);
    assert_eq!(body["messages"][0]["content"], system);
    let sealed = json!([{"type": "reasoning.text", "text": "hm", "signature": "EqQB", "format": "anthropic-claude-v1"}]);
    assert_eq!(body["messages"][2]["reasoning_details"], sealed);
    assert_eq!(losses, "dropped=messages[1].content[1]", "the seal of another dialect stays here");
    let adaptive = json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}});
    let (body, _) = sent(Flavour::OpenRouter, "openai/gpt-5", &adaptive);
    assert_eq!(body["reasoning"], json!({"effort": "low"}));
}

#[test]
fn servers_of_the_older_words_get_these_whatever_the_model() {
    let fields = json!({"system": "s", "metadata": {"user_id": "u"}});
    for flavour in [Flavour::Groq, Flavour::OpenRouter, Flavour::Together, Flavour::Vllm, Flavour::Ollama] {
        let (body, losses) = sent(flavour, "openai/gpt-5", &fields);
        assert_eq!((&body["messages"][0]["role"], &body["max_tokens"]), (&json!("system"), &json!(900)));
        assert_eq!((&body["user"], &*losses), (&json!("u"), ""), "{flavour:?}");
    }
}

#[test]
fn only_allowed_tools_are_shown_where_there_is_no_word_for_it() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "x"}],
        "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "g"}}],
        "tool_choice": {"type": "allowed_tools", "allowed_tools":
            {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}}})
    .to_string();
    let request = OpenAiChat.decode_request(body.as_bytes()).unwrap();
    let target = Target::new("m").with_flavour(Flavour::Vllm);
    let mut losses = Losses::new();
    let encoded = OpenAiChat.encode_request(&request, &target, &mut losses).unwrap();
    let written: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(
        (&written["tools"].as_array().unwrap().len(), &written["tool_choice"]),
        (&1, &json!("required"))
    );
    assert_eq!((&written["tools"][0]["function"]["name"], losses.is_empty()), (&json!("g"), true));
}

#[test]
fn groq_is_not_asked_for_what_it_refuses() {
    let body = br#"{"model":"m","n":3,"logprobs":true,"top_logprobs":2,"messages":[{"role":"user","name":"Ada","content":"x"}]}"#;
    let request = OpenAiChat.decode_request(body).unwrap();
    let target = Target::new("m").with_flavour(Flavour::Groq);
    let mut losses = Losses::new();
    let encoded = OpenAiChat.encode_request(&request, &target, &mut losses).unwrap();
    let written: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!((written.get("n"), written.get("logprobs")), (None, None));
    assert_eq!(losses.to_string(), "dropped=messages[0].name, dropped=logprobs, dropped=n");
}

fn recorded(folder: &str) -> Vec<(PathBuf, Value)> {
    let root = std::env::var_os("CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"), PathBuf::from);
    let Ok(files) = std::fs::read_dir(root.join(folder)) else {
        eprintln!("no recordings in {}: nothing to test", root.join(folder).display());
        return Vec::new();
    };
    let files = files.map(|file| file.unwrap().path());
    files
        .map(|file| (file.clone(), serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap()))
        .collect()
}

#[test]
fn what_a_provider_was_recorded_to_take_reaches_it_unchanged() {
    let mut tried = 0;
    let exchanges = recorded("mistral.chat").into_iter().chain(recorded("openai_compat.chat"));
    for (file, each) in exchanges {
        let provider = each["provider"].as_str().unwrap_or_default();
        let Some(flavour) = Flavour::ALL.iter().find(|flavour| flavour.name() == provider) else { continue };
        let body = &each["request"]["body"];
        if !body.is_object() || each["response"]["status"].as_u64() != Some(200) {
            continue;
        }
        // Ids that the recorder made unreadable are no longer the provider's.
        if body.to_string().contains("REDACTED") {
            continue;
        }
        let target = Target::new("m").with_flavour(*flavour);
        let bytes = serde_json::to_vec(body).unwrap();
        let mut losses = Losses::new();
        let scrubbed = OpenAiChat.scrub(&bytes, &target, &mut losses).unwrap();
        let scrubbed: Value = serde_json::from_slice(&scrubbed).unwrap();
        let is_same = scrubbed == *body || is_renamed(body, &scrubbed);
        assert!(is_same && losses.is_empty(), "{}: {losses}\n{body}\n{scrubbed}", file.display());
        tried += 1;
    }
    eprintln!("requests that reach their provider unchanged: {tried} of {tried}");
}

/// A word that a provider was seen to take, and its older one, are the same to it.
fn is_renamed(body: &Value, scrubbed: &Value) -> bool {
    let mut body = body.clone();
    let body = body.as_object_mut().unwrap();
    if let Some(limit) = body.remove("max_completion_tokens") {
        body.insert("max_tokens".to_owned(), limit);
    }
    Value::Object(body.clone()) == *scrubbed
}

#[test]
fn what_openai_was_recorded_to_take_is_worded_for_each_provider_in_what_it_knows() {
    let mut tried = 0;
    for (file, each) in recorded("openai.chat") {
        let body = &each["request"]["body"];
        // Azure's old paths name the model elsewhere.
        if !body["model"].is_string() || each["response"]["status"].as_u64() != Some(200) {
            continue;
        }
        let bytes = serde_json::to_vec(body).unwrap();
        for flavour in Flavour::ALL {
            let target = Target::new("m").with_flavour(*flavour);
            let scrubbed = OpenAiChat.scrub(&bytes, &target, &mut Losses::new()).unwrap();
            OpenAiChat.peek(&http::Uri::from_static("/"), &scrubbed).unwrap();
            let scrubbed: Value = serde_json::from_slice(&scrubbed).unwrap();
            if *flavour == Flavour::Mistral {
                check_mistral(&scrubbed).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
            }
            tried += 1;
        }
    }
    eprintln!("requests worded: {tried} of {tried}");
}

/// What Mistral's request type and its answers demand.
fn check_mistral(body: &Value) -> Result<(), String> {
    let messages = body["messages"].as_array().unwrap();
    for pair in messages.windows(2) {
        if pair[0]["role"] == "tool" && pair[1]["role"] == "user" {
            return Err("the user speaks right after a tool".to_owned());
        }
    }
    for message in messages {
        let ids = message["tool_calls"].as_array().into_iter().flatten().map(|call| &call["id"]);
        for id in ids.chain(message.get("tool_call_id")) {
            let id = id.as_str().unwrap_or_default();
            if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(format!("{id} is no id"));
            }
        }
        if message["role"] == "developer" || message.get("refusal").is_some() {
            return Err(format!("{message} is no message"));
        }
    }
    let refused = ["stream_options", "max_completion_tokens", "seed", "user", "store"];
    match refused.iter().find(|field| body.get(**field).is_some()) {
        Some(field) => Err(format!("{field} is refused")),
        None => Ok(()),
    }
}
