//! What members say when they fail.

use bytes::Bytes;
use http::StatusCode;
use proptest::prelude::*;
use tower_failover::dialect::{AnyDialect, Dialect, Signal};

use crate::input::{Input, any_json};
use crate::{assert_json, bounded, frames, tries};

/// The longest that is kept of what a provider says.
const LONGEST: usize = 4 * 4096;

pub(crate) fn check(input: &Input, status: Option<StatusCode>) {
    let failure =
        bounded("decode_error", input.bytes.len(), || input.dialect.decode_error(status, &input.bytes));
    let report = failure.report().unwrap();
    let words = [&report.kind, &report.code, &report.param, &report.request_id];
    let kept = report.message.len() + words.into_iter().flatten().map(String::len).sum::<usize>();
    assert!(kept <= LONGEST, "{kept} bytes are kept of {input:?}");
    assert_eq!(failure.status(), status);
    for to in AnyDialect::ALL {
        let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
        let detail = [None, Some(r#"{"attempts":[]}"#), Some("{}")];
        for detail in detail {
            assert_json("an error", &to.encode_error(&failure, status, &report.message, detail));
        }
        let event = to.encode_error_event(&failure, &report.message);
        let (frames, is_whole) = frames([Bytes::from(event)]);
        assert!(is_whole && frames.len() == 1, "{to}: {input:?}");
        let frame = frames[0].parse();
        assert_json("an error event", frame.data.as_deref().unwrap());
        assert!(matches!(to.signal(&frame), Signal::Error(_)), "{to}: {input:?}");
    }
}

proptest! {
    #![proptest_config(tries(800))]

    #[test]
    fn of_any_bytes(
        input in prop_oneof![4 => any_json("error"), 1 => any_json("answer")],
        status in prop::option::of((400..600_u16).prop_map(|status| StatusCode::from_u16(status).unwrap())),
    ) {
        check(&input, status);
    }
}
