use http::Uri;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Dialect, Target, gemini::Gemini};
use tower_failover::facts::{Call, Losses};
use tower_failover::failure::Class;

use super::{corpora, encode, plain};

const REQUEST: &str = include_str!("../data/gemini/request.json");
/// "failover:o:z".
const FOREIGN: &str = "ZmFpbG92ZXI6bzp6";

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("f".to_owned()), Just("ä\"\n".to_owned()), "[a-z/ .]{1,6}"]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("f"), Just("g"), Just("h.i"), Just("1st")].prop_map(str::to_owned)
}

fn any_part() -> impl Strategy<Value = Value> {
    let seal =
        prop::option::weighted(0.3, prop_oneof![Just("AAA="), Just("skip_thought_signature_validator")]);
    let data = prop_oneof![
        word().prop_map(|text| json!({"text": text})),
        word().prop_map(|text| json!({"text": text, "thought": true})),
        (name(), prop::option::of(word())).prop_map(|(name, arg)| json!({"functionCall": {"name": name, "args": {"a": arg}}})),
        (name(), word()).prop_map(|(name, id)| json!({"functionCall": {"name": name, "id": format!("id{id}")}})),
        (name(), word()).prop_map(|(name, said)| json!({"functionResponse": {"name": name, "response": {"output": said}}})),
        (name(), word()).prop_map(|(name, said)| json!({"functionResponse": {"name": name, "response": {"result": 1, "said": said}}})),
        Just(json!({"inlineData": {"mimeType": "image/png", "data": "aGk="}})),
        Just(json!({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://a"}})),
        Just(json!({"executableCode": {"code": "1"}})),
    ];
    (data, seal).prop_map(|(mut part, seal)| {
        if let Some(seal) = seal {
            part["thoughtSignature"] = seal.into();
        }
        part
    })
}

/// A conversation as the API takes it; what it means need not make sense.
fn any_contents() -> impl Strategy<Value = Value> {
    let role = prop_oneof![Just("user"), Just("model"), Just("function")];
    let content = (role, prop::collection::vec(any_part(), 1..5));
    let contents = prop::collection::vec(content, 0..6);
    contents.prop_map(|contents| {
        contents.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect()
    })
}

/// Wire text out of pieces that readers know, so that more than the first byte is tried.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "7",
        "-1e9",
        "\"\"",
        "\"contents\"",
        "\"parts\"",
        "\"role\"",
        "\"model\"",
        "\"text\"",
        "\"functionCall\"",
        "\"name\"",
        "\"thoughtSignature\"",
        "\"ZmFpbG92ZXI6bzp6\"",
        "\"error\"",
        "\"details\"",
        "\"generationConfig\"",
        "\"thinking_config\"",
        "\\",
        "\u{fffd}",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes()),
        prop::collection::vec(any::<u8>(), 0..200),
        (0..REQUEST.len(), any::<u8>()).prop_map(|(at, byte)| {
            let mut bytes = REQUEST.as_bytes().to_vec();
            bytes[at] = byte;
            bytes
        }),
    ]
}

/// A conversation of a caller of OpenAI Chat in which every call has its result.
fn any_chat() -> impl Strategy<Value = Value> {
    let call = (0..99_u32, name()).prop_map(|(id, name)| (format!("call_{id}"), name));
    let step = prop_oneof![
        word().prop_map(|text| vec![json!({"role": "user", "content": text})]),
        word().prop_map(|text| vec![json!({"role": "assistant", "content": text})]),
        word().prop_map(|text| vec![json!({"role": "system", "content": text})]),
        (prop::collection::btree_map(0..9_u32, call, 1..4), word()).prop_map(|(calls, said)| {
            let calls: Vec<_> = calls
                .into_values()
                .enumerate()
                .map(|(at, (id, name))| (format!("{id}_{at}"), name))
                .collect();
            let called = calls.iter().map(|(id, name)| {
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": said}})
            });
            let mut messages = vec![json!({"role": "assistant", "tool_calls": called.collect::<Vec<_>>()})];
            messages.extend(
                calls.iter().map(|(id, _)| json!({"role": "tool", "tool_call_id": id, "content": said})),
            );
            messages
        }),
    ];
    prop::collection::vec(step, 1..8).prop_map(|steps| {
        // Calls are answers to something.
        let mut messages = vec![json!({"role": "user", "content": "q"})];
        messages.extend(steps.concat());
        json!({"model": "m", "messages": messages})
    })
}

