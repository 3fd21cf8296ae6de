//! What members answer, piece by piece.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::sse::{Frame, RawFrame};
use tower_failover::dialect::{AnyDialect, Decode, Dialect, Signal};

use crate::input::{Input, any_stream};
use crate::json::is_odd;
use crate::transcode::{End, Transcoder, transcode};
use crate::{
    BYTES_PER_BYTE, anthropic_grammar, bounded, chat_grammar, errors, frames, gemini_grammar,
    responses_grammar, seeds, tries,
};

/// Is it a stream of this dialect, with an end exactly if it is whole?
pub(crate) fn grammatical(dialect: AnyDialect, out: &[u8], is_whole: bool) -> Result<(), String> {
    let has_end = match dialect.name() {
        "openai-chat" => chat_grammar::check(out)?,
        "openai-responses" => !responses_grammar::check(out)?.response.is_null(),
        "anthropic-messages" => anthropic_grammar::check(out)?.is_complete,
        "gemini" => gemini_grammar::check(out)?,
        other => return Err(format!("no grammar of {other}")),
    };
    if has_end == is_whole { Ok(()) } else { Err(format!("has an end: {has_end}, is whole: {is_whole}")) }
}

/// Half of a character, a number beyond all measure, and what is nested deeper than a hundred levels are JSON; but
/// the readers of these tests take none of them.
pub(crate) fn is_beyond_readers(json: &[u8]) -> bool {
    let json = json.to_ascii_lowercase();
    let half = |four: &[u8]| four.starts_with(b"\\ud") && (b'8'..=b'f').contains(&four[3]);
    let huge = |four: &[u8]| four[0] == b'e' && four[1..].iter().all(u8::is_ascii_digit);
    let (mut depth, mut deepest) = (0_i32, 0);
    for byte in &json {
        depth += i32::from(matches!(byte, b'[' | b'{')) - i32::from(matches!(byte, b']' | b'}'));
        deepest = deepest.max(depth);
    }
    deepest > 100 || json.windows(4).any(|four| half(four) || huge(four))
}

pub(crate) fn check(input: &Input) {
    let Input { dialect, bytes } = input;
    let size = bytes.len();
    for to in AnyDialect::ALL {
        let (out, end) = bounded("a transcoder", size, || {
            // What was written has been sent before the next chunk is read.
            let (mut transcoder, mut all) = (Transcoder::new(*dialect, *to), Vec::with_capacity(size));
            for piece in bytes.chunks(64) {
                transcoder.push(Bytes::copy_from_slice(piece), &mut all);
            }
            let end = transcoder.finish(&mut all);
            (all, end)
        });
        assert!(out.len() <= 4096 + BYTES_PER_BYTE * size, "{} bytes of {input:?}", out.len());
        // What its own dialect wrote is copied to a caller of the same: he would have been sent all of it as it is.
        let is_copied = to == dialect || is_beyond_readers(bytes);
        let checked = if is_copied { Ok(()) } else { grammatical(*to, &out, end.is_whole()) };
        if let Err(error) = checked {
            panic!("{error}\n{input:?}\n{}", String::from_utf8_lossy(&out));
        }
        if let End::Failed(failure) = &end {
            assert!(matches!(
                to.signal(&Frame::parse(&to.encode_error_event(failure, "m"))),
                Signal::Error(_)
            ));
        }
    }
}

/// What a frame is to those who only look, and to those who read it.
fn seen(dialect: AnyDialect, frame: &Frame<'_>) -> (String, String) {
    let signal = match dialect.signal(frame) {
        Signal::Error(_) => "Error".to_owned(),
        signal => format!("{signal:?}"),
    };
    let (mut has_content, mut has_finish, mut has_error, mut has_end) = (false, false, false, false);
    let read = dialect.decoder().decode(frame, &mut |event| match event {
        Event::Error(_) => has_error = true,
        Event::Finish { .. } => has_finish = true,
        Event::End => has_end = true,
        event => has_content |= event.is_content(),
    });
    let read = match read {
        Err(_) => "Malformed",
        Ok(()) if has_error => "Error",
        Ok(()) if has_finish => "Finish",
        Ok(()) if has_end => "End",
        Ok(()) if has_content => "Content",
        Ok(()) => "Nothing",
    };
    (signal, read.to_owned())
}

