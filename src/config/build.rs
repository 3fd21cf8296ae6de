//! From a file that is right to a stack that serves.

use std::collections::HashMap;
use std::time::Duration;

use http::Uri;

use super::{CircuitBreakerSettings, Class, Config, Member, Provider, RetrySettings, Settings, StreamRescue};
use crate::circuit_breaker::{CircuitBreakerLayer, CircuitConfig};
use crate::client::{Client, ClientPool, Credential, Endpoint, InvalidEndpoint};
use crate::cooldown::Cooldown;
use crate::dialect::{AnyDialect, Dialect, Flavour};
use crate::facts;
use crate::health_routing::Ramp;
use crate::retry_budget::{Budget, RetryBudgetLayer};
use crate::stack::{ClassStack, MemberStack, MemberTimeouts, Stack};
use crate::vitals::VitalsLayer;

impl Config {
    /// The stack this configuration describes.
    ///
    /// A member listed in several classes has one circuit and one budget, as long as its settings for them are
    /// the same everywhere. Members with the same key at the same host share the cooldown of the credential, and
    /// all at one host that of the provider.
    ///
    /// # Errors
    /// If a provider's URL or key cannot be used.
    pub fn stack(&self) -> Result<Stack, InvalidEndpoint> {
        let mut workshop = Workshop::default();
        let classes: Result<Vec<_>, _> =
            self.classes.iter().map(|class| workshop.class(self, class)).collect();
        Ok(Stack::new(classes?).with_request_body_limit(self.settings.limits.request_body))
    }
}

/// What is shared between the members of all classes while they are made.
#[derive(Default)]
struct Workshop {
    /// One pool of connections for each connect timeout; nearly always one.
    pools: HashMap<Duration, ClientPool>,
    circuits: Vec<(Identity, CircuitBreakerSettings, CircuitBreakerLayer)>,
    budgets: Vec<(Identity, f64, Budget)>,
    credentials: Vec<(Account, Cooldown)>,
    providers: HashMap<String, Cooldown>,
    /// What is known of each member, and how it is coming back.
    watched: Vec<(Identity, VitalsLayer, Ramp)>,
}

/// Whose key it is: two providers of the file at one host, as with two dialects, may use the same.
#[derive(PartialEq)]
struct Account {
    host: String,
    key: Option<String>,
}

/// Whose health it is: the credential is the provider's.
#[derive(Clone, PartialEq)]
struct Identity {
    provider: String,
    model: String,
}

impl Workshop {
    fn class(&mut self, config: &Config, class: &Class) -> Result<ClassStack, InvalidEndpoint> {
        let mut members = class.members.iter().map(|member| self.member(config, member, class.time()));
        // A class without members does not pass validation.
        let primary = members.next().expect("a class has a primary")?;
        let stack = ClassStack::new(class.name.as_str(), primary)
            .with_deadline(class.time())
            .with_keepalive(class.settings.stream.keepalive)
            .with_when_all_down(class.when_all_down);
        members.try_fold(stack, |stack, member| Ok(stack.with_fallback(member?)))
    }

    fn member(
        &mut self,
        config: &Config,
        member: &Member,
        total: Duration,
    ) -> Result<MemberStack, InvalidEndpoint> {
        let provider = &config.providers[&member.provider];
        let settings = &member.settings;
        let client = self.client(provider, settings)?;
        let stack = MemberStack::new(member.into(), provider.dialect, client).with_flavour(provider.flavour);
        let stack = match config.models.find(&member.model, provider.dialect.name()) {
            Some(capabilities) => stack.with_capabilities(capabilities),
            None => stack,
        };
        let (vitals, ramp) = self.watched(member);
        Ok(stack
            .with_credential(self.credential(&member.provider, provider))
            .with_provider(self.provider(provider))
            .with_vitals(vitals)
            .with_ramp(ramp)
            .with_interchangeable(member.interchangeable)
            .with_retry(self.retry(member, &settings.retry))
            .with_circuit(self.circuit(member, &settings.circuit_breaker))
            .with_timeouts(timeouts(settings, total))
            .with_losses(settings.losses.clone())
            .with_resumption(settings.stream.rescue == StreamRescue::Continue))
    }

