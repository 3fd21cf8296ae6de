//! Streams of very many small things.

use super::{Input, frames, linear, list, stream};

fn of_all(what: &str, make: impl Fn(usize) -> Input) {
    linear(what, make, stream);
}

/// Frames of `piece`, with their number for `@`.
fn run(dialect: &str, (head, tail): (&[&str], &[&str]), piece: &str) {
    of_all(&format!("{dialect} {piece}"), |size| {
        frames(dialect, size, (head, tail), |index| piece.replace('@', &index.to_string()))
    });
}

#[test]
fn of_chat() {
    let start = r#"{"id":"i","model":"m","choices":[{"index":0,"delta":{"role":"assistant"}}]}"#;
    let call = r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}}]}"#;
    let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let ends: (&[&str], &[&str]) = (&[start, call], &[end, "[DONE]"]);
    for delta in [
        r#"{"content":"a"}"#,
        r#"{"content":"\\"}"#,
        r#"{"refusal":"a"}"#,
        r#"{"reasoning_content":"a"}"#,
        r#"{"reasoning_details":[{"type":"reasoning.text","text":"a","signature":"s"}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":"a"}}]}"#,
        r#"{"tool_calls":[{"index":0,"function":{"arguments":"\\"}}]}"#,
        r#"{"tool_calls":[{"index":@,"id":"c@","function":{"name":"f","arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"index":@,"function":{"arguments":"{}"}}]}"#,
        r#"{"tool_calls":[{"function":{"name":"f"}}]}"#,
        r#"{"content":"a","annotations":[{"type":"url_citation","url_citation":{"url":"https://a/@","start_index":0,"end_index":1}}]}"#,
        r#"{"content":"a","tool_calls":[{"index":0,"function":{"arguments":"\"a}"}}]}"#,
        r#"{"content":"a","tool_calls":[{"index":@,"id":"c@","function":{"name":"f","arguments":""}}]}"#,
    ] {
        run("openai-chat", ends, &format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#));
    }
    run("openai-chat", ends, r#"{"choices":[{"index":@,"delta":{"content":"a"}}]}"#);
    run(
        "openai-chat",
        ends,
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.1}]}}]}"#,
    );
    run(
        "openai-chat",
        ends,
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":@}}"#,
    );
    of_all("calls in one frame", |size| {
        let call = |index: usize| {
            format!(r#"{{"index":{index},"id":"c{index}","function":{{"name":"f","arguments":"{{}}"}}}}"#)
        };
        list(
            "openai-chat",
            size,
            (
                "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[",
                "]},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
            ),
            call,
        )
    });
}

#[test]
fn of_responses() {
    let created = r#"{"type":"response.created","response":{"id":"r","model":"m"}}"#;
    let message = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m","content":[]}}"#;
    let call = r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"f","call_id":"c","name":"f","arguments":""}}"#;
    let thought = r#"{"type":"response.output_item.added","output_index":2,"item":{"type":"reasoning","id":"r","summary":[]}}"#;
    let end = r#"{"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}"#;
    for piece in [
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":@,"delta":"a"}"#,
        r#"{"type":"response.output_text.delta","output_index":@,"content_index":0,"delta":"a"}"#,
        r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"a"}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"a"}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":@,"delta":"a"}"#,
        r#"{"type":"response.reasoning_summary_text.delta","output_index":2,"summary_index":@,"delta":"a"}"#,
        r#"{"type":"response.output_item.added","output_index":@,"item":{"type":"function_call","call_id":"c@","name":"f"}}"#,
        r#"{"type":"response.output_item.added","output_index":@,"item":{"type":"message"}}"#,
        r#"{"type":"response.output_item.done","output_index":@,"item":{"type":"function_call","call_id":"c@","name":"f","arguments":"{}"}}"#,
        r#"{"type":"response.output_item.done","output_index":@,"item":{"type":"message","content":[{"type":"output_text","text":"a"}]}}"#,
        r#"{"type":"response.output_item.done","output_index":@,"item":{"type":"reasoning","summary":[],"encrypted_content":"g"}}"#,
        r#"{"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation":{"type":"url_citation","url":"https://a/@"}}"#,
        r#"{"type":"response.content_part.done","output_index":0,"content_index":@,"part":{"type":"output_text","text":"a"}}"#,
    ] {
        run("openai-responses", (&[created, message, call, thought], &[end]), piece);
    }
}

#[test]
fn of_anthropic() {
    let start = r#"{"type":"message_start","message":{"id":"i","model":"m"}}"#;
    let block = |index: usize, kind: &str| {
        format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"{kind}","id":"c","name":"f","input":{{}},"text":"","thinking":""}}}}"#
        )
    };
    let [text, thought, call] = [block(0, "text"), block(1, "thinking"), block(2, "tool_use")];
    let reason = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#;
    let end = r#"{"type":"message_stop"}"#;
    for piece in [
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"url":"https://a/@"}}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"a"}}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"signature_delta","signature":"s"}}"#,
        r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"a"}}"#,
        r#"{"type":"content_block_start","index":@,"content_block":{"type":"text","text":"a"}}"#,
        r#"{"type":"content_block_start","index":@,"content_block":{"type":"tool_use","id":"c@","name":"f","input":{}}}"#,
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"c@","name":"f","input":{"a":1}}}"#,
        r#"{"type":"content_block_start","index":3,"content_block":{"type":"redacted_thinking","data":"a"}}"#,
        r#"{"type":"message_start","message":{"id":"i@"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":@}}"#,
    ] {
        run("anthropic-messages", (&[start, &text, &thought, &call], &[reason, end]), piece);
    }
    let piece = |index: usize| {
        let start = format!(
            r#"{{"type":"content_block_start","index":{index},"content_block":{{"type":"tool_use","id":"c{index}","name":"f","input":{{}}}}}}"#
        );
        format!("{start}\n\ndata: {{\"type\":\"content_block_stop\",\"index\":{index}}}")
    };
    of_all("anthropic calls one after another", |size| {
        frames("anthropic-messages", size, (&[start], &[reason, end]), piece)
    });
}

