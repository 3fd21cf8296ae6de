use proptest::prelude::*;
use serde_json::Value;

use super::Subset::{AnthropicStrict, Gemini, OpenAiStrict};
use super::*;

/// The schema as reduced; `~` before it where something was lost, `!` where the target would refuse it.
fn reduced(subset: Subset, schema: &str) -> String {
    let reduced = reduce(serde_json::from_str(schema).unwrap(), subset);
    let signs = [(reduced.has_lost, "~"), (reduced.is_refused, "!")];
    let signs: String = signs.iter().filter(|(is_so, _)| *is_so).map(|(_, sign)| *sign).collect();
    signs + std::str::from_utf8(&reduced.text).unwrap()
}

#[test]
fn a_schema_that_fits_is_kept_to_the_digit() {
    let schema = concat!(
        r#"{"type":"object","x-order":1.50,"properties":{"minimum":{"type":"number","enum":[1.50,2e3]},"#,
        r##""next":{"$ref":"#/$defs/next"}},"required":["next","minimum"],"additionalProperties":false,"##,
        r#""$defs":{"next":{"type":["string","null"],"description":"d"}}}"#,
    );
    for subset in [OpenAiStrict, AnthropicStrict, Gemini] {
        assert_eq!(reduced(subset, schema), schema, "{subset:?}");
    }
}

#[test]
fn anthropic_takes_closed_objects_and_reads_bounds_as_words() {
    for (schema, expected) in [
        (
            r#"{"type":"object","properties":{"age":{"type":"integer","minimum":0,"description":"Years"},
            "tags":{"type":"array","items":{"type":"object","properties":{}}}}}"#,
            concat!(
                r#"~{"type":"object","properties":{"age":{"type":"integer","description":"Years\n\nminimum: 0"},"#,
                r#""tags":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}},"#,
                r#""additionalProperties":false}"#,
            ),
        ),
        (
            r#"{"type":"array","minItems":1,"maxItems":3,"items":{"type":"string","format":"uri"}}"#,
            r#"~{"type":"array","minItems":1,"items":{"type":"string","format":"uri"},"description":"maxItems: 3"}"#,
        ),
        (
            r#"{"oneOf":[{"type":"string","format":"byte"},{"type":"string","pattern":"^(?=a)"}]}"#,
            concat!(
                r#"~{"anyOf":[{"type":"string","description":"format: \"byte\""},"#,
                r#"{"type":"string","description":"pattern: \"^(?=a)\""}]}"#
            ),
        ),
        (
            r#"{"type":"object","properties":{"any":{"type":"object"}}}"#,
            concat!(
                r#"~{"type":"object","properties":{"any":{"type":"object","additionalProperties":false}},"#,
                r#""additionalProperties":false}"#,
            ),
        ),
        (r#"{"type":"object"}"#, r#"{"type":"object","additionalProperties":false}"#),
    ] {
        assert_eq!(reduced(AnthropicStrict, schema), expected, "{schema}");
    }
}

#[test]
fn openai_takes_objects_whose_every_property_is_required() {
    let schema = r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer","description":"d"},
        "c":{"enum":["x","y"]},"d":{"anyOf":[{"type":"string"},{"type":"null"}],"default":null}},
        "required":["a"]}"#;
    let expected = concat!(
        r#"~{"type":"object","properties":{"a":{"type":"string"},"#,
        r#""b":{"type":["integer","null"],"description":"d"},"#,
        r#""c":{"anyOf":[{"enum":["x","y"],"type":"string"},{"type":"null"}]},"#,
        r#""d":{"anyOf":[{"type":"string"},{"type":"null"}]}},"#,
        r#""required":["a","b","c","d"],"additionalProperties":false}"#,
    );
    assert_eq!(reduced(OpenAiStrict, schema), expected);
}

