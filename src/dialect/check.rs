//! What a model cannot take, and without which another question would be asked.

use std::borrow::Cow;

use http::StatusCode;

use super::canonical::{Content, OutputFormat, Part, Position, Request, Source, Tool};
use super::json_schema::Nesting;
use super::{Capabilities, Target};
use crate::failure::table::THREAD_NOT_FOUND;
use crate::failure::{Class, Failure, Report};

/// The characters that a token never stands for more of, on the average of a long text. Usual ones stand for four.
const CHARS_PER_TOKEN: u64 = 8;

/// Refuses a request that the model behind `dialect` is known to be unable to serve, before it is written.
///
/// # Errors
/// [`Class::Unsupported`], naming the field, for what it cannot take: state that another provider keeps, tools,
/// media. [`Class::InvalidRequest`] for a thread that only another provider knows, and for a schema that nobody
/// follows to its end. [`Class::ContextOverflow`] where the text is certainly too long: a larger member may be asked, and a
/// caller whose request fits nobody learns why.
pub(super) fn check(request: &Request<'_>, target: &Target<'_>, dialect: &str) -> Result<(), Failure> {
    let known = target.capabilities;
    if let Some(state) = request.state.as_ref().filter(|_| request.names.dialect != dialect) {
        return Err(stored_elsewhere(&state.path));
    }
    let is_function = |tool: &Tool<'_>| matches!(tool, Tool::Function { .. });
    if !known.tools && request.tools.iter().any(is_function) {
        return Err(unsupported(request.names.tools, "the model takes no tools"));
    }
    check_nesting(request)?;
    let mut chars = 0;
    for part in request.turns.iter().flat_map(|turn| &turn.parts) {
        visit(request, known, part, &mut chars)?;
    }
    match known.context {
        Some(context) if bytes_of(request, chars) / CHARS_PER_TOKEN > context => fits(request, context),
        _ => Ok(()),
    }
}

/// A schema is read once for each of its levels. One that no provider takes is not worth that.
fn check_nesting(request: &Request<'_>) -> Result<(), Failure> {
    let mut nesting = Nesting::default();
    for (index, tool) in request.tools.iter().enumerate() {
        if let Tool::Function { parameters: Some(schema), .. } = tool {
            if !nesting.takes(schema) {
                return Err(too_deep(&request.parameters(index)));
            }
        }
    }
    match &request.output {
        OutputFormat::JsonSchema { schema, .. } if !nesting.takes(schema) => {
            Err(too_deep(request.names.output))
        }
        _ => Ok(()),
    }
}

fn too_deep(path: &str) -> Failure {
    let message = format!("{path}: {}", Nesting::TOO_DEEP);
    let report = Report { param: Some(path.to_owned()), ..Report::new(message) };
    Failure::new(Class::InvalidRequest).with_status(StatusCode::BAD_REQUEST).with_report(report)
}

/// Looks at one part, and those within it, and counts the bytes of its text.
fn visit(
    request: &Request<'_>,
    known: &Capabilities,
    part: &Part<'_>,
    bytes: &mut u64,
) -> Result<(), Failure> {
    let refused = match &part.content {
        Content::Image { .. } if !known.images => Some("the model takes no images"),
        Content::Document { source, .. } if !known.documents && !is_text(source) => {
            Some("the model takes no documents")
        }
        Content::Audio { .. } if !known.audio => Some("the model takes no audio"),
        _ => None,
    };
    if let Some(why) = refused {
        return Err(unsupported(&path(request, part.position), why));
    }
    each_text(&part.content, &mut |text| *bytes += text.len() as u64);
    if let Content::ToolResult(result) = &part.content {
        result.parts.iter().try_for_each(|part| visit(request, known, part, bytes))?;
    }
    Ok(())
}

/// A document of text is written as text.
fn is_text(source: &Source<'_>) -> bool {
    match source {
        Source::Text(_) => true,
        Source::Base64 { media_type, .. } => media_type.starts_with("text/"),
        _ => false,
    }
}

/// The texts of a part: not media, whose tokens have nothing to do with its bytes, and not thoughts, which most
/// providers leave out.
fn each_text(content: &Content<'_>, each: &mut dyn FnMut(&str)) {
    match content {
        Content::Text(text) | Content::Refusal(text) => each(text),
        Content::Document { source: Source::Text(text), .. } => each(text),
        Content::ToolCall(call) => each(&call.arguments),
        _ => {}
    }
}

fn bytes_of(request: &Request<'_>, of_parts: u64) -> u64 {
    let mut bytes = of_parts;
    each_tool(request, &mut |text| bytes += text.len() as u64);
    bytes
}

fn each_tool(request: &Request<'_>, each: &mut dyn FnMut(&str)) {
    for tool in &request.tools {
        if let Tool::Function { description, parameters, .. } = tool {
            each(description.as_deref().unwrap_or_default());
            each(parameters.as_ref().map_or("", |schema| schema.get()));
        }
    }
}

/// A closer look: some writing takes three bytes for a character, and a run of one character can be one token.
fn fits(request: &Request<'_>, context: u64) -> Result<(), Failure> {
    let mut chars = 0;
    let mut count = |text: &str| {
        let mut last = None;
        chars += text.chars().filter(|char| last.replace(*char) != Some(*char)).count() as u64;
    };
    for part in request.turns.iter().flat_map(|turn| &turn.parts) {
        each_text(&part.content, &mut count);
        if let Content::ToolResult(result) = &part.content {
            result.parts.iter().for_each(|part| each_text(&part.content, &mut count));
        }
    }
    each_tool(request, &mut count);
    let least = chars / CHARS_PER_TOKEN;
    if least <= context {
        return Ok(());
    }
    let message = format!(
        "The request is too long: it has more than {least} tokens, and the model's context holds {context}."
    );
    let report = Report { param: Some(request.names.turns.to_owned()), ..Report::new(message) };
    Err(Failure::new(Class::ContextOverflow).with_report(report).refused_here())
}

fn path(request: &Request<'_>, position: Position) -> Cow<'static, str> {
    request.names.part(position, "")
}

/// To whom has a thread the code says that all is to be sent again, which Anthropic's SDKs then do by themselves. So
/// it is the caller's to change the request, whoever else may be back later.
fn stored_elsewhere(path: &str) -> Failure {
    if path != "thread" {
        return unsupported(path, "it is stored at another provider");
    }
    let message = "thread: it is stored at another provider; send the whole conversation to begin a new one";
    let code = Some(THREAD_NOT_FOUND.to_owned());
    let report = Report { code, param: Some(path.to_owned()), ..Report::new(message) };
    Failure::new(Class::InvalidRequest).with_status(StatusCode::NOT_FOUND).with_report(report)
}

fn unsupported(path: &str, why: &str) -> Failure {
    let report = Report { param: Some(path.to_owned()), ..Report::new(format!("{path}: {why}")) };
    Failure::new(Class::Unsupported).with_report(report)
}
