use std::borrow::Cow;

use super::{Cache, Position, Reasoning, Source};

/// How a dialect names the fields of its requests.
///
/// Losses are reported in the caller's own words, and it is another dialect that finds them: so a request
/// carries the names of the dialect it was read from.
#[derive(Debug)]
pub struct Names {
    /// The dialect: `openai-chat`.
    pub dialect: &'static str,
    /// The list of turns: `messages`, `contents`, `input`.
    pub turns: &'static str,
    /// The limit of tokens.
    pub max_tokens: &'static str,
    /// Stop sequences.
    pub stop: &'static str,
    /// Temperature.
    pub temperature: &'static str,
    /// Nucleus sampling.
    pub top_p: &'static str,
    /// Top-k sampling.
    pub top_k: &'static str,
    /// Frequency penalty.
    pub frequency_penalty: &'static str,
    /// Presence penalty.
    pub presence_penalty: &'static str,
    /// Seed.
    pub seed: &'static str,
    /// Tools.
    pub tools: &'static str,
    /// Tool choice.
    pub tool_choice: &'static str,
    /// Parallel tool calls.
    pub parallel_tool_calls: &'static str,
    /// The form of the answer.
    pub output: &'static str,
    /// How to think.
    pub reasoning: &'static str,
    /// How much to think, in words; in some dialects it is the same field.
    pub effort: &'static str,
    /// Whether thoughts are to be shown.
    pub thoughts: &'static str,
    /// Thoughts are shown to whoever asks for thinking and does not say otherwise.
    pub shows_thoughts: bool,
    /// The end user.
    pub user: &'static str,
    /// How many answers.
    pub choices: &'static str,
    /// Token probabilities.
    pub logprobs: &'static str,
    /// The caller's own labels.
    pub metadata: &'static str,
    /// How fast, and at what price.
    pub service_tier: &'static str,
    /// In a tool: what its name, description and schema stand in, with its dot: `function.`.
    pub function: &'static str,
    /// In that: the schema of its arguments.
    pub parameters: &'static str,
    /// Where all tools at once are held to their schemas, in dialects in which no tool says so of itself.
    pub strict: Option<&'static str>,
    /// In a call: its id.
    pub call_id: &'static str,
    /// In a call: the name of what is called.
    pub call_name: &'static str,
    /// In a result: the id of the call, if it stands in the result itself, and not beside it in the turn.
    pub result_id: &'static str,
    /// In an image: how closely to look.
    pub detail: &'static str,
    /// In a document: its name, where it is in the request, and where it is somewhere else.
    pub file_name: [&'static str; 2],
    /// In a part: its seal, where one stands on parts that are no thoughts.
    pub seal: &'static str,
}

impl Names {
    /// The path of a part, and of a field in it: `messages[1].content[0].file`.
    #[must_use]
    pub fn part(&self, position: Position, field: &str) -> Cow<'static, str> {
        let mut path = String::new();
        if let Some(turn) = position.turn {
            path.push_str(&format!("{}[{turn}]", self.turns));
        }
        if !path.is_empty() && !position.field.is_empty() {
            path.push('.');
        }
        path.push_str(position.field);
        if let Some(index) = position.index {
            path.push_str(&format!("[{index}]"));
        }
        if !field.is_empty() {
            path.push('.');
            path.push_str(field);
        }
        path.into()
    }

    /// The path of a tool, and of a field in it: `tools[2].strict`.
    #[must_use]
    pub fn tool(&self, index: usize, field: &str) -> Cow<'static, str> {
        let is_inner = matches!(field, "name" | "description" | "strict") || field == self.parameters;
        let within = if is_inner { self.function } else { "" };
        format!("{}[{index}].{within}{field}", self.tools).into()
    }

    /// The path of the id of a call.
    #[must_use]
    pub fn call_id(&self, position: Position) -> Cow<'static, str> {
        self.part(position, self.call_id)
    }

    /// The path of the name in a call.
    #[must_use]
    pub fn call_name(&self, position: Position) -> Cow<'static, str> {
        // OpenAI's older form of a call has it at its top.
        let field = if position.field == "function_call" { "name" } else { self.call_name };
        self.part(position, field)
    }

    /// The path of the id in a result.
    #[must_use]
    pub fn result_id(&self, position: Position) -> Cow<'static, str> {
        self.part(beside(position), self.result_id)
    }

    /// The path of a thought. Of one that is nothing but a seal on another part it is that seal's.
    #[must_use]
    pub fn thought(&self, position: Position, thought: &Reasoning<'_>) -> Cow<'static, str> {
        let is_seal = thought.text.is_empty() && position.field == "parts";
        self.part(position, if is_seal { self.seal } else { "" })
    }

    /// The path of a wish to have the prompt cached.
    #[must_use]
    pub fn cache(&self, position: Position, cache: &Cache<'_>) -> Cow<'static, str> {
        let turn = Position { field: "", index: None, ..position };
        self.part(if cache.is_of_turn { turn } else { position }, cache.field)
    }

    /// The path of a document's name.
    #[must_use]
    pub fn file_name(&self, position: Position, source: &Source<'_>) -> Cow<'static, str> {
        let is_elsewhere = matches!(source, Source::Url(_) | Source::File(_));
        self.part(position, self.file_name[usize::from(is_elsewhere)])
    }
}

/// A field beside the content of a turn that is no list.
const fn beside(position: Position) -> Position {
    match position {
        Position { turn: Some(_), index: None, .. } => Position { field: "", ..position },
        position => position,
    }
}
