//! A look at an answer that tells whether it is as most are.

use super::finish::is_failure;
use crate::dialect::scan::{Once, Scan};

/// The fields of an answer that its reader knows.
const ANSWER: [&str; 6] = ["choices", "error", "id", "created", "model", "usage"];
/// Those of a choice.
const CHOICE: [&str; 6] = ["message", "finish_reason", "index", "delta", "logprobs", "usage"];
/// Those of a message: first its text, then what says something without being read, then what has to be read.
const MESSAGE: [&str; 9] = [
    "content",
    "refusal",
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "annotations",
    "tool_calls",
    "function_call",
    "audio",
];
const TO_BE_READ: usize = 6;

/// Is it an answer in plain text, with nothing in it that would have to be read to know whether it is sound? As a rule it
/// is. If not, or if that is not so plain, it may still be an answer.
pub(super) fn is_plain(body: &[u8]) -> bool {
    look(body) == Some(true)
}

fn look(body: &[u8]) -> Option<bool> {
    let (mut once, mut says_something) = (Once::default(), false);
    let mut scan = Scan::new(body)?;
    scan.object(|scan, key| match known(&mut once, &ANSWER, scan, key)? {
        Some("choices") => scan.list(|scan| choice(scan, &mut says_something)),
        Some("error") => scan.null(),
        _ => scan.skip(),
    })?;
    Some(scan.is_over() && says_something)
}

fn choice(scan: &mut Scan<'_>, says_something: &mut bool) -> Option<()> {
    let mut once = Once::default();
    scan.object(|scan, key| match known(&mut once, &CHOICE, scan, key)? {
        Some("message") => message(scan, says_something),
        Some("finish_reason") => {
            let word = scan.string()?.text()?;
            (!is_failure(&word)).then_some(())
        }
        Some("delta") => scan.null(),
        _ => scan.skip(),
    })
}

fn message(scan: &mut Scan<'_>, says_something: &mut bool) -> Option<()> {
    let mut once = Once::default();
    scan.object(|scan, key| {
        let field = known(&mut once, &MESSAGE, scan, key)?;
        match field {
            Some("content") if scan.peek()? == b'"' => *says_something |= scan.value()?,
            Some(field) if MESSAGE[TO_BE_READ..].contains(&field) => scan.null()?,
            _ => scan.skip()?,
        }
        Some(())
    })
}

/// The field, if it is one of these. A second one of the same name is more than a look can tell.
fn known<'f>(once: &mut Once, fields: &[&'f str], scan: &mut Scan<'_>, key: &str) -> Option<Option<&'f str>> {
    let Some(index) = fields.iter().position(|field| *field == key) else { return Some(None) };
    once.first(index as u32, scan)?;
    Some(Some(fields[index]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::check::check_by_reading;
    use super::*;
    use crate::dialect::wordings::{any_of, list, object, odd};

    fn answers() -> impl Strategy<Value = String> {
        let words = any_of(&[r#""stop""#, r#""length""#, r#""error""#, r#""tool_calls""#, "null"]);
        let text =
            any_of(&[r#""hi""#, r#""""#, r#"" ""#, r#""\ud83d""#, "null", r#"[{"type":"text","text":"a"}]"#]);
        let calls = any_of(&["null", "[]", r#"[{"id":"a","function":{"name":"f","arguments":"{\"a\":"}}]"#]);
        let message = object(&[
            ("role", any_of(&[r#""assistant""#])),
            ("content", text.clone()),
            ("refusal", text),
            ("tool_calls", calls),
            ("audio", any_of(&["null", r#"{"id":"a"}"#])),
        ]);
        let choice =
            object(&[("index", any_of(&["0", "1"])), ("message", message), ("finish_reason", words)]);
        object(&[
            ("id", any_of(&[r#""a""#, "null"])),
            ("choices", list(choice)),
            ("error", prop_oneof![30 => any_of(&["null"]), 1 => odd()].boxed()),
            ("usage", odd()),
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn what_is_plain_is_an_answer_to_whoever_reads_it(body in answers()) {
            if is_plain(body.as_bytes()) {
                prop_assert!(check_by_reading(body.as_bytes()).is_ok(), "{}", body);
            }
        }
    }

    #[test]
    fn an_answer_as_they_are_is_plain() {
        let body = br#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":
            {"role":"assistant","content":"hi","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],
            "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
        assert!(is_plain(body));
    }
}
