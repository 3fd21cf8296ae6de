use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::json;
use super::super::wire::Object;
use super::{Writer, names};
use crate::dialect::canonical::{Content, Json, Tool, ToolChoice};
use crate::dialect::json_schema::{self, Reduced, Subset};

/// The tools as written.
pub(super) struct Tools {
    list: Vec<u8>,
    names: Vec<String>,
    /// They stand only for those that the conversation has used: none may be called.
    are_stubs: bool,
}

impl Tools {
    pub(super) fn write(&self, body: &mut Vec<u8>) {
        if !self.list.is_empty() {
            json::key(body, "tools");
            body.push(b'[');
            body.extend_from_slice(&self.list);
            body.push(b']');
        }
    }

    fn next(&mut self, name: &str) -> &mut Vec<u8> {
        self.names.push(name.to_owned());
        if !self.list.is_empty() {
            self.list.push(b',');
        }
        &mut self.list
    }
}

/// The `tool_choice` as written.
#[derive(Default)]
pub(super) struct Choice {
    text: Vec<u8>,
    /// A tool must be called.
    pub(super) is_forced: bool,
}

impl Choice {
    pub(super) fn write(&self, body: &mut Vec<u8>) {
        if !self.text.is_empty() {
            json::key(body, "tool_choice");
            body.extend_from_slice(&self.text);
        }
    }
}

