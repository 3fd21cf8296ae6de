use std::ops::Range;

use bytes::Bytes;

use crate::facts::Call;

/// The body with another name for its model. Not copied where the name is the same already, or stands elsewhere.
pub(super) fn splice(body: Bytes, call: &Call, model: &str) -> Bytes {
    let Some(span) = call.model_span.clone().filter(|span| holds_string(&body, span)) else { return body };
    if *call.model == *model {
        return body;
    }
    let mut spliced = Vec::with_capacity(body.len() + model.len() + 2);
    spliced.extend_from_slice(&body[..span.start]);
    write_string(&mut spliced, model);
    spliced.extend_from_slice(&body[span.end..]);
    spliced.into()
}

/// Does a JSON string stand there?
pub(super) fn holds_string(body: &[u8], span: &Range<usize>) -> bool {
    let quoted = body.get(span.clone()).unwrap_or_default();
    quoted.len() >= 2 && quoted.starts_with(b"\"") && quoted.ends_with(b"\"")
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"n":1.10,"model":"workhorse","x":[]}"#;

    fn call() -> Call {
        let start = BODY.find("\"workhorse\"").unwrap();
        Call::new("workhorse").with_model_span(start..start + "\"workhorse\"".len())
    }

    #[test]
    fn nothing_changes_but_the_name() {
        assert_eq!(splice(BODY.into(), &call(), "gpt-5"), r#"{"n":1.10,"model":"gpt-5","x":[]}"#);
        assert_eq!(splice(BODY.into(), &call(), "a\"\né"), r#"{"n":1.10,"model":"a\"\né","x":[]}"#);
    }

    #[test]
    fn the_same_name_costs_no_copy() {
        let body = Bytes::from(BODY);
        assert_eq!(splice(body.clone(), &call(), "workhorse").as_ptr(), body.as_ptr());
        assert_eq!(splice(body.clone(), &Call::new("workhorse"), "gpt-5").as_ptr(), body.as_ptr());
    }

    #[test]
    fn a_span_of_another_body_is_noticed() {
        assert!(holds_string(BODY.as_bytes(), &call().model_span.unwrap()));
        for (from, to) in [(0, 4), (30, 400), (18, 18), (5, 4)] {
            let span = from..to;
            assert!(!holds_string(BODY.as_bytes(), &span), "{span:?}");
        }
    }
}
