//! A look at a chunk that tells its kind and no more.

use crate::dialect::Choices;
use crate::dialect::openai::leaf::written_count;
use crate::dialect::openai_chat::response::is_failure;
use crate::dialect::scan::Scan;

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Glance {
    pub(super) has_error: bool,
    pub(super) has_choices: bool,
    pub(super) has_content: bool,
    pub(super) has_finish: bool,
    /// The reason is that the answer failed.
    pub(super) has_failed: bool,
    /// Of which answers it is.
    pub(super) choices: Choices,
}

/// Looks at a chunk; `None` where it is no JSON object.
pub(super) fn glance(data: &[u8]) -> Option<Glance> {
    let mut seen = Glance::default();
    let mut scan = Scan::new(data)?;
    scan.object(|scan, key| {
        match key {
            "choices" if scan.peek()? != b'n' => {
                seen.has_choices = true;
                scan.list(|scan| choice(scan, &mut seen))?;
            }
            "error" => {
                seen.has_error = scan.peek()? != b'n';
                scan.skip()?;
            }
            _ => scan.skip()?,
        }
        Some(())
    })?;
    scan.is_over().then_some(seen)
}

fn choice(scan: &mut Scan<'_>, seen: &mut Glance) -> Option<()> {
    if scan.peek()? != b'{' {
        return scan.skip();
    }
    let (mut number, mut is_finished) = (0, false);
    scan.object(|scan, key| {
        match key {
            "index" => number = index(scan.raw()?),
            "delta" | "message" if scan.peek()? == b'{' => scan.object(|scan, key| {
                seen.has_content |= said(scan, key)?;
                Some(())
            })?,
            // A reason is a word; whatever else stands there is none to those who read it.
            "finish_reason" if scan.peek()? == b'"' => {
                let word = scan.string()?;
                is_finished |= !word.written().is_empty();
                seen.has_failed |= word.text().is_some_and(|word| is_failure(&word));
            }
            _ => scan.skip()?,
        }
        Some(())
    })?;
    seen.has_finish |= is_finished;
    seen.choices.see(number, is_finished);
    Some(())
}

/// The number of an answer. One that is none is that of the first.
fn index(json: &str) -> u32 {
    match json {
        "0" => 0,
        json => written_count(json).and_then(|index| u32::try_from(index).ok()).unwrap_or(0),
    }
}

/// Reads one field of a message: is it one of those an answer stands in, and is something in it?
fn said(scan: &mut Scan<'_>, key: &str) -> Option<bool> {
    match key {
        "content" | "refusal" | "reasoning_content" | "reasoning" | "reasoning_details" | "tool_calls" => {
            scan.value()
        }
        "audio" => {
            let is_null = scan.peek()? == b'n';
            scan.skip()?;
            Some(!is_null)
        }
        "function_call" if scan.peek()? == b'{' => {
            let mut is_called = false;
            scan.object(|scan, _| {
                is_called |= scan.value()?;
                Some(())
            })?;
            Some(is_called)
        }
        _ => scan.skip().map(|()| false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_not_taken_for_a_chunk() {
        for data in [
            "",
            "{",
            "}",
            "[]",
            "1",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":nul}"#,
            r#"{"a":"\"#,
            r#"{"choices":{}}"#,
            r#"{"choices":[}"#,
            r#"{"choices":[{]}"#,
            r#"{"a":[1 2]}"#,
            "{\"a\":\"\n\"}",
        ] {
            assert_eq!(glance(data.as_bytes()), None, "{data}");
        }
        assert_eq!(glance(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(glance(format!("{{\"a\":{}", "[".repeat(1 << 20)).as_bytes()), None);
    }

    #[test]
    fn only_fields_in_their_own_place_count() {
        let seen = glance(br#" { "content":"x", "a":[{"finish_reason":"stop"}], "choices" : [ { "delta" : { } , "content":"x" } ] } "#);
        let mut choices = Choices::default();
        choices.begin(0);
        assert_eq!(seen, Some(Glance { has_choices: true, choices: choices.clone(), ..Glance::default() }));
        let seen =
            glance(br#"{"error":null,"choices":[{"finish_reason":null,"delta":{"content":"a\"}b"}}]}"#);
        assert_eq!(seen, Some(Glance { has_choices: true, has_content: true, choices, ..Glance::default() }));
    }

    /// The answers of a chunk with these choices: those that have begun, and those that are finished.
    fn choices(list: &str) -> Choices {
        glance(format!(r#"{{"choices":[{list}]}}"#).as_bytes()).unwrap().choices
    }

    fn wanted(begun: &[u32], finished: &[u32]) -> Choices {
        Choices::after(begun, finished)
    }

    #[test]
    fn every_answer_of_a_chunk_is_told_by_its_number() {
        assert_eq!(choices(""), wanted(&[], &[]));
        assert_eq!(choices("null"), wanted(&[], &[]));
        assert_eq!(choices("{}"), wanted(&[0], &[]));
        assert_eq!(choices(r#"{"delta":{"role":"assistant"},"index" : 1 }"#), wanted(&[1], &[]));
        assert_eq!(choices(r#"{"finish_reason":"stop","delta":{},"index":2}"#), wanted(&[], &[2]));
        assert_eq!(
            choices(r#"{"index":0,"finish_reason":"stop"},{"index":1,"finish_reason":null}"#),
            wanted(&[1], &[0])
        );
        // The number of a call is none of an answer.
        assert_eq!(choices(r#"{"index":0,"delta":{"tool_calls":[{"index":3}]}}"#), wanted(&[0], &[]));
        assert_eq!(choices(r#"{"index":3.0}"#), wanted(&[3], &[]));
        for odd in ["null", "\"1\"", "-1", "{}", "4294967296"] {
            assert_eq!(choices(&format!(r#"{{"index":{odd}}}"#)), wanted(&[0], &[]), "{odd}");
        }
    }

    #[test]
    fn only_a_word_is_a_reason() {
        let has_finish = |reason| {
            let chunk = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":{reason}}}]}}"#);
            glance(chunk.as_bytes()).unwrap().has_finish
        };
        assert!(has_finish("\"stop\""));
        for reason in ["null", "\"\"", "false", "0", "[null]", "{\"a\":1}"] {
            assert!(!has_finish(reason), "{reason}");
        }
    }
}
