//! Requests of very many small things.

use super::{Input, linear, list, requests};

/// Half as long as others: each is written for very many members.
pub(super) fn of_all(what: &str, make: impl Fn(usize) -> Input) {
    linear(what, |size| make(size / 2), |input| requests::read_and_write(input, |_, _, _| {}));
}

#[test]
fn turns() {
    let text = |index: usize| {
        format!(r#"{{"role":"{}","content":"a"}}"#, if index % 2 == 0 { "user" } else { "assistant" })
    };
    of_all("chat messages", |size| list("openai-chat", size, (r#"{"model":"m","messages":["#, "]}"), text));
    of_all("anthropic messages", |size| {
        list("anthropic-messages", size, (r#"{"model":"m","max_tokens":9,"messages":["#, "]}"), text)
    });
    of_all("responses input", |size| {
        list("openai-responses", size, (r#"{"model":"m","input":["#, "]}"), text)
    });
    of_all("contents", |size| {
        let content = |index: usize| {
            format!(
                r#"{{"role":"{}","parts":[{{"text":"a"}}]}}"#,
                if index % 2 == 0 { "user" } else { "model" }
            )
        };
        list("gemini", size, (r#"{"contents":["#, "]}"), content)
    });
    of_all("system messages", |size| {
        list("openai-chat", size, (r#"{"model":"m","messages":["#, "]}"), |_| {
            r#"{"role":"system","content":"a"}"#.to_owned()
        })
    });
}

#[test]
fn parts() {
    let parts = [
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"user","content":["#,
            r#"{"type":"text","text":"a"}"#,
        ),
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"user","content":["#,
            r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":["#,
            r#"{"type":"text","text":"a"}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":["#,
            r#"{"type":"thinking","thinking":"a","signature":"failover:gemini:x"}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":["#,
            r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a"}}"#,
        ),
        (
            "openai-responses",
            r#"{"model":"m","input":[{"role":"user","content":["#,
            r#"{"type":"input_text","text":"a"}"#,
        ),
        ("gemini", r#"{"contents":[{"role":"user","parts":["#, r#"{"text":"a"}"#),
        (
            "gemini",
            r#"{"contents":[{"role":"model","parts":["#,
            r#"{"text":"a","thought":true,"thoughtSignature":"ZmFpbG92ZXI6eDp5"}"#,
        ),
    ];
    for (dialect, head, part) in parts {
        of_all(&format!("{dialect} {part}"), |size| list(dialect, size, (head, "]}]}"), |_| part.to_owned()));
    }
}

#[test]
fn calls_and_results() {
    of_all("chat calls", |size| {
        let call = |index: usize| {
            format!(
                r#"{{"id":"c{index}","type":"function","function":{{"name":"f{index}","arguments":"{{}}"}}}}"#
            )
        };
        list(
            "openai-chat",
            size,
            (r#"{"model":"m","messages":[{"role":"assistant","tool_calls":["#, "]}]}"),
            call,
        )
    });
    of_all("chat rounds", |size| {
        let round = |index: usize| {
            format!(
                r#"{{"role":"assistant","tool_calls":[{{"id":"c{index}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"c{index}","content":"a"}}"#
            )
        };
        list("openai-chat", size, (r#"{"model":"m","messages":["#, "]}"), round)
    });
    of_all("results without calls", |size| {
        list("openai-chat", size, (r#"{"model":"m","messages":["#, "]}"), |index| {
            format!(r#"{{"role":"tool","tool_call_id":"c{index}","content":"a"}}"#)
        })
    });
    of_all("anthropic calls", |size| {
        let call =
            |index: usize| format!(r#"{{"type":"tool_use","id":"c{index}","name":"f{index}","input":{{}}}}"#);
        list(
            "anthropic-messages",
            size,
            (r#"{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":["#, "]}]}"),
            call,
        )
    });
    of_all("anthropic results", |size| {
        let result =
            |index: usize| format!(r#"{{"type":"tool_result","tool_use_id":"c{index}","content":"a"}}"#);
        list(
            "anthropic-messages",
            size,
            (r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":["#, "]}]}"),
            result,
        )
    });
    of_all("responses rounds", |size| {
        let round = |index: usize| {
            format!(
                r#"{{"type":"reasoning","id":"rs_{index}","summary":[],"encrypted_content":"g"}},{{"type":"function_call","call_id":"c{index}","name":"f","arguments":"{{}}"}},{{"type":"function_call_output","call_id":"c{index}","output":"a"}}"#
            )
        };
        list("openai-responses", size, (r#"{"model":"m","input":["#, "]}"), round)
    });
    of_all("gemini calls", |size| {
        list("gemini", size, (r#"{"contents":[{"role":"model","parts":["#, "]}]}"), |index| {
            format!(r#"{{"functionCall":{{"name":"f{index}","args":{{}}}}}}"#)
        })
    });
    of_all("gemini rounds", |size| {
        let round = |index: usize| {
            format!(
                r#"{{"role":"model","parts":[{{"functionCall":{{"name":"f","id":"{index}"}}}}]}},{{"role":"user","parts":[{{"functionResponse":{{"name":"f","id":"{index}","response":{{}}}}}}]}}"#
            )
        };
        list("gemini", size, (r#"{"contents":["#, "]}"), round)
    });
    of_all("gemini calls and then results", |size| {
        let calls = list("gemini", size / 2, (r#"{"contents":[{"role":"model","parts":["#, ""), |_| {
            r#"{"functionCall":{"name":"f"}}"#.to_owned()
        });
        let head = String::from_utf8(calls.bytes).unwrap() + r#"]},{"role":"user","parts":["#;
        list("gemini", size, (&head, "]}]}"), |_| {
            r#"{"functionResponse":{"name":"f","response":{}}}"#.to_owned()
        })
    });
}

#[test]
fn tools() {
    let tools = [
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"user","content":"a"}],"tools":["#,
            "]}",
            r#"{"type":"function","function":{"name":"f.@","parameters":{}}}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":["#,
            "]}",
            r#"{"name":"f@","input_schema":{"type":"object"}}"#,
        ),
        (
            "openai-responses",
            r#"{"model":"m","input":"a","tools":["#,
            "]}",
            r#"{"type":"function","name":"f@","parameters":{},"strict":true}"#,
        ),
        ("openai-responses", r#"{"model":"m","input":"a","tools":["#, "]}", r#"{"type":"web_search"}"#),
        (
            "gemini",
            r#"{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":["#,
            "]}]}",
            r#"{"name":"f:@"}"#,
        ),
        (
            "gemini",
            r#"{"contents":[{"parts":[{"text":"a"}]}],"tools":["#,
            "]}",
            r#"{"functionDeclarations":[{"name":"f@"}]}"#,
        ),
    ];
    for (dialect, head, tail, tool) in tools {
        of_all(&format!("{dialect} {tool}"), |size| {
            list(dialect, size, (head, tail), |index| tool.replace('@', &index.to_string()))
        });
    }
    of_all("a choice among tools", |size| {
        let tool = |index: usize| format!(r#"{{"type":"function","name":"f{index}"}}"#);
        list(
            "openai-responses",
            size,
            (
                r#"{"model":"m","input":"a","tools":[{"type":"function","name":"f1","parameters":{}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":["#,
                "]}}",
            ),
            tool,
        )
    });
    of_all("allowed names", |size| {
        list(
            "gemini",
            size,
            (
                r#"{"contents":[{"parts":[{"text":"a"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["#,
                "]}}}",
            ),
            |index| format!("\"f{index}\""),
        )
    });
}

#[test]
fn fields() {
    let of_field = |dialect: &'static str, (head, tail): (&str, &str), piece: &str| {
        of_all(&format!("{dialect} {head}{piece}"), |size| {
            list(dialect, size, (head, tail), |index| piece.replace('@', &index.to_string()))
        });
    };
    for (dialect, head, labels) in [
        ("openai-chat", r#"{"model":"m","messages":[{"role":"user","content":"a"}],"#, "metadata"),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"#,
            "metadata",
        ),
        ("openai-responses", r#"{"model":"m","input":"a","#, "metadata"),
        ("gemini", r#"{"contents":[{"parts":[{"text":"a"}]}],"#, "labels"),
    ] {
        of_field(dialect, (head, "}"), r#""x@":1"#);
        of_field(dialect, (&format!(r#"{head}"{labels}":{{"#), "}}"), r#""x@":"1""#);
    }
    of_field(
        "openai-chat",
        (r#"{"model":"m","messages":[{"role":"user","content":"a"}],"stop":["#, "]}"),
        r#""@""#,
    );
    of_all("fields of a message", |size| {
        list(
            "openai-chat",
            size,
            (r#"{"model":"m","messages":[{"role":"user","content":"a","#, "}]}"),
            |index| format!(r#""x{index}":1"#),
        )
    });
    of_all("fields of a part", |size| {
        list("gemini", size, (r#"{"contents":[{"parts":[{"text":"a","#, "}]}]}"), |index| {
            format!(r#""x{index}":1"#)
        })
    });
}

#[test]
fn texts() {
    let texts = [
        ("openai-chat", r#"{"model":"m","messages":[{"role":"user","content":""#, r#""}]}"#),
        ("openai-chat", r#"{"messages":[{"role":"user","content":"a"}],"model":""#, r#""}"#),
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":""#,
            r#""}}]}]}"#,
        ),
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":""#,
            r#"","type":"function","function":{"name":"f","arguments":"{}"}}]}]}"#,
        ),
        (
            "openai-chat",
            r#"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":""#,
            r#""}}]}]}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":""#,
            r#""}]}"#,
        ),
        (
            "anthropic-messages",
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"failover:"#,
            r#""}]}]}"#,
        ),
        ("openai-responses", r#"{"model":"m","input":""#, r#""}"#),
        (
            "openai-responses",
            r#"{"model":"m","input":[{"type":"reasoning","id":"r","summary":[],"encrypted_content":"failover:"#,
            r#""}]}"#,
        ),
        ("gemini", r#"{"contents":[{"parts":[{"text":""#, r#""}]}]}"#),
        ("gemini", r#"{"contents":[{"role":"model","parts":[{"text":"a","thoughtSignature":""#, r#""}]}]}"#),
    ];
    let pieces = ["a", "\\\\", "\\u00e4", "\\\"", "failover:", "äö", "data:", "{\\\"a\\\":", " "];
    for (number, (dialect, head, tail)) in texts.into_iter().enumerate() {
        // Each of them at some of the places.
        for piece in pieces.iter().skip(number % 3).step_by(3) {
            let make = |size: usize| Input {
                dialect: dialect.parse().unwrap(),
                bytes: format!("{head}{}{tail}", piece.repeat(size / piece.len())).into_bytes(),
            };
            of_all(&format!("{dialect} {head}{piece}"), make);
        }
    }
}
