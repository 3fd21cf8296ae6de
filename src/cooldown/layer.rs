use std::any::type_name;
use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use super::{ByFailure, Cooldown, CooldownService};

/// Makes services that rest together with all who share their credential or their provider.
///
/// The layers of two members with one key are given clones of one [`Cooldown`]:
///
/// ```
/// use tower_failover::cooldown::{Cooldown, CooldownLayer};
///
/// let (key, host) = (Cooldown::new("openai"), Cooldown::new("api.openai.com"));
/// let member = |name: &'static str| {
///     CooldownLayer::default().credential(key.clone()).provider(host.clone()).member(name)
/// };
/// let (large, small) = (member("gpt-5"), member("gpt-5-mini"));
/// # let _ = (large, small);
/// ```
pub struct CooldownLayer<P = ByFailure> {
    shared: Arc<Shared<P>>,
}

/// What all services of a layer share.
#[derive(Clone)]
pub(super) struct Shared<P> {
    pub(super) policy: P,
    pub(super) credential: Cooldown,
    pub(super) provider: Cooldown,
    pub(super) member: Arc<str>,
}

/// For HTTP, with a credential and a provider of its own.
impl Default for CooldownLayer {
    fn default() -> Self {
        Self::new(ByFailure::default())
    }
}

impl<P> CooldownLayer<P> {
    /// Reads results by `policy`. Credential and provider are the layer's own until others are given.
    pub fn new(policy: P) -> Self {
        let (credential, provider) = (Cooldown::new("the credential"), Cooldown::new("the provider"));
        Self { shared: Arc::new(Shared { policy, credential, provider, member: "the member".into() }) }
    }
}

impl<P: Clone> CooldownLayer<P> {
    /// Shares the credential's cooldown.
    #[must_use]
    pub fn credential(self, cooldown: Cooldown) -> Self {
        self.with(|shared| shared.credential = cooldown)
    }

    /// Shares the provider's cooldown.
    #[must_use]
    pub fn provider(self, cooldown: Cooldown) -> Self {
        self.with(|shared| shared.provider = cooldown)
    }

    /// Who it is: a host is down when several members, that is several names, cannot reach it.
    #[must_use]
    pub fn member(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.with(|shared| shared.member = name)
    }

    fn with(mut self, change: impl FnOnce(&mut Shared<P>)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<P> CooldownLayer<P> {
    /// The cooldown of the credential, to be watched or ended by hand.
    #[must_use]
    pub fn of_credential(&self) -> &Cooldown {
        &self.shared.credential
    }

    /// The cooldown of the provider, to be watched or ended by hand.
    #[must_use]
    pub fn of_provider(&self) -> &Cooldown {
        &self.shared.provider
    }
}

impl<P> Clone for CooldownLayer<P> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P, S> Layer<S> for CooldownLayer<P> {
    type Service = CooldownService<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        CooldownService::new(inner, Arc::clone(&self.shared))
    }
}

impl<P> fmt::Debug for CooldownLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CooldownLayer").field(&self.shared).finish()
    }
}

/// Policies are often closures, which have no `Debug`.
impl<P> fmt::Debug for Shared<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("policy", &type_name::<P>())
            .field("credential", &self.credential)
            .field("provider", &self.provider)
            .field("member", &self.member)
            .finish()
    }
}
