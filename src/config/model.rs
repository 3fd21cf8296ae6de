use std::collections::BTreeMap;
use std::time::Duration;

use super::secret::Secret;
use super::settings::Settings;
use crate::dialect::{AnyDialect, Flavour, Models};
use crate::facts;
use crate::health_routing::WhenAllDown;

/// A whole configuration, checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where the gateway listens: a host, or an IP address, and a port. 127.0.0.1:8080 by default.
    pub listen: String,
    /// The providers, by name. Some may serve no class.
    pub providers: BTreeMap<String, Provider>,
    /// The classes, in the order of the file. Never empty.
    pub classes: Vec<Class>,
    /// What is known of models beyond what is built in, in the order of the file.
    pub models: Models,
    /// The tables of the top level, and the defaults for what they leave out.
    pub settings: Settings,
    /// `[debug]`: what is shown of the inside.
    pub debug: DebugSettings,
}

/// `[debug]`: what is shown of the inside. All of it is off by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DebugSettings {
    /// `GET /debug/routes` tells who would serve each class, and why not the others.
    pub routes: bool,
}

/// Someone who serves models under one credential.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provider {
    /// The API it speaks.
    pub dialect: AnyDialect,
    /// Its own form of that API.
    pub flavour: Flavour,
    /// The `api-version` that Azure's older paths want in their query.
    pub api_version: Option<String>,
    /// Its address, as its official SDK takes it, without a slash at the end. An `http` or `https` URL without
    /// credentials, query or fragment.
    pub base_url: String,
    /// What it is shown as our credential. A provider on the local network may need none.
    pub api_key: Option<Secret>,
    /// The settings of the top level, overridden by those of this provider.
    pub settings: Settings,
}

/// A named set of equivalent members: what callers put in `model`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Class {
    /// Its name.
    pub name: String,
    /// How long a call may take, if the class says so. See [`Class::time`].
    pub deadline: Option<Duration>,
    /// What becomes of a call when all members are down. [`WhenAllDown::FailFast`] by default.
    pub when_all_down: WhenAllDown,
    /// Who serves it: the primary first. Never empty, and no member is in it twice.
    pub members: Vec<Member>,
    /// The settings of the top level, overridden by those of this class: for what concerns the call, not a member.
    pub settings: Settings,
}

/// One place in a class.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    /// The name of a provider that is in [`Config::providers`].
    pub provider: String,
    /// The model, as the provider names it.
    pub model: String,
    /// Being served by it is a drop in quality, to be marked.
    pub degraded: bool,
    /// It is as good as its neighbours in the class that are so, too: among them a score decides, not the order.
    pub interchangeable: bool,
    /// The settings of the top level, overridden by those of its provider, and these by those of the class.
    pub settings: Settings,
}

impl Config {
    /// The class of this name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.name == name)
    }

    /// What holds for calls of `class` at `provider`; `None` if the provider has no place in the class.
    #[must_use]
    pub fn settings_for(&self, class: &str, provider: &str) -> Option<&Settings> {
        let member = self.class(class)?.members.iter().find(|member| member.provider == provider)?;
        Some(&member.settings)
    }
}

impl Class {
    /// How long a call may take, where the caller does not say: `deadline`, or else `total` of `[timeouts]`.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.deadline.unwrap_or(self.settings.timeouts.total)
    }
}

impl From<&Member> for facts::Member {
    fn from(member: &Member) -> Self {
        Self::new(member.provider.as_str()).with_model(member.model.as_str()).with_degraded(member.degraded)
    }
}