#[test]
fn a_property_that_may_be_null_and_now_must_be_there_is_no_loss() {
    let schema = r#"{"type":"object","properties":{"a":{"type":["string","null"]}}}"#;
    let expected = concat!(
        r#"{"type":"object","properties":{"a":{"type":["string","null"]}},"#,
        r#""required":["a"],"additionalProperties":false}"#,
    );
    assert_eq!(reduced(OpenAiStrict, schema), expected);
}

#[test]
fn openai_takes_no_root_but_an_object() {
    for schema in [r#"{"type":"array","items":{"type":"string"}}"#, r#"{"anyOf":[{"type":"object"}]}"#, "{}"]
    {
        assert!(reduce(serde_json::from_str(schema).unwrap(), OpenAiStrict).is_refused, "{schema}");
    }
}

#[test]
fn a_single_all_of_is_the_schema_itself() {
    for (schema, expected) in [
        (r#"{"description":"d","allOf":[{"type":"string"}]}"#, r#"{"description":"d","type":"string"}"#),
        (
            r##"{"type":"array","items":{"title":"T","allOf":[{"$ref":"#/$defs/A"}]},"$defs":{"A":{"type":"string"}}}"##,
            r##"{"type":"array","items":{"title":"T","anyOf":[{"$ref":"#/$defs/A"}]},"$defs":{"A":{"type":"string"}}}"##,
        ),
        (
            r#"{"allOf":[{"type":"object","properties":{"a":{}},"required":["a"]},
            {"type":"object","properties":{"b":{"type":"null"}},"required":["b"]}]}"#,
            r#"{"type":"object","properties":{"a":{},"b":{"type":"null"}},"required":["a","b"]}"#,
        ),
        (
            r#"{"type":"string","allOf":[{"enum":["a"]},{"enum":["b"]}]}"#,
            r#"~{"type":"string","enum":["a"],"description":"enum: [\"b\"]"}"#,
        ),
    ] {
        assert_eq!(reduced(Gemini, schema), expected, "{schema}");
    }
}

