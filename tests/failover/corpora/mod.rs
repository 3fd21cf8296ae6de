//! Real input: recorded provider answers, played as the member's response through the gateway, to callers of all
//! four dialects. Text, calls, the reason of the end, the count of tokens and thoughts must be what was recorded.
//!
//! `CORPORA` names the folder (default `../shared/corpora`). Where it is absent the test says so and passes, unless
//! `CORPORA_REQUIRED` is set, as it is in CI. Nothing of the recordings is kept in this repository.

mod expected;
mod recording;
mod tolerant;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tower_failover::testing::FakeProvider;

use self::expected::{exception, expected, said};
use self::recording::{Recording, folder, recordings};
use crate::support::{APIS, Answer, Api, Gateway, Reading};

/// The recorded APIs, and the dialect that their members are configured with.
const SOURCES: [(&str, Api); 7] = [
    ("openai.chat", Api::OpenAi),
    ("openai_compat.chat", Api::OpenAi),
    ("mistral.chat", Api::OpenAi),
    ("openai.responses", Api::Responses),
    ("openai_compat.responses", Api::Responses),
    ("anthropic.messages", Api::Anthropic),
    ("gemini.generateContent", Api::Gemini),
];

/// So many answers are on their way at once.
const LANES: usize = 6;

/// Every answer is asked for once, and a few that fail keep none from being asked for.
const PLAIN: &str = "
    [retry]
    attempts = 1
    [circuit_breaker]
    failures = 1000000
    min_calls = 1000000
";

/// What became of the recordings of one API for the callers of one dialect.
#[derive(Default)]
struct Tally {
    agree: usize,
    exceptions: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_answers_reach_callers_of_every_dialect_whole() {
    let Some(folder) = folder() else { return };
    // The readers panic on what is no proper answer, and that is a result like any other here.
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Those of other tests are none.
        if std::thread::current().name() != Some("tokio-rt-worker") {
            loud(panic);
        }
    }));
    let mut failures = Vec::new();
    for (name, api) in SOURCES {
        let recordings = Arc::new(recordings(&folder.join(name), api));
        assert!(recordings.len() > 50, "{name} holds only {} answers", recordings.len());
        for (front, tally) in APIS.into_iter().zip(play(api, &recordings).await) {
            let left_out: usize = tally.exceptions.values().sum();
            println!(
                "{name} for callers of {front:?}: {} of {} agree, {left_out} exceptions: {:?}",
                tally.agree,
                recordings.len(),
                tally.exceptions
            );
            failures.extend(tally.failures);
        }
    }
    let _ = std::panic::take_hook();
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

/// Plays all recordings to all fronts, several at a time.
async fn play(api: Api, recordings: &Arc<Vec<Recording>>) -> [Tally; 4] {
    let next = Arc::new(AtomicUsize::new(0));
    let lanes = (0..LANES).map(|_| tokio::spawn(lane(api, Arc::clone(recordings), Arc::clone(&next))));
    let mut tallies: [Tally; 4] = Default::default();
    for lane in lanes.collect::<Vec<_>>() {
        for (all, of_lane) in tallies.iter_mut().zip(lane.await.expect("a lane")) {
            all.agree += of_lane.agree;
            all.failures.extend(of_lane.failures);
            for (reason, count) in of_lane.exceptions {
                *all.exceptions.entry(reason).or_default() += count;
            }
        }
    }
    tallies
}

async fn lane(api: Api, recordings: Arc<Vec<Recording>>, next: Arc<AtomicUsize>) -> [Tally; 4] {
    let provider = api.provider("unused").await;
    let members = [(api, provider.base_url())];
    let mut gateway = Gateway::with_settings(&members, PLAIN).await;
    let mut tallies: [Tally; 4] = Default::default();
    while let Some(recording) = recordings.get(next.fetch_add(1, Ordering::Relaxed)) {
        for (front, tally) in APIS.into_iter().zip(&mut tallies) {
            let outcome = check(&gateway, &provider, (api, front), recording).await;
            if !matches!(outcome, Ok(None)) {
                // A gateway remembers what failed: whoever has no credit left is not asked again for a while.
                gateway = Gateway::with_settings(&members, PLAIN).await;
            }
            match outcome {
                Ok(None) => tally.agree += 1,
                Ok(Some(reason)) => *tally.exceptions.entry(reason).or_default() += 1,
                Err(why) => tally.failures.push(format!("{} for {front:?}: {why}", recording.name)),
            }
        }
    }
    tallies
}

/// `Ok` with the reason of an exception, where there is one.
async fn check(
    gateway: &Gateway,
    provider: &FakeProvider,
    (api, front): (Api, Api),
    recording: &Recording,
) -> Result<Option<&'static str>, String> {
    provider.reply(recording.reply());
    let answer = gateway.ask(front, recording.is_stream).await;
    if let Some(reason) = exception(recording, api, front) {
        return is_refused(&answer, front, recording.is_stream).map(|()| Some(reason));
    }
    if answer.status != 200 {
        return Err(format!("status {}: {:?}", answer.status, answer.body));
    }
    if api == front {
        // Same dialect: nothing removed, and nothing added but an end.
        let wanted = recording.body.clone() + recording.missing_end(api);
        let is_same = answer.body.as_ref().is_ok_and(|body| body == wanted.as_bytes());
        return if is_same { Ok(None) } else { Err("the bytes differ".to_owned()) };
    }
    let got = read(&answer, front, recording.is_stream)?;
    let (got, wanted) = (said(got), said(expected(recording, front)));
    if got == wanted { Ok(None) } else { Err(format!("\n  got    {got:?}\n  wanted {wanted:?}")) }
}

fn read(answer: &Answer, front: Api, is_stream: bool) -> Result<Reading, String> {
    let read = std::panic::AssertUnwindSafe(|| answer.read(front, is_stream));
    std::panic::catch_unwind(read).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map_or("", |message| message);
        format!("not a proper answer: {message:.400}")
    })
}

/// What is no answer must not look like one: it is an error by its status, an error in the stream, or torn.
fn is_refused(answer: &Answer, front: Api, is_stream: bool) -> Result<(), String> {
    if answer.status != 200 {
        front.error_message(&answer.json());
        return Ok(());
    }
    if is_stream && (answer.body.is_err() || read(answer, front, true).is_err()) {
        return Ok(());
    }
    Err(format!("served as an answer: {:.400?}", answer.body))
}

/// What the readers make of all that was recorded: they are the measure of everything else here.
#[test]
fn the_readers_understand_every_recording() {
    let Some(folder) = folder() else { return };
    for (name, api) in SOURCES {
        let recordings = recordings(&folder.join(name), api);
        let read = recordings.iter().filter(|recording| recording.reading.is_some());
        println!("{name}: {} of {} answers are understood", read.count(), recordings.len());
        let is_silent =
            |recording: &&Recording| recording.reading.is_none() && recording.no_answer().is_none();
        let not_understood: Vec<&str> =
            recordings.iter().filter(is_silent).map(|recording| &*recording.name).collect();
        assert!(not_understood.is_empty(), "{name}: {not_understood:?}");
    }
}

/// A stream as the events in it.
fn events(stream: &str) -> Vec<Value> {
    crate::reading::data_lines(stream).iter().filter_map(|data| serde_json::from_str(data).ok()).collect()
}
