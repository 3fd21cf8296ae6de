//! Schemas of very many small things.

use super::of_requests::of_all;
use super::{Input, list, requests};

#[test]
fn schemas() {
    let head = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"f","strict":true,"input_schema":{"type":"object","#;
    let pieces: [(&str, &str, &str); 8] = [
        (r#""properties":{"#, r#""p@":{"type":"string","minLength":1}"#, "}"),
        (
            r#""properties":{"#,
            r##""p@":{"$ref":"#/$defs/d"}"##,
            r#"},"$defs":{"d":{"type":"object","properties":{"a":{"type":"string"}}}}"#,
        ),
        (r#""$defs":{"#, r##""p@":{"$ref":"#/$defs/p0"}"##, "}"),
        (
            r#""$defs":{"#,
            r##""p@":{"allOf":[{"$ref":"#/$defs/p0"},{"$ref":"#/$defs/p1"}]}"##,
            r##"},"properties":{"a":{"$ref":"#/$defs/p9"}}"##,
        ),
        (r#""properties":{"a":{"enum":["#, r#""p@""#, "]}}"),
        (r#""required":["#, r#""p@""#, "]"),
        (r#""allOf":["#, r#"{"properties":{"p@":{"type":"string"}},"required":["p@"]}"#, "]"),
        (r#""anyOf":["#, r##"{"$ref":"#"}"##, "]"),
    ];
    for (before, piece, after) in pieces {
        let piece = |index: usize| piece.replace('@', &index.to_string());
        of_all(&format!("schema {before}{}", piece(0)), |size| {
            let (head, tail) = (format!("{head}{before}"), format!("{after}}}}}]}}"));
            list("anthropic-messages", size, (&head, &tail), piece)
        });
    }
    let head = r#"{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","#;
    of_all("a schema of the answer", |size| {
        list("gemini", size, (&format!(r#"{head}"properties":{{"#), "}}}}"), |index| {
            format!(r##""p{index}":{{"$ref":"#"}}"##)
        })
    });
}

/// Each definition holds the last one twice: written out, it would never end.
#[test]
fn schemas_that_double() {
    let twice: [fn(usize) -> String; 3] = [
        |last| {
            format!(
                r##"{{"allOf":[{{"$ref":"#/$defs/d{last}"}},{{"$ref":"#/$defs/d{last}","title":"t"}}]}}"##
            )
        },
        |last| {
            format!(
                r##"{{"properties":{{"a":{{"$ref":"#/$defs/d{last}"}},"b":{{"$ref":"#/$defs/d{last}","title":"t"}}}}}}"##
            )
        },
        |last| {
            format!(
                r##"{{"anyOf":[{{"$ref":"#/$defs/d{last}"}},{{"allOf":[{{"$ref":"#/$defs/d{last}"}}],"title":"t"}}]}}"##
            )
        },
    ];
    for each in twice {
        let defs: Vec<_> = (1..100).map(|index| format!(r#""d{index}":{}"#, each(index - 1))).collect();
        let schema = format!(
            r##"{{"type":"object","properties":{{"p":{{"$ref":"#/$defs/d99","title":"t"}}}},"$defs":{{"d0":{{"type":"object","properties":{{"x":{{"type":"string"}}}}}},{}}}}}"##,
            defs.join(",")
        );
        let bytes = format!(
            r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}}],"tools":[{{"name":"f","strict":true,"input_schema":{schema}}}],"output_config":{{"format":{{"type":"json_schema","schema":{schema}}}}}}}"#
        );
        requests::check(&Input { dialect: "anthropic-messages".parse().unwrap(), bytes: bytes.into_bytes() });
    }
}
