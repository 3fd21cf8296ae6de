use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::json;
use super::Writer;
use crate::dialect::canonical::{Text, Tool, ToolChoice};
use crate::dialect::json_schema::{Reduced, Subset, reduce};
use crate::dialect::quoted::quoted;

/// A schema as the API takes it.
pub(super) fn schema(schema: &RawValue) -> Reduced {
    reduce(schema, Subset::Gemini)
}

impl<'w, 'a> Writer<'w, 'a> {
    /// Writes `tools`: all functions in one entry, since models take no more than one of them.
    pub(super) fn tools(&mut self, body: &mut Vec<u8>) {
        let request = self.request;
        let (mut list, mut functions, mut at) = (Vec::new(), Vec::new(), None);
        for (index, tool) in request.tools.iter().enumerate() {
            match tool {
                Tool::Function { .. } => {
                    at.get_or_insert(list.len());
                    self.function(&mut functions, index, tool);
                }
                Tool::Hosted { kind, value } if self.is_own => {
                    let mut entry = b"{".to_vec();
                    json::raw_field(&mut entry, kind, value.get());
                    entry.push(b'}');
                    list.push(entry);
                }
                Tool::Hosted { kind, .. } => self.losses.essential(request.tool(index, kind)),
            }
        }
        if let Some(at) = at {
            let entry = [&b"{\"functionDeclarations\":["[..], &functions, b"]}"].concat();
            list.insert(at, entry);
        }
        if !list.is_empty() {
            json::raw_field(body, "tools", "[");
            body.extend_from_slice(&list.join(&b","[..]));
            body.push(b']');
        }
    }

    fn function(&mut self, out: &mut Vec<u8>, index: usize, tool: &Tool<'a>) {
        let Tool::Function { name, description, parameters, strict, cache } = tool else { return };
        let request = self.request;
        let known = self.tool_name(name);
        if known != *name {
            self.losses.renamed(request.tool(index, "name"));
            self.tool_names.insert(known.clone(), name.clone());
        }
        if *strict == Some(true) && !self.is_own {
            // Where they are held to their schemas, all tools are.
            let is_held = self.target.capabilities.structured;
            let field = request.tool(index, "strict");
            if is_held { self.losses.approximated(field) } else { self.losses.dropped(field) }
        }
        if cache.is_some() {
            self.losses.dropped(request.tool(index, "cache_control"));
        }
        json::separate(out);
        out.push(b'{');
        json::string_field(out, "name", &known);
        if let Some(description) = description.as_ref().filter(|text| !text.is_empty() || self.is_own) {
            json::string_field(out, "description", description);
        }
        match (self.wording(&request.tool(index, "parameters")), parameters) {
            (Some(own), _) => json::raw_field(out, "parameters", own.get()),
            (None, Some(parameters)) if self.is_own => {
                json::raw_field(out, "parametersJsonSchema", parameters.get());
            }
            (None, Some(parameters)) if !json::says_nothing(parameters) => {
                let reduced = schema(parameters);
                if reduced.has_lost || reduced.is_refused {
                    self.losses.approximated(self.extras.parameters(index));
                }
                if reduced.is_refused {
                    // The model reads it, and nobody holds it to it.
                    json::raw_field(out, "parametersJsonSchema", "{\"type\":\"object\",\"description\":");
                    quoted(out, &format!("An object that is valid against this JSON Schema: {parameters}"));
                    out.push(b'}');
                } else {
                    json::key(out, "parametersJsonSchema");
                    out.extend_from_slice(&reduced.text);
                }
            }
            (None, _) => {}
        }
        self.rest(out, request.tool(index, "").trim_end_matches('.'), &["parameters"]);
        out.push(b'}');
    }

    /// Writes `toolConfig`.
    pub(super) fn tool_config(&mut self, body: &mut Vec<u8>) {
        let mut config = b"{".to_vec();
        let request = self.request;
        let defined = request.tools.iter().filter_map(|tool| match tool {
            Tool::Function { name, .. } => Some(&**name),
            _ => None,
        });
        let defined: HashSet<&str> = defined.collect();
        if !defined.is_empty() || self.is_own {
            self.calling(&mut config, &defined);
        }
        if request.parallel_tool_calls == Some(false) && !defined.is_empty() {
            // Nothing keeps a model from calling several.
            self.losses.dropped(request.names.parallel_tool_calls);
        }
        self.rest(&mut config, "toolConfig", &[]);
        if config.len() > 1 {
            config.push(b'}');
            json::key(body, "toolConfig");
            body.append(&mut config);
        }
    }

    fn calling(&mut self, out: &mut Vec<u8>, defined: &HashSet<&str>) {
        let (mode, allowed) = self.choice(defined);
        json::object_field(out, "functionCallingConfig", |out| {
            if let Some(mode) = mode {
                json::string_field(out, "mode", mode);
            }
            if !allowed.is_empty() {
                json::raw_field(out, "allowedFunctionNames", "[");
                let is_own = self.is_own;
                for name in allowed.iter().filter(|name| is_own || defined.contains(&***name)) {
                    json::separate(out);
                    quoted(out, &self.tool_name(name));
                }
                out.push(b']');
            }
            self.rest(out, "toolConfig.functionCallingConfig", &[]);
        });
    }

    /// Whether and which tool must be called. Arguments are held to their schemas in every mode but `AUTO`.
    fn choice(&mut self, defined: &HashSet<&str>) -> (Option<&'static str>, &'w [Text<'a>]) {
        let request = self.request;
        let is_strict = |tool: &Tool<'_>| matches!(tool, Tool::Function { strict: Some(true), .. });
        let enforces = self.is_own || self.target.capabilities.structured;
        let auto = if enforces && request.tools.iter().any(is_strict) { "VALIDATED" } else { "AUTO" };
        let is_known = |names: &[Text<'_>]| self.is_own || names.iter().any(|name| defined.contains(&**name));
        let (mode, allowed): (_, &'w [Text<'a>]) = match &request.tool_choice {
            None if auto == "AUTO" || self.is_own => return (None, &[]),
            None | Some(ToolChoice::Auto) => (auto, &[]),
            Some(ToolChoice::None) => ("NONE", &[]),
            Some(ToolChoice::Required) => ("ANY", &[]),
            Some(ToolChoice::Tool(name)) if is_known(std::slice::from_ref(name)) => {
                ("ANY", std::slice::from_ref(name))
            }
            Some(ToolChoice::Allowed { names, required }) if is_known(names) => {
                // Names are allowed only where calls are held to their schemas.
                let free = if self.is_own { auto } else { "VALIDATED" };
                (if *required { "ANY" } else { free }, names)
            }
            Some(_) => {
                self.losses.approximated(request.names.tool_choice);
                (auto, &[])
            }
        };
        if mode == "ANY" && !self.target.capabilities.forced_tool && !self.is_own {
            self.losses.approximated(request.names.tool_choice);
            return (Some(auto), &[]);
        }
        (Some(mode), allowed)
    }
}