    fn credential(&mut self, name: &str, provider: &Provider) -> Cooldown {
        let key = provider.api_key.as_ref().map(|key| key.expose().to_owned());
        let account = Account { host: host(provider), key };
        if let Some((_, cooldown)) = self.credentials.iter().find(|(whose, _)| *whose == account) {
            return cooldown.clone();
        }
        let cooldown = Cooldown::new(name);
        self.credentials.push((account, cooldown.clone()));
        cooldown
    }

    fn provider(&mut self, provider: &Provider) -> Cooldown {
        let host = host(provider);
        self.providers.entry(host).or_insert_with_key(|host| Cooldown::new(host.as_str())).clone()
    }

    fn watched(&mut self, member: &Member) -> (VitalsLayer, Ramp) {
        let identity = Identity::of(member);
        if let Some((_, vitals, ramp)) = self.watched.iter().find(|(whose, ..)| *whose == identity) {
            return (vitals.clone(), ramp.clone());
        }
        let (vitals, ramp) = (VitalsLayer::default(), Ramp::default());
        self.watched.push((identity, vitals.clone(), ramp.clone()));
        (vitals, ramp)
    }

    fn circuit(&mut self, member: &Member, settings: &CircuitBreakerSettings) -> CircuitBreakerLayer {
        let identity = Identity::of(member);
        let known = self.circuits.iter().find(|(whose, how, _)| *whose == identity && how == settings);
        if let Some((_, _, circuit)) = known {
            return circuit.clone();
        }
        let config = CircuitConfig::default()
            .failures(settings.failures)
            .rate(settings.rate)
            .min_calls(settings.min_calls)
            .window(settings.window)
            .open(settings.open)
            .cap(settings.cap);
        let name = facts::Member::from(member).to_string();
        let circuit = CircuitBreakerLayer::default().with_config(config).named(name);
        self.circuits.push((identity, settings.clone(), circuit.clone()));
        circuit
    }

    fn retry(&mut self, member: &Member, settings: &RetrySettings) -> RetryBudgetLayer {
        RetryBudgetLayer::default()
            .attempts(settings.attempts)
            .window(settings.window)
            .base(settings.base)
            .cap(settings.cap)
            .budget(self.budget(member, settings.ratio))
    }

    fn budget(&mut self, member: &Member, ratio: f64) -> Budget {
        let identity = Identity::of(member);
        let known = self.budgets.iter().find(|(whose, share, _)| *whose == identity && *share == ratio);
        if let Some((_, _, budget)) = known {
            return budget.clone();
        }
        let budget = Budget::new(ratio);
        self.budgets.push((identity, ratio, budget.clone()));
        budget
    }

    fn client(&mut self, provider: &Provider, settings: &Settings) -> Result<Client, InvalidEndpoint> {
        let connect = settings.timeouts.connect;
        let pool = self
            .pools
            .entry(connect)
            .or_insert_with(|| ClientPool::builder().connect_timeout(connect).build());
        let credential =
            provider.api_key.as_ref().map_or_else(Credential::none, |key| match provider.dialect {
                _ if provider.flavour == Flavour::Azure => Credential::header("api-key", key.expose()),
                AnyDialect::OpenAiChat(_) | AnyDialect::OpenAiResponses(_) => {
                    Credential::bearer(key.expose())
                }
                AnyDialect::AnthropicMessages(_) => Credential::header("x-api-key", key.expose()),
                AnyDialect::Gemini(_) => Credential::header("x-goog-api-key", key.expose()),
            });
        let mut endpoint = Endpoint::new(&provider.base_url, credential)?.with_pool(pool);
        if let Some(version) = &provider.api_version {
            endpoint = endpoint.with_query("api-version", version)?;
        }
        Ok(endpoint.into_service())
    }
}

impl Identity {
    fn of(member: &Member) -> Self {
        Self { provider: member.provider.clone(), model: member.model.clone() }
    }
}

/// Where a provider is: host and port, however the paths below them may differ.
fn host(provider: &Provider) -> String {
    let url = provider.base_url.parse::<Uri>().ok();
    url.and_then(|url| url.authority().map(ToString::to_string)).unwrap_or_default()
}

fn timeouts(settings: &Settings, total: Duration) -> MemberTimeouts {
    let mut timeouts = MemberTimeouts::default();
    timeouts.first_token = settings.stream.first_token;
    timeouts.idle = settings.stream.idle;
    timeouts.attempt = settings.timeouts.attempt;
    timeouts.total = total;
    timeouts
}
