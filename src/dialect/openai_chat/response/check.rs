use http::StatusCode;
use serde::de::IgnoredAny;

use super::finish::is_failure;
use super::plain::is_plain;
use crate::dialect::broken_off::broken_off;
use crate::dialect::openai_chat::{error, wire};
use crate::failure::{Class, Failure, Report};

/// Is a 200 with this body an answer?
pub(crate) fn check(body: &[u8]) -> Result<(), Failure> {
    if is_plain(body) { Ok(()) } else { check_by_reading(body) }
}

pub(super) fn check_by_reading(body: &[u8]) -> Result<(), Failure> {
    let answer: wire::Answer<'_> = match wire::object(body) {
        Ok(answer) => answer,
        // Not an answer, but perhaps an error in one of its many shapes.
        Err(_) if error::is_error(body) => return Err(error::decode(None, body)),
        Err(invalid) => return Err(no_answer(error::describe(body).unwrap_or(invalid.message()))),
    };
    let choices = answer.choices.unwrap_or_default();
    if answer.error.is_some() || (choices.is_empty() && error::is_error(body)) {
        return Err(error::decode(None, body));
    }
    if choices.iter().any(has_failed) {
        return Err(broken_off().with_status(StatusCode::OK));
    }
    if choices.iter().any(is_malformed) {
        return Err(no_answer("The answer calls a tool with arguments that are not JSON."));
    }
    match choices.iter().any(says_something) {
        true => Ok(()),
        false if choices.is_empty() => Err(no_answer("The answer has no choices.")),
        false => Err(no_answer("The answer is empty.")),
    }
}

fn has_failed(choice: &wire::Choice<'_>) -> bool {
    wire::text(choice.finish_reason).is_some_and(|word| is_failure(&word))
}

fn says_something(choice: &wire::Choice<'_>) -> bool {
    // Nothing may be left to say where the limit or a filter came first.
    is_cut(choice) || choice.message.as_ref().is_some_and(wire::Message::says_something)
}

/// Did a limit or a filter end it?
pub(crate) fn is_cut(choice: &wire::Choice<'_>) -> bool {
    let reason = wire::text(choice.finish_reason);
    matches!(reason.as_deref(), Some("length" | "content_filter" | "max_tokens" | "model_length"))
}

/// Does it call a tool with what is not JSON, though nothing cut it off? Of answers without calls nothing is read
/// for this.
fn is_malformed(choice: &wire::Choice<'_>) -> bool {
    let calls = choice.message.iter().flat_map(|message| message.tool_calls.iter().flatten());
    let is_json = |arguments: &str| {
        arguments.trim().is_empty() || serde_json::from_str::<IgnoredAny>(arguments).is_ok()
    };
    let mut functions = calls.filter_map(|call| call.function.as_ref());
    functions.any(|function| !is_json(&function.arguments())) && !is_cut(choice)
}

fn no_answer(why: &str) -> Failure {
    Failure::new(Class::InvalidOutput).with_status(StatusCode::OK).with_report(Report::new(why))
}
