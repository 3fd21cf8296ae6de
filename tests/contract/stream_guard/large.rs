//! Much before the first word, and much in one frame.

use allocation_counter::AllocationInfo;
use bytes::BytesMut;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::sse::Splitter;

use super::*;

const MIB: usize = 1024 * 1024;
const HELLO_DELTA: &str =
    r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
const COMPLETED: &str = r#"{"type":"response.completed","response":{"id":"r","status":"completed"}}"#;

fn data(frames: &[&str]) -> Vec<Do> {
    frames.iter().map(|frame| Do::Raw(format!("data: {frame}\n\n").into())).collect()
}

/// A body that makes its chunks when they are asked for.
struct Source<F>(F);

impl<F: FnMut() -> Option<Bytes> + Unpin> Body for Source<F> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready((self.0)().map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// What is allocated for a whole stream, and how much of it the caller gets.
fn measure<D: Dialect>(dialect: D, source: impl FnMut() -> Option<Bytes> + Unpin) -> (AllocationInfo, usize) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (mut source, mut passed) = (Some(Source(source)), 0);
    let allocated = allocation_counter::measure(|| {
        runtime.block_on(async {
            let provider = service_fn(|_| {
                let response = Response::builder().header(CONTENT_TYPE, "text/event-stream");
                std::future::ready(response.body(source.take().unwrap()))
            });
            let guard = StreamGuardLayer::for_dialect(dialect).layer(provider);
            let mut body = Box::pin(guard.oneshot(stream_call()).await.unwrap().into_body());
            while let Some(frame) = body.frame().await {
                passed += frame.unwrap().into_data().unwrap().len();
            }
        });
    });
    (allocated, passed)
}

