//! A look at an answer that tells what is in it and no more.

use crate::dialect::canonical::Text;
use crate::dialect::scan::Scan;

/// What was seen. Words that are no strings are not there.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Glance<'a> {
    pub(super) kind: Text<'a>,
    pub(super) has_error: bool,
    pub(super) has_content: bool,
    /// A text that is not empty, or a call. A thought is nothing said.
    pub(super) says_something: bool,
    pub(super) stop_reason: Text<'a>,
}

/// Looks at an answer; `None` where it is no JSON object.
pub(super) fn glance(mut scan: Scan<'_>) -> Option<Glance<'_>> {
    let mut seen = Glance::default();
    scan.object(|scan, key| {
        match key {
            "type" => seen.kind = word(scan)?,
            "stop_reason" => seen.stop_reason = word(scan)?,
            "error" => {
                seen.has_error |= scan.peek()? != b'n';
                scan.skip()?;
            }
            "content" => {
                seen.has_content = scan.peek()? != b'n';
                seen.says_something |= content(scan)?;
            }
            _ => scan.skip()?,
        }
        Some(())
    })?;
    scan.is_over().then_some(seen)
}

/// A string, or a list of blocks.
fn content(scan: &mut Scan<'_>) -> Option<bool> {
    match scan.peek()? {
        b'"' => scan.value(),
        b'[' => {
            let mut says_something = false;
            scan.list(|scan| {
                says_something |= block(scan)?;
                Some(())
            })?;
            Some(says_something)
        }
        _ => scan.skip().map(|()| false),
    }
}

/// Of blocks that nobody knows yet each says something.
fn block(scan: &mut Scan<'_>) -> Option<bool> {
    if scan.peek()? != b'{' {
        return scan.skip().map(|()| true);
    }
    let (mut kind, mut has_text) = (Text::default(), false);
    scan.object(|scan, key| {
        match key {
            "type" => kind = word(scan)?,
            "text" => has_text = scan.value()?,
            _ => scan.skip()?,
        }
        Some(())
    })?;
    Some(match &*kind {
        "text" => has_text,
        kind => !matches!(kind, "thinking" | "redacted_thinking"),
    })
}

fn word<'a>(scan: &mut Scan<'a>) -> Option<Text<'a>> {
    match scan.peek()? {
        b'"' => scan.string()?.text(),
        _ => scan.skip().map(|()| Text::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(content: &str) -> Option<bool> {
        let json = format!(r#"{{"type":"message","content":{content},"stop_reason":null}}"#);
        let seen = glance(Scan::new(json.as_bytes())?)?;
        assert!(seen.kind == "message" && seen.stop_reason.is_empty() && !seen.has_error);
        Some(seen.says_something)
    }

    #[test]
    fn a_text_or_a_call_says_something_and_a_thought_does_not() {
        for content in [
            r#""a""#,
            r#"[{"text":"a","type":"text"}]"#,
            r#"[{"type":"thinking","thinking":"a"},{"type":"tool_use","id":"t","name":"f","input":{}}]"#,
            r#"[{"type":"of_tomorrow"}]"#,
        ] {
            assert_eq!(says(content), Some(true), "{content}");
        }
        for content in [
            r#""""#,
            "null",
            "[]",
            "7",
            r#"[{"type":"text","text":""},{"type":"thinking","thinking":"a","text":"a"}]"#,
            r#"[{"type":"redacted_thinking","data":"a"}]"#,
        ] {
            assert_eq!(says(content), Some(false), "{content}");
        }
    }

    #[test]
    fn what_is_no_json_is_not_taken_for_an_answer() {
        for content in ["", "[", "[}", r#"[{"type":}]"#, r#""\q""#, "{}}"] {
            assert_eq!(says(content), None, "{content}");
        }
        assert!(glance(Scan::new(b"[]").unwrap()).is_none());
    }
}
