//! A look at an answer, or at a chunk of one, that tells what is in it and no more.

use super::{finish, wire};
use crate::dialect::Choices;
use crate::dialect::scan::Scan;

/// What was seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) has_error: bool,
    pub(crate) has_candidates: bool,
    /// A text, a call, a picture: anything but a thought.
    pub(crate) says_something: bool,
    pub(crate) has_thought: bool,
    /// It is said why the model stopped, or that the prompt was blocked.
    pub(crate) has_finish: bool,
    /// And the reason is that there is no answer, or not all of it.
    pub(crate) has_failed: bool,
    /// Or it explains an answer with nothing in it.
    pub(crate) is_explained: bool,
    /// Of which answers it is.
    pub(crate) choices: Choices,
}

/// Looks at an answer, or at a list of chunks; `None` where it is no JSON object or list.
pub(crate) fn glance(data: &[u8]) -> Option<Glance> {
    let mut seen = Glance::default();
    let mut scan = Scan::new(data)?;
    match scan.peek()? {
        b'[' => scan.list(|scan| response(scan, &mut seen))?,
        _ => response(&mut scan, &mut seen)?,
    }
    scan.is_over().then_some(seen)
}

fn response(scan: &mut Scan<'_>, seen: &mut Glance) -> Option<()> {
    let mut place = 0..;
    scan.object(|scan, key| {
        match key {
            "candidates" if scan.peek()? == b'[' => {
                seen.has_candidates = true;
                scan.list(|scan| candidate(scan, seen, place.next()?))?;
            }
            "promptFeedback" | "prompt_feedback" if scan.peek()? == b'{' => feedback(scan, seen)?,
            "error" => {
                seen.has_error |= scan.peek()? != b'n';
                scan.skip()?;
            }
            "response" if scan.peek()? == b'{' => response(scan, seen)?,
            _ => scan.skip()?,
        }
        Some(())
    })
}

fn feedback(scan: &mut Scan<'_>, seen: &mut Glance) -> Option<()> {
    scan.object(|scan, key| {
        let is_said = scan.value()?;
        if is_said && matches!(key, "blockReason" | "block_reason") {
            seen.has_finish = true;
            seen.is_explained = true;
            seen.choices.finish(0);
        }
        Some(())
    })
}

/// `place`: its place among those of the chunk, which is its number where it has none.
fn candidate(scan: &mut Scan<'_>, seen: &mut Glance, place: u32) -> Option<()> {
    let (mut word, mut goes_on, mut number) = ("", false, place);
    scan.object(|scan, key| {
        match key {
            "content" if scan.peek()? == b'{' => scan.object(|scan, key| match key {
                "parts" if scan.peek()? == b'[' => scan.list(|scan| part(scan, seen, &mut goes_on)),
                _ => scan.skip(),
            })?,
            "finishReason" | "finish_reason" => word = reason(scan)?,
            "index" => number = index(scan.raw()?).unwrap_or(place),
            _ => scan.skip()?,
        }
        Some(())
    })?;
    let mut is_finished = false;
    if finish::is_told(word) {
        seen.has_failed |= finish::is_failure(word);
        is_finished = !goes_on || word != "STOP";
        seen.is_explained |= finish::read(word.into(), false).explains_nothing_said();
    }
    seen.has_finish |= is_finished;
    seen.choices.see(number, is_finished);
    Some(())
}

fn index(json: &str) -> Option<u32> {
    match json {
        "0" => Some(0),
        json => u32::try_from(wire::written_count(json)?).ok(),
    }
}

/// The word, or nothing.
fn reason<'a>(scan: &mut Scan<'a>) -> Option<&'a str> {
    match scan.peek()? {
        b'"' => Some(scan.string()?.written()),
        b'0'..=b'9' => {
            let number = scan.number()?;
            let is_whole = number.bytes().all(|byte| byte.is_ascii_digit());
            Some(Some(number).filter(|_| is_whole).and_then(finish::of_number).unwrap_or(""))
        }
        _ => scan.skip().map(|()| ""),
    }
}

