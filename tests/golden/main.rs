//! Every scenario in every dialect, and what becomes of it in each of the others.
//!
//! `tests/golden/<dialect>/` holds requests, answers, streams and errors as a caller or a provider of the dialect
//! words them, all invented. The file `.out` beside each is what the crate makes of it: for its own dialect what
//! changes when it is read and written again, for each other one all of it, and what is lost.
//! `UPDATE_GOLDEN=1 cargo test --test golden` writes these anew. Then read the difference: nobody else checks it.
#![allow(missing_docs, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod difference;
mod late;
mod layout;
mod torn;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use tower_failover::dialect::canonical::Event;
use tower_failover::dialect::sse::{RawFrame, Splitter, Tail};
use tower_failover::dialect::{AnyDialect, Decode, Dialect, Encode, Reply, Target};
use tower_failover::facts::Losses;
use tower_failover::failure::Failure;

use difference::differences;
use layout::laid_out;

/// A model of each dialect, by its name of today.
fn model(dialect: &str) -> &'static str {
    match dialect {
        "openai-chat" => "gpt-4.1",
        "openai-responses" => "gpt-5-mini",
        "anthropic-messages" => "claude-sonnet-4-6",
        "gemini" => "gemini-2.5-flash",
        other => panic!("a model for {other}"),
    }
}

fn folder(dialect: AnyDialect) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(dialect.name().replace('-', "_"))
}

/// The scenarios of a kind in a dialect: their paths, in order.
fn scenarios(dialect: AnyDialect, kind: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder(dialect)).unwrap().map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(&format!("{kind}_")) && !name.ends_with(".out")
    };
    let mut paths: Vec<_> = files.filter(is_one).collect();
    paths.sort();
    assert!(paths.len() > 1, "no {kind} in {dialect}");
    paths
}

/// Tells what each dialect makes of all scenarios of a kind, and compares it with what is written down.
fn check(kind: &str, told: impl Fn(AnyDialect, AnyDialect, &Path) -> String) {
    let mut changed = Vec::new();
    for from in AnyDialect::ALL {
        for path in scenarios(*from, kind) {
            let mut out = String::new();
            for to in AnyDialect::ALL {
                let told = told(*from, *to, &path);
                let told = Some(told.trim_end()).filter(|told| !told.is_empty());
                writeln!(out, "== {to}\n{}", told.unwrap_or("unchanged")).unwrap();
            }
            let stored = path.with_extension("out");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&stored, &out).unwrap();
            }
            if std::fs::read_to_string(&stored).unwrap_or_default() != out {
                changed.push(format!("--- {}\n{out}", stored.display()));
            }
        }
    }
    assert!(changed.is_empty(), "UPDATE_GOLDEN=1 writes these; then read them\n{}", changed.join("\n"));
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)))
}

/// What changed, or the whole where it is another dialect's.
fn compared(is_own: bool, was: &[u8], written: &[u8]) -> String {
    if is_own {
        return differences(&json(was), &json(written)).join("\n");
    }
    json(written);
    laid_out(std::str::from_utf8(written).unwrap())
}

fn reply(from: AnyDialect) -> Reply {
    Reply::new("workhorse", 1_760_000_000).with_usage(true).issued_by(from.name())
}

#[test]
fn requests() {
    check("request", |from, to, path| {
        let asked = std::fs::read_to_string(path)
            .unwrap()
            .replace("\"workhorse\"", &format!("\"{}\"", model(to.name())));
        let request = from.decode_request(asked.as_bytes()).unwrap();
        let mut losses = Losses::new();
        match to.encode_request(&request, &Target::new(model(to.name())), &mut losses) {
            Ok(encoded) => {
                let lost: String = losses
                    .iter()
                    .map(|loss| {
                        let essential = if loss.is_essential { " (essential)" } else { "" };
                        format!("{} {}{essential}\n", loss.kind.as_str(), loss.field)
                    })
                    .collect();
                lost + &compared(from == to, asked.as_bytes(), &encoded.body)
            }
            Err(failure) => told(&failure),
        }
    });
}