#[test]
fn of_gemini() {
    let start =
        r#"{"responseId":"r","modelVersion":"m","candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;
    let end = r#"{"candidates":[{"finishReason":"STOP"}]}"#;
    for part in [
        r#"{"text":"a"}"#,
        r#"{"text":"\\"}"#,
        r#"{"text":"a","thought":true}"#,
        r#"{"text":"a"},{"text":"b","thought":true}"#,
        r#"{"text":"a","thoughtSignature":"s"}"#,
        r#"{"functionCall":{"name":"f","args":{}}}"#,
        r#"{"functionCall":{"name":"f","id":"c@","args":{"a":"\\"}},"thoughtSignature":"s"}"#,
        r#"{"executableCode":{}}"#,
    ] {
        run(
            "gemini",
            (&[start], &[end]),
            &format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#),
        );
    }
    for more in [
        r#""finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a/@"}}]}"#,
        r#""content":{"parts":[{"text":"aaaaaaaaaaaaaa"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a/@"}}],"groundingSupports":[{"segment":{"endIndex":3,"text":"aaa"},"groundingChunkIndices":[0]}]}"#,
        r#""content":{"parts":[{"text":"a"}]},"finishReason":"STOP""#,
        r#""content":{"parts":[{"text":"a"}]},"logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-0.1}]}"#,
        r#""index":@,"content":{"parts":[{"text":"a"}]}"#,
    ] {
        run("gemini", (&[start], &[end]), &format!(r#"{{"candidates":[{{{more}}}]}}"#));
    }
}

/// Whether its arguments are whole by now can only be told by reading all of them.
#[test]
fn beside_a_call_that_never_ends() {
    for other in [
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":@,"id":"c@","function":{"name":"f","arguments":""}}]}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"reasoning_content":"a","tool_calls":[{"index":0,"function":{"arguments":"a"}}]}}]}"#,
    ] {
        of_all(&format!("a long call and {other}"), |size| {
            let arguments = "a".repeat(size / 2);
            let long = format!(
                r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,"id":"c","function":{{"name":"f","arguments":"{{\"a\":\"{arguments}"}}}}]}}}}]}}"#
            );
            let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
            frames("openai-chat", size, (&[&long], &[end, "[DONE]"]), |index| {
                other.replace('@', &(index + 1).to_string())
            })
        });
    }
}

/// What a provider says of itself once is repeated in every piece of some dialects.
#[test]
fn with_long_names() {
    let name = |size: usize| "n".repeat(size / 2);
    let make =
        |dialect: &'static str, start: &'static str, piece: &'static str, end: &'static [&'static str]| {
            let (head, tail) = start.split_once('@').unwrap();
            of_all(&format!("{dialect} {start}"), |size| {
                frames(dialect, size, (&[&format!("{head}{}{tail}", name(size))], end), |_| piece.to_owned())
            });
        };
    let chat = r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#;
    let chat_end = &[r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"];
    make("openai-chat", r#"{"id":"@","model":"m","choices":[]}"#, chat, chat_end);
    make("openai-chat", r#"{"id":"i","model":"@","choices":[]}"#, chat, chat_end);
    let arguments =
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"a"}}]}}]}"#;
    make(
        "openai-chat",
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"@","function":{"name":"f"}}]}}]}"#,
        arguments,
        chat_end,
    );
    make(
        "openai-chat",
        r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"@"}}]}}]}"#,
        arguments,
        chat_end,
    );
    let anthropic = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#;
    make(
        "anthropic-messages",
        r#"{"type":"message_start","message":{"id":"@","model":"m"}}"#,
        anthropic,
        &[],
    );
    make(
        "anthropic-messages",
        r#"{"type":"message_start","message":{"id":"i","model":"@"}}"#,
        anthropic,
        &[],
    );
    let gemini = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#;
    make("gemini", r#"{"responseId":"@","modelVersion":"m"}"#, gemini, &[]);
    make("gemini", r#"{"responseId":"r","modelVersion":"@"}"#, gemini, &[]);
    let responses = r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"a"}"#;
    make(
        "openai-responses",
        r#"{"type":"response.created","response":{"id":"@","model":"m"}}"#,
        responses,
        &[],
    );
    make(
        "openai-responses",
        r#"{"type":"response.created","response":{"id":"r","model":"@"}}"#,
        responses,
        &[],
    );
    make(
        "openai-responses",
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"@"}}"#,
        responses,
        &[],
    );
}