#[test]
fn gemini_takes_bounds_it_knows_and_values_as_enums() {
    for (schema, expected) in [
        (r#"{"type":"integer","exclusiveMinimum":0}"#, r#"{"type":"integer","minimum":1}"#),
        (
            r#"{"type":"number","exclusiveMaximum":1.0}"#,
            r#"~{"type":"number","description":"exclusiveMaximum: 1.0"}"#,
        ),
        (r#"{"const":"a"}"#, r#"{"enum":["a"]}"#),
        (r#"{"type":"boolean","enum":[true,false]}"#, r#"{"type":"boolean"}"#),
        (r#"{"type":"boolean","const":true}"#, r#"~{"type":"boolean","description":"const: true"}"#),
        (
            r#"{"type":["string","null"],"enum":["a",null],"title":"t"}"#,
            r#"{"anyOf":[{"type":"string","enum":["a"]},{"type":"null"}],"title":"t"}"#,
        ),
        (
            r#"{"$schema":"s","type":"string","pattern":"^a$","default":"a","description":"d"}"#,
            r#"~{"type":"string","description":"d\n\npattern: \"^a$\", default: \"a\""}"#,
        ),
        (r#"{"not":{"type":"null"}}"#, r#"~{"description":"not: {\"type\":\"null\"}"}"#),
        (
            r#"{"type":"array","items":[{"type":"string"},true]}"#,
            r#"{"type":"array","prefixItems":[{"type":"string"},{}]}"#,
        ),
        (
            r#"{"type":"object","additionalProperties":{"const":1}}"#,
            r#"{"type":"object","additionalProperties":{"enum":[1]}}"#,
        ),
    ] {
        assert_eq!(reduced(Gemini, schema), expected, "{schema}");
    }
}

#[test]
fn what_nothing_enforces_anywhere_is_told_and_no_loss() {
    for (schema, expected) in [
        (
            r#"{"type":"integer","default":10,"examples":[5,20],"description":"Rows."}"#,
            r#"{"type":"integer","description":"Rows.\n\ndefault: 10, examples: [5,20]"}"#,
        ),
        (r#"{"type":["string","null"],"default":null}"#, r#"{"type":["string","null"]}"#),
        (r#"{"type":"string","$comment":"for us"}"#, r#"{"type":"string"}"#),
    ] {
        assert_eq!(reduced(Gemini, schema), expected, "{schema}");
    }
    let long = format!(r#"{{"type":"string","default":"{}"}}"#, "x".repeat(600));
    assert_eq!(reduced(Gemini, &long), r#"~{"type":"string","description":"default"}"#);
}

#[test]
fn a_reference_by_a_name_leads_where_the_schema_of_that_name_stands() {
    let schema = concat!(
        r##"{"$anchor":"tree","type":"object","properties":{"a":{"$ref":"#leaf"},"b":{"$ref":"#tree"}},"required":["a"],"##,
        r#""$defs":{"A":{"$anchor":"leaf","type":"string"}}}"#,
    );
    let expected = concat!(
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#"}},"required":["a"],"##,
        r#""$defs":{"A":{"type":"string"}}}"#,
    );
    assert_eq!(reduced(Gemini, schema), expected);
}

#[test]
fn a_reference_stands_alone() {
    let schema = concat!(
        r##"{"type":"object","properties":{"a":{"$ref":"#/definitions/A","description":"d"}},"required":["a"],"##,
        r#""additionalProperties":false,"definitions":{"A":{"type":"string"}}}"#,
    );
    let expected = concat!(
        r##"{"type":"object","properties":{"a":{"description":"d","anyOf":[{"$ref":"#/$defs/A"}]}},"required":["a"],"##,
        r#""additionalProperties":false,"$defs":{"A":{"type":"string"}}}"#,
    );
    for subset in [OpenAiStrict, AnthropicStrict, Gemini] {
        assert_eq!(reduced(subset, schema), expected, "{subset:?}");
    }
}

#[test]
fn a_reference_that_is_not_followed_is_replaced_by_what_it_leads_to() {
    for (schema, expected) in [
        (
            r##"{"type":"object","properties":{"a":{"enum":["x"]},"b":{"$ref":"#/properties/a","title":"t"}}}"##,
            r#"{"type":"object","properties":{"a":{"enum":["x"]},"b":{"title":"t","enum":["x"]}}}"#,
        ),
        (
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"string"}}}"##,
            r#"{"$defs":{"A":{"type":"string"}},"type":"string"}"#,
        ),
        (r#"{"type":"array","items":{"$ref":"https://example.com/a"}}"#, r#"~{"type":"array","items":{}}"#),
        (
            r##"{"type":"object","properties":{"a":{"items":{"$ref":"#/properties/a"}}}}"##,
            r#"~{"type":"object","properties":{"a":{"items":{"items":{}}}}}"#,
        ),
    ] {
        assert_eq!(reduced(Gemini, schema), expected, "{schema}");
    }
}

const TREE: &str = concat!(
    r##"{"type":"object","properties":{"tree":{"$ref":"#/$defs/Node"}},"required":["tree"],"additionalProperties":false,"##,
    r##""$defs":{"Node":{"type":"object","properties":{"name":{"type":"string"},"##,
    r##""nodes":{"type":"array","items":{"$ref":"#/$defs/Node"}}},"##,
    r#""required":["name","nodes"],"additionalProperties":false}}}"#,
);

#[test]
fn recursion_goes_as_far_as_the_target_takes_it() {
    assert_eq!(reduced(OpenAiStrict, TREE), TREE);
    let optional = TREE.replace(r#"["name","nodes"]"#, r#"["name"]"#);
    assert_eq!(reduced(Gemini, TREE), format!("~{optional}"));
    assert_eq!(reduced(Gemini, &optional), optional);
    assert!(reduced(AnthropicStrict, TREE).starts_with("~!"));
}

#[test]
fn a_schema_without_a_bottom_is_left_alone() {
    let deep = "{\"items\":".repeat(200) + "{}" + &"}".repeat(200);
    assert_eq!(reduced(AnthropicStrict, &deep), format!("!{deep}"));
}

#[test]
fn references_that_multiply_are_bounded() {
    // Each definition holds the next one twice: written out it is 2^20 of them.
    let mut definitions: Vec<String> = (0..20)
        .map(|n| {
            let next = format!(r##"{{"$ref":"#/$defs/d{0}/items","title":"t"}}"##, n + 1);
            format!(r#""d{n}":{{"items":{{"properties":{{"a":{next},"b":{next}}}}}}}"#)
        })
        .collect();
    definitions.push(r#""d20":{"items":{"type":"string"}}"#.to_owned());
    let schema = format!(
        r##"{{"type":"object","properties":{{"a":{{"$ref":"#/$defs/d0/items"}}}},"$defs":{{{}}}}}"##,
        definitions.join(",")
    );
    for subset in [OpenAiStrict, AnthropicStrict, Gemini] {
        let reduced = reduce(serde_json::from_str(&schema).unwrap(), subset);
        assert!(reduced.has_lost && reduced.text.len() < 4 << 20, "{subset:?}: {}", reduced.text.len());
    }
}

fn keyword() -> impl Strategy<Value = String> {
    let known = [
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "$defs",
        "definitions",
        "format",
        "minimum",
        "exclusiveMinimum",
        "description",
        "not",
        "default",
        "a",
        "b",
    ];
    prop::sample::select(known.to_vec()).prop_map(str::to_owned)
}

fn anything() -> impl Strategy<Value = Value> {
    let words = [
        "string",
        "integer",
        "object",
        "array",
        "null",
        "#",
        "#/$defs/a",
        "#/definitions/b",
        "#/properties/a",
        "#/$defs/a/items",
        "a",
        "b",
    ];
    let leaf = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keyword(), inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// No keyword that the subset refuses is left, wherever schemas stand.
fn assert_within(subset: Subset, schema: &Value) {
    let Value::Object(members) = schema else { return };
    for (key, value) in members {
        match &**key {
            "allOf" => assert!(!value.is_array(), "{schema}"),
            "oneOf" | "not" => panic!("{key} in {schema}"),
            "const" | "exclusiveMinimum" => assert_ne!(subset, Gemini, "{schema}"),
            "items" | "additionalProperties" => assert_within(subset, value),
            "anyOf" | "prefixItems" => {
                value.as_array().into_iter().flatten().for_each(|schema| assert_within(subset, schema));
            }
            "properties" | "$defs" => {
                value.as_object().into_iter().flatten().for_each(|(_, schema)| assert_within(subset, schema));
            }
            _ => {}
        }
    }
    if subset != Gemini && schema.get("properties").is_some() {
        assert_eq!(schema.get("additionalProperties"), Some(&Value::Bool(false)), "{schema}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_it_is_it_stays_json_and_what_is_left_is_taken(schema in anything()) {
        let text = schema.to_string();
        for subset in [OpenAiStrict, AnthropicStrict, Gemini] {
            let reduced = reduce(serde_json::from_str(&text).unwrap(), subset);
            let again: Value = serde_json::from_slice(&reduced.text).expect("JSON");
            assert_within(subset, &again);
        }
    }

    #[test]
    fn what_was_reduced_without_a_loss_is_not_reduced_again(schema in anything()) {
        let text = schema.to_string();
        for subset in [OpenAiStrict, AnthropicStrict, Gemini] {
            let once = reduce(serde_json::from_str(&text).unwrap(), subset);
            if once.has_lost || once.is_refused {
                continue;
            }
            let text = String::from_utf8(once.text).unwrap();
            let twice = reduce(serde_json::from_str(&text).unwrap(), subset);
            prop_assert!(!twice.has_lost, "{subset:?} {schema} became {text}");
        }
    }
}
