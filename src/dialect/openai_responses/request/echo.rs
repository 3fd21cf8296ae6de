use serde_json::value::RawValue;

use crate::dialect::openai::fields::Object;

/// What the vendor's answers repeat of a request, and what they say where the request did not: the official
/// SDKs' types want the members with such a word, and take the others for optional.
const REPEATED: [(&str, Option<&str>); 22] = [
    ("background", None),
    ("instructions", Some("null")),
    ("max_output_tokens", None),
    ("max_tool_calls", None),
    ("metadata", Some("{}")),
    ("parallel_tool_calls", Some("true")),
    ("previous_response_id", None),
    ("prompt", None),
    ("prompt_cache_key", None),
    ("prompt_cache_options", None),
    ("prompt_cache_retention", None),
    ("reasoning", None),
    ("safety_identifier", None),
    ("service_tier", None),
    ("store", None),
    ("temperature", Some("null")),
    ("text", None),
    ("tool_choice", Some(r#""auto""#)),
    ("tools", Some("[]")),
    ("top_logprobs", None),
    ("top_p", Some("null")),
    ("truncation", None),
];

/// What of the request its answer repeats: `"tools":[],"temperature":1`.
pub(crate) fn echo(request: &[u8]) -> String {
    let fields = Object::all(request).unwrap_or_default();
    let given = |name: &str| {
        let value = fields.iter().find(|(field, _)| field == name)?.1;
        (value.get() != "null").then_some(value)
    };
    let mut out = String::with_capacity(256);
    for (name, default) in REPEATED {
        if let Some(value) = given(name).map(RawValue::get).or(default) {
            if !out.is_empty() {
                out.push(',');
            }
            out.push_str(&format!("\"{name}\":{value}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_repeats_is_what_was_asked_or_its_default_and_never_twice() {
        let body = br#"{"model":"m","input":"hi","instructions":null,"temperature":0.70,"tools":[ {"type":"web_search"}],
            "reasoning":{"effort":"low"},"store":false,"tools":[],"x":1}"#;
        let told = echo(body);
        assert!(told.contains(r#""temperature":0.70"#), "digits stay: {told}");
        assert_eq!(told.matches("\"tools\":").count(), 1);
        let value: serde_json::Value = serde_json::from_str(&format!("{{{told}}}")).unwrap();
        let wanted = serde_json::json!({
            "instructions": null, "metadata": {}, "parallel_tool_calls": true, "reasoning": {"effort": "low"},
            "store": false, "temperature": 0.7, "tool_choice": "auto", "tools": [{"type": "web_search"}], "top_p": null,
        });
        assert_eq!(value, wanted);
    }

    #[test]
    fn of_what_is_no_request_only_the_defaults_are_told() {
        let told = format!("{{{}}}", echo(b"[]"));
        assert!(serde_json::from_str::<serde_json::Value>(&told).unwrap()["tools"].is_array());
    }
}
