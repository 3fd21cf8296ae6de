//! The table: every fault of the kit, in every place where it can strike, and what came of it at both ends.
//!
//! A place is the dialect of the caller, the dialect of the primary (the fallback speaks another), and whole or
//! streaming: 32 of them. 61 faults make 1952 cells. Where a fallback had to answer, the same is asked once more
//! with nobody beside the primary, so that the caller gets an error in his own dialect: 1440 more. 3392 in all;
//! `the_table_is_as_large_as_it_says` counts them.
//!
//! Of each cell it is held
//!
//! * what the caller got: text, finish reason, usage, headers, or an error as his SDK reads it;
//! * what the providers saw: how often each was asked, that a repeated request is the same to the byte and comes
//!   neither before the moment that was named nor long after the wait that was drawn, whose key it brought, and
//!   that no call is still open 100 ms after the caller has all;
//! * what the primary's circuit made of an answer that was whole.

use std::time::Duration;

use tower_failover::circuit_breaker::CircuitSnapshot;
use tower_failover::testing::{FakeProvider, Fault, SeenRequest};

use crate::disconnect::within_100_ms;
use crate::faults::assert_torn;
use crate::support::{APIS, Answer, Api, Gateway, join};

const PRIMARY: &str = "the primary's answer";
const FALLBACK: &str = "the fallback's answer";

/// Notices silence soon, and does not take a busy machine for it.
const SETTINGS: &str = r#"
    [retry]
    attempts = 2
    base = "10ms"
    cap = "20ms"
    [stream]
    first_token = "1s"
    idle = "1s"
    [timeouts]
    attempt = "1s"
    total = "20s"
"#;
const LONG: Duration = Duration::from_secs(60);
/// No wait of [`SETTINGS`] is this long, and no machine this slow.
const NO_WAIT: Duration = Duration::from_millis(900);
const HINT: Duration = Duration::from_secs(1);

/// Where a fault strikes.
#[derive(Clone, Copy, Debug)]
struct Place {
    front: Api,
    api: Api,
    is_stream: bool,
}

impl Place {
    fn all() -> impl Iterator<Item = Self> {
        let pairs = APIS.into_iter().flat_map(|front| APIS.map(|api| (front, api)));
        pairs.flat_map(|(front, api)| [false, true].map(|is_stream| Self { front, api, is_stream }))
    }

    /// Whole answers may want something else than streams.
    const fn split(self, whole: Want, stream: Want) -> Want {
        if self.is_stream { stream } else { whole }
    }
}

/// What is to come of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// The primary's answer, after so many attempts.
    Primary(u64),
    /// The fallback's answer, after so many attempts of the primary.
    Fallback(u64),
    /// The one answer that both give, whole, though it broke off.
    Completed,
    /// The beginning, and then one error.
    Torn,
    /// An error of this status, at once.
    Refused(u16),
    /// An answer that says why it says nothing.
    Blocked,
    /// The primary's answer, which does not say why it ends. Its JSON is whole, so the answer is; some servers never
    /// give a reason there.
    Unexplained,
}
use Want::{Blocked, Completed, Fallback, Primary, Refused, Torn, Unexplained};

/// A fault, and how often.
struct Plan {
    fault: Fault,
    /// For ever, if not said.
    times: Option<usize>,
    settings: String,
    fallback_says: &'static str,
}

fn always(fault: Fault) -> Plan {
    Plan { fault, times: None, settings: SETTINGS.to_owned(), fallback_says: FALLBACK }
}

fn times(times: usize, fault: Fault) -> Plan {
    Plan { times: Some(times), ..always(fault) }
}

/// Nobody completes what has broken off.
fn unmended(fault: Fault) -> Plan {
    Plan { settings: SETTINGS.replace("[stream]", "[stream]\nrescue = \"error\""), ..always(fault) }
}

/// The fallback would have said the same, word for word.
fn mended(fault: Fault) -> Plan {
    Plan { fallback_says: PRIMARY, ..times(1, fault) }
}

macro_rules! table {
    ($($name:ident: $plan:expr => $want:expr;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                run(&$plan, $want).await;
            }
        )*
        const ROWS: &[(&str, fn(Place) -> Want)] = &[$((stringify!($name), $want)),*];
    };
}