impl<'a> Writer<'_, 'a> {
    /// Writes the tools.
    pub(super) fn tools(&mut self) -> Tools {
        let mut tools = Tools { list: Vec::new(), names: Vec::new(), are_stubs: false };
        let request = self.request;
        let allowed: Option<HashSet<&str>> = match &request.tool_choice {
            Some(ToolChoice::Allowed { names, .. }) => Some(names.iter().map(|name| &**name).collect()),
            _ => None,
        };
        let is_allowed = |name: &str| allowed.as_ref().is_none_or(|allowed| allowed.contains(name));
        for (index, tool) in request.tools.iter().enumerate() {
            match tool {
                Tool::Function { name, .. } if !is_allowed(name) => {}
                Tool::Function { name, .. } => {
                    let out = tools.next(name);
                    self.function(out, index, tool);
                }
                Tool::Hosted { value, .. } if self.is_own => {
                    let out = tools.next("");
                    out.extend_from_slice(value.get().as_bytes());
                }
                Tool::Hosted { kind, .. } => self.losses.essential(request.tool(index, kind)),
            }
        }
        if tools.names.is_empty() {
            self.stubs(&mut tools);
        }
        tools
    }

    fn function(&mut self, out: &mut Vec<u8>, index: usize, tool: &Tool<'a>) {
        let Tool::Function { name, description, parameters, strict, cache } = tool else { return };
        let request = self.request;
        let known = names::tool(name);
        if known != *name {
            self.losses.renamed(request.tool(index, "name"));
            self.tool_names.insert(known.clone(), name.clone());
        }
        out.push(b'{');
        json::string_field(out, "name", &known);
        if let Some(description) = description.as_ref().filter(|text| !text.is_empty()) {
            json::string_field(out, "description", description);
        }
        let wants_strict = *strict == Some(true);
        let schema = parameters.as_ref().filter(|_| wants_strict && self.known.structured);
        let schema = schema.map(|schema| json_schema::reduce(schema, Subset::AnthropicStrict));
        let is_strict =
            wants_strict && self.known.structured && !schema.as_ref().is_some_and(|schema| schema.is_refused);
        if wants_strict && !is_strict {
            self.losses.dropped(request.tool(index, "strict"));
        }
        json::key(out, "input_schema");
        match schema.filter(|schema| is_strict && has_type(&schema.text)) {
            Some(schema) => self.strict_schema(out, index, &schema),
            None => write_schema(out, parameters.as_ref()),
        }
        if is_strict {
            json::raw_field(out, "strict", "true");
        }
        if let Some(wish) = cache {
            self.cache(out, wish, &|| request.tool(index, "cache_control"));
        }
        out.push(b'}');
    }

    fn strict_schema(&mut self, out: &mut Vec<u8>, index: usize, schema: &Reduced) {
        if schema.has_lost {
            self.losses.approximated(self.extras.parameters(index));
        }
        out.extend_from_slice(&schema.text);
    }

    /// A conversation that has used tools must define them, though none may be called any more.
    fn stubs(&mut self, tools: &mut Tools) {
        let request = self.request;
        let mut known = HashSet::new();
        for part in request.turns.iter().flat_map(|turn| &turn.parts) {
            let Content::ToolCall(call) = &part.content else { continue };
            if !known.insert(&*call.name) {
                continue;
            }
            let out = tools.next(&call.name);
            out.push(b'{');
            json::string_field(out, "name", &names::tool(&call.name));
            json::raw_field(out, "input_schema", "{\"type\":\"object\"}}");
            tools.are_stubs = true;
        }
    }

    /// Writes whether and which tool must be called.
    pub(super) fn choice(&mut self, tools: &Tools) -> Choice {
        let parallel = self.request.parallel_tool_calls;
        if tools.list.is_empty() {
            return Choice::default();
        }
        let (mut kind, mut named) = match &self.request.tool_choice {
            _ if tools.are_stubs => ("none", None),
            Some(ToolChoice::None) => ("none", None),
            Some(ToolChoice::Required) => ("any", None),
            Some(ToolChoice::Tool(name)) => ("tool", Some(name)),
            Some(ToolChoice::Allowed { required, .. }) => {
                self.losses.approximated(self.request.names.tool_choice);
                (if *required { "any" } else { "auto" }, None)
            }
            Some(ToolChoice::Auto) => ("auto", None),
            None if parallel == Some(false) => ("auto", None),
            None => return Choice::default(),
        };
        let is_missing =
            !self.is_own && named.is_some_and(|name| !tools.names.iter().any(|tool| *tool == **name));
        let is_forced = matches!(kind, "any" | "tool");
        if is_missing || (is_forced && !self.known.forced_tool) {
            self.losses.approximated(self.request.names.tool_choice);
            (kind, named) = ("auto", None);
        }
        let mut text = b"{".to_vec();
        json::string_field(&mut text, "type", kind);
        if let Some(name) = named {
            let known = names::tool(name);
            if known != *name {
                self.losses.renamed(self.request.names.tool_choice);
            }
            json::string_field(&mut text, "name", &known);
        }
        if parallel == Some(false) && kind != "none" {
            json::raw_field(&mut text, "disable_parallel_tool_use", "true");
        }
        text.push(b'}');
        Choice { text, is_forced: matches!(kind, "any" | "tool") }
    }
}

#[derive(serde::Deserialize)]
struct Typed<'a> {
    #[serde(rename = "type", borrow, default)]
    kind: Option<&'a RawValue>,
}

fn has_type(schema: &[u8]) -> bool {
    serde_json::from_slice::<Object<Typed<'_>>>(schema).is_ok_and(|typed| typed.0.kind.is_some())
}

/// The schema must be an object, and name its type.
fn write_schema(out: &mut Vec<u8>, parameters: Option<&Json<'_>>) {
    let text = parameters.map_or(Cow::Borrowed("{}"), |json| Cow::Borrowed(json.get()));
    let inner = text.strip_prefix('{').map(str::trim_start);
    match inner {
        Some("}") | None => out.extend_from_slice(b"{\"type\":\"object\",\"properties\":{}}"),
        Some(_) if has_type(text.as_bytes()) => out.extend_from_slice(text.as_bytes()),
        Some(inner) => {
            out.extend_from_slice(b"{\"type\":\"object\",");
            out.extend_from_slice(inner.as_bytes());
        }
    }
}
