//! Tower's contract, and the commit point.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod large;
mod over;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use proptest::prelude::*;
use tokio::time::{Instant, Sleep, sleep};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_failover::dialect::anthropic_messages::AnthropicMessages;
use tower_failover::dialect::gemini::Gemini;
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::{Dialect, Signal, sse};
use tower_failover::facts::{Call, Deadline, LastChance, Operation};
use tower_failover::failure::{BoxError, Class, Failure, Scope};
use tower_failover::stream_guard::{BrokenAnswer, Cause, Guard, StreamGuardLayer};
use tower_failover::testing::ReadinessProbe;

const SECOND: Duration = Duration::from_secs(1);

/// A tiny dialect: one word per frame.
#[derive(Clone, Copy, Debug)]
struct Words;

impl Guard for Words {
    fn signal(&self, frame: &sse::Frame<'_>) -> Signal {
        read_word(frame)
    }

    fn is_answer(&self, finish: &sse::Frame<'_>) -> bool {
        finish.data.as_deref() == Some(b"\"finish: filtered\"")
    }

    fn check_answer(&self, body: &[u8]) -> Result<(), Failure> {
        if body.is_empty() { Err(Failure::new(Class::InvalidOutput)) } else { Ok(()) }
    }

    fn terminal_frame(&self) -> &'static [u8] {
        b"data: end\n\n"
    }
}

fn read_word(frame: &sse::Frame<'_>) -> Signal {
    let data = frame.data.as_deref().unwrap_or_default();
    match data {
        b"role" => Signal::Lifecycle,
        b"end" => Signal::End,
        b"overloaded" => Signal::Error(Box::new(Failure::new(Class::Overloaded))),
        b"{" => Signal::Malformed,
        _ if data.starts_with(b"\"finish") => Signal::Finish,
        _ => Signal::Content,
    }
}

/// What a scripted provider does next.
#[derive(Clone, Debug)]
enum Do {
    Send(&'static str),
    Raw(Bytes),
    Wait(Duration),
    Reset,
}

/// The word as a frame.
const fn is_frame(text: &'static str) -> Do {
    Do::Send(text)
}

/// A body that does as it is told, and counts its drops.
#[derive(Debug)]
struct Script {
    steps: VecDeque<Do>,
    sleep: Option<Pin<Box<Sleep>>>,
    drops: Arc<AtomicUsize>,
}

impl Script {
    fn new(steps: impl IntoIterator<Item = Do>) -> Self {
        Self { steps: steps.into_iter().collect(), sleep: None, drops: Arc::default() }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                std::task::ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            return Poll::Ready(match self.steps.pop_front() {
                None => None,
                Some(Do::Wait(time)) => {
                    self.sleep = Some(Box::pin(sleep(time)));
                    continue;
                }
                Some(Do::Send(word)) => Some(Ok(Frame::data(format!("data: {word}\n\n").into()))),
                Some(Do::Raw(bytes)) => Some(Ok(Frame::data(bytes))),
                Some(Do::Reset) => Some(Err("connection reset by peer".into())),
            });
        }
    }
}

fn event_stream(body: Script) -> Response<Script> {
    Response::builder().header(CONTENT_TYPE, "text/event-stream; charset=utf-8").body(body).unwrap()
}

fn stream_call() -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Call::new("workhorse").with_stream(true));
    request
}

/// What a caller saw: the text, and the error after it.
type Seen = Result<(String, Option<BoxError>), BoxError>;

async fn read<B>(response: Response<B>) -> (String, Option<BoxError>)
where
    B: Body<Data = Bytes, Error = BoxError>,
{
    let mut body = std::pin::pin!(response.into_body());
    let mut text = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        match frame {
            Ok(frame) => text.extend_from_slice(&frame.into_data().unwrap()),
            Err(error) => return (String::from_utf8(text).unwrap(), Some(error)),
        }
    }
    (String::from_utf8(text).unwrap(), None)
}

async fn watch_with(layer: StreamGuardLayer<Words>, script: Script, request: Request<()>) -> Seen {
    let mut script = Some(script);
    let provider =
        service_fn(move |_| std::future::ready(Ok::<_, Infallible>(event_stream(script.take().unwrap()))));
    let response = layer.layer(provider).oneshot(request).await?;
    Ok(read(response).await)
}

async fn watch(steps: impl IntoIterator<Item = Do>) -> Seen {
    watch_with(StreamGuardLayer::new(Words), Script::new(steps), stream_call()).await
}

fn frames(words: &[&str]) -> String {
    words.iter().map(|word| format!("data: {word}\n\n")).collect()
}

#[track_caller]
fn refused(seen: Seen) -> (Class, Option<Cause>) {
    let error = seen.expect_err("an error before the commit point");
    (Failure::of(&error).class(), error.downcast_ref::<BrokenAnswer>().map(BrokenAnswer::cause))
}

#[track_caller]
fn broken(seen: Seen) -> (String, Class, Option<Cause>) {
    let (text, error) = seen.expect("an answer that has begun");
    let error = error.expect("an answer that does not end cleanly");
    (text, Failure::of(&error).class(), error.downcast_ref::<BrokenAnswer>().map(BrokenAnswer::cause))
}

