//! What went wrong after all was said: nothing that the caller has to hear of.

use bytes::Bytes;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::sse::RawFrame;
use tower_failover::dialect::{AnyDialect, Decode, Dialect, Signal};
use tower_failover::failure::{Class, Failure};

use crate::torn::told;
use crate::{frames, scenarios};

/// What a stream says, but for the usage: where that comes last, it was not told.
fn said(dialect: AnyDialect, stream: &[u8]) -> Vec<String> {
    let (mut decoder, mut said) = (dialect.decoder(), Vec::new());
    for frame in frames(stream) {
        let mut note = |event: Event<'_>| {
            if !matches!(event, Event::Usage(_) | Event::Ping | Event::End) {
                said.push(format!("{event:?}"));
            }
        };
        decoder.decode(&frame.parse(), &mut note).unwrap();
    }
    said
}

fn joined(frames: &[RawFrame]) -> Vec<u8> {
    frames.iter().flat_map(|frame| frame.bytes().to_vec()).collect()
}

/// The stream with an error behind the frame that says why the model stopped: before and behind each that follows,
/// and in place of them.
fn with_late_errors(dialect: AnyDialect, stream: &[RawFrame]) -> Vec<Bytes> {
    let is_finish = |frame: &RawFrame| matches!(dialect.signal(&frame.parse()), Signal::Finish);
    let Some(finish) = stream.iter().rposition(is_finish) else { return Vec::new() };
    let error = dialect.encode_error_event(&Failure::new(Class::Overloaded), "busy");
    let broken = |at: usize| {
        let (before, after) = stream.split_at(at);
        [after, &[]].map(|after| Bytes::from([joined(before), error.clone(), joined(after)].concat()))
    };
    (finish + 1..=stream.len()).flat_map(broken).collect()
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_reason_is_left_out() {
    let mut tried = 0;
    for from in AnyDialect::ALL {
        for path in scenarios(*from, "stream") {
            let stream = frames(&std::fs::read(&path).unwrap());
            for to in AnyDialect::ALL {
                let Ok(wanted) = told(*from, *to, joined(&stream).into()).await else { continue };
                for broken in with_late_errors(*from, &stream) {
                    let what = format!("{from} {}, to {to}", path.display());
                    let told =
                        told(*from, *to, broken).await.unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(said(*to, &told), said(*to, &wanted), "{what}");
                    assert!(told.ends_with(to.terminal_frame()), "{what}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 200, "only {tried}");
}
