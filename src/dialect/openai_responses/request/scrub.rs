use std::ops::Range;

use serde_json::value::RawValue;

use super::NAMES;
use crate::dialect::Invalid;
use crate::dialect::canonical::Position;
use crate::dialect::openai::fields::{self, Object, Path};
use crate::dialect::openai::leaf;
use crate::dialect::seal::{self, MARK};
use crate::facts::Losses;

/// Does the body hold what is bound to another issuer? Prose that quotes a mark is a false alarm, and harmless.
pub(crate) fn holds_foreign(body: &[u8]) -> bool {
    seal::is_in(body)
}

/// Takes thoughts that others have sealed out of the input. All other bytes stay.
pub(crate) fn scrub(body: &[u8], losses: &mut Losses) -> Result<Vec<u8>, Invalid> {
    let fields = Object::all(body)?;
    let inputs = fields.into_iter().filter(|(name, value)| name == "input" && value.get().starts_with('['));
    let mut out = Vec::with_capacity(body.len());
    let mut copied = 0;
    for (_, input) in inputs {
        let items = fields::list(&Path::Root.field("input"), input)?;
        let (Some(first), Some(last)) = (items.first(), items.last()) else { continue };
        out.extend_from_slice(&body[copied..span(body, first).start]);
        let mut before: Option<Range<usize>> = None;
        let mut is_first = true;
        for (index, item) in items.iter().enumerate() {
            let here = span(body, item);
            if is_foreign(item) {
                let position = Position { turn: u32::try_from(index).ok(), field: "", index: None };
                losses.dropped(NAMES[0][0].part(position, ""));
            } else {
                // With what stands between it and the item before, unless it is the first now.
                let between = before.filter(|_| !is_first).map_or(here.start, |before| before.end);
                out.extend_from_slice(&body[between..here.end]);
                is_first = false;
            }
            before = Some(here);
        }
        copied = span(body, last).end;
    }
    out.extend_from_slice(&body[copied..]);
    Ok(out)
}

/// Where a value stands: it is a slice of the body, so its start is the distance between the two.
fn span(body: &[u8], value: &RawValue) -> Range<usize> {
    let start = value.get().as_ptr().addr() - body.as_ptr().addr();
    start..start + value.get().len()
}

fn is_foreign(item: &RawValue) -> bool {
    if !seal::is_in(item.get().as_bytes()) || !item.get().starts_with('{') {
        return false;
    }
    let Ok(fields) = Object::fields(item.get()) else { return false };
    let text = |name: &str| {
        fields.iter().find(|(field, _)| field == name).and_then(|(_, value)| leaf::string(value))
    };
    text("type").is_some_and(|kind| kind == "reasoning")
        && text("encrypted_content").is_some_and(|seal| seal.starts_with(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(body: &str) -> (String, String) {
        let mut losses = Losses::new();
        let out = scrub(body.as_bytes(), &mut losses).unwrap();
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    #[test]
    fn thoughts_of_others_go_and_every_other_byte_stays() {
        let body = r#"{ "x": 1.50, "input" : [ {"role":"user","content":"\"failover:"} ,
            {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"failover:gemini:c2ln"},
            {"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gAAA"} ,  {"role":"assistant","content":"ho"},
            {"encrypted_content":"failover:anthropic-messages:Eq","summary":[],"type":"reasoning"} ] , "model":"m"}"#;
        let (out, losses) = scrubbed(body);
        assert_eq!(
            out,
            r#"{ "x": 1.50, "input" : [ {"role":"user","content":"\"failover:"},
            {"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"gAAA"} ,  {"role":"assistant","content":"ho"} ] , "model":"m"}"#
        );
        assert_eq!(losses, "dropped=input[1], dropped=input[4]");
    }

    #[test]
    fn the_first_the_last_and_all_may_be_of_others() {
        const FOREIGN: &str = r#"{"type":"reasoning","encrypted_content":"failover:x:y"}"#;
        let rows = [
            (format!("[{FOREIGN} , 1,2]"), "[1,2]"),
            (format!("[1 ,{FOREIGN}, {FOREIGN}]"), "[1]"),
            (format!("[ {FOREIGN},{FOREIGN} ]"), "[  ]"),
            (format!("[{FOREIGN},1,{FOREIGN}, 2]"), "[1, 2]"),
            ("[]".to_owned(), "[]"),
            (
                r#"[7,"failover:",{"type":"reasoning","encrypted_content":"own \"failover:\""}]"#.to_owned(),
                "",
            ),
        ];
        for (input, wanted) in rows {
            let wanted = if wanted.is_empty() { &input } else { wanted };
            let body = format!(r#"{{"input":{input}}}"#);
            assert_eq!(scrubbed(&body).0, format!(r#"{{"input":{wanted}}}"#));
        }
        assert_eq!(scrubbed(r#"{"input":"\"failover:"}"#).0, r#"{"input":"\"failover:"}"#);
        assert!(scrub(b"[]", &mut Losses::new()).is_err());
    }
}
