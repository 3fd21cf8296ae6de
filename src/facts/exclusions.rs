use std::sync::Arc;

use http::Extensions;

use super::Member;

/// Members that this one call must not be sent to, each by name: `openai`, or `openai/gpt-5` for one model.
///
/// For residency, compliance, or a caller who asks not to be served by somebody. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions(Arc<[Box<str>]>);

impl Exclusions {
    /// Leaves out these.
    pub fn new<I>(names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// These, and one more.
    #[must_use]
    pub fn and(&self, name: impl Into<Box<str>>) -> Self {
        Self(self.0.iter().cloned().chain([name.into()]).collect())
    }

    /// The exclusions of a request, if there are any.
    #[must_use]
    pub fn find(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Is `member` left out? A provider's name leaves out all its models.
    #[must_use]
    pub fn contains(&self, member: &Member) -> bool {
        self.0.iter().any(|name| is_named(member, name))
    }
}

fn is_named(member: &Member, name: &str) -> bool {
    let Some(rest) = name.strip_prefix(member.provider()) else {
        return false;
    };
    rest.is_empty() || (rest.strip_prefix('/').is_some_and(|model| Some(model) == member.model()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_leaves_out_all_its_models_and_a_model_only_itself() {
        let small = Member::new("openai").with_model("gpt-5-mini");
        let large = Member::new("openai").with_model("gpt-5");
        assert!(Exclusions::new(["openai"]).contains(&small));
        assert!(Exclusions::new(["openai/gpt-5-mini"]).contains(&small));
        assert!(!Exclusions::new(["openai/gpt-5-mini"]).contains(&large));
        assert!(!Exclusions::new(["openai/gpt-5-mini"]).contains(&Member::new("openai")));
        assert!(!Exclusions::new(["open"]).contains(&large));
        let both = Exclusions::new(["openai/gpt-5"]).and(small.to_string());
        assert!(both.contains(&small) && both.contains(&large));
    }
}
