//! Tower's contract, and answers that break off.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, Uri};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceExt};
use tower_failover::body::Buffered;
use tower_failover::dialect::canonical::{Event, Finish, Usage};
use tower_failover::dialect::openai_chat::OpenAiChat;
use tower_failover::dialect::openai_responses::OpenAiResponses;
use tower_failover::dialect::{Decode, Encode, Invalid, sse};
use tower_failover::facts::{
    Attempt, Attempts, Call, Deadline, Exclusions, LastChance, Member, Operation, OtherWays, Prefill, Served,
    Spent,
};
use tower_failover::failure::{BoxError, Class, Failure};
use tower_failover::rescue::RescueLayer;
use tower_failover::resume::{DialectMend, Mend, ResumeLayer, Seam};
use tower_failover::stream_guard::StreamGuardLayer;
use tower_failover::testing::ReadinessProbe;

const ASK: &str =
    r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}],"max_tokens":100}"#;
const DONE: &str = "data: [DONE]\n\n";
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const FIRST: &str = "This was said by the one who broke off";
const REST: &str = ", and this by another.";

fn chunk(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        "data: {{\"id\":\"a\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}}}}]}}\n\n"
    )
}

fn whole(text: &str) -> Reply {
    Reply::of([chunk(text), STOP.to_owned(), DONE.to_owned()])
}

fn cut(text: &str) -> Reply {
    Reply::of([chunk(text)]).then(Failure::new(Class::Interrupted))
}

/// What a provider does when it is asked.
#[derive(Debug, Default)]
struct Reply {
    late: Duration,
    refusal: Option<Failure>,
    pieces: VecDeque<Result<Bytes, BoxError>>,
    hangs: bool,
    by: Option<Member>,
    spent: Spent,
    length: bool,
}

impl Reply {
    fn of(pieces: impl IntoIterator<Item = String>) -> Self {
        let pieces = pieces.into_iter().map(|piece| Ok(piece.into())).collect();
        Self { pieces, ..Self::default() }
    }

    fn refused(class: Class) -> Self {
        Self { refusal: Some(Failure::new(class)), ..Self::default() }
    }

    fn never() -> Self {
        Self { late: Duration::from_secs(3600), ..Self::default() }
    }

    fn then(mut self, failure: Failure) -> Self {
        self.pieces.push_back(Err(failure.into()));
        self
    }

    /// Its member has told so much of its cost.
    fn at(self, input: u64, output: u64) -> Self {
        self.spent.update(usage(input, output));
        self
    }

    fn by(mut self, member: &str) -> Self {
        self.by = Some(Member::new(member));
        self
    }
}

/// Answers as it is scripted, and keeps what it was asked.
#[derive(Clone, Debug, Default)]
struct Provider {
    script: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<Request<Buffered>>>>,
    dropped: Arc<AtomicUsize>,
}

impl Provider {
    fn new(script: impl IntoIterator<Item = Reply>) -> Self {
        Self { script: Arc::new(Mutex::new(script.into_iter().collect())), ..Self::default() }
    }

    fn asked(&self) -> Vec<Request<Buffered>> {
        self.asked.lock().unwrap().clone()
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }

    async fn ask(&self, layer: &ResumeLayer<DialectMend<OpenAiChat>>, request: Request<Buffered>) -> Heard {
        let service = layer.layer(ReadinessProbe::new(self.clone()));
        Heard::of(service.oneshot(request).await.unwrap()).await
    }
}

/// Counts the end of an attempt, whichever it is.
#[derive(Debug)]
struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Script {
    reply: Reply,
    _guard: Guard,
}

impl Body for Script {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.reply.pieces.pop_front() {
            None if self.reply.hangs => Poll::Pending,
            piece => Poll::Ready(piece.map(|piece| piece.map(Frame::data))),
        }
    }
}

impl Service<Request<Buffered>> for Provider {
    type Response = Response<Script>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Script>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Buffered>) -> Self::Future {
        let log = Attempts::find(request.extensions()).cloned();
        self.asked.lock().unwrap().push(request);
        let reply = self.script.lock().unwrap().pop_front().expect("nobody is asked more often");
        let guard = Guard(Arc::clone(&self.dropped));
        Box::pin(async move {
            sleep(reply.late).await;
            if let Some(refusal) = reply.refusal {
                return Err(refusal.into());
            }
            let (by, length, spent) = (reply.by.clone(), reply.length, reply.spent.clone());
            if let (Some(log), Some(member)) = (log, &by) {
                log.record(Attempt::answered(reply.late).by(member));
            }
            let mut response = Response::new(Script { reply, _guard: guard });
            response.headers_mut().insert(CONTENT_TYPE, "text/event-stream".parse().unwrap());
            response.extensions_mut().insert(spent);
            if length {
                response.headers_mut().insert(CONTENT_LENGTH, "10".parse().unwrap());
            }
            response.extensions_mut().extend(
                by.map(|member| {
                    let mut served = http::Extensions::new();
                    served.insert(Served::by(&member, 1));
                    served
                })
                .unwrap_or_default(),
            );
            Ok(response)
        })
    }
}

