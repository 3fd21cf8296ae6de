//! What outlives a configuration.

use std::time::Duration;

use super::{CircuitBreakerSettings, Member};
use crate::circuit_breaker::CircuitBreakerLayer;
use crate::client::ClientPool;
use crate::cooldown::Cooldown;
use crate::health_routing::{Memory, Ramp};
use crate::retry_budget::Budget;
use crate::vitals::VitalsLayer;

/// What is known of members and conversations, from one [`Config`](super::Config) to the next.
///
/// A circuit that is open stays so when a file is changed; a key that was refused stays refused, and conversations
/// stay where they are. Each is known by what it is about: a member by provider, address, key and model; a class by
/// its name and its members in order. What is about nobody any more is forgotten.
///
/// ```
/// use tower_failover::config::{Config, Lasting};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = |attempts: u32| {
///     format!(
///         r#"
///         retry.attempts = {attempts}
///         providers.here = {{ dialect = "openai-chat", base_url = "http://127.0.0.1:8000/v1" }}
///         classes.workhorse.members = [{{ provider = "here", model = "m" }}]
///         "#
///     )
/// };
/// let mut lasting = Lasting::default();
/// let before = file(3).parse::<Config>()?.stack_with(&mut lasting)?;
/// let after = file(2).parse::<Config>()?.stack_with(&mut lasting)?;
///
/// let circuit = |stack: &tower_failover::stack::Stack| stack.classes().next().unwrap().circuits().next().unwrap();
/// circuit(&before).force_open(std::time::Duration::from_secs(60));
/// assert_eq!(circuit(&after).state(), circuit(&before).state());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Lasting {
    /// One pool of connections for each connect timeout; nearly always one.
    pub(super) pools: Shelf<Duration, ClientPool>,
    pub(super) circuits: Shelf<(Identity, CircuitBreakerSettings), CircuitBreakerLayer>,
    pub(super) budgets: Shelf<(Identity, f64), Budget>,
    pub(super) credentials: Shelf<Account, Cooldown>,
    /// By host.
    pub(super) providers: Shelf<String, Cooldown>,
    /// What is known of each member, and how it is coming back.
    pub(super) watched: Shelf<Identity, (VitalsLayer, Ramp)>,
    pub(super) memories: Shelf<(String, Vec<Identity>), Memory>,
}

/// Whose key it is: two providers of the file at one host, as with two dialects, may use the same.
#[derive(Clone, PartialEq)]
pub(super) struct Account {
    pub(super) host: String,
    pub(super) key: Option<String>,
}

/// Whose health it is.
#[derive(Clone, PartialEq)]
pub(super) struct Identity {
    provider: String,
    base_url: String,
    account: Account,
    model: String,
}

impl Identity {
    pub(super) fn new(member: &Member, base_url: &str, account: Account) -> Self {
        Self {
            provider: member.provider.clone(),
            base_url: base_url.to_owned(),
            account,
            model: member.model.clone(),
        }
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("host", &self.host).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// Values by key, few enough to be looked at one by one.
#[derive(Debug)]
pub(super) struct Shelf<K, V>(Vec<(K, V)>);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, V> Shelf<K, V>
where
    K: PartialEq,
    V: Clone,
{
    fn find(&self, key: &K) -> Option<V> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    /// The value of this key: the one that is here, or that was there before, or a new one.
    pub(super) fn get(&mut self, before: &Self, key: K, make: impl FnOnce() -> V) -> V {
        if let Some(value) = self.find(&key) {
            return value;
        }
        let value = before.find(&key).unwrap_or_else(make);
        self.0.push((key, value.clone()));
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }
}
