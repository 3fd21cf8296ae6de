//! Whole answers of very many small things.

use super::{Input, answers, linear, list};

fn read(input: &Input) {
    answers::read_and_write(input, |_, _, _| {});
}

#[test]
fn answers_of_very_many_things() {
    let chat = |field: &str| {
        format!(
            r#"{{"id":"i","model":"m","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant",{field}:["#
        )
    };
    let responses = r#"{"id":"r","model":"m","status":"completed","output":["#;
    let gemini = r#"{"responseId":"r","modelVersion":"m","candidates":[{"finishReason":"STOP","content":{"role":"model","parts":["#;
    let anthropic = r#"{"id":"i","model":"m","stop_reason":"end_turn","content":["#;
    let cases: [(&str, &str, &str, &str); 16] = [
        ("openai-chat", &chat("\"content\""), "]}}]}", r#"{"type":"text","text":"a"}"#),
        (
            "openai-chat",
            &chat("\"tool_calls\""),
            "]}}]}",
            r#"{"id":"c@","function":{"name":"f","arguments":"{}"}}"#,
        ),
        ("openai-chat", &chat("\"tool_calls\""), "]}}]}", r#"{"function":{"name":"f"}}"#),
        (
            "openai-chat",
            &chat("\"reasoning_details\""),
            "]}}]}",
            r#"{"type":"reasoning.text","text":"a","signature":"s"}"#,
        ),
        (
            "openai-chat",
            &chat("\"content\":\"aa\",\"annotations\""),
            "]}}]}",
            r#"{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"url":"https://a/@"}}"#,
        ),
        (
            "openai-chat",
            r#"{"id":"i","model":"m","choices":["#,
            "]}",
            r#"{"index":@,"finish_reason":"stop","message":{"content":"a"}}"#,
        ),
        (
            "openai-responses",
            responses,
            "]}",
            r#"{"type":"message","content":[{"type":"output_text","text":"a"}]}"#,
        ),
        (
            "openai-responses",
            responses,
            "]}",
            r#"{"type":"function_call","call_id":"c@","name":"f","arguments":"{}"}"#,
        ),
        (
            "openai-responses",
            responses,
            "]}",
            r#"{"type":"reasoning","summary":[{"type":"summary_text","text":"a"}],"encrypted_content":"g"}"#,
        ),
        (
            "openai-responses",
            &format!(
                r#"{responses}{{"type":"message","content":[{{"type":"output_text","text":"aa","annotations":["#
            ),
            "]}]}]}",
            r#"{"type":"url_citation","url":"https://a/@","start_index":0,"end_index":1}"#,
        ),
        ("anthropic-messages", anthropic, "]}", r#"{"type":"text","text":"a"}"#),
        ("anthropic-messages", anthropic, "]}", r#"{"type":"tool_use","id":"c@","name":"f","input":{}}"#),
        (
            "anthropic-messages",
            &format!(r#"{anthropic}{{"type":"text","text":"a","citations":["#),
            "]}]}",
            r#"{"type":"web_search_result_location","url":"https://a/@","title":"t","cited_text":"a"}"#,
        ),
        ("gemini", gemini, "]}}]}", r#"{"text":"a"}"#),
        ("gemini", gemini, "]}}]}", r#"{"functionCall":{"name":"f","args":{}}}"#),
        (
            "gemini",
            r#"{"responseId":"r","candidates":["#,
            "]}",
            r#"{"index":@,"finishReason":"STOP","content":{"parts":[{"text":"a"}]}}"#,
        ),
    ];
    for (dialect, head, tail, piece) in cases {
        linear(
            &format!("{dialect} {head}{piece}"),
            |size| list(dialect, size, (head, tail), |index| piece.replace('@', &index.to_string())),
            read,
        );
    }
}

#[test]
fn sources_and_probabilities() {
    let gemini = r#"{"responseId":"r","candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"äaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]},"#;
    let cases: [(&str, &str, &str); 4] = [
        (
            r#""groundingMetadata":{"groundingChunks":["#,
            "]}}]}",
            r#"{"web":{"uri":"https://a/@","title":"t"}}"#,
        ),
        (
            r#""groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a"}}],"groundingSupports":["#,
            "]}}]}",
            r#"{"segment":{"startIndex":2,"endIndex":9,"text":"aaaaaaa"},"groundingChunkIndices":[0]}"#,
        ),
        (
            r#""citationMetadata":{"citations":["#,
            "]}}]}",
            r#"{"uri":"https://a/@","startIndex":2,"endIndex":9}"#,
        ),
        (r#""logprobsResult":{"chosenCandidates":["#, "]}}]}", r#"{"token":"a","logProbability":-0.1}"#),
    ];
    for (field, tail, piece) in cases {
        linear(
            &format!("gemini {field}{piece}"),
            |size| {
                list("gemini", size, (&format!("{gemini}{field}"), tail), |index| {
                    piece.replace('@', &index.to_string())
                })
            },
            read,
        );
    }
}
