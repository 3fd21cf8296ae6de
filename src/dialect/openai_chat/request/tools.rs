//! Tools and the choice among them, written.

use std::collections::HashSet;

use super::body::{Allowed, Choice, Function, Named, Tool as WireTool};
use super::encode::Writer;
use crate::dialect::canonical::{Text, Tool, ToolChoice};
use crate::dialect::openai::strict::enforced;
use crate::dialect::openai_chat::names;

impl<'a> Writer<'a, '_> {
    pub(super) fn tools(&mut self) -> Vec<WireTool<'a>> {
        let request = self.request;
        let offered = self.offered();
        let is_offered = |tool: &Tool<'_>| match (tool, &offered) {
            (Tool::Function { name, .. }, Some(offered)) => offered.contains(&**name),
            _ => true,
        };
        let tools = request.tools.iter().enumerate().filter(|(_, tool)| is_offered(tool));
        tools.filter_map(|(index, tool)| self.tool(index, tool)).collect()
    }

    fn tool(&mut self, index: usize, tool: &'a Tool<'a>) -> Option<WireTool<'a>> {
        let Tool::Function { name, description, parameters, strict, cache } = tool else {
            let kind = if let Tool::Hosted { kind, .. } = tool { &**kind } else { "type" };
            self.losses.essential(self.request.tool(index, kind));
            return None;
        };
        let caller = self.request;
        let cache_control =
            cache.as_ref().and_then(|wish| self.cache(wish, || caller.tool(index, "cache_control")));
        let member = self.tool_name(name);
        if member != **name {
            self.losses.renamed(caller.tool(index, "name"));
        }
        let mut function =
            Function { name: member, description: description.as_deref(), parameters: None, strict: *strict };
        function.parameters = parameters.as_deref().map(|schema| {
            let enforced = enforced(caller.names.dialect, schema, *strict);
            function.strict = enforced.strict;
            if enforced.is_lost {
                self.losses.dropped(caller.tool(index, "strict"));
            }
            if enforced.has_changed {
                self.losses.approximated(self.extras.parameters(index));
            }
            enforced.schema
        });
        Some(WireTool { kind: "function", function, cache_control })
    }

    /// Where there is no word for "only these", the others are not shown.
    fn offered(&self) -> Option<HashSet<&'a str>> {
        match &self.request.tool_choice {
            Some(ToolChoice::Allowed { names, .. }) if !self.habits.newer_words => {
                Some(names.iter().map(|name| &**name).collect())
            }
            _ => None,
        }
    }

    /// The choice, as long as there is something to choose from: without tools the API takes none.
    pub(super) fn tool_choice(&mut self, tools: &[WireTool<'a>]) -> Option<Choice<'a>> {
        let request = self.request;
        let choice = request.tool_choice.as_ref()?;
        let is_forced = matches!(
            choice,
            ToolChoice::Required | ToolChoice::Tool(_) | ToolChoice::Allowed { required: true, .. }
        );
        if tools.is_empty() {
            if is_forced {
                self.losses.dropped(request.names.tool_choice);
            }
            return None;
        }
        if is_forced && !self.known.forced_tool {
            self.losses.approximated(request.names.tool_choice);
            return Some(Choice::Word("auto"));
        }
        let known: HashSet<&str> = match choice {
            ToolChoice::Tool(_) | ToolChoice::Allowed { .. } => {
                tools.iter().map(|tool| &*tool.function.name).collect()
            }
            _ => HashSet::new(),
        };
        let is_known = |name: &Text<'_>| known.contains(&*names::tool_name(name));
        Some(match choice {
            ToolChoice::Auto => Choice::Word("auto"),
            ToolChoice::Required => Choice::Word(self.habits.required),
            ToolChoice::None => Choice::Word("none"),
            ToolChoice::Tool(name) if is_known(name) => {
                self.note_choice(name);
                Choice::Tool(Named::new(self.tool_name(name)))
            }
            ToolChoice::Tool(_) => {
                self.losses.dropped(request.names.tool_choice);
                return None;
            }
            ToolChoice::Allowed { names, required } => {
                if !names.iter().all(is_known) {
                    self.losses.approximated(request.names.tool_choice);
                }
                let known = names.iter().filter(|name| is_known(name));
                self.allowed(known.collect(), *required)
            }
        })
    }

    /// A tool that is chosen by another name than the caller's.
    fn note_choice(&mut self, name: &str) {
        if names::tool_name(name) != name {
            self.losses.renamed(self.request.names.tool_choice);
        }
    }

    fn allowed(&mut self, known: Vec<&'a Text<'a>>, required: bool) -> Choice<'a> {
        if !self.habits.newer_words {
            return Choice::Word(if required { self.habits.required } else { "auto" });
        }
        known.iter().for_each(|name| self.note_choice(name));
        let tools = known.into_iter().map(|name| Named::new(names::tool_name(name))).collect();
        let mode = if required { "required" } else { "auto" };
        Choice::Allowed { kind: "allowed_tools", allowed_tools: Allowed { mode, tools } }
    }
}