#[tokio::test(start_paused = true)]
async fn instructions_that_are_told_twice_before_the_first_word_are_no_fault() {
    let head = |kind: &str| {
        let instructions = "x".repeat(MIB);
        format!(r#"{{"type":"{kind}","response":{{"id":"r","instructions":"{instructions}","tools":[]}}}}"#)
    };
    let (created, in_progress) = (head("response.created"), head("response.in_progress"));
    let steps = data(&[&created, &in_progress, HELLO_DELTA, COMPLETED]);
    let text = whole(watch_dialect(OpenAiResponses, steps).await);
    assert!(text.starts_with(&format!("data: {created}\n\ndata: {in_progress}\n\n")));
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_the_question_are_no_fault() {
    let ids = vec!["100000"; 12_000].join(",");
    let role = format!(
        r#"{{"id":"c","choices":[{{"index":0,"delta":{{"role":"assistant","content":""}}}}],"prompt_token_ids":[{ids}]}}"#
    );
    let rest = chunks(&[(r#"{"content":"Hi"}"#, "null"), ("{}", r#""stop""#)]);
    whole(watch_openai([data(&[&role]), rest].concat()).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_held_is_bounded_as_a_whole_answer_is() {
    let role = Do::Raw(format!("data: role\n: {}\n\n", "x".repeat(MIB)).into());
    whole(watch(std::iter::repeat_n(role.clone(), 31).chain([HELLO, FINISH, END])).await);
    let seen = watch(std::iter::repeat_n(role, 32).chain([HELLO, FINISH, END])).await;
    assert_eq!(refused(seen), (Class::InvalidOutput, Some(Cause::TooMuchHeld)));
}

/// A connection reads into large buffers, and a slice keeps all of the one that it is of.
#[test]
fn small_things_that_are_held_take_little_more_than_their_own_bytes() {
    const PING: &[u8] = b": ping\n\n";
    let end = Bytes::from(format!("data: {HELLO_DELTA}\n\ndata: {COMPLETED}\n\n"));
    let held = |pings: usize| {
        let (mut left, mut end) = (pings, Some(end.clone()));
        let size = pings * PING.len() + end.as_ref().map_or(0, Bytes::len);
        let (allocated, passed) = measure(OpenAiResponses, move || {
            let Some(after) = left.checked_sub(1) else { return end.take() };
            left = after;
            let mut buffer = BytesMut::with_capacity(8 * 1024);
            buffer.extend_from_slice(PING);
            Some(buffer.freeze())
        });
        assert_eq!(passed, size);
        allocated
    };
    let [few, many] = [1_000, 16_000].map(held);
    assert!(many.bytes_max < 64 * 1024 + 3 * (16_000 * PING.len()) as u64, "{many:?}");
    assert!(many.bytes_total < 2 * 16 * few.bytes_total, "not with the square: {few:?} {many:?}");
}

/// A stream with a picture of about so many bytes in a frame, as it comes from a connection.
fn picture(bytes: usize) -> impl FnMut() -> Option<Bytes> + Unpin {
    let head = r#"data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":""#;
    let tail = "\"}}]}}]}\n\ndata: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n";
    let mut pieces = VecDeque::from([Bytes::from(head)]);
    pieces.extend(std::iter::repeat_n(Bytes::from(vec![b'A'; 16 * 1024]), bytes / (16 * 1024)));
    pieces.push_back(Bytes::from(tail));
    move || pieces.pop_front()
}

#[test]
fn a_picture_in_a_frame_costs_in_proportion_to_its_size() {
    for mib in [5, 30] {
        let (allocated, passed) = measure(Gemini, picture(mib * MIB));
        assert!(passed > mib * MIB, "{passed} of {mib} MiB");
        let size = (mib * MIB) as u64;
        // A buffer that grows doubles, and is there twice when it moves.
        assert!(allocated.bytes_max <= 4 * size, "{allocated:?} for {size}");
        assert!(allocated.bytes_total <= 6 * size, "{allocated:?} for {size}");
    }
}

#[test]
fn the_room_of_a_large_frame_is_given_back() {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    let large = Bytes::from(vec![b'x'; 64 * 1024]);
    let kept = allocation_counter::measure(|| {
        splitter.push(Bytes::from_static(b"data: "));
        for _ in 0..80 {
            assert!(splitter.next_frame().is_none());
            splitter.push(large.clone());
        }
        splitter.push(Bytes::from_static(b"\n\ndata: the next one, cut"));
        assert!(splitter.next_frame().unwrap().unwrap().bytes().len() > 5 * MIB);
        assert!(splitter.next_frame().is_none());
        splitter.push(Bytes::from_static(b" in two"));
    });
    assert!(kept.bytes_current < 64 * 1024, "{kept:?}");
}

#[tokio::test(start_paused = true)]
async fn a_picture_of_several_mib_passes() {
    let picture = "A".repeat(5 * MIB);
    let part = format!(r#"{{"inlineData":{{"mimeType":"image/png","data":"{picture}"}}}}"#);
    let candidate = format!(r#"{{"candidates":[{{"content":{{"parts":[{part}]}},"finishReason":"STOP"}}]}}"#);
    whole(watch_dialect(Gemini, data(&[&candidate])).await);

    let call = format!(r#"{{"type":"image_generation_call","id":"ig","result":"{picture}"}}"#);
    let done = format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{call}}}"#);
    let completed = format!(
        r#"{{"type":"response.completed","response":{{"id":"r","status":"completed","output":[{call}]}}}}"#
    );
    whole(watch_dialect(OpenAiResponses, data(&[&done, &completed])).await);
}

#[tokio::test(start_paused = true)]
async fn a_frame_without_end_is_left_at_the_limit() {
    let piece = Do::Raw(vec![b'x'; MIB].into());
    let too_large = std::iter::repeat_n(piece, 33);
    let seen = watch(too_large.clone().chain([FINISH, END])).await;
    assert_eq!(refused(seen), (Class::InvalidOutput, Some(Cause::TooLarge)));
    let (text, class, cause) = broken(watch([HELLO].into_iter().chain(too_large)).await);
    assert_eq!((&*text, class, cause), ("data: hello\n\n", Class::Interrupted, Some(Cause::TooLarge)));
}
