//! What OpenAI refuses in a schema that is to be kept to the letter.

use serde_json::Value;

use crate::testing::wire::Complaint;

/// Checks nothing where `strict` is not `true`.
pub(super) fn check(param: &str, schema: &Value, strict: &Value) -> Result<(), Complaint> {
    if *strict != true {
        return Ok(());
    }
    node(schema).map_err(|why| {
        let message = format!("Invalid schema: In context=(), {why}");
        Complaint::new(param, message).with_code("invalid_function_parameters")
    })
}

fn node(schema: &Value) -> Result<(), String> {
    if let Some(word) = ["oneOf", "allOf", "not"].iter().find(|word| !schema[**word].is_null()) {
        return Err(format!("'{word}' is not permitted."));
    }
    if let Some(properties) = schema["properties"].as_object() {
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(name) = properties.keys().find(|name| !required.iter().any(|required| required == *name))
        {
            return Err(format!(
                "'required' is required to be supplied and to be an array including every key in properties. \
                 Missing '{name}'."
            ));
        }
        // Left out, it is supplied.
        if schema.get("additionalProperties").is_some_and(|other| other != false) {
            return Err("'additionalProperties' is required to be supplied and to be false.".to_owned());
        }
    }
    let lists = ["properties", "$defs"].into_iter().filter_map(|word| schema[word].as_object());
    lists.flat_map(|object| object.values()).try_for_each(node)?;
    schema["anyOf"].as_array().into_iter().flatten().try_for_each(node)?;
    if schema["items"].is_object() { node(&schema["items"]) } else { Ok(()) }
}
