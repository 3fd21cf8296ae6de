use super::pattern::fits;
use super::{Capabilities, Sampling, Thinking};
use crate::dialect::canonical::Effort;

/// What users know of models beyond what is [built in](Capabilities::of): rows of a pattern and what is different.
///
/// A pattern is compared with the whole name of a member's model, in either case; `*` stands for any text. Of
/// several rows that fit, the first one holds, and it alone.
///
/// ```
/// use tower_failover::dialect::{Changes, Models};
///
/// let mut changes = Changes::like("claude-sonnet-4-5");
/// changes.context = Some(128_000);
/// let models = Models::new().with("our-claude-*", changes);
///
/// let ours = models.find("our-claude-2", "anthropic-messages").unwrap();
/// assert_eq!((ours.context, ours.max_output), (Some(128_000), Some(64_000)));
/// assert!(models.find("claude-sonnet-4-5", "anthropic-messages").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Models(Vec<(String, Changes)>);

/// What is different about some models. `None`: as it was.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Changes {
    /// The model to start from, of which something is built in. `None`: what is built in about the model itself.
    pub like: Option<String>,
    /// [`Capabilities::context`].
    pub context: Option<u64>,
    /// [`Capabilities::max_output`].
    pub max_output: Option<u64>,
    /// [`Capabilities::sampling`].
    pub sampling: Option<Sampling>,
    /// [`Capabilities::stop`].
    pub stop: Option<bool>,
    /// [`Capabilities::thinking`].
    pub thinking: Option<Thinking>,
    /// [`Capabilities::disables_thinking`].
    pub disables_thinking: Option<bool>,
    /// [`Capabilities::efforts`].
    pub efforts: Option<&'static [Effort]>,
    /// [`Capabilities::effort_with_tools`].
    pub effort_with_tools: Option<bool>,
    /// [`Capabilities::least_budget`].
    pub least_budget: Option<u64>,
    /// [`Capabilities::most_budget`].
    pub most_budget: Option<u64>,
    /// [`Capabilities::tools`].
    pub tools: Option<bool>,
    /// [`Capabilities::forced_tool`].
    pub forced_tool: Option<bool>,
    /// [`Capabilities::prefill`], and so [`Capabilities::continues`]: who says that a model takes the beginning of an
    /// answer says that it goes on with it.
    pub prefill: Option<bool>,
    /// [`Capabilities::structured`].
    pub structured: Option<bool>,
    /// [`Capabilities::developer`].
    pub developer: Option<bool>,
    /// [`Capabilities::images`].
    pub images: Option<bool>,
    /// [`Capabilities::documents`].
    pub documents: Option<bool>,
    /// [`Capabilities::audio`].
    pub audio: Option<bool>,
    /// [`Capabilities::version`].
    pub version: Option<&'static str>,
}

impl Models {
    /// No rows: only what is built in.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// With one more row, below those that are there.
    #[must_use]
    pub fn with(mut self, pattern: impl Into<String>, changes: Changes) -> Self {
        self.0.push((pattern.into(), changes));
        self
    }

    /// What is known of `model` behind the dialect of this name, where a row fits. Of a model that is unknown
    /// otherwise, the rest is what most servers of the dialect take.
    #[must_use]
    pub fn find(&self, model: &str, dialect: &str) -> Option<Capabilities> {
        let (_, changes) = self.0.iter().find(|(pattern, _)| fits(pattern, model))?;
        let like = Capabilities::of(changes.like.as_deref().unwrap_or(model));
        Some(changes.applied(like.behind(dialect)))
    }
}

impl Changes {
    /// As this model, of which something is built in.
    #[must_use]
    pub fn like(model: impl Into<String>) -> Self {
        Self { like: Some(model.into()), ..Self::default() }
    }

    fn applied(&self, like: &Capabilities) -> Capabilities {
        Capabilities {
            is_known: true,
            vendor: like.vendor,
            context: self.context.or(like.context),
            max_output: self.max_output.or(like.max_output),
            sampling: self.sampling.unwrap_or(like.sampling),
            stop: self.stop.unwrap_or(like.stop),
            thinking: self.thinking.unwrap_or(like.thinking),
            disables_thinking: self.disables_thinking.unwrap_or(like.disables_thinking),
            efforts: self.efforts.unwrap_or(like.efforts),
            effort_with_tools: self.effort_with_tools.unwrap_or(like.effort_with_tools),
            least_budget: self.least_budget.unwrap_or(like.least_budget),
            most_budget: self.most_budget.or(like.most_budget),
            tools: self.tools.unwrap_or(like.tools),
            forced_tool: self.forced_tool.unwrap_or(like.forced_tool),
            prefill: self.prefill.unwrap_or(like.prefill),
            continues: self.prefill.unwrap_or(like.continues),
            structured: self.structured.unwrap_or(like.structured),
            developer: self.developer.unwrap_or(like.developer),
            images: self.images.unwrap_or(like.images),
            documents: self.documents.unwrap_or(like.documents),
            audio: self.audio.unwrap_or(like.audio),
            version: self.version.or(like.version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(context: u64) -> Changes {
        Changes { context: Some(context), ..Changes::default() }
    }

    #[test]
    fn the_first_row_that_fits_holds_and_it_alone() {
        let quiet = Changes { images: Some(false), ..sized(1) };
        let models = Models::new().with("a-*", quiet).with("a*", sized(2)).with("*", sized(3));
        let context = |name| models.find(name, "openai-chat").unwrap().context;
        assert_eq!([context("A-1"), context("ab"), context("b")], [Some(1), Some(2), Some(3)]);
        assert!(models.find("ab", "openai-chat").unwrap().images);
    }

    #[test]
    fn a_row_changes_what_it_names_and_keeps_what_is_built_in_about_the_rest() {
        let models = Models::new().with("claude-*", sized(9));
        let known = models.find("claude-sonnet-4-6", "anthropic-messages").unwrap();
        assert_eq!(known, Capabilities { context: Some(9), ..Capabilities::of("claude-sonnet-4-6").clone() });
    }

    #[test]
    fn who_says_that_a_model_takes_a_beginning_says_that_it_goes_on_with_it() {
        let told = |prefill, model| {
            let models = Models::new().with("*", Changes { prefill, ..Changes::default() });
            let told = models.find(model, "anthropic-messages").unwrap();
            (told.prefill, told.continues)
        };
        assert_eq!(told(Some(true), "glm-4.6"), (true, true));
        assert_eq!(told(None, "glm-4.6"), (true, false), "a row about something else says nothing of it");
        assert_eq!(told(None, "claude-sonnet-4-5"), (true, true));
        assert_eq!(told(Some(false), "claude-sonnet-4-5"), (false, false));
    }

    #[test]
    fn what_is_not_said_of_an_unknown_model_is_presumed_by_its_dialect() {
        let models = Models::new().with("glm-*", sized(9));
        assert!(!models.find("glm-4.6", "anthropic-messages").unwrap().structured);
        assert!(models.find("glm-4.6", "openai-chat").unwrap().structured);
    }
}
