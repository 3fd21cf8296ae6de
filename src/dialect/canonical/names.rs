use std::borrow::Cow;

use super::Position;

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
    /// How much to think.
    pub reasoning: &'static str,
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
        format!("{}[{index}].{field}", self.tools).into()
    }
}
