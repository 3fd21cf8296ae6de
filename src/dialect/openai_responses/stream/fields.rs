//! The fields of an event, found without reading what stands in them.

use crate::dialect::scan::Scan;

/// The values of an event, as JSON; `null` is as good as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// Without its quotes.
    pub(super) kind: Option<&'a str>,
    pub(super) output_index: Option<u64>,
    /// The place of a part in its item, whatever the list is called.
    pub(super) part_index: Option<u64>,
    pub(super) delta: Option<&'a str>,
    /// What a part or call has come to, in the events that say so.
    pub(super) whole: Option<&'a str>,
    pub(super) item: Option<&'a str>,
    pub(super) part: Option<&'a str>,
    pub(super) annotation: Option<&'a str>,
    pub(super) logprobs: Option<&'a str>,
    pub(super) response: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

/// Finds the fields; `None` where the data is no JSON object.
pub(super) fn fields(data: &[u8]) -> Option<Fields<'_>> {
    let mut fields = Fields::default();
    let mut scan = Scan::new(data)?;
    scan.object(|scan, key| {
        fields.set(key, scan.raw()?);
        Some(())
    })?;
    scan.is_over().then_some(fields)
}

impl<'a> Fields<'a> {
    fn set(&mut self, key: &str, value: &'a str) {
        let field = match key {
            "type" => {
                self.kind = value.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
                return;
            }
            "output_index" => return self.output_index = value.parse().ok(),
            "content_index" | "summary_index" => return self.part_index = value.parse().ok(),
            "delta" => &mut self.delta,
            "text" | "refusal" | "arguments" => &mut self.whole,
            "item" => &mut self.item,
            "part" => &mut self.part,
            "annotation" => &mut self.annotation,
            "logprobs" => &mut self.logprobs,
            "response" => &mut self.response,
            "error" => &mut self.error,
            _ => return,
        };
        *field = Some(value).filter(|value| *value != "null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_not_taken_for_an_event() {
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
            r#"{"a":"\"}"#,
            r#"{"a":"\é"}"#,
            r#"{"a":[1 2]}"#,
            "{\"a\":\"\n\"}",
        ] {
            assert_eq!(fields(data.as_bytes()), None, "{data}");
        }
        assert_eq!(fields(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(fields(format!("{{\"a\":{}", "[".repeat(1 << 20)).as_bytes()), None);
    }

    #[test]
    fn only_fields_in_their_own_place_count() {
        let data = r#" { "delta" : "a\"}ü" , "item":{"type":"x","delta":"no"}, "logprobs":null,
            "type":"response.output_text.delta","content_index":3,"output_index": 12 } "#;
        let wanted = Fields {
            kind: Some("response.output_text.delta"),
            output_index: Some(12),
            part_index: Some(3),
            delta: Some(r#""a\"}ü""#),
            item: Some(r#"{"type":"x","delta":"no"}"#),
            ..Fields::default()
        };
        assert_eq!(fields(data.as_bytes()), Some(wanted));
    }
}