#[track_caller]
fn whole(seen: Seen) -> String {
    let (text, error) = seen.expect("an answer");
    assert!(error.is_none(), "{error:?}");
    text
}

const ROLE: Do = is_frame("role");
const HELLO: Do = is_frame("hello");
const FINISH: Do = is_frame("\"finish\"");
const END: Do = is_frame("end");

#[tokio::test(start_paused = true)]
async fn a_whole_stream_passes_untouched() {
    let text = whole(watch([ROLE, Do::Raw(": ping\n\n".into()), HELLO, FINISH, END]).await);
    assert_eq!(text, "data: role\n\n: ping\n\ndata: hello\n\ndata: \"finish\"\n\ndata: end\n\n");
}

#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_content_is_an_error_of_its_own_class() {
    let seen = watch([ROLE, is_frame("overloaded")]).await;
    assert_eq!(refused(seen), (Class::Overloaded, None));
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_before_the_first_content_fails_over() {
    let long = Do::Wait(60 * SECOND);
    let rows: [(&[Do], Class, Cause); 6] = [
        (&[ROLE, Do::Reset], Class::Connect, Cause::Cut),
        (&[ROLE], Class::InvalidOutput, Cause::Empty),
        (&[], Class::InvalidOutput, Cause::Empty),
        (&[ROLE, FINISH, END], Class::InvalidOutput, Cause::Empty),
        (&[ROLE, END], Class::InvalidOutput, Cause::Empty),
        (&[ROLE, long, HELLO], Class::Timeout, Cause::NoFirstToken),
    ];
    for (steps, class, cause) in rows {
        let (seen_class, seen_cause) = refused(watch(steps.to_vec()).await);
        assert_eq!((seen_class, seen_cause), (class, Some(cause)), "{steps:?}");
        assert!(class.fails_over());
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_after_the_first_content_is_an_interruption() {
    let long = Do::Wait(60 * SECOND);
    let rows: [(&[Do], Cause); 7] = [
        (&[ROLE, HELLO, Do::Reset], Cause::Cut),
        (&[ROLE, HELLO], Cause::NoFinish),
        (&[ROLE, HELLO, END], Cause::NoFinish),
        (&[ROLE, HELLO, Do::Raw("data: end".into())], Cause::NoFinish),
        (&[ROLE, HELLO, long, FINISH], Cause::Stalled),
        (&[ROLE, HELLO, is_frame("overloaded"), FINISH, END], Cause::GaveUp),
        (&[ROLE, HELLO, Do::Raw("data: half of a fra".into())], Cause::NoFinish),
    ];
    for (steps, cause) in rows {
        let (text, class, seen) = broken(watch(steps.to_vec()).await);
        assert!(text.starts_with("data: role\n\ndata: hello\n\n"), "{steps:?}");
        assert!(!text.contains("overloaded") && !text.contains("half"), "{steps:?}");
        assert!(!text.contains("data: end"), "an SDK stops there and takes the answer for whole: {steps:?}");
        assert_eq!((class, seen), (Class::Interrupted, Some(cause)), "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_said_last_stays_the_source_of_an_interruption() {
    let (_, error) = watch([HELLO, is_frame("overloaded")]).await.unwrap();
    let error = error.unwrap();
    let interrupted = Failure::find(error.as_ref()).unwrap();
    let source = std::error::Error::source(interrupted).unwrap();
    assert_eq!(Failure::find(source).unwrap().class(), Class::Overloaded);
}

#[tokio::test(start_paused = true)]
async fn a_finish_without_the_terminal_frame_is_completed() {
    let wanted = frames(&["hello", "\"finish\"", "end"]);
    assert_eq!(whole(watch([HELLO, FINISH]).await), wanted);
    assert_eq!(whole(watch([HELLO, FINISH, Do::Reset]).await), wanted);
    let start = Instant::now();
    assert_eq!(whole(watch([HELLO, FINISH, Do::Wait(60 * SECOND), HELLO]).await), wanted);
    assert_eq!(start.elapsed(), 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_last_frame_without_its_blank_line_counts() {
    let wanted = frames(&["hello", "\"finish\"", "end"]);
    assert_eq!(whole(watch([HELLO, FINISH, Do::Raw("data: end".into())]).await), wanted);
    assert_eq!(whole(watch([HELLO, Do::Raw("data: \"finish\"".into())]).await), wanted);
    assert_eq!(whole(watch([HELLO, Do::Raw("data: \"finish\"".into()), Do::Reset]).await), wanted);
    // But not one that was cut.
    for end in [Do::Raw(Bytes::new()), Do::Reset] {
        let (text, class, _) = broken(watch([HELLO, Do::Raw("data: \"finish".into()), end]).await);
        assert_eq!((text, class), (frames(&["hello"]), Class::Interrupted));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_why_it_is_empty_is_an_answer() {
    let text = whole(watch([ROLE, is_frame("\"finish: filtered\""), END]).await);
    assert_eq!(text, frames(&["role", "\"finish: filtered\"", "end"]));
}

#[tokio::test(start_paused = true)]
async fn a_malformed_frame_is_left_out() {
    let text = whole(watch([ROLE, is_frame("{"), HELLO, is_frame("{"), FINISH, END]).await);
    assert_eq!(text, frames(&["role", "hello", "\"finish\"", "end"]));
    // Also from the middle of a chunk.
    let chunk = frames(&["hello", "{", "world", "{", "\"finish\"", "end"]);
    let text = whole(watch([Do::Raw(chunk.into())]).await);
    assert_eq!(text, frames(&["hello", "world", "\"finish\"", "end"]));
}

#[tokio::test(start_paused = true)]
async fn nothing_that_follows_the_end_counts() {
    let text = whole(watch([HELLO, FINISH, END, HELLO, is_frame("overloaded"), Do::Reset]).await);
    assert_eq!(text, frames(&["hello", "\"finish\"", "end"]));
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_for_the_connection_to_close() {
    let start = Instant::now();
    whole(watch([HELLO, FINISH, END, Do::Wait(3600 * SECOND)]).await);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn frames_that_follow_each_other_pass_as_the_slice_that_arrived() {
    let chunk = Bytes::from(frames(&["a", "b", "c"]));
    let mut script = Some(Script::new([Do::Raw(chunk.clone()), FINISH, END]));
    let provider =
        service_fn(move |_| std::future::ready(Ok::<_, Infallible>(event_stream(script.take().unwrap()))));
    let response = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap();
    let mut body = std::pin::pin!(response.into_body());
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!((first.as_ptr(), first.len()), (chunk.as_ptr(), chunk.len()));
}

/// As long as a word of a chunk is kept, the connection cannot read the next one into the same buffer.
#[tokio::test(start_paused = true)]
async fn a_chunk_that_was_passed_on_is_let_go() {
    let chunks = ["a", "b"].map(|word| Bytes::from(frames(&[word, "role"])));
    let [first, second] = chunks.clone();
    let mut script = Some(Script::new([Do::Raw(first), Do::Raw(second), Do::Wait(SECOND), FINISH, END]));
    let provider =
        service_fn(move |_| std::future::ready(Ok::<_, Infallible>(event_stream(script.take().unwrap()))));
    let response = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap();
    let mut body = std::pin::pin!(response.into_body());
    for chunk in &chunks {
        let passed = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((passed.as_ptr(), passed.len()), (chunk.as_ptr(), chunk.len()));
    }
    assert!(tokio::time::timeout(SECOND / 2, body.frame()).await.is_err(), "nothing more as yet");
    assert!(chunks.iter().all(Bytes::is_unique));
    assert_eq!(body.collect().await.unwrap().to_bytes(), frames(&["\"finish\"", "end"]));
}

#[tokio::test(start_paused = true)]
async fn what_is_held_back_is_bounded_in_whole_frames() {
    let layer = || StreamGuardLayer::new(Words).hold_back(40);
    let role = frames(&["role"]).len();
    let fits = std::iter::repeat_n(ROLE, 40 / role).chain([HELLO, FINISH, END]);
    whole(watch_with(layer(), Script::new(fits), stream_call()).await);
    let too_much = std::iter::repeat_n(ROLE, 40 / role + 1).chain([HELLO, FINISH, END]);
    let seen = watch_with(layer(), Script::new(too_much), stream_call()).await;
    assert_eq!(refused(seen), (Class::InvalidOutput, Some(Cause::TooMuchHeld)));
    // The first content may be larger than what is held back.
    let large = Do::Raw(format!("data: {}\n\n", "x".repeat(1000)).into());
    whole(watch_with(layer(), Script::new([ROLE, large, FINISH, END]), stream_call()).await);
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_do_not_put_off_the_first_token() {
    let start = Instant::now();
    let pings = (0..100).flat_map(|_| [Do::Wait(SECOND), Do::Raw(": ping\n\n".into())]);
    assert_eq!(refused(watch(pings).await), (Class::Timeout, Some(Cause::NoFirstToken)));
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_do_put_off_the_stall() {
    let pings = (0..10).flat_map(|_| [Do::Wait(19 * SECOND), Do::Raw(": ping\n\n".into())]);
    whole(watch([HELLO].into_iter().chain(pings).chain([FINISH, END])).await);
    let start = Instant::now();
    let (_, _, cause) = broken(watch([HELLO, Do::Wait(21 * SECOND), FINISH, END]).await);
    assert_eq!((cause, start.elapsed()), (Some(Cause::Stalled), 20 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_slow_caller_is_no_stall() {
    let steps = [HELLO, HELLO, Do::Wait(SECOND), HELLO, FINISH, END];
    let mut response = Some(event_stream(Script::new(steps)));
    let provider = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let response = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap();
    let mut body = std::pin::pin!(response.into_body());
    while let Some(frame) = body.frame().await {
        frame.unwrap();
        sleep(40 * SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_stream_outlasts_the_total() {
    let start = Instant::now();
    let endless = (0..1000).flat_map(|_| [Do::Wait(SECOND), HELLO]);
    let (_, class, cause) = broken(watch(endless).await);
    assert_eq!((class, cause), (Class::Interrupted, Some(Cause::TooSlow)));
    assert_eq!(start.elapsed(), 300 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_callers_deadline_bounds_everything_and_keeps_its_name() {
    let by = |after: Duration| {
        let mut request = stream_call();
        request.extensions_mut().insert(Deadline(Instant::now() + after));
        request
    };
    let layer = StreamGuardLayer::new(Words);
    let seen = watch_with(layer, Script::new([Do::Wait(9 * SECOND), HELLO]), by(5 * SECOND)).await;
    assert_eq!(refused(seen), (Class::DeadlineExceeded, Some(Cause::Deadline)));
    let script = Script::new([HELLO, Do::Wait(9 * SECOND), FINISH]);
    let (_, class, cause) = broken(watch_with(layer, script, by(5 * SECOND)).await);
    assert_eq!((class, cause), (Class::DeadlineExceeded, Some(Cause::Deadline)));
}

#[tokio::test(start_paused = true)]
async fn a_terminal_frame_after_text_ends_nothing_in_a_dialect_whose_frames_hang_together_either() {
    const TEXT: &[&str] = &[
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"content\":[]}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"half\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ];
    let mut stream = Some(Script::new(TEXT.iter().map(|frame| Do::Raw((*frame).into()))));
    let provider =
        service_fn(move |_| std::future::ready(Ok::<_, Infallible>(event_stream(stream.take().unwrap()))));
    let guard = StreamGuardLayer::for_dialect(AnthropicMessages);
    let response = guard.layer(provider).oneshot(stream_call()).await.unwrap();
    let (text, error) = read(response).await;
    assert!(text.contains("half") && !text.contains("message_stop"), "{text}");
    let error = error.expect("half an answer never ends cleanly");
    assert_eq!(Failure::of(&error).class(), Class::Interrupted);
}

/// Silence, or an answer that drips, by whoever may be followed by another.
#[tokio::test(start_paused = true)]
async fn time_is_left_for_others_until_the_commit_and_by_all_but_the_last() {
    let layer = StreamGuardLayer::new(Words).leave_time(true);
    let by = |after: u32| {
        let mut request = stream_call();
        request.extensions_mut().insert(Deadline(Instant::now() + after * SECOND));
        request
    };
    let late = || Script::new([Do::Wait(9 * SECOND), HELLO, FINISH, END]);
    let start = Instant::now();
    let seen = watch_with(layer, late(), by(4)).await;
    assert_eq!((refused(seen), start.elapsed()), ((Class::Timeout, Some(Cause::Hurried)), 3 * SECOND));
    let seen = watch_with(layer, late(), by(8)).await;
    assert_eq!(refused(seen), (Class::Timeout, Some(Cause::TooSlow)), "6 of the 10 s that it has anyway");
    let mut last = by(10);
    last.extensions_mut().insert(LastChance);
    whole(watch_with(layer, late(), last).await);
    let begun = Script::new([HELLO, Do::Wait(9 * SECOND), FINISH, END]);
    whole(watch_with(layer, begun, by(10)).await);

    let mut request = Request::new(());
    request.extensions_mut().insert(Deadline(Instant::now() + 40 * SECOND));
    let provider = service_fn(|_| {
        let drip = Script::new((0..100).flat_map(|_| [Do::Wait(SECOND), Do::Raw(" ".into())]));
        std::future::ready(Ok::<_, Infallible>(Response::new(drip)))
    });
    let start = Instant::now();
    let error = layer.layer(provider).oneshot(request).await.unwrap_err();
    assert_eq!((Failure::of(&error).class(), start.elapsed()), (Class::Timeout, 30 * SECOND));
}

/// A provider whose head never comes.
async fn hang(request: Request<()>) -> (BoxError, Duration) {
    let provider =
        service_fn(|_: Request<()>| std::future::pending::<Result<Response<Script>, Infallible>>());
    let start = Instant::now();
    let error = StreamGuardLayer::new(Words).layer(provider).oneshot(request).await.unwrap_err();
    (error, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_head_that_never_comes_is_a_timeout() {
    let (error, after) = hang(stream_call()).await;
    assert_eq!((Failure::of(&error).class(), after), (Class::Timeout, 10 * SECOND));
    let (error, after) = hang(Request::new(())).await;
    assert_eq!((Failure::of(&error).class(), after), (Class::Timeout, 60 * SECOND));
}

async fn buffered(layer: StreamGuardLayer<Words>, steps: impl IntoIterator<Item = Do>) -> Seen {
    asked(layer, Request::new(()), steps).await
}

async fn asked(
    layer: StreamGuardLayer<Words>,
    request: Request<()>,
    steps: impl IntoIterator<Item = Do>,
) -> Seen {
    let mut response = Some(Response::new(Script::new(steps)));
    let provider = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let response = layer.layer(provider).oneshot(request).await?;
    let length = response.headers()[CONTENT_LENGTH].to_str().unwrap().to_owned();
    let (text, error) = read(response).await;
    assert_eq!(text.len().to_string(), length);
    Ok((text, error))
}

#[tokio::test(start_paused = true)]
async fn a_buffered_answer_is_read_and_checked_before_it_is_passed_on() {
    let layer = StreamGuardLayer::new(Words).answer_limit(8);
    let raw = |text: &'static str| Do::Raw(text.into());
    assert_eq!(whole(buffered(layer, [raw("{\"a\""), Do::Wait(9 * SECOND), raw(":1}")]).await), "{\"a\":1}");
    assert_eq!(refused(buffered(layer, []).await), (Class::InvalidOutput, None));
    let rows: [(&[Do], Class, Cause); 3] = [
        (&[raw("{"), Do::Reset], Class::Connect, Cause::Cut),
        (&[raw("{"), Do::Wait(60 * SECOND), raw("}")], Class::Timeout, Cause::Stalled),
        (&[raw("{\"a\":1}"), raw("  ")], Class::InvalidOutput, Cause::TooLarge),
    ];
    for (steps, class, cause) in rows {
        assert_eq!(refused(buffered(layer, steps.to_vec()).await), (class, Some(cause)), "{steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn blank_lines_before_a_buffered_answer_are_waited_for_only_if_nobody_else_can_be_asked() {
    let blanks = |seconds: u32| {
        let blank = [Do::Raw("\n".into()), Do::Wait(5 * SECOND)];
        let steps = blank.into_iter().cycle().take(2 * seconds as usize / 5);
        steps.chain([Do::Raw("{\"a\":1}".into())]).collect::<Vec<_>>()
    };
    let start = Instant::now();
    let refused_early = refused(buffered(StreamGuardLayer::new(Words), blanks(120)).await);
    assert_eq!((refused_early.0, start.elapsed()), (Class::Timeout, 60 * SECOND));
    assert_eq!(whole(buffered(StreamGuardLayer::new(Words), blanks(50)).await).trim(), "{\"a\":1}");
    let mut alone = Request::new(());
    LastChance::leave(alone.extensions_mut());
    let answer = asked(StreamGuardLayer::new(Words), alone, blanks(120)).await;
    assert_eq!(whole(answer).trim(), "{\"a\":1}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_status_is_an_error_and_its_hint_is_kept() {
    let provider = service_fn(|_: Request<()>| async {
        Response::builder().status(429).header("retry-after", "7").body(Script::new([]))
    });
    let error = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap_err();
    let failure = Failure::of(&error);
    assert_eq!((failure.class(), failure.retry_after()), (Class::RateLimited, Some(7 * SECOND)));
}

#[tokio::test(start_paused = true)]
async fn an_error_from_below_keeps_what_it_says_of_itself() {
    let fail_with = |error: fn() -> BoxError| async move {
        let provider =
            service_fn(move |_: Request<()>| async move { Err::<Response<Script>, BoxError>(error()) });
        let error = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap_err();
        Failure::of(&error).class()
    };
    assert_eq!(fail_with(|| "refused".into()).await, Class::Connect);
    assert_eq!(fail_with(|| Failure::new(Class::Auth).into()).await, Class::Auth);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_says_nothing_of_the_host_it_came_from() {
    let scope = |seen: Seen| Failure::of(&seen.unwrap_err()).scope();
    assert_eq!(scope(watch([ROLE, Do::Reset]).await), Scope::Request);
    let half = [Do::Raw("{".into()), Do::Reset];
    assert_eq!(scope(buffered(StreamGuardLayer::new(Words), half).await), Scope::Request);
}

#[tokio::test(start_paused = true)]
async fn a_closure_is_a_guard_over_any_http_service() {
    let body = Script::new([ROLE, HELLO, Do::Reset]);
    let mut response = Some(event_stream(body));
    let provider = service_fn(move |_: Request<String>| {
        std::future::ready(Ok::<_, Infallible>(response.take().unwrap()))
    });
    let mut service = ServiceBuilder::new().layer(StreamGuardLayer::new(read_word)).service(provider);
    let response = service.ready().await.unwrap().call(Request::new("hi".to_owned())).await.unwrap();
    let (text, class, _) = broken(Ok(read(response).await));
    assert_eq!((text, class), (frames(&["role", "hello"]), Class::Interrupted));
}

#[tokio::test(start_paused = true)]
async fn the_layer_calls_the_instance_it_saw_ready() {
    let provider =
        service_fn(|_: Request<()>| async { Ok::<_, Infallible>(event_stream(Script::new([HELLO]))) });
    let probe = ReadinessProbe::new(provider);
    let layer = StreamGuardLayer::new(Words);
    let mut service = layer.layer(probe);
    for _ in 0..3 {
        let mut clone = service.clone();
        service.ready().await.unwrap().call(stream_call()).await.unwrap();
        clone.ready().await.unwrap().call(stream_call()).await.unwrap();
    }
}

/// Drops the call after so many polls, and says how many bodies were dropped with it.
async fn dropped_after(wait: Duration, steps: &[Do]) -> usize {
    let script = Script::new(steps.to_vec());
    let drops = Arc::clone(&script.drops);
    let call = watch_with(StreamGuardLayer::new(Words), script, stream_call());
    assert!(tokio::time::timeout(wait, call).await.is_err(), "the call is still under way");
    drops.load(Ordering::SeqCst)
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_the_connection_wherever_it_stands() {
    let wait = Do::Wait(5 * SECOND);
    assert_eq!(dropped_after(SECOND, &[wait.clone(), HELLO]).await, 1, "at the head");
    assert_eq!(dropped_after(SECOND, &[ROLE, wait.clone(), HELLO]).await, 1, "held back");
    assert_eq!(dropped_after(SECOND, &[ROLE, HELLO, wait.clone(), HELLO]).await, 1, "in mid-stream");

    let script = Script::new([Do::Raw("{".into()), wait]);
    let drops = Arc::clone(&script.drops);
    let mut response = Some(Response::new(script));
    let provider = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let call = StreamGuardLayer::new(Words).layer(provider).oneshot(Request::new(()));
    assert!(tokio::time::timeout(SECOND, call).await.is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1, "collecting");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_timed_out_is_cancelled_at_once() {
    // At the head.
    let body = Script::new([]);
    let drops = Arc::clone(&body.drops);
    let mut body = Some(body);
    let mut service = StreamGuardLayer::new(Words).layer(service_fn(move |_| {
        let body = body.take().unwrap();
        async move {
            sleep(60 * SECOND).await;
            Ok::<_, Infallible>(event_stream(body))
        }
    }));
    let mut call = std::pin::pin!(service.call(stream_call()));
    assert!(call.as_mut().await.is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1, "though the future is still there");

    // Held back.
    let script = Script::new([ROLE, Do::Wait(60 * SECOND)]);
    let drops = Arc::clone(&script.drops);
    let mut response = Some(event_stream(script));
    let provider = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let mut service = StreamGuardLayer::new(Words).layer(provider);
    let mut call = std::pin::pin!(service.call(stream_call()));
    assert!(call.as_mut().await.is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1, "though the future is still there");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_of_the_bytes_gives_the_caller_the_same(
        words in prop::collection::vec(
            prop::sample::select(vec!["role", "hello", "\"finish\"", "end", "overloaded", "{"]), 0..8),
        is_cut: bool,
        ends_in_a_reset: bool,
        seed in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut stream = frames(&words).into_bytes();
        if is_cut {
            stream.truncate(stream.len().saturating_sub(3));
        }
        let mut cuts: Vec<usize> = seed.iter().map(|index| index.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let every: Vec<usize> = (0..stream.len()).collect();
        let seen = outcome(&stream, &[], ends_in_a_reset);
        prop_assert_eq!(&outcome(&stream, &cuts, ends_in_a_reset), &seen);
        prop_assert_eq!(&outcome(&stream, &every, ends_in_a_reset), &seen);
        // Never a clean end without a finish.
        if let (text, None) = &seen {
            prop_assert!(text.contains("finish"), "{}", text);
        }
    }
}

/// What the caller saw, and how it ended; an error before the commit point has no text.
fn outcome(stream: &[u8], cuts: &[usize], ends_in_a_reset: bool) -> (String, Option<Class>) {
    let mut steps = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([stream.len()]) {
        steps.push(Do::Raw(Bytes::copy_from_slice(&stream[from..to])));
        from = to;
    }
    if ends_in_a_reset {
        steps.push(Do::Reset);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    match runtime.block_on(watch(steps)) {
        Ok((text, error)) => (text, error.map(|error| Failure::of(&error).class())),
        Err(error) => (String::new(), Some(Failure::of(&error).class())),
    }
}

/// A stream of OpenAI's: one chunk for each delta and finish reason.
fn chunks(chunks: &[(&str, &str)]) -> Vec<Do> {
    let chunk = |(delta, finish): &(&str, &str)| {
        let choice = format!(r#"{{"index":0,"delta":{delta},"finish_reason":{finish}}}"#);
        Do::Raw(format!("data: {{\"id\":\"c\",\"choices\":[{choice}]}}\n\n").into())
    };
    chunks.iter().map(chunk).chain([Do::Raw("data: [DONE]\n\n".into())]).collect()
}

async fn watch_openai(steps: Vec<Do>) -> Seen {
    watch_dialect(OpenAiChat, steps).await
}

async fn watch_dialect<D: Dialect>(dialect: D, steps: Vec<Do>) -> Seen {
    let mut response = Some(event_stream(Script::new(steps)));
    let provider = service_fn(move |_| std::future::ready(Ok::<_, Infallible>(response.take().unwrap())));
    let response = StreamGuardLayer::for_dialect(dialect).layer(provider).oneshot(stream_call()).await?;
    Ok(read(response).await)
}

#[tokio::test(start_paused = true)]
async fn a_picture_in_a_single_frame_is_an_answer_and_an_empty_text_is_none() {
    let frame = |part: &str| {
        let candidate = format!(r#"{{"content":{{"parts":[{part}]}},"finishReason":"STOP"}}"#);
        vec![Do::Raw(format!("data: {{\"candidates\":[{candidate}]}}\r\n\r\n").into())]
    };
    let picture = r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#;
    whole(watch_dialect(Gemini, frame(picture)).await);
    let empty = watch_dialect(Gemini, frame(r#"{"text":""}"#)).await;
    assert_eq!(refused(empty), (Class::InvalidOutput, Some(Cause::Empty)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_a_single_frame_is_one_and_an_empty_one_is_none() {
    let role = (r#"{"role":"assistant","content":""}"#, "null");
    let whole_call =
        r#"{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
    for single in [(r#"{"content":"Hi"}"#, r#""stop""#), (whole_call, r#""tool_calls""#)] {
        whole(watch_openai(chunks(&[role, single])).await);
    }
    // What explains itself may be empty.
    for reason in [r#""content_filter""#, r#""length""#] {
        whole(watch_openai(chunks(&[role, ("{}", reason)])).await);
    }
    let empty = watch_openai(chunks(&[role, ("{}", r#""stop""#)])).await;
    assert_eq!(refused(empty), (Class::InvalidOutput, Some(Cause::Empty)));
    let unfinished = watch_openai(chunks(&[role, (r#"{"content":"Hi"}"#, "null")])).await;
    assert_eq!(broken(unfinished).2, Some(Cause::NoFinish));
    // A call that is there is whole by itself; the terminal frame passes as it came.
    let call = watch_openai(chunks(&[role, (whole_call, "null")])).await;
    assert!(whole(call).ends_with("data: [DONE]\n\n"));
}

/// A stream of several answers: the chunks' lists of choices, in OpenAI's form.
fn several(chunks: &[&str]) -> Vec<Do> {
    let chunk =
        |choices: &&str| Do::Raw(format!("data: {{\"id\":\"c\",\"choices\":[{choices}]}}\n\n").into());
    chunks.iter().map(chunk).collect()
}

const ROLES: &str =
    r#"{"index":0,"delta":{"role":"assistant"}},{ "delta":{"role":"assistant"}, "index" : 1 }"#;
const FIRST: &str = r#"{"index":0,"delta":{"content":"a"},"finish_reason":null}"#;
const SECOND_ONE: &str = r#"{"index":1,"delta":{"content":"b"},"finish_reason":null}"#;
const FIRST_ENDS: &str = r#"{"index":0,"delta":{},"finish_reason":"stop"}"#;
const SECOND_ENDS: &str = r#"{"delta":{},"finish_reason":"length","index":1}"#;
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test(start_paused = true)]
async fn of_several_answers_each_has_to_be_finished() {
    let both_end = format!("{FIRST_ENDS},{SECOND_ENDS}");
    let usage = "";
    let streams: [&[&str]; 5] = [
        &[ROLES, FIRST, SECOND_ONE, FIRST_ENDS, SECOND_ENDS],
        &[ROLES, FIRST, SECOND_ONE, SECOND_ENDS, FIRST_ENDS, usage],
        &[ROLES, FIRST, FIRST_ENDS, SECOND_ONE, SECOND_ENDS, usage],
        &[FIRST, SECOND_ONE, &both_end, usage],
        &[SECOND_ONE, SECOND_ENDS],
    ];
    for chunks in streams {
        let sent = several(chunks);
        let ends: [&[Do]; 4] = [&[], &[Do::Reset], &[Do::Wait(9 * SECOND)], &[Do::Raw(DONE.into())]];
        for end in ends {
            let text = whole(watch_openai([&sent, end].concat()).await);
            assert!(text.ends_with(DONE) && text.matches(DONE).count() == 1, "{chunks:?}, {end:?}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_unfinished_answer_of_several_is_half_an_answer() {
    let call = r#"{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{}"}}]}}"#;
    let streams: [&[&str]; 6] = [
        &[ROLES, FIRST, SECOND_ONE, FIRST_ENDS],
        &[ROLES, FIRST, SECOND_ONE, SECOND_ENDS],
        // Only its role has come.
        &[ROLES, FIRST, FIRST_ENDS],
        &[ROLES, SECOND_ONE, SECOND_ENDS],
        &[FIRST, FIRST_ENDS, SECOND_ONE],
        // A call that is whole by itself says nothing of the other answer.
        &[SECOND_ONE, call],
    ];
    for chunks in streams {
        let sent = several(chunks);
        let rows: [(&[Do], Cause); 3] =
            [(&[], Cause::NoFinish), (&[Do::Reset], Cause::Cut), (&[Do::Wait(60 * SECOND)], Cause::Stalled)];
        for (end, wanted) in rows {
            let (text, class, cause) = broken(watch_openai([&sent, end].concat()).await);
            assert_eq!((class, cause), (Class::Interrupted, Some(wanted)), "{chunks:?}, {end:?}");
            assert!(!text.contains("DONE"), "{chunks:?}, {end:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_terminal_frame_counts_if_one_of_several_answers_has_its_reason() {
    // LiteLLM gives one reason for all of them.
    for end in [DONE, "data: [DONE]"] {
        let done = [Do::Raw(end.into())];
        let one_reason = several(&[ROLES, FIRST, SECOND_ONE, FIRST_ENDS]);
        assert!(whole(watch_openai([&one_reason[..], &done].concat()).await).ends_with(DONE));
        let none = several(&[ROLES, FIRST, SECOND_ONE]);
        assert_eq!(broken(watch_openai([&none[..], &done].concat()).await).2, Some(Cause::NoFinish));
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_end_begins_with_the_last_reason() {
    let pause = [Do::Wait(20 * SECOND)];
    let sent = [
        several(&[ROLES, FIRST, FIRST_ENDS]).as_slice(),
        &pause,
        &several(&[SECOND_ONE]),
        &pause,
        &several(&[SECOND_ENDS]),
        &[Do::Wait(600 * SECOND)],
    ]
    .concat();
    let began = Instant::now();
    let text = whole(watch_openai(sent).await);
    assert!(text.contains("\"b\"") && text.ends_with(DONE), "{text}");
    assert_eq!(began.elapsed(), 45 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_last_frame_without_its_blank_line_may_begin_or_end_one_of_several() {
    let last = |choice: &str| vec![Do::Raw(format!("data: {{\"choices\":[{choice}]}}").into())];
    let before = several(&[ROLES, FIRST, SECOND_ONE, FIRST_ENDS]);
    whole(watch_openai([before, last(SECOND_ENDS)].concat()).await);
    for (before, choice) in [(&[FIRST, SECOND_ONE][..], FIRST_ENDS), (&[FIRST, FIRST_ENDS], SECOND_ONE)] {
        let seen = watch_openai([several(before), last(choice)].concat()).await;
        assert_eq!(broken(seen).2, Some(Cause::NoFinish), "{before:?}, {choice}");
    }
}

#[tokio::test(start_paused = true)]
async fn candidates_are_followed_each_by_itself() {
    let stream = |chunks: &[&str]| -> Vec<Do> {
        let chunk = |list: &&str| Do::Raw(format!("data: {{\"candidates\":[{list}]}}\r\n\r\n").into());
        chunks.iter().map(chunk).collect()
    };
    let both = r#"{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]},"index":1}"#;
    let (first, second) = (r#"{"finishReason":"STOP"}"#, r#"{"index": 1, "finishReason":"MAX_TOKENS"}"#);
    whole(watch_dialect(Gemini, stream(&[both, first, second])).await);
    whole(watch_dialect(Gemini, stream(&[both, second, first, ""])).await);
    for end in [first, second] {
        let torn = watch_dialect(Gemini, stream(&[both, end])).await;
        assert_eq!(broken(torn).2, Some(Cause::NoFinish), "{end}");
    }
}

/// What came of a whole reply, to a call of this operation.
async fn reply(operation: Operation, body: &'static str) -> Result<String, BoxError> {
    let provider = service_fn(move |_| {
        let body = Script::new([Do::Raw(body.into())]);
        std::future::ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let mut request = Request::new(());
    request.extensions_mut().insert(Call::new("workhorse").with_operation(operation));
    let response = StreamGuardLayer::for_dialect(OpenAiChat).layer(provider).oneshot(request).await?;
    Ok(read(response).await.0)
}

#[tokio::test]
async fn a_count_of_tokens_is_not_held_to_be_an_answer() {
    const COUNT: &str = r#"{"input_tokens":17}"#;
    assert_eq!(reply(Operation::CountTokens, COUNT).await.unwrap(), COUNT);
    assert_eq!(
        Failure::of(&reply(Operation::Generate, COUNT).await.unwrap_err()).class(),
        Class::InvalidOutput
    );
}

#[tokio::test]
async fn what_is_no_count_either_fails_over() {
    for body in ["", "<html>", r#"{"input_to"#, r#"{"error":{"message":"busy","type":"server_error"}}"#] {
        let error = reply(Operation::CountTokens, body).await.unwrap_err();
        assert!(Failure::of(&error).class().fails_over(), "{body}: {error}");
    }
}

/// A cache that knows a stream by heart tells its length. What leaves here may be longer: an end that was missing is
/// added, and a server that has promised less would cut it off.
#[tokio::test(start_paused = true)]
async fn a_stream_has_no_length_that_its_missing_end_would_exceed() {
    const SAID: &str = "data: hello\n\ndata: \"finish\"\n\n";
    let provider = service_fn(|_| {
        let response = Response::builder()
            .header(CONTENT_TYPE, "text/event-stream")
            .header(CONTENT_LENGTH, SAID.len())
            .body(Script::new([Do::Raw(SAID.into())]));
        std::future::ready(Ok::<_, Infallible>(response.unwrap()))
    });
    let response = StreamGuardLayer::new(Words).layer(provider).oneshot(stream_call()).await.unwrap();
    assert!(!response.headers().contains_key(CONTENT_LENGTH));
    let (text, error) = read(response).await;
    assert!(error.is_none() && text == format!("{SAID}data: end\n\n"), "{text}");
}
