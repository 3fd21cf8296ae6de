//! Requests, written: from any caller's conversation, or from one that was read in this dialect.
//!
//! A request of this dialect is written as it was read, with what it kept that the hub has no place for. For
//! callers of another dialect the provider keeps no state, so thoughts are asked for encrypted: they come back
//! with the conversation.

mod calls;
mod items;
mod kept;
mod media;
mod object;
mod settings;
mod tools;

use std::borrow::Cow;

use serde_json::value::RawValue;

use self::items::Items;
use self::kept::Kept;
use self::object::Object;
use crate::dialect::canonical::{Extras, Position, Request};
use crate::dialect::openai::{names, shared::fits};
use crate::dialect::openai_responses::NAME;
use crate::dialect::{Encoded, Target, ToolNames};
use crate::facts::Losses;
use crate::failure::{Class, Failure, Report};

/// The vendor's other dialect: some of its settings are this one's, too.
const CHAT: &str = "openai-chat";

/// Writes a member's request.
pub(crate) fn encode(
    request: &Request<'_>,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Encoded, Failure> {
    let is_own = request.names.dialect == NAME;
    let kept = if is_own { Kept::of(&request.extra) } else { Kept::default() };
    let tool_names = ToolNames::default();
    let mut writer =
        Writer { request, extras: Extras::of(request), target, losses, tool_names, is_own, kept };
    let written = Items::write(&mut writer)?;
    let mut out = Vec::with_capacity(written.input.len() + 1024);
    let mut body = Object::new(&mut out, writer.kept.top());
    body.text("model", target.model);
    match (written.instructions, writer.form_in_words()) {
        (Some(instructions), Some(form)) => body.text("instructions", &format!("{instructions}\n\n{form}")),
        (Some(instructions), None) => body.text("instructions", instructions),
        (None, Some(form)) => body.text("instructions", &form),
        (None, None) => {}
    }
    if !written.input.is_empty() {
        body.json("input", &written.input);
    }
    if is_own {
        writer.own_state(&mut body);
    }
    writer.tools(&mut body);
    writer.settings(&mut body);
    if request.stream {
        body.json("stream", b"true");
    }
    body.end();
    Ok(Encoded { body: out, tool_names: writer.tool_names })
}

/// What one translation needs at hand.
struct Writer<'a, 't, 'l> {
    request: &'a Request<'a>,
    extras: Extras<'a, 'a>,
    target: &'t Target<'t>,
    losses: &'l mut Losses,
    tool_names: ToolNames,
    /// The caller speaks this dialect.
    is_own: bool,
    kept: Kept<'a>,
}

impl<'a> Writer<'a, '_, '_> {
    /// The name of a tool as the API takes it; noted, so that answers can be given the caller's.
    fn tool_name(&mut self, name: &'a str) -> Cow<'a, str> {
        if self.is_own {
            return Cow::Borrowed(name);
        }
        let member = names::tool_name(name);
        if member != name {
            self.tool_names.insert(&*member, name);
        }
        member
    }

    /// A setting of the vendor's other dialect that is one of this, too.
    fn shared(&self, name: &str) -> Option<&'a RawValue> {
        let extra = self.extras.at(name)?;
        (self.request.names.dialect == CHAT && fits(name, &extra.value)).then_some(&extra.value)
    }

    fn own_state(&self, body: &mut Object<'_>) {
        // A stored item stands in the input.
        if let Some(state) = self.request.state.as_ref().filter(|state| !state.path.contains('[')) {
            body.json(&state.path, state.value.get().as_bytes());
        }
    }

    fn unsupported(&self, position: Position, field: &str) -> Failure {
        let path = self.request.names.part(position, field).into_owned();
        let mut report = Report::new(format!("This model cannot be sent '{path}'."));
        report.param = Some(path);
        Failure::new(Class::Unsupported).with_report(report)
    }
}