/// A conversation of a caller of OpenAI Responses in which every call has its result, in whatever order.
fn any_items() -> impl Strategy<Value = Value> {
    let said = |role: &'static str| word().prop_map(move |text| vec![json!({"role": role, "content": text})]);
    let thought = word().prop_map(|text| {
        vec![json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "gAAA",
            "summary": [{"type": "summary_text", "text": text}]})]
    });
    let seal = "failover:gemini:c2VhbA==";
    let sealed = Just(vec![json!({"type": "reasoning", "encrypted_content": seal, "summary": []})]);
    let calls = (prop::collection::vec(name(), 1..4), word(), any::<bool>(), any::<u32>());
    let calls = calls.prop_map(|(names, said, is_reversed, id)| {
        let call = |(at, name): (usize, &String)| {
            json!({"type": "function_call", "call_id": format!("fc_{id}_{at}"), "name": name, "arguments": "{}"})
        };
        let mut items: Vec<Value> = names.iter().enumerate().map(call).collect();
        let output = |at: usize| json!({"type": "function_call_output", "call_id": format!("fc_{id}_{at}"), "output": said});
        let outputs = 0..names.len();
        if is_reversed {
            items.extend(outputs.rev().map(output));
        } else {
            items.extend(outputs.map(output));
        }
        items
    });
    let step = prop_oneof![said("user"), said("assistant"), said("developer"), thought, sealed, calls];
    prop::collection::vec(step, 1..8).prop_map(|steps| {
        let mut items = vec![json!({"role": "user", "content": "q"})];
        items.extend(steps.concat());
        json!({"model": "m", "input": items})
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in nearly_json()) {
        for model in ["gemini-2.5-flash", "gemini-3-pro"] {
            let target = Target::new(model);
            let _ = Gemini.peek(&Uri::from_static("/v1beta/models/m:generateContent"), &bytes);
            let _ = Gemini.decode_error(None, &bytes);
            let _ = Gemini.holds_foreign(&bytes, &target);
            let _ = Gemini.scrub(&bytes, &target, &mut Losses::new());
            if let Ok(request) = Gemini.decode_request(&bytes) {
                let _ = Gemini.encode_request(&request, &target, &mut Losses::new());
                let _ = AnthropicMessages.encode_request(&request, &Target::new("claude-opus-5"), &mut Losses::new());
            }
        }
    }

    #[test]
    fn any_conversation_is_written_as_it_was_read(contents in any_contents()) {
        let body = json!({"contents": contents});
        let text = body.to_string();
        let request = Gemini.decode_request(text.as_bytes()).unwrap();
        let (written, losses, _) = encode(&request, "gemini-3-pro").unwrap();
        prop_assert_eq!(plain(&written), plain(&body));
        prop_assert_eq!(losses, "");
    }

    #[test]
    fn what_is_scrubbed_holds_nothing_foreign_and_is_json(contents in any_contents(), at in any::<prop::sample::Index>()) {
        let mut contents = contents;
        let parts: Vec<_> = contents.as_array_mut().unwrap().iter_mut()
            .flat_map(|content| content["parts"].as_array_mut().unwrap()).collect();
        if !parts.is_empty() {
            let count = parts.len();
            parts.into_iter().nth(at.index(count)).unwrap()["thoughtSignature"] = FOREIGN.into();
        }
        let body = serde_json::to_vec_pretty(&json!({"model": "models/class", "contents": contents})).unwrap();
        for model in ["gemini-2.5-flash", "gemini-3-pro"] {
            let target = Target::new(model);
            let scrubbed = Gemini.scrub(&body, &target, &mut Losses::new()).unwrap();
            let read = super::json(&scrubbed);
            prop_assert_eq!(read["model"].as_str().unwrap(), format!("models/{model}"));
            prop_assert!(!String::from_utf8(scrubbed.clone()).unwrap().contains(FOREIGN));
            // Once is enough.
            let again = Gemini.scrub(&scrubbed, &target, &mut Losses::new()).unwrap();
            prop_assert_eq!(again, scrubbed);
        }
    }

    #[test]
    fn whatever_a_caller_of_another_dialect_says_obeys_the_rules(chat in any_chat(), items in any_items(), is_chat in any::<bool>()) {
        let text = if is_chat { chat.to_string() } else { items.to_string() };
        let request = if is_chat {
            OpenAiChat.decode_request(text.as_bytes()).unwrap()
        } else {
            OpenAiResponses.decode_request(text.as_bytes()).unwrap()
        };
        for model in ["gemini-2.5-flash", "gemini-3-pro"] {
            match encode(&request, model) {
                Ok((written, _, _)) => {
                    corpora::obeys(&written, model.contains("-3-")).map_err(TestCaseError::fail)?;
                }
                Err(failure) => prop_assert_eq!(failure.class(), Class::Unsupported),
            }
        }
    }

    #[test]
    fn a_path_names_the_model_that_is_read_from_it(model in "[^\\x00-\\x1f]{1,20}", stream in any::<bool>()) {
        prop_assume!(!["models/", "tunedModels/", "dynamic/"].iter().any(|prefix| model.contains(prefix)));
        let call = Call::new("class").with_stream(stream);
        let path = Gemini.path(&Target::new(&model), &call).unwrap();
        let peek = Gemini.peek(&path.parse().unwrap(), b"{}").unwrap();
        prop_assert_eq!((&*peek.model, peek.stream), (&*model, stream));
    }
}
