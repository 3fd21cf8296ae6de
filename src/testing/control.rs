//! Faults set over HTTP, for whoever watches a gateway fail over by hand.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::played::Played;
use super::state::{State, Step};
use super::{Fault, Refusal, Stats};

/// How often a fault may be put into the script at once.
const MOST_TIMES: usize = 10_000;

/// Answers a request for the control port; `None` for one that is not.
pub(super) fn respond<B>(state: &State, request: &Request<B>) -> Option<Response<Played>> {
    let path = request.uri().path();
    if !path.starts_with("/__") {
        return None;
    }
    let query = Query(request.uri().query().unwrap_or_default());
    Some(match (request.method(), path) {
        (&Method::GET, "/__stats") => stats(state.stats()),
        (&Method::POST, "/__fault") => match set(state, query) {
            Ok(()) => stats(state.stats()),
            Err(message) => reply(StatusCode::BAD_REQUEST, json!({"error": message}).to_string()),
        },
        _ => {
            let message = "POST /__fault?mode=… or GET /__stats";
            reply(StatusCode::NOT_FOUND, json!({"error": message}).to_string())
        }
    })
}

fn stats(stats: Stats) -> Response<Played> {
    let body = json!({
        "requests": stats.requests, "finished": stats.finished, "cancelled": stats.cancelled,
        "faults": stats.faults, "malformed": stats.malformed, "connections": stats.connections,
        "open": stats.open,
    });
    reply(StatusCode::OK, body.to_string())
}

fn reply(status: StatusCode, body: String) -> Response<Played> {
    let mut response = Response::new(Played::whole(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn set(state: &State, query: Query<'_>) -> Result<(), String> {
    let fault = fault(query)?;
    if let Some(times) = query.number::<usize>("times")? {
        let steps = std::iter::repeat_n(Step::Fault(fault), times.min(MOST_TIMES));
        state.append(steps);
        return Ok(());
    }
    if fault == Fault::None {
        state.heal();
        return Ok(());
    }
    let share = query.number("share")?.unwrap_or(1.0);
    state.stand(fault, share, query.number("seed")?.unwrap_or(0));
    Ok(())
}

fn fault(query: Query<'_>) -> Result<Fault, String> {
    let mode = query.get("mode").ok_or("the query names no mode")?;
    let after = query.number("after")?.unwrap_or(3);
    let late = Duration::from_millis(query.number("ms")?.unwrap_or(1000));
    Ok(match mode {
        "ok" => Fault::None,
        "hang" => Fault::Hang,
        "slow" => Fault::DelayHead(late),
        "slow-first-token" => Fault::DelayFirstToken(late),
        "cut-before" => Fault::CutBeforeContent,
        "cut" => Fault::CutAfter(after),
        "stall" => Fault::StallAfter(after),
        "error-event" => Fault::ErrorEvent { after },
        "end-without-finish" => Fault::EndWithoutFinish { after },
        "no-terminal" => Fault::NoTerminal,
        "malformed" => Fault::MalformedFrame { at: after },
        "garbage" => Fault::Garbage,
        "empty" => Fault::Empty,
        "refuse" => Fault::Refuse,
        "drip" => Fault::Drip,
        "not-http" => Fault::NotHttp,
        "cut-head" => Fault::CutHead,
        "switching-protocols" => Fault::SwitchingProtocols,
        "early-hints" => Fault::EarlyHints,
        "redirect" => Fault::redirect(query.get("to").unwrap_or("/elsewhere")),
        "wrong-type" => Fault::WrongType,
        "other-form" => Fault::OtherForm,
        "compressed" => Fault::Compressed,
        "huge" => Fault::Huge { bytes: query.number("bytes")?.unwrap_or(64 * 1024 * 1024) },
        "wrong-length" => Fault::WrongLength { by: query.number("by")?.unwrap_or(1) },
        "says-nothing" => Fault::SaysNothing,
        "reset-after-end" => Fault::ResetAfterEnd,
        "context-overflow" => Fault::context_overflow(),
        "content-policy" => Fault::content_policy(),
        "quota" => Fault::insufficient_quota(),
        "model-not-found" => Fault::model_not_found(),
        "prefill" => Fault::Refusal(Refusal::Prefill),
        status => {
            let code = status.parse().ok().filter(|code| (400..600).contains(code));
            let code = code.ok_or_else(|| format!("unknown mode {status:?}"))?;
            let retry_after = query.number("retry_after")?.map(Duration::from_secs);
            Fault::Status { code, body: None, retry_after }
        }
    })
}

#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn number<T: std::str::FromStr>(self, name: &str) -> Result<Option<T>, String> {
        let parse = |value: &str| value.parse().map_err(|_| format!("{name} is not a number: {value:?}"));
        self.get(name).map(parse).transpose()
    }
}