#[test]
fn answers() {
    check("answer", |from, to, path| {
        let told = std::fs::read(path).unwrap();
        from.check_answer(&told).err().into_iter().for_each(|failure| {
            assert!(path.ends_with("answer_refusal.json"), "{from}: {failure}");
        });
        let answer = from.decode_answer(&told).unwrap();
        compared(from == to, &told, &to.encode_answer(&answer, &reply(from)))
    });
}

#[test]
fn streams() {
    check("stream", |from, to, path| {
        let told = std::fs::read(path).unwrap();
        let (out, end) = transcoded(from, to, &told);
        let out = if from == to { reworded(&told, &out) } else { out };
        out.replace("\r\n", "\n") + &end
    });
}

#[test]
fn errors() {
    check("error", |from, to, path| {
        let told_error = std::fs::read(path).unwrap();
        let status: u16 = path.file_stem().unwrap().to_str().unwrap()["error_".len()..].parse().unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let failure = from.decode_error(Some(status), &told_error);
        let message = &failure.report().unwrap().message;
        let written = to.encode_error(&failure, status, message, None);
        let head = if from == to { told(&failure) + "\n" } else { String::new() };
        head + &compared(from == to, &told_error, &written)
    });
}

fn told(failure: &Failure) -> String {
    let report = failure.report();
    format!(
        "{}{} param {:?}",
        failure.class(),
        failure.retry_after().map(|after| format!(" after {after:?}")).unwrap_or_default(),
        report.and_then(|report| report.param.as_deref()),
    )
}

/// A stream as a normalizer tells it to a caller, and how it ended.
fn transcoded(from: AnyDialect, to: AnyDialect, stream: &[u8]) -> (String, String) {
    let (mut decoder, mut encoder) = (from.decoder(), to.encoder(reply(from)));
    let (mut out, mut failed) = (Vec::new(), None);
    for frame in frames(stream) {
        let result = decoder.decode(&frame.parse(), &mut |event| match event {
            Event::Error(failure) => failed = Some(failure),
            event if failed.is_none() => encoder.encode(&event, &mut out),
            _ => {}
        });
        result.unwrap();
    }
    let end = match failed {
        Some(failure) => {
            out.extend(to.encode_error_event(&failure, &failure.report().unwrap().message));
            format!("\nerror: {}", told(&failure))
        }
        None if encoder.finish(&mut out) => String::new(),
        None => "\ncut".to_owned(),
    };
    (String::from_utf8(out).unwrap(), end)
}

fn frames(stream: &[u8]) -> Vec<RawFrame> {
    let mut splitter = Splitter::new(Splitter::MAX_FRAME_BYTES);
    splitter.push(Bytes::copy_from_slice(stream));
    let frames: Vec<_> = std::iter::from_fn(|| splitter.next_frame()).map(Result::unwrap).collect();
    assert_eq!(splitter.finish(), Tail::Clean);
    frames
}

/// The frames that changed, by their number; nothing where none did.
fn reworded(was: &[u8], written: &str) -> String {
    let data = |stream: &[u8]| -> Vec<Value> {
        let data =
            |frame: &RawFrame| frame.parse().data.map(|data| String::from_utf8(data.into_owned()).unwrap());
        let frames = frames(stream)
            .iter()
            .filter_map(data)
            .filter(|data| !data.contains("\"ping\""))
            .collect::<Vec<_>>();
        frames.into_iter().map(|data| serde_json::from_str(&data).unwrap_or(Value::String(data))).collect()
    };
    let (was, written) = (data(was), data(written.as_bytes()));
    if was.len() != written.len() {
        return written.iter().map(|frame| format!("{frame}\n")).collect();
    }
    let pairs = was.iter().zip(&written).enumerate();
    pairs
        .flat_map(|(at, (was, written))| {
            differences(was, written).into_iter().map(move |what| format!("{at}: {what}\n"))
        })
        .collect()
}
