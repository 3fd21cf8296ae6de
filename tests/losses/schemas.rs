//! Tools, the form of the answer, and their schemas.

use serde_json::{Value, json};

use tower_failover::dialect::Flavour;

use super::{ANTHROPIC, CHAT, GEMINI, RESPONSES, asked, check, encoded, sent};

fn form(schema: &Value) -> Value {
    json!({"response_format": {"type": "json_schema", "json_schema": {
        "name": "bill", "description": "A bill.", "schema": schema, "strict": true}}})
}

#[test]
fn what_an_answer_is_for_is_told_where_there_is_no_field_for_it() {
    let plain = json!({"type": "object", "properties": {}, "additionalProperties": false});
    let mut own = plain.clone();
    own["description"] = json!("Sums.");
    for (schema, wanted) in [(plain, "A bill."), (own, "A bill.\n\nSums.")] {
        let asked = asked(CHAT, &form(&schema));
        let (written, losses) = sent(CHAT, &asked, ANTHROPIC, "claude-sonnet-4-5");
        assert_eq!(written["output_config"]["format"]["schema"]["description"], wanted);
        assert_eq!(losses, "");
        let (written, losses) = sent(CHAT, &asked, GEMINI, "gemini-2.5-flash");
        assert_eq!(written["generationConfig"]["responseJsonSchema"]["description"], wanted);
        assert_eq!(losses, "");
        // Where no schema is taken it stands in the words for one.
        let (written, losses) = sent(CHAT, &asked, ANTHROPIC, "claude-sonnet-4-0");
        assert!(written["system"][0]["text"].as_str().unwrap().contains("A bill."), "{written}");
        assert_eq!(losses, "approximated=response_format");
        let (written, _) = sent(CHAT, &asked, RESPONSES, "gpt-4-turbo");
        assert!(written["instructions"].as_str().unwrap().contains("A bill."), "{written}");
    }
}

#[test]
fn a_default_is_told_where_its_keyword_is_not_taken() {
    let tools = json!({"tools": [{"type": "function", "function": {"name": "f", "parameters":
        {"type": "object", "properties": {"n": {"type": "integer", "default": 10}}}}}]});
    let (written, losses) = sent(CHAT, &asked(CHAT, &tools), GEMINI, "gemini-2.5-flash");
    let schema = &written["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"];
    assert_eq!(schema["properties"]["n"], json!({"type": "integer", "description": "default: 10"}));
    assert_eq!(losses, "");
}

#[test]
fn the_order_of_the_answers_properties_is_that_of_the_schemas() {
    let config = json!({"generationConfig": {"responseMimeType": "application/json", "responseSchema": {
        "type": "OBJECT", "properties": {"b": {"type": "STRING"}, "a": {"type": "STRING"}},
        "propertyOrdering": ["b", "a"]}}});
    let body = encoded(GEMINI, &asked(GEMINI, &config), (CHAT, Flavour::Standard), "gpt-4.1").0;
    let written = String::from_utf8(body).unwrap();
    let place = |name: &str| written.find(&format!(r#""{name}":{{"type""#)).unwrap();
    assert!(place("b") < place("a"), "{written}");
}

#[test]
fn a_tool_is_named_where_it_stands() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}},
        "required": ["n"], "additionalProperties": false});
    let tool = json!({"type": "function", "name": "f", "parameters": schema, "strict": true});
    let nested = json!({"type": "function", "function": {"name": "f", "parameters": schema, "strict": true}});
    let legacy = json!({"name": "f", "parameters": {"type": "object"}});
    let long = "x".repeat(70);
    check(vec![
        (
            CHAT,
            json!({"tools": [{"type": "web_search"}, nested]}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "dropped=tools[0].web_search, approximated=tools[1].function.parameters",
        ),
        (
            RESPONSES,
            json!({"tools": [tool]}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "approximated=tools[0].parameters",
        ),
        (
            CHAT,
            json!({"tools": [{"type": "function", "function": {"name": long}}]}),
            RESPONSES,
            "gpt-5-mini",
            "renamed=tools[0].function.name",
        ),
        (
            CHAT,
            json!({"functions": [{"name": long}], "function_call": {"name": long}}),
            RESPONSES,
            "gpt-5-mini",
            "approximated=functions, renamed=functions[0].name, renamed=function_call",
        ),
        (
            CHAT,
            json!({"functions": [legacy], "function_call": {"name": "g"}}),
            ANTHROPIC,
            "claude-sonnet-4-5",
            "approximated=function_call, approximated=functions",
        ),
        (
            ANTHROPIC,
            json!({"tools": [{"name": "f", "strict": true, "input_schema": {"type": "object", "not": {"type": "null"}}}]}),
            CHAT,
            "gpt-4.1",
            "approximated=tools[0].input_schema",
        ),
    ]);
}

#[test]
fn tools_of_gemini_stand_in_entries_and_under_either_word_for_their_schema() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "string", "uniqueItems": true}}});
    let config = json!({"functionCallingConfig": {"mode": "VALIDATED"}});
    let tools = |word: &str| {
        json!({"toolConfig": config, "tools": [
            {"googleSearch": {}},
            {"functionDeclarations": [{"name": "a"}, {"name": "b", word: schema}]}]})
    };
    for word in ["parametersJsonSchema", "parameters"] {
        let (_, losses) = sent(GEMINI, &asked(GEMINI, &tools(word)), CHAT, "gpt-4.1");
        let wanted =
            format!("dropped=tools[0].googleSearch, approximated=tools[1].functionDeclarations[1].{word}");
        assert_eq!(losses, wanted);
    }
    // There is one wish for all: no tool has a word of its own for it.
    let (_, losses) = sent(GEMINI, &asked(GEMINI, &tools("parameters")), ANTHROPIC, "claude-sonnet-4-0");
    assert!(losses.contains("dropped=toolConfig.functionCallingConfig.mode"), "{losses}");
}

#[test]
fn the_older_word_for_the_form_of_an_answer_is_the_one_that_is_named() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string", "minLength": 1}}});
    let format = json!({"type": "json_schema", "schema": schema});
    check(vec![
        (
            ANTHROPIC,
            json!({"output_format": format}),
            GEMINI,
            "gemini-2.5-flash",
            "approximated=output_format",
        ),
        (
            ANTHROPIC,
            json!({"output_config": {"format": format}}),
            GEMINI,
            "gemini-2.5-flash",
            "approximated=output_config.format",
        ),
    ]);
}
