use super::{Content, Finish, Json, Text, Usage};

/// A whole answer.
#[derive(Clone, Debug, Default)]
pub struct Answer<'a> {
    /// The provider's id of it.
    pub id: Option<Text<'a>>,
    /// The model that answered.
    pub model: Option<Text<'a>>,
    /// When, in seconds since 1970, where the dialect says.
    pub created: Option<u64>,
    /// The answer; more than one only where the caller asked for more.
    pub choices: Vec<Choice<'a>>,
    /// What it cost.
    pub usage: Option<Usage>,
}

/// One answer of possibly several.
#[derive(Clone, Debug, Default)]
pub struct Choice<'a> {
    /// What the model said, in order.
    pub parts: Vec<Content<'a>>,
    /// Why it stopped; `None` means that the provider did not say.
    pub finish: Option<Finish<'a>>,
    /// Token probabilities, as the dialect has them.
    pub logprobs: Option<Json<'a>>,
}