table! {
    no_fault_at_all: always(Fault::None) => |_| Primary(1);

    // Statuses: the provider is in trouble.
    one_500: times(1, Fault::status(500)) => |_| Primary(2);
    a_500: always(Fault::status(500)) => |_| Fallback(2);
    a_502: always(Fault::status(502)) => |_| Fallback(2);
    a_503: always(Fault::status(503)) => |_| Fallback(2);
    a_504: always(Fault::status(504)) => |_| Fallback(2);
    a_520: always(Fault::status(520)) => |_| Fallback(2);
    a_529: always(Fault::status(529)) => |_| Fallback(2);
    a_408: always(Fault::status(408)) => |_| Fallback(2);
    a_405: always(Fault::status(405)) => |_| Fallback(2);
    a_407: always(Fault::status(407)) => |_| Fallback(2);
    a_409: always(Fault::status(409)) => |_| Fallback(2);
    a_500_with_a_page: always(page(500)) => |_| Fallback(2);
    // Anthropic says beside it that it would say the same again.
    a_404_with_a_page: always(page(404)) => |place| Fallback(if place.api == Api::Anthropic { 1 } else { 2 });
    // We may not, or not now.
    a_401: always(Fault::status(401)) => |_| Fallback(1);
    a_402: always(Fault::status(402)) => |_| Fallback(1);
    a_403: always(Fault::status(403)) => |_| Fallback(1);
    a_410: always(Fault::status(410)) => |_| Fallback(1);
    a_451: always(Fault::status(451)) => |_| Fallback(1);
    a_model_that_is_gone: always(Fault::model_not_found()) => |_| Fallback(1);
    an_empty_balance: always(Fault::insufficient_quota()) => |_| Fallback(1);
    a_429_that_names_no_moment: always(Fault::rate_limited(None)) => |_| Fallback(1);
    a_429_that_names_a_far_moment: always(Fault::rate_limited(LONG)) => |_| Fallback(1);
    one_429_that_names_a_near_moment: times(1, Fault::rate_limited(HINT)) => |_| Primary(2);
    one_503_that_names_a_near_moment: times(1, retry_soon(503)) => |_| Primary(2);
    // The caller may not.
    a_400: always(Fault::status(400)) => |_| Refused(400);
    a_422: always(Fault::status(422)) => |_| Refused(422);
    refused_content: always(Fault::content_policy()) =>
        |place| if place.api == Api::Gemini { Blocked } else { Refused(400) };
    // It is somewhere else, or something else.
    a_301: always(moved(301)) => |_| Fallback(2);
    a_302: always(moved(302)) => |_| Fallback(2);
    a_303: always(moved(303)) => |_| Fallback(2);
    a_307: always(moved(307)) => |_| Fallback(2);
    a_308: always(moved(308)) => |_| Fallback(2);
    a_304: always(Fault::status(304)) => |_| Fallback(2);
    a_204: always(Fault::status(204)) => |_| Fallback(2);
    a_101: always(Fault::SwitchingProtocols) => |_| Fallback(2);
    a_103_before_the_answer: always(Fault::EarlyHints) => |_| Primary(1);

    // No head, or none in time.
    a_reset_before_the_head: times(2, Fault::Refuse) => |_| Fallback(2);
    one_reset_before_the_head: times(1, Fault::Refuse) => |_| Primary(2);
    bytes_that_are_no_http: always(Fault::NotHttp) => |_| Fallback(2);
    a_head_that_breaks_off: always(Fault::CutHead) => |_| Fallback(2);
    silence: always(Fault::Hang) => |_| Fallback(1);
    a_late_head: always(Fault::DelayHead(LONG)) => |_| Fallback(1);
    a_late_first_token: always(Fault::DelayFirstToken(LONG)) => |_| Fallback(1);

    // A 200 that is no answer.
    a_page_of_html: always(Fault::Garbage) => |_| Fallback(2);
    an_empty_body: always(Fault::Empty) => |_| Fallback(2);
    not_a_word: always(Fault::SaysNothing) => |_| Fallback(2);
    an_error_in_disguise: always(Fault::ErrorEvent { after: 0 }) => |_| Fallback(2);
    a_cut_before_the_first_word: always(Fault::CutBeforeContent) => |_| Fallback(2);
    no_reason: always(Fault::EndWithoutFinish { after: 0 }) => |place| place.split(Unexplained, Fallback(2));
    gzip: always(Fault::Compressed) => |_| Fallback(2);
    the_wrong_type: always(Fault::WrongType) => |place| place.split(Primary(1), Fallback(2));
    the_wrong_form: always(Fault::OtherForm) => |place| place.split(Fallback(2), Primary(1));
    a_broken_frame: always(Fault::MalformedFrame { at: 1 }) => |place| place.split(Fallback(2), Primary(1));
    more_promised_than_came: always(Fault::WrongLength { by: 1000 }) =>
        |place| place.split(Fallback(2), Primary(1));

    // The end is not as it should be, and nothing is missing.
    no_terminal_frame: always(Fault::NoTerminal) => |_| Primary(1);
    a_reset_after_the_last_frame: always(Fault::ResetAfterEnd) => |_| Primary(1);

    // Broken off after the first words, with and without somebody who goes on.
    a_cut: unmended(Fault::CutAfter(2)) => |place| place.split(Fallback(2), Torn);
    a_stall: unmended(Fault::StallAfter(2)) => |place| place.split(Fallback(1), Torn);
    a_cut_that_is_mended: mended(Fault::CutAfter(2)) => |place| place.split(Primary(2), Completed);
    a_stall_that_is_mended: mended(Fault::StallAfter(2)) => |place| place.split(Fallback(1), Completed);
}