/// What the caller got.
#[derive(Debug)]
struct Heard {
    text: String,
    raw: String,
    /// The class of the error it ended with.
    error: Option<Class>,
}

impl Heard {
    async fn of<B>(response: Response<B>) -> Self
    where
        B: Body<Data = Bytes, Error = BoxError>,
    {
        let mut body = pin!(response.into_body());
        let (mut raw, mut error) = (Vec::new(), None);
        while let Some(frame) = body.frame().await {
            assert!(error.is_none(), "nothing follows an error");
            match frame {
                Ok(frame) => raw.extend_from_slice(&frame.into_data().unwrap()),
                Err(failed) => error = Some(Failure::of(&failed).class()),
            }
        }
        let raw = String::from_utf8(raw).unwrap();
        Self { text: said(&raw), raw, error }
    }

    fn assert_whole(&self, text: &str) {
        assert_eq!((&*self.text, self.error), (text, None), "{self:?}");
        assert!(self.raw.ends_with(DONE) && self.raw.contains("\"finish_reason\":\"stop\""), "{self:?}");
    }

    fn assert_torn(&self, text: &str) {
        assert_eq!((&*self.text, self.error), (text, Some(Class::Interrupted)), "{self:?}");
        assert!(!self.raw.contains("[DONE]") && !self.raw.contains("\"stop\""), "{self:?}");
    }
}

fn said(raw: &str) -> String {
    let data = raw.lines().filter_map(|line| line.strip_prefix("data: "));
    let chunks = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
    chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect()
}

fn layer() -> ResumeLayer<DialectMend<OpenAiChat>> {
    ResumeLayer::for_dialect(OpenAiChat).prefill(true)
}

fn request() -> Request<Buffered> {
    let mut request = Request::new(ASK.into());
    request.extensions_mut().insert(Call::new("m").with_stream(true).with_model_span(9..12));
    request
}

fn body(request: &Request<Buffered>) -> serde_json::Value {
    serde_json::from_slice(request.body().bytes()).unwrap()
}

const fn usage(input: u64, output: u64) -> Usage {
    Usage { input: Some(input), output: Some(output), cache_read: None, cache_write: None, reasoning: None }
}

fn is_prefill(request: &Request<Buffered>) -> bool {
    request.extensions().get::<Prefill>().is_some()
}

