//! A member's request, written.

mod base64;
mod names;
mod settings;
mod thinking;
mod tools;
mod turns;

use std::borrow::Cow;

use self::settings::Form;
use super::{NAME, json};
use crate::dialect::canonical::{Content, Extras, Json, Position, Request, Role};
use crate::dialect::{Capabilities, Encoded, Target, ToolNames};
use crate::facts::Losses;
use crate::failure::{Class, Failure, Report};

/// One request on its way to a member.
struct Writer<'w, 'a> {
    request: &'w Request<'a>,
    extras: Extras<'w, 'a>,
    known: &'w Capabilities,
    losses: &'w mut Losses,
    tool_names: ToolNames,
    /// The first turns, which are the operator's and go into `system`.
    leading: usize,
    /// The caller speaks this dialect too: what only it knows may go on.
    is_own: bool,
}

/// Writes `request` for `target`.
pub(super) fn encode(
    request: &Request<'_>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Encoded, Failure> {
    let mut writer = Writer {
        request,
        extras: Extras::of(request),
        known: target.capabilities.behind(NAME),
        losses,
        tool_names: ToolNames::default(),
        leading: 0,
        is_own: request.names.dialect == NAME,
    };
    writer.leading = writer.count_leading();
    let mut body = Vec::with_capacity(1024);
    body.push(b'{');
    json::string_field(&mut body, "model", target.model);
    writer.write(&mut body)?;
    body.push(b'}');
    Ok(Encoded { body, tool_names: writer.tool_names })
}

impl<'a> Writer<'_, 'a> {
    fn write(&mut self, body: &mut Vec<u8>) -> Result<(), Failure> {
        let max_tokens = self.max_tokens();
        let ends_with_assistant = self.prefill()?;
        let tools = self.tools();
        let choice = self.choice(&tools);
        let thought = self.thought(max_tokens, choice.is_forced, ends_with_assistant);
        let form = self.form();
        json::number_field(body, "max_tokens", max_tokens);
        self.system(body, &form)?;
        self.messages(body)?;
        tools.write(body);
        choice.write(body);
        thought.write(body);
        let schema = match &form {
            Form::Schema(schema) => Some(&**schema),
            Form::Any | Form::Instruction(_) => None,
        };
        settings::write_output_config(body, thought.effort, schema);
        self.sampling(body, thought.is_on);
        self.stop(body);
        if let Some(user) = &self.request.user {
            json::raw_field(body, "metadata", "{");
            json::string_field(body, "user_id", user);
            body.push(b'}');
        }
        self.service(body);
        if self.request.stream {
            json::raw_field(body, "stream", "true");
        }
        for extra in &self.request.extra {
            extra.note(self.losses);
        }
        Ok(())
    }

    /// How many of the first turns go into `system`. A conversation of instructions only keeps its last one
    /// as the question: there has to be one.
    fn count_leading(&mut self) -> usize {
        let turns = &self.request.turns;
        let is_operator = |role| matches!(role, Role::System | Role::Developer);
        let leading = turns.iter().take_while(|turn| is_operator(turn.role)).count();
        if leading > 0 && leading == turns.len() { leading - 1 } else { leading }
    }

    /// Does the conversation end with words of the assistant that are to be continued?
    fn prefill(&self) -> Result<bool, Failure> {
        let said = |turn: &&crate::dialect::canonical::Turn<'a>| {
            let counts =
                |content: &Content<'_>| !matches!(content, Content::Text(text) if text.trim().is_empty());
            turn.role == Role::Assistant && turn.parts.iter().any(|part| counts(&part.content))
        };
        let Some(part) = self.request.turns.last().filter(said).and_then(|turn| turn.parts.last()) else {
            return Ok(false);
        };
        if self.known.prefill {
            return Ok(true);
        }
        Err(self.unsupported(part.position, "", "the model does not continue a turn of the assistant"))
    }

    /// The path of a part in the caller's words.
    fn path(&self, position: Position, field: &str) -> Cow<'static, str> {
        self.request.names.part(position, field)
    }

    /// The member cannot be sent this, and without it the question would be another.
    fn unsupported(&self, position: Position, field: &str, why: &str) -> Failure {
        let path = self.path(position, field).into_owned();
        let report = Report { param: Some(path.clone()), ..Report::new(format!("{path}: {why}")) };
        Failure::new(Class::Unsupported).with_report(report)
    }

    /// A wish to cache the prompt, if it is worded as this dialect words it.
    fn cache(&mut self, out: &mut Vec<u8>, wish: &Json<'_>, path: &dyn Fn() -> Cow<'static, str>) {
        #[derive(serde::Deserialize)]
        struct Control<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
        }
        let control = serde_json::from_str::<Control<'_>>(wish.get());
        if control.is_ok_and(|control| control.kind == "ephemeral") {
            json::raw_field(out, "cache_control", wish.get());
        } else {
            self.losses.dropped(path());
        }
    }
}
