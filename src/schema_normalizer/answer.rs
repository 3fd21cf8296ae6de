use bytes::Bytes;
use http::StatusCode;
use http::response::Parts;
use serde::de::IgnoredAny;

use super::error::Unreadable;
use super::exchange::Exchange;
use super::headers::request_id;
use crate::dialect::canonical::{Answer, Choice, Content, Event, Finish};
use crate::dialect::surrogates::leniently;
use crate::dialect::{Dialect, Encode, ToolNames};
use crate::facts::Secret;
use crate::failure::Failure;

impl<F: Dialect, M: Dialect> Exchange<F, M> {
    /// A whole answer, in the caller's dialect.
    pub(super) fn translate(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        leniently(body, |body| self.translate_strictly(body))
    }

    fn translate_strictly(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let answer = self.read(body)?;
        Ok(self.front.encode_answer(&answer, &self.reply()))
    }

    /// A whole answer where a stream was asked for, as the stream it might have been.
    pub(super) fn present(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        leniently(body, |body| self.present_strictly(body))
    }

    fn present_strictly(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let answer = self.read(body)?;
        let mut encoder = self.front.encoder(self.reply());
        let mut out = Vec::with_capacity(2 * body.len());
        answer.events(&mut |event| {
            // The end is for `finish` to write.
            if !matches!(event, Event::End) {
                encoder.encode(&event, &mut out);
            }
        });
        if encoder.finish(&mut out) { Ok(out) } else { Err(Unreadable::Unfinished.failure()) }
    }

    /// The failure that an error response tells of. `body` may be cut, and then is not passed on.
    pub(super) fn failure(&self, parts: &Parts, body: Bytes, is_cut: bool) -> Failure {
        let status = parts.status;
        let failure = self.member.decode_error(Some(status), &body);
        let mut report = failure.report().cloned().unwrap_or_default();
        report.request_id = request_id(&parts.headers).or(report.request_id);
        let is_kept = self.is_same() && is_error(status) && !is_cut && is_json_object(&body);
        report.verbatim = is_kept.then_some(body);
        let failure = failure.with_status(status).with_report(report);
        let failure = Secret::mask(&parts.extensions, failure);
        failure.with_hints(&parts.headers, std::time::SystemTime::now())
    }

    fn read<'a>(&'a self, body: &'a [u8]) -> Result<Answer<'a>, Failure> {
        let mut answer = match self.member.decode_answer(body) {
            Ok(answer) if !answer.choices.is_empty() => answer,
            // An error in disguise knows best what it is.
            Ok(_) => return Err(self.disguised(body).unwrap_or_else(|| Unreadable::Foreign.failure())),
            Err(invalid) => {
                let foreign = || Unreadable::Foreign.failure().with_source(invalid);
                return Err(self.disguised(body).unwrap_or_else(foreign));
            }
        };
        if answer.choices.iter().any(|choice| choice.finish == Some(Finish::Error)) {
            return Err(Unreadable::Failed.failure());
        }
        if answer.choices.iter().any(is_malformed) {
            return Err(Unreadable::Arguments.failure());
        }
        if says_something(&answer) {
            self.checked.pass();
        }
        if !self.tool_names.is_empty() {
            for part in answer.choices.iter_mut().flat_map(|choice| &mut choice.parts) {
                restore(part, &self.tool_names);
            }
        }
        Ok(answer)
    }

    fn disguised(&self, body: &[u8]) -> Option<Failure> {
        self.member.check_answer(body).err()
    }
}

/// Is it an answer in any dialect? Not all of them show more than the first choice, or thoughts.
fn says_something(answer: &Answer<'_>) -> bool {
    let is_explained = |finish: &Finish<'_>| finish.explains_nothing_said();
    let is_said = |part: &Content<'_>| match part {
        Content::Text(text) | Content::Refusal(text) => !text.is_empty(),
        part => matches!(part, Content::ToolCall(_)),
    };
    answer.choices.iter().any(|choice| choice.finish.as_ref().is_some_and(is_explained))
        || answer.choices.first().is_some_and(|choice| choice.parts.iter().any(is_said))
}

/// Does it call a tool with what is no JSON object? `null` and nothing at all stand for one. Where the answer was cut off, that is what the model had said so far,
/// and the caller is told why there is no more of it.
fn is_malformed(choice: &Choice<'_>) -> bool {
    let is_explained = choice.finish.as_ref().is_some_and(Finish::explains_nothing_said);
    let is_object = |text: &str| {
        let text = text.trim_ascii();
        let may_be = text.is_empty() || text == "null" || text.starts_with('{');
        may_be && (text.is_empty() || serde_json::from_str::<IgnoredAny>(text).is_ok())
    };
    let is_bad = |part: &Content<'_>| matches!(part, Content::ToolCall(call) if !is_object(&call.arguments));
    !is_explained && choice.parts.iter().any(is_bad)
}

fn restore<'a>(part: &mut Content<'a>, names: &'a ToolNames) {
    if let Content::ToolCall(call) = part {
        call.name = match std::mem::take(&mut call.name) {
            std::borrow::Cow::Borrowed(name) => names.restore(name).into(),
            std::borrow::Cow::Owned(name) => names.restore(&name).to_owned().into(),
        };
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// A proxy's page of HTML is no error that an SDK can read.
fn is_json_object(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}
