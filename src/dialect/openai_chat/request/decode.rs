use std::borrow::Cow;

use serde_json::value::RawValue;

use super::message;
use super::peek;
use super::read::{self, Object, Path};
use super::tool;
use crate::dialect::Invalid;
use crate::dialect::canonical::{
    Effort, Extra, Json, Names, OutputFormat, ReasoningRequest, Request, Sampling, Text,
};

/// The dialect's words, by which of two fields the caller used for tools, for the limit and for the end user.
static NAMES: [[[Names; 2]; 2]; 2] = [by_limit("tool_choice"), by_limit("function_call")];

const fn by_limit(tool_choice: &'static str) -> [[Names; 2]; 2] {
    [by_user(tool_choice, "max_tokens"), by_user(tool_choice, "max_completion_tokens")]
}

const fn by_user(tool_choice: &'static str, max_tokens: &'static str) -> [Names; 2] {
    [names(tool_choice, max_tokens, "user"), names(tool_choice, max_tokens, "safety_identifier")]
}

const fn names(tool_choice: &'static str, max_tokens: &'static str, user: &'static str) -> Names {
    Names {
        dialect: crate::dialect::openai_chat::NAME,
        turns: "messages",
        max_tokens,
        stop: "stop",
        temperature: "temperature",
        top_p: "top_p",
        top_k: "top_k",
        frequency_penalty: "frequency_penalty",
        presence_penalty: "presence_penalty",
        seed: "seed",
        tools: "tools",
        tool_choice,
        parallel_tool_calls: "parallel_tool_calls",
        output: "response_format",
        reasoning: "reasoning_effort",
        effort: "reasoning_effort",
        thoughts: "",
        shows_thoughts: false,
        user,
        choices: "n",
        logprobs: "logprobs",
        metadata: "metadata",
        service_tier: "service_tier",
        function: "function.",
        parameters: "parameters",
        strict: None,
        call_id: "id",
        call_name: "function.name",
        result_id: "tool_call_id",
        detail: "image_url.detail",
        file_name: ["file.filename", "file.filename"],
        seal: "",
    }
}

/// Reads a caller's request.
pub(crate) fn decode(body: &[u8]) -> Result<Request<'_>, Invalid> {
    let root = &Path::Root;
    let mut fields = Object::whole(body)?;
    let model = peek::model(&mut fields)?;
    let messages = fields.take("messages").ok_or_else(|| root.field("messages").missing())?;
    let mut request = Request::new(&NAMES[0][0][0], model);
    request.turns = message::decode(&root.field("messages"), messages, &mut request.extra)?;
    request.stream = fields.boolean(root, "stream")?.unwrap_or(false);
    request.sampling = sampling(&mut fields)?;
    let is_legacy = tool::decode(&mut fields, &mut request)?;
    limits(&mut fields, &mut request, is_legacy)?;
    request.output = output(&mut fields, &mut request.extra)?;
    request.reasoning = reasoning(&mut fields, &mut request.extra)?;
    service(&mut fields, &mut request)?;
    stream_options(&mut fields, &mut request)?;
    for (name, value) in fields.rest().filter(|(name, value)| !is_default(name, value)) {
        request.extra.push(Extra::new(name, Cow::Borrowed(value)));
    }
    Ok(request)
}

fn sampling<'a>(fields: &mut Object<'a>) -> Result<Sampling<'a>, Invalid> {
    let mut take = |name| -> Result<Option<Json<'a>>, Invalid> {
        let Some(value) = fields.take(name) else { return Ok(None) };
        read::number(&Path::Root.field(name), value).map(|number| Some(Cow::Borrowed(number)))
    };
    // Without effect, and so nothing to lose; temperature and `top_p` differ in their defaults by model.
    let is_set = |value: &Json<'_>| value.get().parse() != Ok(0.0);
    Ok(Sampling {
        temperature: take("temperature")?,
        top_p: take("top_p")?,
        top_k: take("top_k")?,
        frequency_penalty: take("frequency_penalty")?.filter(is_set),
        presence_penalty: take("presence_penalty")?.filter(is_set),
        seed: take("seed")?,
    })
}

/// The limits, and with them the words that the caller uses.
fn limits<'a>(fields: &mut Object<'a>, request: &mut Request<'a>, is_legacy: bool) -> Result<(), Invalid> {
    let root = &Path::Root;
    let completion = fields.take("max_completion_tokens");
    let name = if completion.is_some() { "max_completion_tokens" } else { "max_tokens" };
    if let Some(value) = completion.or_else(|| fields.take("max_tokens")) {
        request.max_tokens = Some(read::count(&root.field(name), value)?);
    }
    let identifier = fields.text(root, "safety_identifier")?;
    let is_identifier = identifier.is_some();
    request.user = match identifier {
        Some(identifier) => Some(identifier),
        None => fields.text(root, "user")?,
    };
    let names = &NAMES[usize::from(is_legacy)][usize::from(completion.is_some())];
    request.names = &names[usize::from(is_identifier)];
    request.stop = stop(fields)?;
    Ok(())
}