fn page(code: u16) -> Fault {
    let body = "<html><head><title>nginx</title></head><body>Sorry.</body></html>".into();
    Fault::Status { code, body: Some(body), retry_after: None }
}

fn retry_soon(code: u16) -> Fault {
    Fault::Status { code, body: Some("{}".into()), retry_after: Some(HINT) }
}

fn moved(code: u16) -> Fault {
    Fault::Redirect { code, to: "/v1/elsewhere".to_owned() }
}

#[test]
fn the_table_is_as_large_as_it_says() {
    let all = || ROWS.iter().flat_map(|(_, want)| Place::all().map(want));
    let alone = all().filter(|want| matches!(want, Fallback(_))).count();
    println!("{} faults, {} cells, {alone} more with nobody to fall back on", ROWS.len(), all().count());
    assert_eq!((ROWS.len(), all().count(), alone), (61, 1952, 1440));
}

struct Cell {
    place: Place,
    want: Want,
    primary: FakeProvider,
    fallback: FakeProvider,
    gateway: Gateway,
    answer: Answer,
}

/// All places; those of one front at the same time.
async fn run(plan: &Plan, want: fn(Place) -> Want) {
    for front in APIS {
        let places = Place::all().filter(|place| place.front == front);
        join(places.map(|place| one(plan, place, want(place)))).await;
    }
}

async fn one(plan: &Plan, place: Place, want: Want) {
    let cell = ask(plan, place, want, true).await;
    cell.caller_got(plan);
    cell.providers_saw(plan).await;
    if matches!(want, Fallback(_)) {
        let alone = ask(plan, place, want, false).await;
        alone.caller_got_an_error();
        alone.providers_saw(plan).await;
    }
}

async fn ask(plan: &Plan, place: Place, want: Want, has_fallback: bool) -> Cell {
    let primary = place.api.provider(PRIMARY).await;
    let fallback = place.api.other().provider(plan.fallback_says).await;
    match plan.times {
        None => primary.always(plan.fault.clone()),
        Some(times) => primary.script(std::iter::repeat_n(plan.fault.clone(), times)),
    }
    let mut members = vec![(place.api, primary.base_url())];
    if has_fallback {
        members.push((place.api.other(), fallback.base_url()));
    }
    let gateway = Gateway::with_settings(&members, &plan.settings).await;
    let answer = gateway.ask(place.front, place.is_stream).await;
    Cell { place, want, primary, fallback, gateway, answer }
}

impl Cell {
    fn what(&self) -> String {
        format!("{:?} {:?} {:?}", self.place, self.want, self.answer)
    }

    fn caller_got(&self, plan: &Plan) {
        let (answer, what) = (&self.answer, self.what());
        match self.want {
            Primary(attempts) => {
                self.served("primary", PRIMARY);
                assert_eq!(answer.header("x-failover-attempts"), attempts.to_string(), "{what}");
            }
            Fallback(attempts) => {
                self.served("fallback", plan.fallback_says);
                assert_eq!(answer.header("x-failover-attempts"), (attempts + 1).to_string(), "{what}");
            }
            Completed => {
                let reading = answer.read(self.place.front, self.place.is_stream);
                assert_eq!((&*reading.text, &*reading.finish), (PRIMARY, "stop"), "{what}");
                assert!(reading.input > 0 && reading.output > 0, "{what}");
            }
            Torn => {
                assert_eq!(answer.status, 200, "{what}");
                assert!(answer.raw().contains("the"), "what was said before stands: {what}");
                assert_torn(self.place.front, answer.raw(), &what);
            }
            Refused(status) => {
                assert_eq!(answer.status.as_u16(), status, "{what}");
                self.is_an_error();
            }
            Unexplained => {
                assert_eq!(answer.header("x-failover-attempts"), "1", "{what}");
                let reading = answer.read(self.place.front, self.place.is_stream);
                assert_eq!(reading.text, PRIMARY, "{what}");
                assert!(["", "stop", "in_progress"].contains(&&*reading.finish), "{reading:?} {what}");
            }
            Blocked => {
                assert_eq!(answer.status, 200, "{what}");
                let reading = answer.read(self.place.front, self.place.is_stream);
                assert_eq!((&*reading.text, &*reading.finish), ("", "content_filter"), "{what}");
            }
        }
    }

