//! What members answer, whole.

use proptest::prelude::*;
use tower_failover::dialect::canonical::{Answer, Choice, Content};
use tower_failover::dialect::{AnyDialect, Dialect, Encode, Reply};

use crate::input::{Input, any_json};
use crate::{BYTES_PER_BYTE, assert_json, bounded, streams, tries};

fn reply(from: AnyDialect) -> Reply {
    Reply::new("m", 7).issued_by(from.name()).with_usage(true)
}

/// All that is done with an answer, and a look at what callers get.
pub(crate) fn check(input: &Input) {
    read_and_write(input, |to, written, (stream, is_whole)| {
        if streams::is_beyond_readers(&input.bytes) {
            return;
        }
        let again = to.decode_answer(written);
        assert!(again.is_ok(), "{again:?} of {} from {input:?}", String::from_utf8_lossy(written));
        if to != input.dialect {
            streams::grammatical(to, &stream, is_whole)
                .unwrap_or_else(|error| panic!("{error} of {input:?}"));
        }
    });
}

/// All that is done with an answer: as it is for callers of all dialects, and as the stream that they may have
/// wished for.
pub(crate) fn read_and_write(input: &Input, mut each: impl FnMut(AnyDialect, &[u8], (Vec<u8>, bool))) {
    let Input { dialect, bytes } = input;
    let size = bytes.len();
    let _ = bounded("check_answer", size, || dialect.check_answer(bytes));
    let Ok(answer) = bounded("decode_answer", size, || dialect.decode_answer(bytes)) else { return };
    for to in AnyDialect::ALL {
        let written = bounded("encode_answer", size, || to.encode_answer(&answer, &reply(*dialect)));
        assert_json("an answer", &written);
        assert!(written.len() <= 4096 + BYTES_PER_BYTE * size, "{} bytes of {input:?}", written.len());
        let (stream, is_whole) = as_stream(&answer, *dialect, *to);
        let is_known =
            !answer.choices.is_empty() && answer.choices.iter().all(|choice| choice.finish.is_some());
        // Gemini has no call for arguments that are no object: nothing ends well with one that nothing cut off.
        let has_no_place = to.name() == "gemini" && answer.choices.iter().any(is_garbled);
        assert!(!is_known || is_whole || has_no_place, "no end at {to}: {input:?}");
        each(*to, &written, (stream, is_whole));
    }
}

fn is_garbled(choice: &Choice<'_>) -> bool {
    choice.parts.iter().any(|part| match part {
        Content::ToolCall(call) => {
            !matches!(call.arguments.trim(), "" | "null")
                && serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&call.arguments)
                    .is_err()
        }
        _ => false,
    })
}

fn as_stream(answer: &Answer<'_>, from: AnyDialect, to: AnyDialect) -> (Vec<u8>, bool) {
    let (mut encoder, mut out) = (to.encoder(reply(from)), Vec::new());
    answer.events(&mut |event| encoder.encode(&event, &mut out));
    let is_whole = encoder.finish(&mut out);
    (out, is_whole)
}

proptest! {
    #![proptest_config(tries(800))]

    #[test]
    fn of_any_bytes(input in any_json("answer")) {
        check(&input);
    }
}
