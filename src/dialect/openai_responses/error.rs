//! Errors: those of HTTP responses both of the vendor's dialects share; in streams they are events.

use crate::dialect::openai::error::{Words, members, quoted_or_null};
pub(super) use crate::dialect::openai::error::{decode, encode};
use crate::dialect::quoted::quoted;
use crate::failure::Failure;

/// Writes the error that ends a stream.
///
/// The vendor's reference has the words in the event itself; what it sends has them in `error`, and that is
/// what its SDKs raise. Here they are in both.
pub(super) fn encode_event(number: u64, failure: &Failure, message: &str) -> Vec<u8> {
    let words = Words::of(failure, None);
    let mut out = b"event: error\ndata: {\"type\":\"error\",\"sequence_number\":".to_vec();
    super::response::item::number(&mut out, number);
    out.extend_from_slice(br#","code":"#);
    quoted_or_null(&mut out, words.code);
    out.extend_from_slice(br#","message":"#);
    quoted(&mut out, message);
    out.extend_from_slice(br#","param":"#);
    quoted_or_null(&mut out, words.param);
    out.extend_from_slice(br#","error":{"#);
    members(&mut out, &words, message);
    out.extend_from_slice(b"}}\n\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Class, Report};

    #[test]
    fn the_error_of_a_stream_has_its_words_where_the_reference_and_where_the_sdks_look_for_them() {
        let mut report = Report::new("too long");
        report.code = Some("context_length_exceeded".to_owned());
        report.param = Some("input".to_owned());
        let failure = Failure::new(Class::ContextOverflow).with_report(report);
        let event = String::from_utf8(encode_event(7, &failure, "too \"long\"")).unwrap();
        let data = event.strip_prefix("event: error\ndata: ").unwrap().strip_suffix("\n\n").unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let words = serde_json::json!({
            "message": "too \"long\"", "type": "invalid_request_error", "param": "input",
            "code": "context_length_exceeded",
        });
        assert_eq!(data["error"], words);
        assert_eq!(data["message"], words["message"]);
        assert_eq!(data["code"], words["code"]);
        assert_eq!(data["param"], "input");
        assert_eq!(data["sequence_number"], 7);
    }

    #[test]
    fn a_nested_and_a_flat_error_are_read_alike() {
        let flat = br#"{"type":"error","code":"rate_limit_exceeded","message":"Slow down.","param":null,"sequence_number":3}"#;
        let nested =
            br#"{"type":"error","sequence_number":3,"error":{"type":"tokens","code":"rate_limit_exceeded",
            "message":"Slow down.","param":null}}"#;
        let inner = serde_json::value::to_raw_value(
            &serde_json::json!({"code": "rate_limit_exceeded", "message": "Slow down."}),
        )
        .unwrap();
        for failure in [decode(None, flat), decode(None, nested), decode(None, inner.get().as_bytes())] {
            assert_eq!(failure.class(), Class::RateLimited);
            let report = failure.report().unwrap();
            assert_eq!(
                (&*report.message, report.code.as_deref()),
                ("Slow down.", Some("rate_limit_exceeded"))
            );
            assert_ne!(report.kind.as_deref(), Some("error"));
        }
    }
}