/// `goes_on`: the last part is something that the provider runs itself, and then goes on.
fn part(scan: &mut Scan<'_>, seen: &mut Glance, goes_on: &mut bool) -> Option<()> {
    let (mut is_thought, mut says_something) = (false, false);
    *goes_on = false;
    scan.object(|scan, key| {
        match key {
            "thought" => {
                is_thought = scan.peek()? == b't';
                scan.skip()?;
            }
            "thoughtSignature" | "thought_signature" | "partMetadata" | "videoMetadata" => {
                scan.skip()?;
            }
            "executableCode" | "executable_code" | "toolCall" | "tool_call" => {
                *goes_on = scan.peek()? != b'n';
                says_something |= scan.value()?;
            }
            _ => says_something |= scan.value()?,
        }
        Some(())
    })?;
    seen.says_something |= says_something && !is_thought;
    seen.has_thought |= says_something && is_thought;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(json: &str) -> Glance {
        glance(json.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_no_json_is_not_taken_for_an_answer() {
        for data in [
            "",
            "1",
            "\"x\"",
            "{",
            "{}x",
            "[1]",
            "[{}",
            r#"{"candidates":[}"#,
            r#"{"candidates":[{"content":{"parts":[{]}}]}"#,
        ] {
            assert_eq!(glance(data.as_bytes()), None, "{data}");
        }
        assert_eq!(glance(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(glance(format!("{{\"response\":{}", "{\"response\":".repeat(1 << 20)).as_bytes()), None);
    }

    fn choices(begun: &[u32], finished: &[u32]) -> Choices {
        Choices::after(begun, finished)
    }

    #[test]
    fn every_answer_of_a_chunk_is_told_by_its_number_or_its_place() {
        let of = |list: &str| seen(&format!(r#"{{"candidates":[{list}]}}"#)).choices;
        assert_eq!(of(""), choices(&[], &[]));
        assert_eq!(of("{},{}"), choices(&[0, 1], &[]));
        assert_eq!(of(r#"{"finishReason":"STOP","index" : 1 }"#), choices(&[], &[1]));
        assert_eq!(of(r#"{"index":1},{"index":0,"finishReason":1}"#), choices(&[1], &[0]));
        assert_eq!(of(r#"{"index":"2"},{"index":null}"#), choices(&[2, 1], &[]));
        // What the provider runs itself is no end.
        let runs =
            r#"{"content":{"parts":[{"executableCode":{"code":"1"}}]},"finishReason":"STOP","index":1}"#;
        assert_eq!(of(runs), choices(&[1], &[]));
        assert_eq!(seen(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#).choices, choices(&[], &[0]));
        let list =
            r#"[{"candidates":[{"index":1}]},{"response":{"candidates":[{},{"finishReason":"STOP"}]}}]"#;
        assert_eq!(seen(list).choices, choices(&[1, 0], &[1]));
    }

    #[test]
    fn a_thought_is_nothing_said_and_an_empty_text_is_nothing() {
        let of = |part: &str| seen(&format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}}}}]}}"#));
        assert!(of(r#"{"text":"a"}"#).says_something);
        assert!(of(r#"{"text":"","thoughtSignature":"E"},{"functionCall":{"name":"f"}}"#).says_something);
        assert!(of(r#"{"inline_data":{"data":"AA"}}"#).says_something);
        let nothing = || Glance { has_candidates: true, choices: choices(&[0], &[]), ..Glance::default() };
        assert_eq!(of(r#"{"text":"","thoughtSignature":"E"}"#), nothing());
        assert_eq!(of(r#"{"text":"a","thought":true}"#), Glance { has_thought: true, ..nothing() });
        assert_eq!(of(r#"{"thought":true,"text":"a"}"#), of(r#"{"text":"a","thought":true}"#));
    }

    #[test]
    fn only_reasons_that_explain_an_empty_answer_do() {
        let of = |reason: &str| {
            let seen = seen(&format!(r#"{{"candidates":[{{"finishReason":{reason}}}]}}"#));
            (seen.has_finish, seen.is_explained)
        };
        for unknown in ["\"NO_IMAGE\"", "\"OF_TOMORROW\"", "\"OTHER\"", "5", "99"] {
            assert_eq!(of(unknown), (true, false), "{unknown}");
        }
        assert_eq!(of("\"FINISH_REASON_UNSPECIFIED\""), (false, false));
        assert_eq!(of("\"STOP\""), (true, false));
        assert_eq!(of("1"), (true, false));
        assert_eq!(of("\"MALFORMED_FUNCTION_CALL\""), (true, false));
        assert_eq!(of("\"SAFETY\""), (true, true));
        assert_eq!(of("2"), (true, true));
        assert_eq!(of("null"), (false, false));
        assert_eq!(of("0"), (false, false));
        assert_eq!(of("\"\""), (false, false));
        let blocked = seen(r#"[{"response":{"promptFeedback":{"blockReason":"SAFETY"}}}]"#);
        assert!(blocked.has_finish && blocked.is_explained && !blocked.has_candidates);
        assert!(!seen(r#"{"promptFeedback":{"blockReason":null}}"#).is_explained);
    }
}
