//! Tools and the choice among them, written.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::Writer;
use super::object::{Object, separate};
use crate::dialect::canonical::{Text, Tool, ToolChoice};
use crate::dialect::openai::names;
use crate::dialect::openai::strict::{Enforced, enforced};

/// The schema of a function that takes nothing: the API wants one.
const NOTHING: &[u8] = br#"{"type":"object","properties":{}}"#;

impl<'a> Writer<'a, '_, '_> {
    /// Writes the tools, the choice, and whether calls may be parallel.
    pub(super) fn tools(&mut self, body: &mut Object<'_>) {
        let mut list = b"[".to_vec();
        for (index, tool) in self.request.tools.iter().enumerate() {
            self.tool(index, tool, &mut list);
        }
        let has_tools = list.len() > 1;
        if has_tools {
            list.push(b']');
            body.json("tools", &list);
        }
        self.tool_choice(has_tools, body);
        if let Some(parallel) = self.request.parallel_tool_calls.filter(|_| has_tools || self.is_own) {
            body.json("parallel_tool_calls", if parallel { b"true" } else { b"false" });
        }
    }

    fn tool(&mut self, index: usize, tool: &'a Tool<'a>, list: &mut Vec<u8>) {
        match tool {
            Tool::Function { name, description, parameters, strict, cache } => {
                if cache.is_some() {
                    self.losses.dropped(self.request.tool(index, "cache_control"));
                }
                let member = self.tool_name(name);
                if member != **name {
                    self.losses.renamed(self.request.tool(index, "name"));
                }
                let strict = self.strict(index, *strict);
                let enforced = parameters.as_ref().map(|schema| self.enforced(index, schema, strict));
                let strict = enforced.as_ref().map_or(strict, |enforced| enforced.strict);
                separate(list);
                let mut object = Object::new(list, self.kept.at(&format!("tools[{index}]"), &[]));
                object.text("type", "function");
                object.text("name", &member);
                if let Some(description) = description {
                    object.text("description", description);
                }
                match enforced {
                    Some(enforced) => object.json("parameters", enforced.schema.get().as_bytes()),
                    None if self.is_own => {}
                    None => object.json("parameters", NOTHING),
                }
                if let Some(strict) = strict {
                    object.json("strict", if strict { b"true" } else { b"false" });
                }
                object.end();
            }
            Tool::Hosted { value, .. } if self.is_own => {
                separate(list);
                list.extend_from_slice(value.get().as_bytes());
            }
            Tool::Hosted { kind, .. } => self.losses.essential(self.request.tool(index, kind)),
        }
    }

    /// Left out, this API takes it for granted: so for callers of other dialects it is never left out.
    fn strict(&mut self, index: usize, strict: Option<bool>) -> Option<bool> {
        if self.is_own {
            return strict;
        }
        if strict == Some(true) && !self.target.capabilities.structured {
            self.losses.dropped(self.request.tool(index, "strict"));
            return Some(false);
        }
        Some(strict.unwrap_or(false))
    }

    /// The schema of a tool, and whether it is enforced.
    fn enforced(&mut self, index: usize, schema: &'a RawValue, strict: Option<bool>) -> Enforced<'a> {
        let request = self.request;
        let mut enforced = enforced(request.names.dialect, schema, strict);
        if enforced.is_lost {
            // Left out, it would be taken for granted.
            enforced.strict = Some(false);
            self.losses.dropped(request.tool(index, "strict"));
        }
        if enforced.has_changed {
            self.losses.approximated(self.extras.parameters(index));
        }
        enforced
    }

    /// The choice, as long as there is something to choose from.
    fn tool_choice(&mut self, has_tools: bool, body: &mut Object<'_>) {
        let Some(choice) = &self.request.tool_choice else { return };
        if self.is_own {
            return write(body, choice, |name| Text::Borrowed(name));
        }
        let field = self.request.names.tool_choice;
        let must = matches!(
            choice,
            ToolChoice::Required | ToolChoice::Tool(_) | ToolChoice::Allowed { required: true, .. }
        );
        if !has_tools {
            if must {
                self.losses.dropped(field);
            }
            return;
        }
        let function = |tool: &'a Tool<'a>| match tool {
            Tool::Function { name, .. } => Some(&**name),
            Tool::Hosted { .. } => None,
        };
        let known: HashSet<&str> = match choice {
            ToolChoice::Tool(_) | ToolChoice::Allowed { .. } => {
                self.request.tools.iter().filter_map(function).collect()
            }
            _ => HashSet::new(),
        };
        let is_known = |wanted: &Text<'_>| known.contains(&**wanted);
        let is_renamed = |name: &Text<'_>| is_known(name) && names::tool_name(name) != *name;
        match choice {
            ToolChoice::Tool(name) if is_renamed(name) => self.losses.renamed(field),
            ToolChoice::Allowed { names, .. } if names.iter().any(is_renamed) => self.losses.renamed(field),
            _ => {}
        }
        match choice {
            ToolChoice::Tool(name) if !is_known(name) => self.losses.dropped(field),
            ToolChoice::Required | ToolChoice::Tool(_) if !self.target.capabilities.forced_tool => {
                self.losses.approximated(field);
                body.text("tool_choice", "auto");
            }
            ToolChoice::Allowed { names, required } => {
                let known: Vec<_> = names.iter().filter(|name| is_known(name)).cloned().collect();
                let required = *required && self.target.capabilities.forced_tool;
                let is_exact = known.len() == names.len() && required == must;
                let allowed = ToolChoice::Allowed { names: known, required };
                write(body, &allowed, names::tool_name);
                if !is_exact {
                    self.losses.approximated(field);
                }
            }
            choice => write(body, choice, names::tool_name),
        }
    }
}

fn write(body: &mut Object<'_>, choice: &ToolChoice<'_>, map: impl Fn(&str) -> Text<'_>) {
    let function = |out: &mut Vec<u8>, name: &str| {
        let mut object = Object::new(out, Vec::new());
        object.text("type", "function");
        object.text("name", &map(name));
        object.end();
    };
    match choice {
        ToolChoice::Auto => body.text("tool_choice", "auto"),
        ToolChoice::Required => body.text("tool_choice", "required"),
        ToolChoice::None => body.text("tool_choice", "none"),
        ToolChoice::Tool(name) => body.field("tool_choice", |out| function(out, name)),
        ToolChoice::Allowed { names, required } => body.field("tool_choice", |out| {
            let mut object = Object::new(out, Vec::new());
            object.text("type", "allowed_tools");
            object.text("mode", if *required { "required" } else { "auto" });
            object.field("tools", |out| {
                out.push(b'[');
                for name in names {
                    separate(out);
                    function(out, name);
                }
                out.push(b']');
            });
            object.end();
        }),
    }
}