fn is_of_one_kind(frame: &Frame<'_>) -> bool {
    let Some(data) = frame.data.as_deref() else { return false };
    let kind = serde_json::from_slice::<Value>(data).map(|data| data["type"].clone());
    frame.event.is_none_or(|event| {
        event == b"error" || kind.is_ok_and(|kind| kind.as_str().map(str::as_bytes) == Some(event))
    })
}

fn pieces(bytes: &[u8], cuts: &[Index]) -> Vec<Bytes> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut from = 0;
    let piece = |to| Bytes::copy_from_slice(&bytes[std::mem::replace(&mut from, to)..to]);
    cuts.into_iter().chain([bytes.len()]).map(piece).collect()
}

proptest! {
    #![proptest_config(tries(500))]

    #[test]
    fn of_any_bytes(input in any_stream()) {
        check(&input);
        errors::check(&input, None);
        crate::answers::check(&input);
    }

    #[test]
    fn any_split_of_the_bytes_gives_the_same_stream(
        input in any_stream(),
        cuts in prop::collection::vec(any::<Index>(), 0..20),
    ) {
        for to in AnyDialect::ALL {
            let [whole, split, bytes] = [
                vec![Bytes::from(input.bytes.clone())],
                pieces(&input.bytes, &cuts),
                input.bytes.chunks(1).map(Bytes::copy_from_slice).collect(),
            ]
            .map(|pieces| {
                let (out, end) = transcode(input.dialect, *to, pieces);
                (String::from_utf8(out).unwrap(), end.is_whole())
            });
            prop_assert_eq!(&whole, &split);
            prop_assert_eq!(&whole, &bytes);
        }
    }

    #[test]
    fn what_was_cut_never_ends_as_if_it_were_whole(seed in seeds::any(".sse"), cut: Index) {
        let (frames, _) = frames([Bytes::from_static(seed.text.as_bytes())]);
        // Up to the first frame with a reason, of which all but the last bytes are there.
        let is_reason = |frame: &RawFrame| {
            matches!(seen(seed.dialect, &frame.parse()).1.as_str(), "Finish" | "End")
        };
        let reason = frames.iter().position(is_reason).unwrap_or(frames.len());
        let told: usize = frames[..reason].iter().map(|frame| frame.bytes().len()).sum();
        let all = told + frames.get(reason).map_or(0, |frame| frame.bytes().trim_ascii_end().len());
        let part = &seed.text.as_bytes()[..cut.index(all.max(1))];
        for to in AnyDialect::ALL {
            let (out, end) = transcode(seed.dialect, *to, [Bytes::copy_from_slice(part)]);
            prop_assert!(!end.is_whole(), "{} {}", seed.name, to);
            grammatical(*to, &out, false).map_err(TestCaseError::fail)?;
        }
    }

    #[test]
    fn a_frame_is_to_the_guard_what_it_is_to_the_reader(input in any_stream()) {
        let (frames, _) = frames([Bytes::from(input.bytes.clone())]);
        for frame in frames {
            let frame = frame.parse();
            // Those who only look go by the name of the event; one that is of two kinds is of none.
            let data = frame.data.as_deref().unwrap_or_default();
            if !is_of_one_kind(&frame) || is_odd(input.dialect, data) || is_beyond_readers(data) {
                continue;
            }
            let (signal, read) = seen(input.dialect, &frame);
            let agrees = match (&*signal, &*read) {
                // What was told piece by piece before is content only to one who has not read that.
                ("Lifecycle", "Content") => input.dialect.name() == "openai-responses",
                // A reader skips what he cannot read, and then the stream he writes has no end.
                (_, "Malformed") => true,
                // Parts of which only their own dialect knows what they are.
                ("Content" | "Lifecycle" | "Alive" | "Malformed", "Nothing") => true,
                (signal, read) => signal == read,
            };
            prop_assert!(agrees, "{signal} to the guard, {read} to the reader: {} {}", input.dialect, frame.data.as_deref().unwrap().escape_ascii());
        }
    }
}