    fn served(&self, by: &str, text: &str) {
        let (answer, what) = (&self.answer, self.what());
        assert_eq!(answer.status, 200, "{what}");
        let reading = answer.read(self.place.front, self.place.is_stream);
        assert_eq!((&*reading.text, &*reading.finish), (text, "stop"), "{what}");
        assert!(reading.input > 0 && reading.output > 0, "usage is told: {what}");
        let form = if self.place.is_stream { "text/event-stream" } else { "application/json" };
        assert!(answer.header("content-type").starts_with(form), "{what}");
        assert!(!answer.headers.contains_key("content-encoding"), "{what}");
        assert_eq!(answer.header("x-failover-class"), "workhorse", "{what}");
        assert_eq!(answer.header("x-failover-provider"), by, "{what}");
        assert_eq!(answer.header("x-failover-model"), format!("{by}-model"), "{what}");
        assert!(!answer.headers.contains_key("x-failover-degraded"), "an equal member is no drop: {what}");
    }

    /// There was nobody else: an error of the caller's own dialect, that sends him nowhere and tells on nobody.
    fn caller_got_an_error(&self) {
        let (answer, what) = (&self.answer, self.what());
        let Fallback(attempts) = self.want else { unreachable!("asked for such cells only") };
        assert_eq!(answer.status, 503, "{what}");
        assert_eq!(answer.header("x-failover-attempts"), attempts.to_string(), "{what}");
        assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{what}");
        assert!(!answer.headers.contains_key("location"), "{what}");
        self.is_an_error();
        assert!(answer.raw().contains("primary/primary-model"), "the attempts are told: {what}");
        assert!(!answer.raw().contains("secret") && !answer.raw().contains("127.0.0.1"), "{what}");
    }

    fn is_an_error(&self) {
        let (answer, what) = (&self.answer, self.what());
        assert!(answer.header("content-type").starts_with("application/json"), "{what}");
        assert_eq!(answer.header("x-should-retry"), "false", "{what}");
        self.place.front.error_message(&answer.json());
    }

    async fn providers_saw(&self, plan: &Plan) {
        let what = self.what();
        let asked = (self.primary.count(), self.fallback.count());
        let has_fallback = self.circuits().len() == 2;
        match self.want {
            Primary(attempts) => assert_eq!(asked, (attempts, 0), "{what}"),
            Fallback(attempts) => assert_eq!(asked, (attempts, u64::from(has_fallback)), "{what}"),
            // Whoever went on with it, it was one.
            Completed => assert_eq!(asked.0 + asked.1, 2, "{what}"),
            Torn | Refused(_) | Blocked | Unexplained => assert_eq!(asked, (1, 0), "{what}"),
        }
        let (first, second) = (self.primary.requests(), self.fallback.requests());
        for seen in first.iter().chain(&second) {
            let head = format!("{:?}", seen.headers);
            assert!(head.contains("gateway-secret") && !head.contains("caller-secret"), "{head}");
        }
        if self.want != Completed {
            first.windows(2).for_each(|pair| assert_repeated(&pair[0], &pair[1], plan));
        }
        let is_over = |provider: &FakeProvider| {
            let stats = provider.stats();
            stats.finished + stats.cancelled == stats.requests
        };
        within_100_ms(&what, || is_over(&self.primary) && is_over(&self.fallback)).await;
        if self.want == Primary(1) {
            let voted = self.circuits()[0].totals;
            assert_eq!((voted.successes, voted.failures, voted.throttled), (1, 0, 0), "{what}");
        }
    }

    fn circuits(&self) -> Vec<CircuitSnapshot> {
        let class = self.gateway.stack.classes().next().expect("a class");
        class.circuits().map(|circuit| circuit.snapshot()).collect()
    }
}

/// The same question once more, and when it was due.
fn assert_repeated(first: &SeenRequest, again: &SeenRequest, plan: &Plan) {
    assert_eq!((&first.method, &first.path), (&again.method, &again.path));
    assert_eq!(first.body, again.body, "a repeated request is the same to the byte");
    let (gap, fault) = (again.at - first.at, &plan.fault);
    match fault {
        Fault::Status { retry_after: Some(after), .. } => {
            assert!((*after..*after + NO_WAIT).contains(&gap), "{fault:?}: {gap:?}");
        }
        _ => assert!(gap < NO_WAIT, "{fault:?}: {gap:?}"),
    }
}
