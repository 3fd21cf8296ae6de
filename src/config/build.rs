//! From a file that is right to a stack that serves.

use std::time::Duration;

use http::Uri;

use super::lasting::{Account, Identity, Lasting};
use super::{CircuitBreakerSettings, Class, Config, Member, Provider, RetrySettings, Settings, StreamRescue};
use crate::circuit_breaker::{CircuitBreakerLayer, CircuitConfig};
use crate::client::{Client, ClientPool, Credential, Endpoint, InvalidEndpoint};
use crate::cooldown::Cooldown;
use crate::dialect::{AnyDialect, Dialect, Flavour};
use crate::facts;
use crate::health_routing::Memory;
use crate::retry_budget::{Budget, RetryBudgetLayer};
use crate::stack::{ClassStack, MemberStack, MemberTimeouts, Stack};

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
        self.stack_with(&mut Lasting::default())
    }

    /// The same, with what is known from the configuration before it: for a file that was changed. Calls under way
    /// in the stack before end there, and count in the same circuits.
    ///
    /// # Errors
    /// If a provider's URL or key cannot be used; then nothing is changed in `lasting`.
    pub fn stack_with(&self, lasting: &mut Lasting) -> Result<Stack, InvalidEndpoint> {
        let mut workshop = Workshop { config: self, before: lasting, now: Lasting::default() };
        let classes =
            self.classes.iter().map(|class| workshop.class(class)).collect::<Result<Vec<_>, _>>()?;
        *lasting = workshop.now;
        Ok(Stack::new(classes).with_request_body_limit(self.settings.limits.request_body))
    }
}

/// Makes what a configuration describes, of what there was before where it is the same.
struct Workshop<'a> {
    config: &'a Config,
    before: &'a Lasting,
    now: Lasting,
}

impl Workshop<'_> {
    fn class(&mut self, class: &Class) -> Result<ClassStack, InvalidEndpoint> {
        let identities = class.members.iter().map(|member| self.identity(member)).collect();
        let memory =
            self.now.memories.get(&self.before.memories, (class.name.clone(), identities), Memory::default);
        let mut members = class.members.iter().map(|member| self.member(member, class.time()));
        // A class without members does not pass validation.
        let primary = members.next().expect("a class has a primary")?;
        let stack = ClassStack::new(class.name.as_str(), primary)
            .with_deadline(class.time())
            .with_keepalive(class.settings.stream.keepalive)
            .with_memory(memory)
            .with_when_all_down(class.when_all_down);
        members.try_fold(stack, |stack, member| Ok(stack.with_fallback(member?)))
    }

    fn member(&mut self, member: &Member, total: Duration) -> Result<MemberStack, InvalidEndpoint> {
        let provider = &self.config.providers[&member.provider];
        let settings = &member.settings;
        let client = self.client(provider, settings)?;
        let stack = MemberStack::new(member.into(), provider.dialect, client).with_flavour(provider.flavour);
        let stack = match self.config.models.find(&member.model, provider.dialect.name()) {
            Some(capabilities) => stack.with_capabilities(capabilities),
            None => stack,
        };
        let (vitals, ramp) =
            self.now.watched.get(&self.before.watched, self.identity(member), Default::default);
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

    fn identity(&self, member: &Member) -> Identity {
        let provider = &self.config.providers[&member.provider];
        Identity::new(member, &provider.base_url, account(provider))
    }

    fn credential(&mut self, name: &str, provider: &Provider) -> Cooldown {
        self.now.credentials.get(&self.before.credentials, account(provider), || Cooldown::new(name))
    }

    fn provider(&mut self, provider: &Provider) -> Cooldown {
        let host = host(provider);
        self.now.providers.get(&self.before.providers, host.clone(), || Cooldown::new(host))
    }

    fn circuit(&mut self, member: &Member, settings: &CircuitBreakerSettings) -> CircuitBreakerLayer {
        let identity = self.identity(member);
        let before = &self.before.circuits;
        let open = before.iter().filter(|((whose, _), _)| *whose == identity);
        let open = open.filter_map(|(_, circuit)| circuit.handle().snapshot().retry_after).max();
        self.now.circuits.get(before, (identity, settings.clone()), || {
            let name = facts::Member::from(member).to_string();
            let circuit = CircuitBreakerLayer::default().with_config(circuit_config(settings)).named(name);
            // Other settings for the same member: it is no healthier for that.
            if let Some(time) = open {
                circuit.handle().force_open(time);
            }
            circuit
        })
    }

    fn retry(&mut self, member: &Member, settings: &RetrySettings) -> RetryBudgetLayer {
        let (whose, ratio) = (self.identity(member), settings.ratio);
        let budget = self.now.budgets.get(&self.before.budgets, (whose, ratio), || Budget::new(ratio));
        RetryBudgetLayer::default()
            .attempts(settings.attempts)
            .window(settings.window)
            .base(settings.base)
            .cap(settings.cap)
            .budget(budget)
    }

    fn client(&mut self, provider: &Provider, settings: &Settings) -> Result<Client, InvalidEndpoint> {
        let connect = settings.timeouts.connect;
        let pool = || ClientPool::builder().connect_timeout(connect).build();
        let pool = self.now.pools.get(&self.before.pools, connect, pool);
        let mut endpoint = Endpoint::new(&provider.base_url, credential(provider))?.with_pool(&pool);
        if let Some(version) = &provider.api_version {
            endpoint = endpoint.with_query("api-version", version)?;
        }
        Ok(endpoint.into_service())
    }
}

/// The key, as this provider wants to be shown it.
fn credential(provider: &Provider) -> Credential {
    provider.api_key.as_ref().map_or_else(Credential::none, |key| match provider.dialect {
        _ if provider.flavour == Flavour::Azure => Credential::header("api-key", key.expose()),
        AnyDialect::OpenAiChat(_) | AnyDialect::OpenAiResponses(_) => Credential::bearer(key.expose()),
        AnyDialect::AnthropicMessages(_) => Credential::header("x-api-key", key.expose()),
        AnyDialect::Gemini(_) => Credential::header("x-goog-api-key", key.expose()),
    })
}

fn account(provider: &Provider) -> Account {
    let key = provider.api_key.as_ref().map(|key| key.expose().to_owned());
    Account { host: host(provider), key }
}

fn circuit_config(settings: &CircuitBreakerSettings) -> CircuitConfig {
    CircuitConfig::default()
        .failures(settings.failures)
        .rate(settings.rate)
        .min_calls(settings.min_calls)
        .window(settings.window)
        .open(settings.open)
        .cap(settings.cap)
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
