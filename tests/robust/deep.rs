//! Values nested deeper than any stack: refused or copied, never followed.

use tower_failover::dialect::AnyDialect;

use crate::input::Input;
use crate::json::Json;
use crate::{answers, errors, requests, seeds, streams};

/// More than a reader that calls itself for each level gets to, on the stack of a thread.
const DEEP: usize = 2_500;
const DEEPEST: usize = 100_000;

/// Of nothing, of fields, and of what dialects look into.
fn nested(depth: usize) -> [String; 10] {
    [
        "[".repeat(depth),
        "[".repeat(depth) + &"]".repeat(depth),
        r#"{"a":"#.repeat(depth),
        r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth),
        r#"{"error":"#.repeat(depth) + "1" + &"}".repeat(depth),
        r#"{"response":"#.repeat(depth) + "1" + &"}".repeat(depth),
        r#"{"generateContentRequest":"#.repeat(depth) + "1" + &"}".repeat(depth),
        r#"[{"type":"tool_result","tool_use_id":"a","content":"#.repeat(depth) + "[]" + &"}]".repeat(depth),
        r#"{"type":"object","properties":{"a":"#.repeat(depth) + "{}" + &"}}".repeat(depth),
        r##"{"anyOf":[{"$ref":"#"},"##.repeat(depth) + "{}" + &"]}".repeat(depth),
    ]
}

/// A valid value, with something deep in each of its places in turn.
fn each_place(seed: &seeds::Seed, text: &str, mut check: impl FnMut(Input)) {
    let Some(mut value) = Json::parse(text) else { return };
    let deep = nested(DEEP);
    for place in (seed.name.len() % 3..value.count()).step_by(3) {
        // Which ones are tried where changes with the scenario.
        let deep = &deep[(place + seed.name.len()) % deep.len()];
        let was = std::mem::replace(value.at(place), Json::Text(deep.clone()));
        check(Input { dialect: seed.dialect, bytes: value.to_string().into_bytes() });
        *value.at(place) = was;
    }
}

#[test]
fn values_that_are_nothing_else() {
    for dialect in AnyDialect::ALL {
        let [list, whole_list, field, whole_field, ..] = nested(DEEPEST);
        let [_, _, _, _, others @ ..] = nested(DEEPEST / 10);
        for bytes in [list, whole_list, field, whole_field].into_iter().chain(others).map(String::into_bytes)
        {
            let input = Input { dialect: *dialect, bytes };
            requests::check(&input);
            answers::check(&input);
            errors::check(&input, None);
            let framed = [b"data: ", &input.bytes[..], b"\n\n"].concat();
            streams::check(&Input { bytes: framed, ..input });
        }
    }
}

#[test]
fn in_requests() {
    let rich = ["request.json", "request_tools.json", "request_structured.json"];
    for seed in seeds::all("request").into_iter().filter(|seed| rich.contains(&&*seed.name)) {
        each_place(seed, &seed.text, |input| requests::check(&input));
    }
}

#[test]
fn in_answers() {
    for seed in seeds::all("answer_t") {
        each_place(seed, &seed.text, |input| answers::check(&input));
    }
}

#[test]
fn in_errors() {
    for seed in seeds::all("error_") {
        each_place(seed, &seed.text, |input| errors::check(&input, None));
    }
}

#[test]
fn in_streams() {
    for seed in seeds::all("tools.sse") {
        for data in seed.text.lines().filter_map(|line| line.strip_prefix("data: ")) {
            each_place(seed, data, |input| {
                let deep = [b"data: ", &input.bytes[..], b"\n\n"].concat();
                let stream = [seed.text.as_bytes(), &deep].concat();
                streams::check(&Input { bytes: stream, ..input });
            });
        }
    }
}

#[test]
fn in_the_configuration() {
    for value in nested(DEEPEST) {
        let _ = format!("listen = {value}").parse::<tower_failover::config::Config>();
        let _ = format!("[providers]\na = {value}").parse::<tower_failover::config::Config>();
    }
    let dotted = "a.".repeat(DEEPEST);
    let _ = format!("{dotted}a = 1").parse::<tower_failover::config::Config>();
    let _ = format!("[{dotted}a]").parse::<tower_failover::config::Config>();
}
