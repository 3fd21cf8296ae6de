//! A member's request, written.

mod media;
mod names;
mod results;
mod seals;
mod settings;
mod thinking;
mod tools;
mod turns;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::family::Family;
use super::json;
use crate::dialect::canonical::{Content, Extras, Position, Request, Role};
use crate::dialect::gemini::NAME;
use crate::dialect::{Encoded, Target, ToolNames};
use crate::facts::Losses;
use crate::failure::{Class, Failure, Report};

/// One request on its way to a member.
struct Writer<'w, 'a> {
    request: &'w Request<'a>,
    extras: Extras<'w, 'a>,
    target: &'w Target<'w>,
    family: Family,
    losses: &'w mut Losses,
    tool_names: ToolNames,
    /// The first turns, which are the operator's and go into `systemInstruction`.
    leading: usize,
    /// The caller speaks this dialect too: what only it knows goes on.
    is_own: bool,
    /// Calls by their ids: a result must say the name of what was called.
    called: HashMap<&'w str, &'w str>,
}

/// Writes `request` for `target`.
pub(crate) fn encode(
    request: &Request<'_>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Encoded, Failure> {
    let mut writer = Writer {
        request,
        extras: Extras::of(request),
        target,
        family: Family::of(target),
        losses,
        tool_names: ToolNames::default(),
        leading: leading(request),
        is_own: request.names.dialect == NAME,
        called: called(request),
    };
    let mut body = Vec::with_capacity(1024);
    body.push(b'{');
    writer.write(&mut body)?;
    body.push(b'}');
    Ok(Encoded { body, tool_names: writer.tool_names })
}

/// How many of the first turns are instructions. A conversation of nothing else keeps its last one as the
/// question: there has to be one.
fn leading(request: &Request<'_>) -> usize {
    let turns = &request.turns;
    let is_operator = |role| matches!(role, Role::System | Role::Developer);
    let leading = turns.iter().take_while(|turn| is_operator(turn.role)).count();
    if leading > 0 && leading == turns.len() { leading - 1 } else { leading }
}

fn called<'w>(request: &'w Request<'_>) -> HashMap<&'w str, &'w str> {
    let parts = request.turns.iter().flat_map(|turn| &turn.parts);
    let calls = parts.filter_map(|part| match &part.content {
        Content::ToolCall(call) => Some((&*call.id, &*call.name)),
        _ => None,
    });
    calls.collect()
}

impl<'w> Writer<'w, '_> {
    fn write(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        if let Some(state) = &self.request.state {
            json::raw_field(body, &state.path, state.value.get());
        }
        let form = self.form();
        self.contents(body)?;
        self.system(body, &form)?;
        self.tools(body);
        self.tool_config(body);
        json::object_field(body, "generationConfig", |out| self.generation(out, &form));
        self.labels(body);
        if self.is_own {
            self.rest(body, "", &[]);
        } else {
            for extra in &self.request.extra {
                extra.note(self.losses);
            }
        }
        Ok(())
    }

    /// The path of a part in the caller's words.
    fn path(&self, position: Position, field: &str) -> Cow<'static, str> {
        self.request.names.part(position, field)
    }

    /// The member cannot be sent this, and without it the question would be another.
    fn unsupported(&self, position: Position, why: &str) -> Failure {
        refuse(&self.path(position, ""), why)
    }

    /// The name of a tool as the API takes it. A caller of this dialect has to know what it takes.
    fn tool_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        if self.is_own { Cow::Borrowed(name) } else { names::tool(name) }
    }

    /// What a caller of this dialect has written at `path`, where the request holds it in other words, too.
    fn wording(&self, path: &str) -> Option<&'w RawValue> {
        let extras = self.is_own.then_some(&self.extras)?;
        extras.at(path).map(|extra| &*extra.value)
    }

    /// Writes the fields below `path` that only this dialect knows, but for those `written` already.
    fn rest(&self, out: &mut Vec<u8>, path: &str, written: &[&str]) {
        if !self.is_own {
            return;
        }
        for (name, extra) in self.extras.below(path).filter(|(name, _)| !written.contains(name)) {
            json::raw_field(out, name, extra.value.get());
        }
    }
}

/// A member that cannot carry what the request needs.
fn refuse(path: &str, why: &str) -> Failure {
    let report = Report { param: Some(path.to_owned()), ..Report::new(format!("{path}: {why}")) };
    Failure::new(Class::Unsupported).with_report(report)
}