#[tokio::test(start_paused = true)]
async fn frames_pass_as_they_are_while_nothing_breaks_off() {
    let pieces = [chunk("a"), ": ping\n\n".to_owned(), chunk("b"), STOP.to_owned(), DONE.to_owned()];
    let provider = Provider::new([Reply::of(pieces.clone())]);
    let heard = provider.ask(&layer(), request()).await;
    assert_eq!(heard.raw, pieces.concat());
    assert_eq!((heard.error, provider.asked().len()), (None, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_gone_on_with_where_it_broke_off() {
    let provider = Provider::new([cut(FIRST), whole(REST)]);
    let heard = provider.ask(&layer(), request()).await;
    heard.assert_whole(&format!("{FIRST}{REST}"));
    assert!(heard.raw.contains("\n\n: x-failover-degraded: continued\n\ndata: "), "{heard:?}");
    let asked = provider.asked();
    let sent = body(&asked[1]);
    assert_eq!(sent["messages"][1], serde_json::json!({"role": "assistant", "content": FIRST}));
    assert_eq!(sent["max_tokens"], 100 - FIRST.len().div_ceil(4));
    assert!(is_prefill(&asked[1]) && !is_prefill(&asked[0]));
    let span = asked[1].extensions().get::<Call>().unwrap().model_span.clone().unwrap();
    assert_eq!(&asked[1].body().bytes()[span], br#""m""#, "it is still known where the model stands");
}

#[tokio::test(start_paused = true)]
async fn a_service_of_which_nothing_is_known_is_asked_to_repeat_and_never_to_go_on() {
    let provider = Provider::new([cut("Hello "), whole("Hello there")]);
    provider.ask(&ResumeLayer::for_dialect(OpenAiChat), request()).await.assert_whole("Hello there");
    assert!(!is_prefill(&provider.asked()[1]));
    let provider = Provider::new([cut("Hello "), whole("Hi there")]);
    provider.ask(&ResumeLayer::for_dialect(OpenAiChat), request()).await.assert_torn("Hello ");
}

#[tokio::test(start_paused = true)]
async fn whoever_broke_off_is_asked_again_only_if_nobody_else_can_be() {
    let refused = || Reply::refused(Class::Unsupported);
    let script = [cut(FIRST).by("a"), refused(), refused(), refused(), whole(&format!("{FIRST}{REST}"))];
    let provider = Provider::new(script);
    let mut request = request();
    request.extensions_mut().insert(Exclusions::new(["never"]));
    provider.ask(&layer(), request).await.assert_whole(&format!("{FIRST}{REST}"));
    let asked = provider.asked();
    let kinds: Vec<_> = asked[1..]
        .iter()
        .map(|asked| {
            let exclusions = Exclusions::find(asked.extensions()).unwrap();
            assert!(exclusions.contains(&Member::new("never")), "what the caller excluded stays excluded");
            (is_prefill(asked), exclusions.contains(&Member::new("a")))
        })
        .collect();
    assert_eq!(kinds, [(true, true), (true, false), (false, true), (false, false)]);
    assert_eq!(body(&asked[4]), serde_json::from_str::<serde_json::Value>(ASK).unwrap());
}

/// For whom each attempt after the first was: to be continued, and not by `a`.
fn kinds(asked: &[Request<Buffered>]) -> Vec<(bool, bool)> {
    let is_elsewhere = |asked: &Request<Buffered>| {
        Exclusions::find(asked.extensions()).is_some_and(|names| names.contains(&Member::new("a")))
    };
    asked[1..].iter().map(|asked| (is_prefill(asked), is_elsewhere(asked))).collect()
}

#[tokio::test(start_paused = true)]
async fn the_only_one_who_goes_on_breaks_off_once_more_and_then_another_repeats() {
    let nobody = || Reply::refused(Class::Unsupported);
    let parts = [FIRST, " and so was this", REST];
    let repeated = whole(&parts.concat()).by("b");
    let provider =
        Provider::new([cut(parts[0]).by("a"), nobody(), cut(parts[1]).by("a"), nobody(), repeated]);
    provider.ask(&layer(), request()).await.assert_whole(&parts.concat());
    let expected = [(true, true), (true, false), (true, true), (false, true)];
    assert_eq!(kinds(&provider.asked()), expected, "twice is enough");
}

#[tokio::test(start_paused = true)]
async fn the_last_try_is_not_spent_on_whoever_broke_off_while_another_may_repeat() {
    let nobody = || Reply::refused(Class::Unsupported);
    let all = format!("{FIRST}{REST}");
    let provider = Provider::new([cut(FIRST).by("a"), nobody(), whole(&all).by("b")]);
    provider.ask(&layer().resumptions(1), request()).await.assert_whole(&all);
    assert_eq!(kinds(&provider.asked()), [(true, true), (false, true)]);

    let other = whole("Another answer.").by("b");
    let provider = Provider::new([cut(FIRST).by("a"), nobody(), other, whole(REST).by("a")]);
    provider.ask(&layer().resumptions(1), request()).await.assert_whole(&all);
    assert_eq!(kinds(&provider.asked()), [(true, true), (false, true), (true, false)]);
}

#[tokio::test(start_paused = true)]
async fn whoever_broke_off_has_one_more_chance_and_a_refused_form_is_none() {
    let nobody = || Reply::refused(Class::Unsupported);
    let script = [cut(FIRST).by("a"), nobody(), Reply::refused(Class::Overloaded), nobody()];
    let provider = Provider::new(script);
    provider.ask(&layer(), request()).await.assert_torn(FIRST);
    assert_eq!(kinds(&provider.asked()), [(true, true), (true, false), (false, true)]);

    let again = whole(&format!("{FIRST}{REST}")).by("a");
    let script = [cut(FIRST).by("a"), nobody(), Reply::refused(Class::InvalidRequest), nobody(), again];
    let provider = Provider::new(script);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{FIRST}{REST}"));
    assert_eq!(kinds(&provider.asked())[2..], [(false, true), (false, false)]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_another_is_dropped_at_the_first_difference() {
    let other = Reply { hangs: true, ..Reply::of([chunk("This was"), chunk(" never said.")]) };
    let provider = Provider::new([cut(FIRST), Reply::refused(Class::InvalidRequest), other]);
    provider.ask(&layer(), request()).await.assert_torn(FIRST);
    assert_eq!(provider.dropped(), 3, "nothing is under way any more");
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_turns_out_to_begin_anew_is_not_appended() {
    let anew = || {
        Reply::of(
            [&FIRST[..9], &FIRST[9..], REST].map(chunk).into_iter().chain([STOP.to_owned(), DONE.to_owned()]),
        )
    };
    let provider = Provider::new([cut(FIRST), anew()]);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{FIRST}{REST}"));
    // So far it is the same, and then it is another: it was never a continuation.
    let other = whole(&format!("{}no more than half of it.", &FIRST[..33]));
    let provider = Provider::new([cut(FIRST), other, Reply::refused(Class::Overloaded)]);
    provider.ask(&layer(), request()).await.assert_torn(FIRST);
}

/// Whoever ignores what was begun says it once more, and the caller does not hear it twice, however short it is.
#[tokio::test(start_paused = true)]
async fn a_short_answer_is_not_said_twice() {
    let provider = Provider::new([cut("Paris is nice "), whole("Paris is nice and big")]);
    provider.ask(&layer(), request()).await.assert_whole("Paris is nice and big");
    // A caller who was told a call only when it was whole has the words before it, and nothing else.
    let call = r#"data: {"id":"b","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#;
    let end = STOP.replace("stop", "tool_calls");
    let calls = Reply::of([chunk("Let me "), chunk("see. "), format!("{call}\n\n"), end, DONE.to_owned()]);
    let provider = Provider::new([cut("Let me see. "), calls]);
    let heard = provider.ask(&layer(), request()).await;
    assert_eq!((&*heard.text, heard.error), ("Let me see. ", None), "{heard:?}");
    assert!(heard.raw.contains("\"name\":\"f\"") && heard.raw.ends_with(DONE), "{heard:?}");
}

/// What is held back was heard by nobody: an attempt that breaks off before it can be told costs no words.
#[tokio::test(start_paused = true)]
async fn a_beginning_that_may_be_said_again_is_not_heard_when_it_breaks_off() {
    let provider = Provider::new([cut(FIRST), cut("This was"), whole(&format!("{FIRST}{REST}"))]);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{FIRST}{REST}"));
    assert!(!is_prefill(&provider.asked()[2]));
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_is_a_ruler_is_heard_to_its_end() {
    let ruler = "-".repeat(24);
    let provider = Provider::new([cut(&ruler), whole(&format!("{ruler}\nTitle"))]);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{ruler}{ruler}\nTitle"));
}

/// He may be silent once more for as long.
#[tokio::test(start_paused = true)]
async fn whoever_was_silent_is_asked_after_all_others() {
    let nobody = || Reply::refused(Class::Unsupported);
    let stall = || Failure::new(Class::Interrupted).with_source(Failure::new(Class::Timeout));
    let is_stall = |error: &BoxError| {
        let source = Failure::find(error.as_ref()).and_then(std::error::Error::source);
        source.and_then(Failure::find).is_some_and(|failure| failure.class() == Class::Timeout)
    };
    let all = format!("{FIRST}{REST}");
    let script = || [Reply::of([chunk(FIRST)]).then(stall()).by("a"), nobody(), whole(&all).by("b")];
    let provider = Provider::new(script());
    provider.ask(&layer().stalls(is_stall), request()).await.assert_whole(&all);
    assert_eq!(kinds(&provider.asked()), [(true, true), (false, true)]);
    let provider =
        Provider::new([Reply::of([chunk(FIRST)]).then(stall()).by("a"), nobody(), nobody(), whole(REST)]);
    provider.ask(&layer().stalls(is_stall), request()).await.assert_whole(&all);
    assert_eq!(kinds(&provider.asked()), [(true, true), (false, true), (true, false)]);
}

/// What a stream of one word a frame takes is not what it takes to remember it.
#[tokio::test(start_paused = true)]
async fn a_long_answer_is_completed_when_it_breaks_off_near_its_end() {
    let frame = |word: usize| {
        let padded = chunk(&format!(" word{word}")).replace(
            "\"model\":\"m\"",
            &format!("\"object\":\"chat.completion.chunk\",\"created\":1741569952,\"obfuscation\":\"{}\",\"system_fingerprint\":\"{}\",\"model\":\"m\"", "", "f".repeat(140)),
        );
        assert!((320..340).contains(&padded.len()), "{}", padded.len());
        padded
    };
    let text: String = (1000..9000).map(|word| format!(" word{word}")).collect();
    let long = Reply::of((1000..9000).map(frame)).then(Failure::new(Class::Interrupted));
    let provider = Provider::new([long, whole(REST)]);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{text}{REST}"));

    // Of what is all alike next to nothing is kept, and all of it would have to be written out to be read.
    let long = Reply::of((0..20_000).map(|_| chunk(&"a".repeat(300)))).then(Failure::new(Class::Interrupted));
    let provider = Provider::new([long]);
    assert_eq!(provider.ask(&layer(), request()).await.error, Some(Class::Interrupted));
    assert_eq!(provider.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn white_space_that_is_not_sent_is_not_said_twice() {
    for (rest, expected) in [(" b", "a \nb"), ("\nb", "a \n\nb"), (" \n\tb", "a \n\tb"), ("b", "a \nb")] {
        let provider = Provider::new([
            cut("a \n"),
            Reply::of(rest.chars().map(|c| chunk(&c.to_string())).chain([STOP.to_owned()])),
        ]);
        let heard = provider.ask(&layer(), request()).await;
        assert_eq!((&*heard.text, heard.error), (expected, None), "{rest:?}");
        assert_eq!(body(&provider.asked()[1])["messages"][1]["content"], "a");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_completed_twice_and_then_no_more() {
    let parts = ["This is one,", " this two,", " this three."];
    let provider = Provider::new([cut(parts[0]), cut(parts[1]), whole(parts[2])]);
    provider.ask(&layer(), request()).await.assert_whole(&parts.concat());
    assert_eq!(body(&provider.asked()[2])["messages"][1]["content"], parts[..2].concat());
    let provider = Provider::new(parts.map(cut));
    provider.ask(&layer(), request()).await.assert_torn(&parts.concat());
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_number_of_completions() {
    let provider = Provider::new([cut("one"), whole(" two"), cut("three"), whole(" four")]);
    let layer = layer().resumptions(1);
    provider.ask(&layer, request()).await.assert_whole("one two");
    provider.ask(&layer, request()).await.assert_whole("three four");
}

#[tokio::test(start_paused = true)]
async fn what_must_not_or_cannot_be_completed_ends_as_it_did() {
    let filtered = Failure::new(Class::Interrupted).with_source(Failure::new(Class::ContentPolicy));
    let half = Reply::of([chunk("half"), "data: {\"cho".to_owned()]).then(Failure::new(Class::Interrupted));
    let spared = layer().except(Exclusions::new(["a"]));
    for (what, layer, reply) in [
        ("a filter", layer(), Reply::of([chunk("half")]).then(filtered)),
        ("half a frame", layer(), half),
        ("too much to remember", layer().remember(20), cut("half")),
        ("none is wanted", layer().resumptions(0), cut("half")),
        ("a member that is left out", spared, cut("half").by("a")),
        ("a length that was told", layer(), Reply { length: true, ..cut("half") }),
    ] {
        let provider = Provider::new([reply]);
        let heard = provider.ask(&layer, request()).await;
        assert_eq!(
            (&*heard.text, heard.error, provider.asked().len()),
            ("half", Some(Class::Interrupted), 1),
            "{what}"
        );
    }
    let provider = Provider::new([Reply::of([chunk("half")]).then(Failure::new(Class::DeadlineExceeded))]);
    assert_eq!(provider.ask(&layer(), request()).await.error, Some(Class::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_refuses_is_not_asked_of_the_next() {
    let provider = Provider::new([cut(FIRST), Reply::refused(Class::ContentPolicy)]);
    provider.ask(&layer(), request()).await.assert_torn(FIRST);
}

#[tokio::test(start_paused = true)]
async fn what_broke_off_has_its_price_though_the_caller_was_not_told() {
    let told = r#"data: {"choices":[],"usage":{"prompt_tokens":50,"completion_tokens":6,"total_tokens":56}}"#;
    let rest = Reply::of([chunk(REST), STOP.to_owned(), format!("{told}\n\n"), DONE.to_owned()]);
    let foiled = whole("Another answer.").at(3, 1).by("b");
    let refused = || Reply::refused(Class::Unsupported);
    let script = [cut(FIRST).at(100, 1).by("a"), refused(), foiled, rest.at(40, 6).by("a")];
    let provider = Provider::new(script);
    let log = Attempts::default();
    let mut request = request();
    request.extensions_mut().insert(log.clone());
    *request.body_mut() =
        ASK.replace("\"max_tokens\"", "\"stream_options\":{\"include_usage\":true},\"max_tokens\"").into();
    let heard = provider.ask(&layer().resumptions(1), request).await;
    assert_eq!((heard.text, heard.error), (format!("{FIRST}{REST}"), None));
    assert!(heard.raw.contains(r#""prompt_tokens":153,"completion_tokens":8"#), "{}", heard.raw);
    let costs: Vec<_> = log.list().into_iter().map(|attempt| attempt.usage).collect();
    assert_eq!(costs, [Some(usage(100, 1)), Some(usage(3, 1)), Some(usage(40, 6))]);

    let log = Attempts::default();
    let mut request = self::request();
    request.extensions_mut().insert(log.clone());
    let filtered = Failure::new(Class::Interrupted).with_source(Failure::new(Class::ContentPolicy));
    let provider = Provider::new([Reply::of([chunk("half")]).then(filtered).at(9, 1).by("a")]);
    provider.ask(&layer(), request).await.assert_torn("half");
    assert_eq!(log.list()[0].usage, Some(usage(9, 1)), "nor was anybody else asked");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_wants_no_stream_keeps_nothing() {
    let layer = ResumeLayer::new(Unasked);
    for call in [Call::new("m"), Call::new("m").with_stream(true).with_operation(Operation::CountTokens)] {
        let mut request = Request::new(Buffered::from(ASK));
        request.extensions_mut().insert(call);
        let provider = Provider::new([cut("half")]);
        let response = layer.layer(provider.clone()).oneshot(request).await.unwrap();
        assert_eq!(Heard::of(response).await.error, Some(Class::Interrupted));
        assert_eq!(provider.asked().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_wait_for_a_completion() {
    let began = Instant::now();
    let mut late = request();
    late.extensions_mut().insert(Deadline(began + Duration::from_secs(7)));
    let provider = Provider::new([cut(FIRST), Reply::never()]);
    provider.ask(&layer(), late).await.assert_torn(FIRST);
    assert_eq!((began.elapsed().as_secs(), provider.dropped()), (7, 2));

    let mut hanging = request();
    hanging.extensions_mut().insert(Deadline(Instant::now() + Duration::from_secs(7)));
    let silent = Reply { hangs: true, ..Reply::of([chunk(", and")]) };
    let provider = Provider::new([cut(FIRST), silent]);
    provider.ask(&layer(), hanging).await.assert_torn(&format!("{FIRST}, and"));
    assert_eq!(provider.dropped(), 2);

    let mut over = request();
    over.extensions_mut().insert(Deadline(Instant::now()));
    let provider = Provider::new([cut(FIRST)]);
    provider.ask(&layer(), over).await.assert_torn(FIRST);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_body_drops_whatever_is_under_way() {
    let silent = Reply { hangs: true, ..Reply::of([chunk(", and")]) };
    for (frames, second) in [(0, Reply::never()), (1, Reply::never()), (2, silent)] {
        let provider = Provider::new([cut(FIRST), second]);
        let service = layer().layer(ReadinessProbe::new(provider.clone()));
        let mut body = Box::pin(service.oneshot(request()).await.unwrap().into_body());
        for _ in 0..frames {
            assert!(body.frame().await.unwrap().is_ok());
        }
        if frames > 0 {
            let is_pending = poll_fn(|cx| Poll::Ready(body.as_mut().poll_frame(cx).is_pending())).await;
            assert!(is_pending && provider.asked().len() == 2, "it is being completed");
        }
        let asked = provider.asked().len();
        drop(body);
        assert_eq!(provider.dropped(), asked, "{frames}");
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_drops_the_call() {
    let provider = Provider::new([Reply::never()]);
    let mut service = layer().layer(ReadinessProbe::new(provider.clone()));
    let future = service.ready().await.unwrap().call(request());
    drop(future);
    assert_eq!((provider.asked().len(), provider.dropped()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_closure_completes_what_it_can_read() {
    let layer = ResumeLayer::new(|_: &Request<Buffered>, sent: &[u8]| {
        let text = String::from_utf8(sent.to_vec()).ok()?;
        let said = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect::<String>();
        Some(Seam::new(said, Words, || Words))
    });
    let words = |words: &[&str]| Reply::of(words.iter().map(|word| format!("data: {word}\n\n")));
    let script =
        [words(&["one ", "two "]).then(Failure::new(Class::Interrupted)), words(&["one two three.", "END"])];
    let provider = Provider::new(script);
    let response = layer.layer(provider).oneshot(Request::new(Buffered::default())).await.unwrap();
    let heard = Heard::of(response).await;
    let expected =
        "data: one \n\ndata: two \n\n: x-failover-degraded: continued\n\ndata: three.\n\ndata: END\n\n";
    assert_eq!((&*heard.raw, heard.error), (expected, None));
}

/// The events of a response in which `items` were told, numbered; without its last.
fn response(items: &[serde_json::Value]) -> Vec<String> {
    let begin =
        serde_json::json!({"type": "response.created", "response": {"id": "r", "status": "in_progress"}});
    let number = |(number, event): (usize, &serde_json::Value)| {
        let mut event = event.clone();
        event["sequence_number"] = number.into();
        format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
    };
    std::iter::once(&begin).chain(items).enumerate().map(number).collect()
}

/// What the caller of the Responses API gets of a provider that ends so, and how often somebody was asked.
async fn ended(pieces: Vec<String>, failure: Option<Failure>) -> (Vec<serde_json::Value>, usize) {
    let reply = Reply::of(pieces);
    let provider = Provider::new([failure.into_iter().fold(reply, Reply::then)]);
    let guarded = StreamGuardLayer::for_dialect(OpenAiResponses).layer(provider.clone());
    let resumed = ResumeLayer::for_dialect(OpenAiResponses).prefill(true).layer(guarded);
    let mut request = Request::new(r#"{"model":"m","stream":true,"input":"Hi"}"#.into());
    request.extensions_mut().insert(Call::new("m").with_stream(true).with_model_span(9..12));
    let response = RescueLayer::new(OpenAiResponses).layer(resumed).oneshot(request).await.unwrap();
    let heard = Heard::of(response).await;
    assert_eq!(heard.error, None, "it is told in the stream");
    let data = heard.raw.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
    (events, provider.asked().len())
}

#[tokio::test(start_paused = true)]
async fn a_response_that_may_not_be_gone_on_with_ends_with_a_typed_error() {
    use serde_json::{Value, json};
    let thought = |done: bool| {
        let name = if done { "response.output_item.done" } else { "response.output_item.added" };
        json!({"type": name, "output_index": 0, "item": {"type": "reasoning", "id": "t", "summary": []}})
    };
    let hint = json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0,
        "item_id": "t", "delta": "hm"});
    let message = |at: u8, rest: usize| -> Vec<Value> {
        let part = |text| json!({"type": "output_text", "text": text, "annotations": []});
        let item = |status, content: Value| json!({"type": "message", "id": "m", "status": status, "content": content});
        let all = [
            json!({"type": "response.output_item.added", "item": item("in_progress", json!([]))}),
            json!({"type": "response.content_part.added", "part": part("")}),
            json!({"type": "response.output_text.delta", "delta": "All of it."}),
            json!({"type": "response.output_text.done", "text": "All of it."}),
            json!({"type": "response.content_part.done", "part": part("All of it.")}),
            json!({"type": "response.output_item.done", "item": item("completed", json!([part("All of it.")]))}),
        ];
        let place = |mut event: Value| {
            event["output_index"] = at.into();
            event["content_index"] = 0.into();
            event
        };
        all.into_iter().take(3 + rest).map(place).collect()
    };
    let cut = || Some(Failure::new(Class::Interrupted));
    let thoughts = [thought(false), hint, thought(true)];
    let done = || [message(0, 3), vec![]].concat();
    for (what, items, failure) in [
        ("thoughts", [&thoughts[..], &message(1, 0)].concat(), cut()),
        ("a text that is done", message(0, 1), cut()),
        ("a part that is done", message(0, 2), cut()),
        ("an item that is done", done(), cut()),
        ("an item that is done, and a clean end", done(), None),
    ] {
        let pieces = response(&items);
        let count = pieces.len();
        let (events, asked) = ended(pieces, failure).await;
        let last = events.last().unwrap();
        assert_eq!((events.len(), asked), (count + 1, 1), "{what}: {events:?}");
        assert_eq!((&last["type"], &last["sequence_number"]), (&json!("error"), &json!(count)), "{what}");
    }
    // Some servers end every stream so, and no server says by that why the model stopped.
    let pieces = response(&done()).into_iter().chain([DONE.to_owned()]).collect();
    assert_eq!(ended(pieces, None).await.0.last().unwrap()["type"], "error");
    // Of the event that says why, its blank line is missing, and nothing else.
    let end = r#"data: {"type":"response.completed","response":{"id":"r","status":"completed","output":[]}}"#;
    for failure in [None, cut()] {
        let pieces = |end: &str| response(&done()).into_iter().chain([end.to_owned()]).collect();
        assert_eq!(ended(pieces(end), failure.clone()).await.0.last().unwrap()["type"], "response.completed");
        assert_eq!(ended(pieces(&end[..end.len() - 1]), failure).await.0.last().unwrap()["type"], "error");
    }
}

/// A tiny dialect: a word per frame.
#[derive(Clone, Copy, Debug)]
struct Words;

impl Decode for Words {
    fn decode(&mut self, frame: &sse::Frame<'_>, emit: &mut dyn FnMut(Event<'_>)) -> Result<(), Invalid> {
        match std::str::from_utf8(frame.data.as_deref().unwrap_or_default()) {
            Ok("END") => {
                emit(Event::Finish { choice: 0, reason: Finish::Stop });
                emit(Event::End);
            }
            word => emit(Event::Text { choice: 0, text: word.unwrap().into() }),
        }
        Ok(())
    }
}

impl Encode for Words {
    fn encode(&mut self, event: &Event<'_>, out: &mut Vec<u8>) {
        if let Event::Text { text, .. } = event {
            sse::write_frame(out, None, text.as_bytes());
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> bool {
        sse::write_frame(out, None, b"END");
        true
    }
}

/// Must never be asked.
#[derive(Clone, Copy, Debug)]
struct Unasked;

impl Mend for Unasked {
    fn seam(&self, _: &Request<Buffered>, _: &[u8]) -> Option<Seam> {
        panic!("nothing was kept, and so there is nothing to read");
    }
}

/// A request is read into one buffer of its connection, which is worth more than the request.
#[tokio::test(start_paused = true)]
async fn the_buffer_that_a_request_came_in_is_let_go_when_its_answer_begins() {
    let buffer = Bytes::from(format!("/v1/chat/completions?x=1 a-value {ASK}"));
    let request = Request::post(Uri::from_maybe_shared(buffer.slice(0..24)).unwrap())
        .header("x-own", HeaderValue::from_maybe_shared(buffer.slice(25..32)).unwrap())
        .body(Buffered::new(buffer.slice(33..)))
        .unwrap();
    let provider = Provider::new([cut(FIRST), whole(REST)]);
    let service = layer().layer(provider.clone());
    let response = service.oneshot(request).await.unwrap();
    provider.asked.lock().unwrap().clear();
    assert!(buffer.is_unique());
    // And it can be asked again all the same.
    drop(response.into_body().collect().await);
    let again = &provider.asked()[0];
    assert_eq!(again.uri(), "/v1/chat/completions?x=1");
    assert_eq!(again.headers()["x-own"], "a-value");
}

#[tokio::test(start_paused = true)]
async fn a_request_is_let_go_when_its_answer_has_become_too_long_to_be_completed() {
    let prompt = Bytes::from(format!("{ASK}{}", " ".repeat(100_000)));
    let long = (0..100_000).map(|number: u32| number.to_string()).collect::<String>();
    let provider =
        Provider::new([Reply::of([chunk("a"), chunk(&long)]).then(Failure::new(Class::Interrupted))]);
    let service = layer().layer(provider.clone());
    let response = service.oneshot(Request::new(prompt.clone().into())).await.unwrap();
    provider.asked.lock().unwrap().clear();
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    assert!(!prompt.is_unique());
    body.frame().await.unwrap().unwrap();
    assert!(prompt.is_unique());
    assert!(body.frame().await.unwrap().is_err(), "it breaks off");
}

/// A call has a minute for the first token where nobody else can be asked. In the midst of an answer that is no time
/// to be silent, and there is more to try.
#[tokio::test(start_paused = true)]
async fn whoever_is_to_complete_an_answer_is_not_the_last_chance() {
    let provider =
        Provider::new([cut(FIRST), Reply::refused(Class::Timeout), whole(&format!("{FIRST}{REST}"))]);
    provider.ask(&layer(), request()).await.assert_whole(&format!("{FIRST}{REST}"));
    let mut has_ways = provider.asked().into_iter().map(|mut request| {
        LastChance::leave(request.extensions_mut());
        request.extensions().get::<OtherWays>().is_some() && !LastChance::is_left(request.extensions())
    });
    assert_eq!(has_ways.next(), Some(false), "the call itself");
    assert!(has_ways.all(|has_ways| has_ways));
}