fn stop<'a>(fields: &mut Object<'a>) -> Result<Vec<Text<'a>>, Invalid> {
    let path = &Path::Root.field("stop");
    let Some(value) = fields.take("stop") else { return Ok(Vec::new()) };
    if value.get().starts_with('"') {
        return Ok(vec![read::text(path, value)?]);
    }
    let items = read::list(path, value)?;
    items.into_iter().enumerate().map(|(index, item)| read::text(&path.index(index), item)).collect()
}

fn output<'a>(fields: &mut Object<'a>, extra: &mut Vec<Extra<'a>>) -> Result<OutputFormat<'a>, Invalid> {
    let path = &Path::Root.field("response_format");
    let Some(mut format) = fields.object(&Path::Root, "response_format")? else {
        return Ok(OutputFormat::Text);
    };
    let read = match &*format.required_text(path, "type")? {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let inner = format.required_object(path, "json_schema")?;
            json_schema(&path.field("json_schema"), inner, extra)?
        }
        other => return Err(path.field("type").unknown(other)),
    };
    format.note_rest(path, extra);
    Ok(read)
}

fn json_schema<'a>(
    path: &Path<'_>,
    mut fields: Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<OutputFormat<'a>, Invalid> {
    let read = OutputFormat::JsonSchema {
        name: fields.text(path, "name")?,
        description: fields.text(path, "description")?,
        // Without a schema any object fits.
        schema: fields.take("schema").map_or_else(any_object, |schema| Ok(Cow::Borrowed(schema)))?,
        strict: fields.boolean(path, "strict")?,
    };
    fields.note_rest(path, extra);
    Ok(read)
}

fn any_object<'a>() -> Result<Json<'a>, Invalid> {
    Ok(Cow::Owned(RawValue::from_string(r#"{"type":"object"}"#.to_owned())?))
}

fn reasoning<'a>(
    fields: &mut Object<'a>,
    extra: &mut Vec<Extra<'a>>,
) -> Result<Option<ReasoningRequest<'a>>, Invalid> {
    const FIELD: &str = "reasoning_effort";
    let Some(value) = fields.take(FIELD) else { return Ok(None) };
    let word = read::text(&Path::Root.field(FIELD), value)?;
    let Some(effort) = Effort::parse(&word) else {
        // Groq's word for as much as the model likes, which is what it does untold.
        let is_moot = word == "default";
        extra.push(Extra { is_moot, ..Extra::new(FIELD, Cow::Borrowed(value)) });
        return Ok(None);
    };
    Ok(Some(ReasoningRequest {
        effort: Some(effort),
        disabled: effort == Effort::None,
        raw: Some(Cow::Borrowed(value)),
        ..ReasoningRequest::default()
    }))
}

/// How many answers, in what detail, under which labels, how fast.
fn service<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let root = &Path::Root;
    let choices = fields.take("n").map(|value| read::count(&root.field("n"), value)).transpose()?;
    request.choices = choices.filter(|choices| *choices > 1);
    if fields.boolean(root, "logprobs")? == Some(true) {
        let top = fields.take("top_logprobs");
        let top = top.map(|value| read::count(&root.field("top_logprobs"), value)).transpose()?;
        request.logprobs = Some(top.unwrap_or(0));
    }
    request.metadata = match fields.take("metadata") {
        Some(value) if is_default("metadata", value) => None,
        Some(value) if value.get().starts_with('{') => Some(Cow::Borrowed(value)),
        Some(value) => return Err(root.field("metadata").wrong("an object", value)),
        None => None,
    };
    let is_special = |tier: &Text<'_>| !matches!(&**tier, "auto" | "default");
    request.service_tier = fields.text(root, "service_tier")?.filter(is_special);
    Ok(())
}

fn stream_options<'a>(fields: &mut Object<'a>, request: &mut Request<'a>) -> Result<(), Invalid> {
    let path = &Path::Root.field("stream_options");
    let Some(mut options) = fields.object(&Path::Root, "stream_options")? else { return Ok(()) };
    request.wants_usage = options.boolean(path, "include_usage")?.unwrap_or(false);
    for (name, value) in options.rest().filter(|(_, value)| value.get() != "false") {
        let path = Cow::Owned(path.field(&name).to_string());
        request.extra.push(Extra::new(path, Cow::Borrowed(value)));
    }
    Ok(())
}

/// Does it say what holds without it, too? Then nothing is lost with it.
pub(super) fn is_default(name: &str, value: &RawValue) -> bool {
    let json = value.get();
    match name {
        "n" => json == "1",
        "logprobs" | "store" => json == "false",
        "top_logprobs" => json == "0",
        "service_tier" => matches!(json, r#""auto""# | r#""default""#),
        "verbosity" => json == r#""medium""#,
        "modalities" => json.chars().filter(|c| !c.is_whitespace()).eq(r#"["text"]"#.chars()),
        "logit_bias" | "metadata" => super::super::wire::is_empty(value),
        _ => false,
    }
}
